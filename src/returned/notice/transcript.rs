//! What servers answered, where a notice quotes the session.

use super::address::addresses;
use super::choose::Chosen;

/// An answer of a session.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) text: String,
    line: usize,
    /// The recipient it was asked about, where the transcript shows it.
    asked: Option<String>,
}

impl Answer {
    /// Whether it names this recipient, or was given when this one was asked about.
    pub(super) fn is_about(&self, address: &str) -> bool {
        self.text.contains(address)
            || self
                .asked
                .as_ref()
                .is_some_and(|asked| asked.eq_ignore_ascii_case(address))
    }

    /// Whether nothing says that it was about another one of these recipients.
    pub(super) fn may_be_for(&self, address: &str, all: &[String]) -> bool {
        let about = |other: &String| {
            !other.is_empty()
                && !other.eq_ignore_ascii_case(address)
                && self.text.contains(other.as_str())
        };
        self.asked
            .as_ref()
            .is_none_or(|asked| asked.eq_ignore_ascii_case(address))
            && (self.text.contains(address) || !all.iter().take(50).any(about))
    }
}

impl Answer {
    /// Whether it stands where answers about a recipient do: anywhere, unless recipients are named
    /// within the session; then between the one before and this one.
    pub(super) fn stands_for(
        &self,
        chosen: &Chosen,
        behind: Option<&usize>,
        first: Option<&Self>,
    ) -> bool {
        let Some((line, _)) = chosen.at else {
            return true;
        };
        if first.is_none_or(|first| line <= first.line) {
            return true;
        }
        self.line <= line && behind.is_none_or(|behind| self.line > *behind)
    }
}

/// Answers kept of a notice.
const MOST: usize = 20;

/// The refusals of a session, in order: `<<< 550 …`, `… said: 550 …`, lines that begin with a code.
pub(super) fn answers(lines: &[&str]) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    let mut asked = None;
    for (number, line) in lines.iter().enumerate() {
        let text = line.trim();
        let lower = text.to_ascii_lowercase();
        if lower.contains("rcpt to:") && !lower.contains("said") {
            asked = addresses(text).first().map(|found| found.text.to_owned());
        } else if lower.contains(">>> ")
            || lower.starts_with("while talking to")
            || lower.starts_with("... while talking")
        {
            asked = None;
        }
        let reply = text.trim_start_matches(['<', '>', '*', '-', ' ', '#', '(']);
        let refusal = refuses(reply);
        let quotes = quoted(&lower);
        let said = match quotes {
            _ if refusal => reply,
            Some(place) => text.get(place..).unwrap_or_default(),
            None => continue,
        };
        let mut said = said.trim().to_owned();
        // An answer goes on where lines are indented behind it, or carry the same code.
        for next in lines.iter().skip(number + 1).take(8) {
            let continues =
                (next.starts_with([' ', '\t']) || said.is_empty()) && !next.trim().is_empty();
            if !continues || refuses(next.trim()) || next.contains(">>>") {
                break;
            }
            said.push(' ');
            said.push_str(next.trim());
        }
        if answers.len() < MOST && said.len() > 2 {
            answers.push(Answer {
                text: said,
                line: number,
                asked: asked.clone(),
            });
        }
    }
    answers
}

/// Where in a line, lower case, an answer is quoted.
fn quoted(line: &str) -> Option<usize> {
    memchr::memchr(b':', line.as_bytes())?;
    [" said:", "reason:", "response:", "error was:"]
        .iter()
        .find_map(|lead| line.find(lead).map(|place| place + lead.len()))
}

/// Whether a line begins with a 4yz or 5yz code.
fn refuses(line: &str) -> bool {
    let octets = line.as_bytes();
    matches!(
        octets,
        [b'4' | b'5', b'0'..=b'7', b'0'..=b'9', b' ' | b'-', _, ..]
    )
}
