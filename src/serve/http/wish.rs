//! What the body of a POST asks for.

use memchr::memmem;

/// By which way somebody asks to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// A mail program for its reader (RFC 8058 section 3.2).
    OneClick,
    /// A reader who pressed the button of our page.
    Page,
}

impl Wish {
    /// The word for it in the ledger and in metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::OneClick => "one-click",
            Self::Page => "page",
        }
    }
}

/// The field of our page's form and its value.
pub(super) const PAGE_FIELD: (&str, &str) = ("unsubscribe", "yes");

const FIELDS: [(&str, &str, Wish); 2] = [
    ("List-Unsubscribe", "One-Click", Wish::OneClick),
    (PAGE_FIELD.0, PAGE_FIELD.1, Wish::Page),
];

/// Reads a body in either form that RFC 8058 section 3.1 allows, by what it is and not only by what
/// it is called: some clients name no type, or a wrong one. A body that says neither thing asks for
/// nothing.
pub(super) fn read(body: &[u8]) -> Option<Wish> {
    let body = body.trim_ascii();
    if body.starts_with(b"--") {
        return parts(body).find_map(|(name, value)| wish(&name, &value));
    }
    body.split(|octet| *octet == b'&').find_map(|pair| {
        let mut sides = pair.splitn(2, |octet| *octet == b'=');
        let name = decoded(sides.next()?);
        wish(&name, &decoded(sides.next()?))
    })
}

fn wish(name: &str, value: &str) -> Option<Wish> {
    let is = |text: &str, known: &str| text.trim().eq_ignore_ascii_case(known);
    let found = FIELDS
        .iter()
        .find(|(field, answer, _)| is(name, field) && is(value, answer));
    found.map(|(_, _, wish)| *wish)
}

/// A name or value of `application/x-www-form-urlencoded`.
fn decoded(text: &[u8]) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        (octets, rest) = match escaped {
            Some((high, low)) => (with(octets, high << 4 | low), &after[2..]),
            None if *first == b'+' => (with(octets, b' '), after),
            None => (with(octets, *first), after),
        };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn with(mut octets: Vec<u8>, octet: u8) -> Vec<u8> {
    octets.push(octet);
    octets
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Names and values of `multipart/form-data` (RFC 7578). The boundary is the first line, as it has to
/// be where nothing stands before it.
fn parts(body: &[u8]) -> impl Iterator<Item = (String, String)> {
    let end = memchr::memchr2(b'\r', b'\n', body).unwrap_or(body.len());
    let boundary = &body[..end];
    let mut cuts: Vec<usize> = memmem::find_iter(body, boundary).take(PARTS + 1).collect();
    cuts.push(body.len());
    let pieces = cuts.windows(2).map(|cut| &body[cut[0]..cut[1]]);
    let found: Vec<_> = pieces
        .filter_map(|piece| part(piece.strip_prefix(boundary)?))
        .collect();
    found.into_iter()
}

/// Parts that are read, at most.
const PARTS: usize = 16;

fn part(piece: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(piece).replace("\r\n", "\n");
    let (head, value) = text.trim_start_matches('\n').split_once("\n\n")?;
    let line = head.lines().find(|line| {
        line.to_ascii_lowercase()
            .starts_with("content-disposition:")
    })?;
    let name = line.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case("name").then_some(value)
    })?;
    let name = name.trim().trim_matches('"');
    Some((name.to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_click_in_both_forms() {
        for body in [
            "List-Unsubscribe=One-Click",
            "list-unsubscribe=one-click\r\n",
            "a=b&List-Unsubscribe=One-Click&c",
            "List%2DUnsubscribe=One%2dClick",
            "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n",
            "--x\nContent-Type: text/plain\ncontent-disposition: form-data; name=List-Unsubscribe\n\nOne-Click\n--x--",
            "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--",
        ] {
            assert_eq!(read(body.as_bytes()), Some(Wish::OneClick), "{body:?}");
        }
        assert_eq!(read(b"unsubscribe=yes"), Some(Wish::Page));
    }

    #[test]
    fn anything_else_asks_for_nothing() {
        for body in [
            "",
            "&",
            "=",
            "List-Unsubscribe",
            "List-Unsubscribe=",
            "List-Unsubscribe=No",
            "unsubscribe=no",
            "One-Click=List-Unsubscribe",
            "{\"List-Unsubscribe\":\"One-Click\"}",
            "--",
            "--x",
            "--x\r\n\r\nList-Unsubscribe=One-Click\r\n--x--",
            "%",
            "%4",
            "%zz=%",
        ] {
            assert_eq!(read(body.as_bytes()), None, "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body);
        }

        #[test]
        fn any_multipart_is_read(body in "--[-x\r\n:;=\"a-z]{0,80}") {
            let _ = read(body.as_bytes());
        }
    }
}
