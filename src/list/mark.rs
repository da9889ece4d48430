//! The `'` by which spreadsheets, and our own exports, mark a text that would be a formula.

/// The cell without the mark, where it has one: as it is meant.
#[must_use]
pub fn unmarked(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(inside) if is_formula(inside.trim_start_matches('\'')) => inside,
        _ => cell,
    }
}

/// Whether a spreadsheet would work it out.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mark_is_taken_off_and_nothing_else() {
        for (cell, meant) in [
            ("'=1+1", "=1+1"),
            ("'@me", "@me"),
            ("'-5", "-5"),
            ("'\tx", "\tx"),
            ("'\r=x", "\r=x"),
            ("''=1", "'=1"),
            ("'tis", "'tis"),
            ("=1", "=1"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!(unmarked(cell), meant, "{cell:?}");
        }
    }
}
