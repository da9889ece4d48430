//! What separates a file's cells, by its first rows.

use super::cells::Cells;
use super::columns::is_address_or_its_name;
use super::scan::{Scan, Step};

/// What separates cells in the lists of this world, likeliest first.
const CANDIDATES: [u8; 4] = *b",;\t|";

/// Rows that are looked at.
const ROWS: usize = 100;

/// The delimiter a first line `sep=;` names, which Excel writes and reads.
pub(super) fn declared(line: &[u8]) -> Option<u8> {
    match line {
        [s, e, p, b'=', delimiter]
            if [s, e, p].map(|b: &u8| b.to_ascii_lowercase()) == *b"sep"
                && may_separate(*delimiter) =>
        {
            Some(*delimiter)
        }
        _ => None,
    }
}

/// Whether this octet can separate cells: ASCII, no quote, no line end, no control but the tab.
pub(super) fn may_separate(delimiter: u8) -> bool {
    matches!(delimiter, b'\t' | b' '..=b'~') && delimiter != b'"'
}

/// The delimiter that cuts an address, or the name of its column, out of the first row; then the
/// one by which the most rows have as many cells as the first; then the one that makes the most
/// cells. A comma where none makes two, as in a file of one column.
pub(super) fn detect(sample: &[u8], whole: bool) -> u8 {
    let mut best = (false, 0.0, 1, b',');
    for delimiter in CANDIDATES {
        let counts = cell_counts(sample, whole, delimiter);
        let Some(&first) = counts.first() else {
            continue;
        };
        let same = counts.iter().filter(|count| **count == first).count();
        let share = same as f64 / counts.len() as f64;
        let tells = shows_address(sample, delimiter);
        if first > 1 && (tells, share, first) > (best.0, best.1, best.2) {
            best = (tells, share, first, delimiter);
        }
    }
    best.3
}

fn shows_address(sample: &[u8], delimiter: u8) -> bool {
    let blank = sample.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
    let sample = &sample[blank.count()..];
    let Step::End { text, .. } = Scan::new(delimiter).advance(sample, true) else {
        return false;
    };
    let mut cells = Cells::new(delimiter);
    let row = cells.cut(&sample[..text]).row();
    row.is_ok_and(|row| row.iter().any(is_address_or_its_name))
}

/// How many cells each of the first rows has; a row that the sample's end may cut is left out,
/// unless it is the only one.
fn cell_counts(sample: &[u8], whole: bool, delimiter: u8) -> Vec<usize> {
    let mut counts = Vec::new();
    let mut rest = sample;
    while counts.len() < ROWS && !rest.is_empty() {
        let mut scan = Scan::new(delimiter);
        let ended = whole || counts.is_empty();
        let Step::End { text, next } = scan.advance(rest, ended) else {
            break;
        };
        if text > 0 {
            counts.push(cell_count(&rest[..text], delimiter));
        }
        rest = &rest[next..];
    }
    counts
}

fn cell_count(record: &[u8], delimiter: u8) -> usize {
    let mut inside = false;
    let outside = |b: &&u8| {
        inside ^= **b == b'"';
        !inside && **b == delimiter
    };
    record.iter().filter(outside).count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_by_consistency() {
        for (text, delimiter) in [
            ("email,name\na@x.org,Ann\n", b','),
            ("email;name;note\na@x.org;Ann;1,5\nb@x.org;Bob;2,5\n", b';'),
            ("email\tname, given\na@x.org\tLee, Ann\n", b'\t'),
            ("email|name\na@x.org|Ann; Bob, Carl\n", b'|'),
            ("email\na@x.org\n", b','),
            ("name,\"a;b;c;d\"\nx,\"1;2\"\n", b','),
            ("email;note\na@x.org;\"two\nlines, of; text\"\n", b';'),
            ("", b','),
        ] {
            assert_eq!(detect(text.as_bytes(), true), delimiter, "{text:?}");
        }
    }

    #[test]
    fn excels_own_line_is_understood() {
        assert_eq!(declared(b"sep=;"), Some(b';'));
        assert_eq!(declared(b"SEP=\t"), Some(b'\t'));
        assert_eq!(declared(b"sep=\""), None);
        assert_eq!(declared(b"sep,x"), None);
    }
}
