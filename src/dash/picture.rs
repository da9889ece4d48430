//! A picture of the dashboard as SVG, for pages that cannot run it.

use super::app::App;
use super::options::DashOptions;
use super::view;
use crate::progress::Progress;
use crate::progress::text::width;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Pixels of a cell.
const CELL: (f64, f64) = (8.4, 17.0);
/// Pixels around the picture.
const MARGIN: f64 = 12.0;

/// One frame of `width` × `height` cells as an SVG document: dark, in colour, times in UTC.
#[must_use]
pub fn picture(progress: &Progress, width: u16, height: u16) -> String {
    let mut app = App::new(progress.campaign(), &DashOptions::default());
    // Drawing on a buffer in memory cannot fail: its error type has no value.
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| view::draw(frame, &mut app, progress));
    svg(terminal.backend().buffer())
}

fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let width = f64::from(area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(area.height) * CELL.1 + 2.0 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" \
         font-size=\"14\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n"
    );
    for row in area.rows() {
        let cells: Vec<&Cell> = row
            .columns()
            .filter_map(|c| buffer.cell(c.as_position()))
            .collect();
        let mut start = 0;
        for run in cells.chunk_by(|a, b| look(a) == look(b)) {
            text(&mut svg, run, start, row.y);
            start += run.len();
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// What must be equal in one stretch of text.
fn look(cell: &Cell) -> (Color, Modifier) {
    (cell.fg, cell.modifier)
}

/// A stretch of cells that look alike. Its length is fixed, so that columns stand whatever font a
/// reader has.
fn text(svg: &mut String, run: &[&Cell], column: usize, row: u16) {
    let mut whole = String::new();
    let mut covered = 0;
    for cell in run {
        // The cell behind a wide character holds a space that nobody sees.
        if covered == 0 {
            whole.push_str(cell.symbol());
            covered = width(cell.symbol());
        }
        covered = covered.saturating_sub(1);
    }
    if whole.trim().is_empty() {
        return;
    }
    let Some((fg, modifier)) = run.first().map(|cell| look(cell)) else {
        return;
    };
    let x = MARGIN + column as f64 * CELL.0;
    let y = MARGIN + f64::from(row) * CELL.1;
    let length = run.len() as f64 * CELL.0;
    let weight = if modifier.contains(Modifier::BOLD) {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let faint = if modifier.contains(Modifier::DIM) {
        " opacity=\"0.55\""
    } else {
        ""
    };
    let escaped = whole.replace('&', "&amp;").replace('<', "&lt;");
    // Writing to a String cannot fail.
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
         fill=\"{}\"{weight}{faint}>{escaped}</text>",
        y + CELL.1 * 0.78,
        paint(fg)
    );
}

/// The colours of a dark terminal.
fn paint(colour: Color) -> &'static str {
    match colour {
        Color::Green => "#7fd88f",
        Color::Cyan => "#6cc7d9",
        Color::Yellow => "#e5c76b",
        Color::Red => "#f2777a",
        Color::Magenta => "#d08fe0",
        _ => "#d5d9e0",
    }
}
