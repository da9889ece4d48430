//! What a server's answers look like, by what was asked.
//!
//! In a stream of transactions a reply that a server sends twice, or forgets, shifts every later
//! one by one, and nothing in the codes looks wrong. But most servers answer MAIL, RCPT, RSET and
//! content with words of their own each. What they used before for one question is not taken for
//! the answer to another.

use crate::model::Reply;
use std::hash::{BuildHasher, Hasher};

/// A question whose positive answers are told apart from those to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    Mail,
    Rcpt,
    /// The end of the content.
    Content,
    /// RSET behind a transaction.
    Fence,
}

/// What stays the same in a server's answers to one kind of question: code, enhanced code and
/// words, with one mark for whatever looks like names and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape(u64);

impl Shape {
    pub(super) fn of(reply: &Reply) -> Self {
        let mut hasher = foldhash::fast::FixedState::default().build_hasher();
        hasher.write_u16(reply.code);
        if let Some(enhanced) = reply.enhanced {
            hasher.write_u16(enhanced.subject);
            hasher.write_u16(enhanced.detail);
        }
        let mut passed_over = false;
        for word in reply.text.split_ascii_whitespace() {
            let common = is_common(word);
            if common {
                for octet in word.bytes() {
                    hasher.write_u8(octet.to_ascii_lowercase());
                }
                hasher.write_u8(b' ');
            } else if !passed_over {
                hasher.write_u8(b'#');
            }
            passed_over = !common;
        }
        Self(hasher.finish())
    }
}

/// Whether a word is one of a language: letters as in a sentence, with a mark behind them at most.
/// Queue ids, addresses, host names and counts are not.
fn is_common(word: &str) -> bool {
    let word = word.trim_end_matches([',', '.', ':', ';', '!']);
    let Some((first, rest)) = word.as_bytes().split_first() else {
        return false;
    };
    first.is_ascii_alphabetic()
        && (rest.iter().all(u8::is_ascii_lowercase)
            || (word.len() <= 4 && rest.iter().all(u8::is_ascii_uppercase)))
}

/// The positive answers to one transaction, as far as they have come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Answered {
    pub mail: Option<Shape>,
    pub rcpt: Option<Shape>,
    pub content: Option<Shape>,
    pub fence: Option<Shape>,
}

impl Answered {
    pub(super) fn note(&mut self, topic: Topic, shape: Shape) {
        match topic {
            Topic::Mail => self.mail = Some(shape),
            Topic::Rcpt => self.rcpt = Some(shape),
            Topic::Content => self.content = Some(shape),
            Topic::Fence => self.fence = Some(shape),
        }
    }
}

/// The shapes a server has used in this session.
#[derive(Debug, Default)]
pub(super) struct Habits {
    mail: Shapes,
    rcpt: Shapes,
    content: Shapes,
    fence: Shapes,
}

impl Habits {
    /// The question this answer is known from, where it is known from another one and not from
    /// `topic`.
    pub(super) fn foreign(&self, topic: Topic, shape: Shape) -> Option<Topic> {
        let own = self.of(topic);
        if own.is_empty() || own.contain(shape) {
            return None;
        }
        [Topic::Mail, Topic::Rcpt, Topic::Content, Topic::Fence]
            .into_iter()
            .find(|other| *other != topic && self.of(*other).contain(shape))
    }

    /// Learns from a transaction once the answers to all have come out even.
    pub(super) fn learn(&mut self, answered: Answered) {
        self.mail.add(answered.mail);
        self.rcpt.add(answered.rcpt);
        self.content.add(answered.content);
        self.fence.add(answered.fence);
    }

    /// Whether an answer can be one to content and nothing else, by all that is known.
    pub(super) fn only_content(&self, shape: Shape) -> bool {
        let others = [&self.mail, &self.rcpt, &self.fence];
        self.content.contain(shape)
            && others
                .iter()
                .all(|other| !other.is_empty() && !other.contain(shape))
    }

    const fn of(&self, topic: Topic) -> &Shapes {
        match topic {
            Topic::Mail => &self.mail,
            Topic::Rcpt => &self.rcpt,
            Topic::Content => &self.content,
            Topic::Fence => &self.fence,
        }
    }
}

/// The last few shapes of one topic; a server with more of them cannot be told by them.
#[derive(Debug, Default)]
struct Shapes {
    known: [Option<Shape>; KNOWN],
    next: usize,
}

impl Shapes {
    fn is_empty(&self) -> bool {
        self.known[0].is_none()
    }

    fn contain(&self, shape: Shape) -> bool {
        self.known.contains(&Some(shape))
    }

    fn add(&mut self, shape: Option<Shape>) {
        if let Some(shape) = shape
            && !self.contain(shape)
        {
            self.known[self.next] = Some(shape);
            self.next = (self.next + 1) % KNOWN;
        }
    }
}

/// Shapes remembered of one topic.
const KNOWN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EnhancedCode;

    fn shape(text: &str) -> Shape {
        let (enhanced, text) = match text.split_once(' ') {
            Some((first, rest)) if EnhancedCode::parse(first).is_some() => {
                (EnhancedCode::parse(first), rest)
            }
            _ => (None, text),
        };
        Shape::of(&Reply {
            code: 250,
            enhanced,
            text: text.to_owned(),
        })
    }

    /// Habits after one transaction that was answered so.
    fn habits([mail, rcpt, content, fence]: [&str; 4]) -> Habits {
        let mut habits = Habits::default();
        let answered = Answered {
            mail: Some(shape(mail)),
            rcpt: Some(shape(rcpt)),
            content: Some(shape(content)),
            fence: Some(shape(fence)),
        };
        habits.learn(answered);
        habits
    }

    #[test]
    fn what_changes_from_message_to_message_does_not_count() {
        for (one, other) in [
            ("2.0.0 Ok: queued as 4Yx2ab1Cz", "2.0.0 Ok: queued as 9F0A"),
            ("OK id=1tDabc-0001-xY", "OK id=1tDabd-0002-Ab"),
            ("2.1.5 <ann@example.net>... ok", "2.1.5 <bob@x.test>... ok"),
            (
                "2.0.0 OK 1732 abc12si9 - gsmtp",
                "2.0.0 OK 1733 zz-9 - gsmtp",
            ),
            (
                "2.0.0 KXQWZPLM Message accepted",
                "2.0.0 PPQWAALM Message accepted",
            ),
        ] {
            assert_eq!(shape(one), shape(other), "{one}");
        }
        assert_ne!(shape("2.1.0 Ok"), shape("2.1.5 Ok"));
        assert_ne!(shape("OK"), shape("Accepted"));
    }

    #[test]
    fn common_servers_are_told_by_their_words() {
        for server in [
            [
                "2.1.0 Ok",
                "2.1.5 Ok",
                "2.0.0 Ok: queued as 4Yx2ab",
                "2.0.0 Ok",
            ],
            ["OK", "Accepted", "OK id=1tDabc-0001", "Reset OK"],
            [
                "2.1.0 OK ab-1 - gsmtp",
                "2.1.5 OK ab-1 - gsmtp",
                "2.0.0 OK 17 ab-1 - gsmtp",
                "2.1.5 Flushed ab-1 - gsmtp",
            ],
            [
                "2.1.0 Sender OK",
                "2.1.5 Recipient OK",
                "2.6.0 <id> Queued mail for delivery",
                "2.0.0 Resetting",
            ],
        ] {
            let habits = habits(server);
            assert!(habits.only_content(shape(server[2])), "{server:?}");
            for (topic, foreign) in [(Topic::Content, 1), (Topic::Fence, 2), (Topic::Rcpt, 0)] {
                let found = habits.foreign(topic, shape(server[foreign]));
                assert!(found.is_some(), "{server:?} {topic:?}");
            }
        }
    }

    #[test]
    fn a_server_of_one_word_is_never_foreign_and_never_sure() {
        let habits = habits(["ok", "ok", "ok", "ok"]);
        assert_eq!(habits.foreign(Topic::Content, shape("ok")), None);
        assert!(!habits.only_content(shape("ok")));
    }

    #[test]
    fn a_new_answer_is_not_foreign_but_not_sure_either() {
        let habits = habits(["2.1.0 Ok", "2.1.5 Ok", "2.0.0 queued", "2.0.0 flushed"]);
        assert_eq!(habits.foreign(Topic::Content, shape("2.6.0 thanks")), None);
        assert!(!habits.only_content(shape("2.6.0 thanks")));
    }
}
