//! What a server said, out of the words a report wraps around it.

use crate::model::{EnhancedCode, Stage};

/// A server's answer within a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Said {
    /// The reply code of RFC 5321, 400 to 599, or a 2yz at the beginning.
    pub(super) code: Option<u16>,
    /// The most telling enhanced code.
    pub(super) enhanced: Option<EnhancedCode>,
    /// The words without codes, from the answer's beginning where that is known.
    pub(super) words: String,
    /// What was asked, where the text tells.
    pub(super) stage: Option<Stage>,
}

/// Words behind which a number is a reply code.
const LEADS: &[&str] = &[
    "<<<",
    ">>>",
    "<--",
    "-->",
    "said:",
    "says:",
    "error:",
    "error",
    "code:",
    "code",
    "returned:",
    "replied:",
    "responded:",
    "reply:",
    "response:",
    "with:",
    "with",
    "reason:",
    "(reason:",
    "smtp;",
    "smtp",
    "status:",
    "said",
    "x-unix;",
    "answer:",
    "message:",
    "returned",
    "response",
    "was:",
    "is:",
    "wrote:",
    "remote:",
];

/// Finds the answer in a text.
pub(super) fn said(text: &str) -> Said {
    let mut found = Said {
        stage: stage(text),
        ..Said::default()
    };
    let mut before = "";
    let mut earlier = None;
    let mut tokens = text.split_whitespace().peekable();
    let mut words: Vec<&str> = Vec::new();
    while let Some(token) = tokens.next() {
        let next_is_enhanced = tokens.peek().is_some_and(|next| enhanced(next).is_some());
        if let Some((code, rest)) = code(token) {
            let leads = before.is_empty()
                || before.ends_with([':', ';'])
                || LEADS.iter().any(|lead| lead.eq_ignore_ascii_case(before));
            if found.code == Some(code) || leads || next_is_enhanced || enhanced(rest).is_some() {
                if found.code.is_none() {
                    // The code that stands with the reply says more than one in front of it.
                    earlier = found.enhanced.take();
                    found.code = Some(code);
                    words.clear();
                }
                before = token;
                found.note(enhanced(rest));
                if enhanced(rest).is_none() && !rest.is_empty() {
                    words.push(rest);
                }
                continue;
            }
        }
        let version = ["exim", "postfix", "version", "sendmail", "ver"]
            .iter()
            .any(|name| before.eq_ignore_ascii_case(name));
        match enhanced(token).filter(|_| !version) {
            Some(code) => found.note(Some(code)),
            None => words.push(token),
        }
        before = token;
    }
    found.note(earlier);
    found.words = without_stage(words.join(" "));
    found
}

impl Said {
    /// Keeps the code that says most: a later one only where the first one says nothing.
    fn note(&mut self, code: Option<EnhancedCode>) {
        let Some(code) = code else {
            return;
        };
        let says_nothing = |code: EnhancedCode| code.subject == 0 && code.detail == 0;
        match self.enhanced {
            Some(kept) if !says_nothing(kept) || says_nothing(code) => {}
            _ => self.enhanced = Some(code),
        }
    }
}

/// A token that begins with a reply code, and what is tied to it.
fn code(token: &str) -> Option<(u16, &str)> {
    let token = token.trim_start_matches(['(', '[', '<', '"', '\'', '#', '*']);
    let digits = token.get(..3)?;
    let number: u16 = digits
        .bytes()
        .all(|o| o.is_ascii_digit())
        .then(|| digits.parse().ok())??;
    let rest = &token[3..];
    let tied =
        rest.is_empty() || rest.starts_with(['-', ':', ',', ';', ')', '"', '\'', ']', '.', '#']);
    let known = matches!(number, 250..=252 | 420..=479 | 500..=579);
    (known
        && tied
        && !rest.starts_with(".0")
        && !rest[..].starts_with(|c: char| c == '.' && rest.len() > 2))
    .then(|| {
        (
            number,
            rest.trim_start_matches(['-', ':', ',', ';', ')', '"', '\'', ']', '.']),
        )
    })
}

/// A token that is an enhanced code with signs around it.
pub(super) fn enhanced(token: &str) -> Option<EnhancedCode> {
    if token.len() > 24 || !token.contains('.') {
        return None;
    }
    let token = token.trim_matches(|c: char| !c.is_ascii_digit());
    EnhancedCode::parse(token)
}

/// What was asked, by the words of Postfix and Exim and of transcripts.
fn stage(text: &str) -> Option<Stage> {
    let lower = text.to_ascii_lowercase();
    let behind: Vec<&str> = [
        "reply to ",
        "response to ",
        "after ",
        "answer to ",
        "command: ",
    ]
    .iter()
    .flat_map(|lead| {
        lower
            .match_indices(lead)
            .map(|(place, lead)| &lower[place + lead.len()..])
    })
    .take(20)
    .collect();
    let asked = |words: &[&str]| {
        behind
            .iter()
            .any(|rest| words.iter().any(|word| rest.starts_with(word)))
    };
    if asked(&["rcpt", "the rcpt"]) {
        Some(Stage::Rcpt)
    } else if asked(&[
        "end of data",
        "sending message",
        "data",
        "the final",
        "i sent the message",
    ]) {
        Some(Stage::Final)
    } else if asked(&["mail from", "the mail from", "sender"]) {
        Some(Stage::Mail)
    } else {
        None
    }
}

/// Without `(in reply to end of DATA command)`.
fn without_stage(mut words: String) -> String {
    if let Some(start) = words.find("(in reply to") {
        let end = words[start..]
            .find(')')
            .map_or(words.len(), |n| start + n + 1);
        words.replace_range(start..end, "");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Option<u16>, Option<String>, String) {
        let said = said(text);
        (
            said.code,
            said.enhanced.map(|code| code.to_string()),
            said.words,
        )
    }

    #[test]
    fn the_answer_is_found_within_its_wrapping() {
        for (text, code, enhanced, words) in [
            (
                "smtp; 550 5.1.1 User unknown",
                550,
                Some("5.1.1"),
                "User unknown",
            ),
            (
                "host a.example[192.0.2.1] said: 550-5.1.1 no\n 550 5.1.1 such user (in reply to RCPT TO command)",
                550,
                Some("5.1.1"),
                "no such user ",
            ),
            (
                "Remote host said: 554 gone (#5.1.2)",
                554,
                Some("5.1.2"),
                "gone",
            ),
            (
                "#550 5.2.3 RESOLVER.RST; too large ##",
                550,
                Some("5.2.3"),
                "RESOLVER.RST; too large ##",
            ),
            (
                "5.1.0 - Unknown address error 550-'5.2.2 full'",
                550,
                Some("5.2.2"),
                "full'",
            ),
            (
                "571 Delivery not authorized",
                571,
                None,
                "Delivery not authorized",
            ),
        ] {
            let expected = (Some(code), enhanced.map(str::to_owned), words.to_owned());
            assert_eq!(parts(text), expected, "{text}");
        }
        assert_eq!(
            said("user unknown after RCPT TO:<a@b.example>").stage,
            Some(Stage::Rcpt)
        );
    }

    #[test]
    fn other_numbers_are_no_codes() {
        for text in [
            "it has 550 bytes",
            "since 421.5 hours",
            "room 4501",
            "Exim 4.92.3 here",
            "192.0.2.5",
        ] {
            let said = said(text);
            assert_eq!((said.code, said.enhanced), (None, None), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(?s)[0-9a-z .#:<(é\n-]{0,80}") {
            let _ = said(&text);
        }
    }
}
