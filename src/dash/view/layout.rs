//! Where the panels stand.
//!
//! ```text
//! 80×24                          120×40                        from 150 columns, 30 lines
//! ┌──────────────────────────┐   ┌──────────────────────────┐  ┌────────────────────────────────┐
//! │ header: 3                │   │ header: 3                │  │ header: 3                      │
//! │ throughput: a quarter    │   │ throughput: a fifth      │  │ throughput: a fifth            │
//! │ destinations: a half     │   │ destinations: up to 45 % │  │ destinations: up to 45 %       │
//! │ bounces, or notices when │   │ bounces: what is left    │  ├───────────────────┬────────────┤
//! │ they have the focus      │   │ notices: a seventh       │  │ bounces: 3/5      │ notices    │
//! │ footer: 1                │   │ footer: 1                │  │ footer: 1         │            │
//! └──────────────────────────┘   └──────────────────────────┘  └───────────────────┴────────────┘
//! below 18 lines: header, the panel that has the focus, footer; below 40×10 a kind word
//! ```

use super::super::choices::Panel;
use ratatui::layout::Rect;

/// The smallest screen the panels fit on.
pub(super) const SMALLEST: (u16, u16) = (40, 10);

/// The places of the panels; `None` where one is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Places {
    pub(super) header: Rect,
    pub(super) chart: Option<Rect>,
    pub(super) destinations: Option<Rect>,
    pub(super) problems: Option<Rect>,
    pub(super) notices: Option<Rect>,
    pub(super) footer: Rect,
}

/// The places on a screen of this size, for so many destinations; `None` where it is too small.
pub(super) fn places(area: Rect, focus: Panel, destinations: usize) -> Option<Places> {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return None;
    }
    let mut body = area;
    let frame = Places {
        header: top(&mut body, 3),
        footer: bottom(&mut body, 1),
        ..Places::default()
    };
    Some(match area.height {
        0..18 => one_panel(frame, body, focus),
        18..30 => two_panels(frame, body, focus),
        _ if area.width < 150 => three_panels(frame, body, destinations),
        _ => side_by_side(frame, body, destinations),
    })
}

fn one_panel(frame: Places, body: Rect, focus: Panel) -> Places {
    let shown = |panel| (focus == panel).then_some(body);
    Places {
        destinations: shown(Panel::Destinations),
        problems: shown(Panel::Problems),
        notices: shown(Panel::Notices),
        ..frame
    }
}

fn two_panels(frame: Places, mut body: Rect, focus: Panel) -> Places {
    let whole = body.height;
    let chart = top(&mut body, (whole / 4).clamp(5, 7));
    let half = body.height.div_ceil(2);
    let destinations = top(&mut body, half);
    let (problems, notices) = match focus {
        Panel::Destinations | Panel::Problems => (Some(body), None),
        Panel::Notices => (None, Some(body)),
    };
    Places {
        chart: Some(chart),
        destinations: Some(destinations),
        problems,
        notices,
        ..frame
    }
}

fn three_panels(frame: Places, mut body: Rect, destinations: usize) -> Places {
    let whole = body.height;
    let chart = top(&mut body, (whole / 5).clamp(7, 14));
    let table = top(&mut body, table_height(whole, destinations));
    let notices = bottom(&mut body, (whole / 7).clamp(4, 10));
    Places {
        chart: Some(chart),
        destinations: Some(table),
        problems: Some(body),
        notices: Some(notices),
        ..frame
    }
}

fn side_by_side(frame: Places, mut body: Rect, destinations: usize) -> Places {
    let whole = body.height;
    let chart = top(&mut body, (whole / 5).clamp(7, 14));
    let table = top(&mut body, table_height(whole, destinations));
    let problems = Rect {
        width: body.width * 3 / 5,
        ..body
    };
    let notices = Rect {
        x: problems.right() + 2,
        width: body.width - problems.width - 2,
        ..body
    };
    Places {
        chart: Some(chart),
        destinations: Some(table),
        problems: Some(problems),
        notices: Some(notices),
        ..frame
    }
}

/// Cuts lines off at the top.
fn top(rect: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rect.height);
    let cut = Rect {
        height: lines,
        ..*rect
    };
    rect.y += lines;
    rect.height -= lines;
    cut
}

/// Cuts lines off at the bottom.
fn bottom(rect: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(rect.height);
    rect.height -= lines;
    Rect {
        y: rect.bottom(),
        height: lines,
        ..*rect
    }
}

/// The lines of the destinations: what they need, up to about 45 % of the screen. Rule and titles
/// take two; a few are kept free, so that the panels do not jump while the first ones come.
fn table_height(body: u16, destinations: usize) -> u16 {
    let most = body * 9 / 20;
    let needed = u16::try_from(destinations.saturating_add(2)).unwrap_or(u16::MAX);
    needed.clamp(7.min(most), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_panel_and_the_focus_is_seen() {
        for width in SMALLEST.0..320 {
            for height in SMALLEST.1..90 {
                let area = Rect::new(0, 0, width, height);
                for focus in [Panel::Destinations, Panel::Problems, Panel::Notices] {
                    let places = places(area, focus, usize::from(width) % 50).unwrap();
                    let seen = match focus {
                        Panel::Destinations => places.destinations,
                        Panel::Problems => places.problems,
                        Panel::Notices => places.notices,
                    };
                    assert!(
                        seen.is_some_and(|rect| rect.height >= 3),
                        "{width}×{height}"
                    );
                    let below = if width < 150 || height < 30 {
                        places.notices
                    } else {
                        None
                    };
                    let panels = [places.chart, places.destinations, places.problems, below];
                    let used: u16 = panels.into_iter().flatten().map(|rect| rect.height).sum();
                    assert_eq!(used + 4, height, "{width}×{height}");
                }
            }
        }
    }
}
