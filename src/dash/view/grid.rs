//! Rows of cells at fixed columns. Every cell is cleaned and cut here, and drawn at its own place:
//! whatever width a terminal gives a character, it disturbs no cell behind it.

use crate::progress::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A column of a panel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) width: usize,
    pub(super) align: Align,
}

/// To which side a cell leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// A text and how it looks.
pub(super) type Cell = (String, Style);

/// A column that leans left.
pub(super) const fn left(title: &'static str, width: usize) -> Column {
    Column {
        title,
        width,
        align: Align::Left,
    }
}

/// A column that leans right, as numbers do.
pub(super) const fn right(title: &'static str, width: usize) -> Column {
    Column {
        title,
        width,
        align: Align::Right,
    }
}

/// What is left of `width` when the columns and the spaces between them, and before one more, are
/// taken away.
pub(super) fn remaining(width: usize, columns: &[Column]) -> usize {
    let used: usize = columns.iter().map(|column| column.width + 1).sum();
    width.saturating_sub(used)
}

/// Draws the titles on the first line of an area and gives the space below.
pub(super) fn titles(buffer: &mut Buffer, area: Rect, columns: &[Column], style: Style) -> Rect {
    let titles = columns
        .iter()
        .map(|column| (column.title.to_owned(), style));
    row(buffer, area, columns, titles);
    Rect {
        y: area.y.saturating_add(1),
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// Draws a row on the first line of an area.
pub(super) fn row(
    buffer: &mut Buffer,
    area: Rect,
    columns: &[Column],
    cells: impl IntoIterator<Item = Cell>,
) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let mut x = usize::from(area.x);
    for (column, (content, style)) in columns.iter().zip(cells) {
        let room = usize::from(area.right())
            .saturating_sub(x)
            .min(column.width);
        let content = text::cell(&content, room);
        let indent = match column.align {
            Align::Left => 0,
            Align::Right => room.saturating_sub(text::width(&content)),
        };
        if room > 0 {
            // `x + indent` lies within the area, whose edges are u16.
            buffer.set_stringn((x + indent) as u16, area.y, content, room - indent, style);
        }
        x += column.width + 1;
    }
}

/// The lines of an area, from the top.
pub(super) fn lines(area: Rect) -> impl Iterator<Item = Rect> {
    area.rows()
}
