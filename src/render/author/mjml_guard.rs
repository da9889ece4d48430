//! What the reader of MJML would panic at, found before it is shown a document.
//!
//! `htmlparser` (0.2.1, below `mrml`) has two such places. In the text between two tags it looks
//! two octets back from the first `>`, which may be inside a character; and in a conditional
//! comment it takes for granted that `]` and an end follow. This walks over a document as the
//! reader does, token by token, up to the first of them. Where the reader stops with an error of
//! its own, what is said of the rest does not matter.

/// Something the reader cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable {
    /// The octet of the document it stands at.
    pub(super) at: usize,
    /// What it is and what helps, for people.
    pub(super) words: &'static str,
}

const ARROW: &str = "MJML cannot be read with this `>` in a text between elements; write `&gt;`, or move the text into an `mj-text` or `mj-raw`";
const CONDITION: &str = "MJML cannot be read with this conditional comment, which has no end; write it as `<!--[if mso]> … <![endif]-->`";

/// How conditional comments begin, as the reader knows them; the last is one that it knows and
/// cannot take in any form but `<![endif]`.
const CONDITIONS: [&str; 4] = ["<!--[if", "<![if", "<!--<![endif", "<![endif"];

/// The first place in an MJML document that the reader panics at.
pub(super) fn unreadable(text: &str) -> Option<Unreadable> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if !rest.starts_with('<') {
            let length = rest.find('<').unwrap_or(rest.len());
            if let Some(arrow) = arrow(&rest[..length]) {
                let words = ARROW;
                return Some(Unreadable {
                    at: at + arrow,
                    words,
                });
            }
            at += length;
        } else if CONDITIONS.iter().any(|begin| rest.starts_with(begin)) {
            let Some(length) = condition(rest) else {
                let words = CONDITION;
                return Some(Unreadable { at, words });
            };
            at += length;
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            at += "<!--".len() + comment.find("-->")? + "-->".len();
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            // The reader goes no further: MJML has none of these.
            return None;
        } else {
            at += tag(rest)?;
        }
    }
    None
}

/// The first `>` of a text, where two octets in front of it no character begins.
fn arrow(text: &str) -> Option<usize> {
    let found = text.find('>')?;
    (!text.is_char_boundary(found.saturating_sub(2))).then_some(found)
}

/// The length of a conditional comment's token; `None` where the reader panics.
fn condition(text: &str) -> Option<usize> {
    if text.starts_with("<![endif") && !text.starts_with("<![endif]") {
        return None;
    }
    // The first `]` there is ends the condition. Behind `<![` and `<!--[` none can come too early.
    let behind = text.find(']')? + 1;
    [">-->", "><!-->", "-->", ">"]
        .into_iter()
        .find(|end| text[behind..].starts_with(end))
        .map(|end| behind + end.len())
}

/// The length of a tag; `None` where it has no end, which the reader says itself.
fn tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == '>' => return Some(at + 1),
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use mrml::prelude::parser::ParserOptions;
    use proptest::prelude::*;

    /// What the reader makes of a text that is not found unreadable.
    fn read(text: &str) {
        if unreadable(text).is_none() {
            let _ = mrml::parse_with_options(text, &ParserOptions::default());
        }
    }

    #[test]
    fn an_arrow_behind_any_character_is_found_where_the_reader_cannot_take_it() {
        // Octets of a character, and whether the reader can look two back from a `>` behind it, and
        // behind it and a letter.
        for (c, (bare, letter)) in [
            ("a", (true, true)),
            ("é", (true, false)),
            ("\u{1772}", (false, false)),
            ("\u{1f600}", (false, false)),
        ] {
            for (text, taken) in [(format!("{c}>"), bare), (format!("{c}x>"), letter)] {
                let found = unreadable(&format!("<mjml>{text}<mj-section>"));
                let at = 6 + text.len() - 1;
                let expected = (!taken).then_some(Unreadable { at, words: ARROW });
                assert_eq!(found, expected, "{text}");
            }
            for whole in [
                format!("<mjml><mj-image alt=\"{c}\"/><mj-image alt='{c}>'/></mjml>"),
                format!("<mjml><!--{c}>{c}--></mjml>"),
                format!("<mjml>{c}xx></mjml>"),
            ] {
                assert_eq!(unreadable(&whole), None, "{whole}");
            }
        }
    }

    #[test]
    fn conditional_comments_need_their_end() {
        for begin in CONDITIONS {
            for rest in ["", " mso", " mso>", " mso]", " mso]é>", "]", "]x>", "é"] {
                let text = format!("<mjml>{begin}{rest}");
                let found = unreadable(&text).map(|found| found.words);
                assert_eq!(found, Some(CONDITION), "{text}");
            }
        }
        for whole in [
            "<!--[if mso]><i/><![endif]-->",
            "<![if !mso]><i/><![endif]>",
            "<!--[if !mso]><!--><i/><!--<![endif]-->",
            "<!--[if é]>--><i/>",
        ] {
            assert_eq!(unreadable(&format!("<mjml>{whole}</mjml>")), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_let_through_is_read_without_a_panic(
            text in "(<mjml>|</mjml>|<mj-body>|</mj-body>|<div>|</div>|<mj-text>|<|>|/|!|\\?|--|-->|<!--|\\]|\\[if|<!\\[if|<!\\[endif|<!\\[endif\\]|<!--<!\\[endif|<!\\[CDATA\\[|\\]\\]>|<!DOCTYPE |<!ENTITY |\\[|<\\?|\\?>|<\\?xml |&|;| |=|\"|'|a|é|\u{1772}|\u{1f600}|\\PC){0,30}",
        ) {
            read(&text);
            read(&format!("<mjml>{text}"));
            read(&format!("<mjml><mj-body><div>{text}</div></mj-body></mjml>"));
        }
    }
}
