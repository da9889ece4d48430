//! Where the panels stand.
//!
//! ```text
//! 80×24                          120×40                        from 150 columns, 30 lines
//! ┌──────────────────────────┐   ┌──────────────────────────┐  ┌────────────────────────────────┐
//! │ header: 3                │   │ header: 3                │  │ header: 3                      │
//! │ throughput: a quarter    │   │ throughput: a fifth      │  │ throughput: a fifth            │
//! │ destinations: a half     │   │ destinations: about 45 % │  │ destinations: about 45 %       │
//! │ bounces, or notices when │   │ bounces: what is left    │  ├───────────────────┬────────────┤
//! │ they have the focus      │   │ notices: a seventh       │  │ bounces: 3/5      │ notices    │
//! │ footer: 1                │   │ footer: 1                │  │ footer: 1         │            │
//! └──────────────────────────┘   └──────────────────────────┘  └───────────────────┴────────────┘
//! below 18 lines: header, the panel that has the focus, footer; below 40×10 a kind word
//! ```

use super::super::app::Panel;
use ratatui::layout::{Constraint, Layout, Rect};

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

/// The places on a screen of this size; `None` where it is too small.
pub(super) fn places(area: Rect, focus: Panel) -> Option<Places> {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return None;
    }
    let [header, body, footer] = Layout::vertical([
        Constraint::Length(3),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let frame = Places {
        header,
        footer,
        ..Places::default()
    };
    Some(match area.height {
        0..18 => one_panel(frame, body, focus),
        18..30 => two_panels(frame, body, focus),
        _ if area.width < 150 => three_panels(frame, body),
        _ => side_by_side(frame, body),
    })
}

fn one_panel(frame: Places, body: Rect, focus: Panel) -> Places {
    match focus {
        Panel::Destinations => Places {
            destinations: Some(body),
            ..frame
        },
        Panel::Problems => Places {
            problems: Some(body),
            ..frame
        },
        Panel::Notices => Places {
            notices: Some(body),
            ..frame
        },
    }
}

fn two_panels(frame: Places, body: Rect, focus: Panel) -> Places {
    let chart = (body.height / 4).clamp(5, 7);
    let [chart, destinations, list] = Layout::vertical([
        Constraint::Length(chart),
        Constraint::Fill(1),
        Constraint::Fill(1),
    ])
    .areas(body);
    let (problems, notices) = match focus {
        Panel::Destinations | Panel::Problems => (Some(list), None),
        Panel::Notices => (None, Some(list)),
    };
    Places {
        chart: Some(chart),
        destinations: Some(destinations),
        problems,
        notices,
        ..frame
    }
}

fn three_panels(frame: Places, body: Rect) -> Places {
    let [chart, destinations, problems, notices] = Layout::vertical([
        Constraint::Length((body.height / 5).clamp(7, 14)),
        Constraint::Fill(5),
        Constraint::Fill(4),
        Constraint::Length((body.height / 7).clamp(4, 10)),
    ])
    .areas(body);
    Places {
        chart: Some(chart),
        destinations: Some(destinations),
        problems: Some(problems),
        notices: Some(notices),
        ..frame
    }
}

fn side_by_side(frame: Places, body: Rect) -> Places {
    let [chart, destinations, lists] = Layout::vertical([
        Constraint::Length((body.height / 5).clamp(7, 14)),
        Constraint::Fill(5),
        Constraint::Fill(4),
    ])
    .areas(body);
    let [problems, notices] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)])
        .spacing(2)
        .areas(lists);
    Places {
        chart: Some(chart),
        destinations: Some(destinations),
        problems: Some(problems),
        notices: Some(notices),
        ..frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panel_with_the_focus_is_always_seen() {
        for width in SMALLEST.0..320 {
            for height in SMALLEST.1..90 {
                let area = Rect::new(0, 0, width, height);
                for focus in [Panel::Destinations, Panel::Problems, Panel::Notices] {
                    let places = places(area, focus).unwrap();
                    let seen = match focus {
                        Panel::Destinations => places.destinations,
                        Panel::Problems => places.problems,
                        Panel::Notices => places.notices,
                    };
                    assert!(
                        seen.is_some_and(|rect| rect.height >= 3),
                        "{width}×{height}"
                    );
                }
            }
        }
    }
}
