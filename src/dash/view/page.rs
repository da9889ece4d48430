//! The whole picture: every panel at its place, and what stands over them.

use super::super::app::App;
use super::super::choices::Panel;
use super::super::theme::Tone;
use super::{chart, destinations, footer, header, layout, notices, overlay, problems};
use crate::progress::{Progress, text};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws one picture. `app` learns how far its lists can be scrolled.
pub(in super::super) fn draw(frame: &mut Frame<'_>, app: &mut App, progress: &Progress) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    let destinations = progress.destinations().shown.len();
    let Some(places) = layout::places(area, app.focus, destinations) else {
        return too_small(buffer, area, app);
    };
    header::render(buffer, places.header, app, progress);
    if let Some(area) = places.chart {
        chart::render(buffer, area, app, progress);
    }
    if let Some(area) = places.destinations {
        destinations::render(buffer, area, app, progress);
    }
    if let Some(area) = places.problems {
        problems::render(buffer, area, app, progress);
    }
    if let Some(area) = places.notices {
        notices::render(buffer, area, app, progress);
    }
    footer::render(buffer, places.footer, app, progress);
    overlay::render(buffer, area, app, progress);
}

/// Says how much room is needed, as far as there is room to say it.
fn too_small(buffer: &mut Buffer, area: Rect, app: &App) {
    let (width, height) = layout::SMALLEST;
    let sentence = format!(
        "The dashboard needs {width}×{height} cells and has {}×{}. Sending goes on.",
        area.width, area.height
    );
    let lines = text::wrap(&sentence, area.width.into());
    for (row, line) in area.rows().zip(lines) {
        let style = app.theme.style(Tone::Plain);
        buffer.set_stringn(row.x, row.y, line, row.width.into(), style);
    }
}

/// Whether a panel has the focus.
pub(super) fn focused(app: &App, panel: Panel) -> bool {
    app.focus == panel
}
