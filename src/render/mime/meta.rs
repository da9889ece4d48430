//! What HTML says of its own charset.

use memchr::memmem;
use std::borrow::Cow;

/// The octets of a `<meta>` before its charset, at most.
const LONGEST_TAG: usize = 300;

/// The HTML with `charset` in every `<meta>` that names a charset.
pub(in crate::render) fn declaring<'a>(html: &'a str, charset: &str) -> Cow<'a, str> {
    let mut out = String::new();
    let mut done = 0;
    for (start, end) in named(html) {
        if !html[start..end].eq_ignore_ascii_case(charset) {
            out.push_str(&html[done..start]);
            out.push_str(charset);
            done = end;
        }
    }
    if done == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[done..]);
    Cow::Owned(out)
}

/// Where the names of charsets stand.
fn named(html: &str) -> impl Iterator<Item = (usize, usize)> {
    const WORD: &str = "charset";
    let lower = memmem::find_iter(html.as_bytes(), WORD);
    let upper = memmem::find_iter(html.as_bytes(), "CHARSET");
    let mut places: Vec<usize> = lower.chain(upper).collect();
    places.sort_unstable();
    places.into_iter().filter_map(move |at| {
        let near = &html[html.floor_char_boundary(at.saturating_sub(LONGEST_TAG))..at];
        let tag = &near[near.rfind('<')?..];
        let is_meta = tag
            .get(..5)
            .is_some_and(|name| name.eq_ignore_ascii_case("<meta"));
        if !is_meta || tag.contains('>') {
            return None;
        }
        let behind = html[at + WORD.len()..].trim_start().strip_prefix('=')?;
        let name = behind.trim_start().trim_start_matches(['"', '\'']);
        let start = html.len() - name.len();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
        let length = name.find(|c| !allowed(c)).unwrap_or(name.len());
        (length > 0).then_some((start, start + length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_meta_says_is_changed() {
        for (html, changed) in [
            (
                "<meta charset=\"UTF-8\">x",
                "<meta charset=\"iso-2022-jp\">x",
            ),
            (
                "<META http-equiv=Content-Type content='text/html; CHARSET=Shift_JIS'/>",
                "<META http-equiv=Content-Type content='text/html; CHARSET=iso-2022-jp'/>",
            ),
            (
                "<meta charset = utf-8 ><meta charset='x'>",
                "<meta charset = iso-2022-jp ><meta charset='iso-2022-jp'>",
            ),
            ("<p>charset=utf-8</p>", "<p>charset=utf-8</p>"),
            ("<meta name=a>charset=b", "<meta name=a>charset=b"),
            ("charset=x <meta charset=", "charset=x <meta charset="),
        ] {
            assert_eq!(declaring(html, "iso-2022-jp"), changed);
        }
        assert!(matches!(
            declaring("<meta charset=\"UTF-8\">", "utf-8"),
            Cow::Borrowed(_)
        ));
    }
}
