//! Which encoding a file is in, by what its bytes show.
//!
//! Marks decide first, then what is legal, and only then likelihood. Decoding is `decode`'s.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};

/// What the first octets of a file say.
#[derive(Debug, PartialEq)]
pub(super) enum Start {
    /// It is in this encoding, and its byte order mark is so long.
    Encoding(&'static Encoding, usize),
    /// No mark: ASCII until something else appears.
    Ascii,
    /// It is no text at all, but this.
    NotText(&'static str),
}

/// Files that are taken for lists by mistake, by their first octets.
const NOT_TEXT: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xD0\xCF\x11\xE0", "an old Excel workbook"),
    (b"\x1F\x8B", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xFF\xFE\0\0", "text in UTF-32"),
    (b"\0\0\xFE\xFF", "text in UTF-32"),
];

/// Names of encodings that people write and the WHATWG's table of labels lacks.
const MORE_LABELS: &[(&str, &Encoding)] = &[
    ("cp932", SHIFT_JIS),
    ("ms-932", SHIFT_JIS),
    ("eucjp", EUC_JP),
    ("euc_jp", EUC_JP),
    ("jis", ISO_2022_JP),
    ("iso2022jp", ISO_2022_JP),
    ("utf16", UTF_16LE),
    ("utf16le", UTF_16LE),
    ("utf16be", UTF_16BE),
];

/// The encoding of a name: the labels of the WHATWG's standard, and `cp932` and its like.
pub(super) fn by_name(name: &str) -> Option<&'static Encoding> {
    let name = name.trim();
    let more = || {
        MORE_LABELS
            .iter()
            .find(|(label, _)| name.eq_ignore_ascii_case(label))
    };
    Encoding::for_label_no_replacement(name.as_bytes()).or_else(|| Some(more()?.1))
}

/// Judges a file by its first octets, a few KiB at least where it has them.
pub(super) fn at_start(sample: &[u8]) -> Start {
    if let Some((_, what)) = NOT_TEXT.iter().find(|(mark, _)| sample.starts_with(mark)) {
        return Start::NotText(what);
    }
    if let Some((encoding, length)) = Encoding::for_bom(sample) {
        return Start::Encoding(encoding, length);
    }
    match utf16_by_zeros(sample) {
        Some(encoding) => Start::Encoding(encoding, 0),
        None => Start::Ascii,
    }
}

/// UTF-16 without a mark: delimiters, line ends and addresses are ASCII, so a good share of
/// its octets are zero, and all on one side of their pairs.
fn utf16_by_zeros(sample: &[u8]) -> Option<&'static Encoding> {
    let mut zeros = [0_usize; 2];
    for (place, octet) in sample.iter().enumerate() {
        zeros[place % 2] += usize::from(*octet == 0);
    }
    let enough = sample.len() / 20;
    let [even, odd] = zeros;
    // U+3000 and its like put a few on the other side.
    if odd > enough && even <= odd / 4 {
        Some(UTF_16LE)
    } else if even > enough && odd <= even / 4 {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Where text stops to be the ASCII that every encoding but UTF-16 shares: at an octet above 7F,
/// or an escape sequence of ISO-2022-JP. An escape so near to the end that the sequence may be
/// cut counts too.
pub(super) fn first_telling(text: &[u8], ended: bool) -> Option<usize> {
    let tells = |place: usize| match text.get(place + 1..place + 3) {
        _ if text.get(place).is_some_and(|octet| *octet >= 0x80) => true,
        Some(sequence) => is_iso_2022_jp(sequence),
        None => !ended,
    };
    if text.is_ascii() && memchr::memchr(0x1B, text).is_none() {
        return None;
    }
    let suspect = |octet: &u8| *octet >= 0x80 || *octet == 0x1B;
    let mut from = 0;
    while let Some(found) = text.get(from..)?.iter().position(suspect) {
        if tells(from + found) {
            return Some(from + found);
        }
        from += found + 1;
    }
    None
}

fn is_iso_2022_jp(sequence: &[u8]) -> bool {
    matches!(sequence, b"$@" | b"$B" | b"$(" | b"(B" | b"(J" | b"(I")
}

/// Judges text by a window that begins where ASCII stopped; `context` is the ASCII before it.
/// `whole` says that the file ends with the window.
pub(super) fn behind_ascii(context: &[u8], window: &[u8], whole: bool) -> &'static Encoding {
    if window.first() == Some(&0x1B) {
        return ISO_2022_JP;
    }
    if is_utf8(window, whole) {
        return UTF_8;
    }
    if let Some(encoding) = by_japanese_header(window) {
        return encoding;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(context, false);
    detector.feed(window, whole);
    let ending = common_ending(context, window);
    detector.guess(ending.as_deref(), Utf8Detection::Deny)
}

/// Whether it is UTF-8. A few broken sequences among many good ones are flaws of single rows, and
/// do not make it an encoding in which every other name would be misread: in EUC-JP, where
/// accidents are likeliest, a quarter of the characters look like good ones.
fn is_utf8(window: &[u8], whole: bool) -> bool {
    let (mut good, mut broken) = (0, 0);
    for chunk in window.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    // The last character may be cut by the window's end.
    let cut = std::str::from_utf8(window).is_err_and(|error| error.error_len().is_none());
    if cut && !whole {
        broken -= 1;
    }
    broken == 0 || good > 3 * broken
}

/// Short Japanese lists are told from Chinese and Korean ones by their header, if it reads as
/// one: a window that begins in the header holds whole words of it.
fn by_japanese_header(window: &[u8]) -> Option<&'static Encoding> {
    const WORDS: [&str; 8] = [
        "メール",
        "ﾒｰﾙ",
        "アドレス",
        "ｱﾄﾞﾚｽ",
        "氏名",
        "名前",
        "お名前",
        "会員",
    ];
    let line = window.split(|b| matches!(b, b'\r' | b'\n')).next()?;
    [SHIFT_JIS, EUC_JP].into_iter().find(|encoding| {
        encoding
            .decode_without_bom_handling_and_without_replacement(line)
            .is_some_and(|text| WORDS.iter().any(|word| text.contains(word)))
    })
}

/// The ending (`jp`, `de`) of the first address whose ending is a country's: chardetng weighs
/// likelihood by it.
fn common_ending(context: &[u8], window: &[u8]) -> Option<Vec<u8>> {
    [context, window].into_iter().find_map(|text| {
        text.split(|b| !(b.is_ascii_alphanumeric() || b".-_@+".contains(b)))
            .filter(|word| word.contains(&b'@'))
            .filter_map(|word| word.rsplit(|b| *b == b'.').next())
            .find(|ending| ending.len() == 2 && ending.iter().all(u8::is_ascii_alphabetic))
            .map(<[u8]>::to_ascii_lowercase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_and_of_the_standard_are_known() {
        for (name, encoding) in [
            ("cp932", SHIFT_JIS),
            ("CP932", SHIFT_JIS),
            ("Windows-31J", SHIFT_JIS),
            ("utf8", UTF_8),
            ("latin1", encoding_rs::WINDOWS_1252),
            ("utf-16", UTF_16LE),
            ("eucJP", EUC_JP),
        ] {
            assert_eq!(by_name(name), Some(encoding), "{name}");
        }
        assert_eq!(by_name("klingon"), None);
        assert_eq!(by_name("replacement"), None);
    }

    #[test]
    fn workbooks_are_not_lists() {
        assert_eq!(
            at_start(b"PK\x03\x04\x14\0"),
            Start::NotText("an Excel workbook or a ZIP archive")
        );
        assert!(matches!(
            at_start(b"\xFF\xFE\0\0a\0\0\0"),
            Start::NotText(_)
        ));
    }

    #[test]
    fn an_escape_tells_only_as_a_sequence() {
        assert_eq!(first_telling(b"ab\x1B[2Jc", true), None);
        assert_eq!(first_telling(b"ab\x1B$B", false), Some(2));
        assert_eq!(first_telling(b"ab\x1B$", false), Some(2));
        assert_eq!(first_telling(b"ab\x1B$", true), None);
        assert_eq!(first_telling(b"\x1B[\x80", true), Some(2));
    }

    #[test]
    fn a_few_nuls_are_not_utf_16() {
        assert_eq!(at_start(b"email,name\na@x.org,A\0nn\n"), Start::Ascii);
    }
}
