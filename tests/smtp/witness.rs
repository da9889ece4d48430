//! Follows a conversation from outside: which lines were wholly written, which replies wholly
//! read, and therefore what may be said of each recipient.

use super::Tracked;
use hikyaku::model::{Outcome, Stage};
use std::collections::VecDeque;

/// Sees what the socket took and what the server's bytes were, in order.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    client: Vec<u8>,
    server: Vec<u8>,
    asked: VecDeque<Asked>,
    talks: Vec<Talk>,
    amid_content: bool,
    /// Octets of a BDAT that are still to come, and whether it is the last.
    chunk: Option<(usize, bool)>,
    greeted: bool,
    /// The last reply was a challenge: the next line is a response to it, and no command.
    challenged: bool,
}

/// Something the client said that gets an answer, with the number of the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Session,
    Mail(usize),
    Rcpt(usize, usize),
    Data(usize),
    /// A BDAT that is not the last.
    Chunk(usize),
    /// The final dot or the last BDAT.
    End(usize),
}

/// One transaction as it was seen.
#[derive(Debug, Default)]
struct Talk {
    mail: Option<u16>,
    recipients: Vec<(String, Option<u16>)>,
    content: Vec<u8>,
    /// It came by BDAT.
    chunked: bool,
    /// The lone dot, or all of the last chunk, was wholly written.
    ended: bool,
    answer: Option<u16>,
    /// The answer to DATA that was no 354, or to BDAT that was no 2yz, or what came while content
    /// was written.
    data: Option<u16>,
}

impl Talk {
    /// A server has taken a recipient and then refused what was sent ahead as out of order.
    fn was_out_of_order(&self) -> bool {
        let code = self.data.or(self.answer);
        code.is_some_and(|code| matches!(code, 500..=504 | 554))
    }
}

impl Witness {
    /// The socket took these.
    pub(crate) fn client_wrote(&mut self, bytes: &[u8]) {
        self.client.extend_from_slice(bytes);
        loop {
            if let Some((left, last)) = self.chunk {
                let here: Vec<u8> = self.client.drain(..left.min(self.client.len())).collect();
                let newest = self.talks.len() - 1;
                self.talks[newest].content.extend_from_slice(&here);
                if here.len() < left {
                    self.chunk = Some((left - here.len(), last));
                    return;
                }
                self.chunk = None;
                self.talks[newest].ended = last;
                self.asked.push_back(match last {
                    true => Asked::End(newest),
                    false => Asked::Chunk(newest),
                });
            }
            let Some(line) = take_line(&mut self.client) else {
                return;
            };
            if self.amid_content {
                self.content_line(&line);
            } else {
                self.command(&String::from_utf8(line).unwrap());
            }
        }
    }

    /// The client was given these.
    pub(crate) fn server_said(&mut self, bytes: &[u8]) {
        self.server.extend_from_slice(bytes);
        while let Some(line) = take_line(&mut self.server) {
            if line.get(3) != Some(&b'-') {
                let code = std::str::from_utf8(&line)
                    .ok()
                    .and_then(|line| line.get(..3)?.parse().ok())
                    .unwrap_or(0);
                self.reply(code);
            }
        }
    }

    fn content_line(&mut self, line: &[u8]) {
        let newest = self.talks.len() - 1;
        let talk = &mut self.talks[newest];
        if line == b".\r\n" {
            talk.ended = true;
            self.amid_content = false;
            self.asked.push_back(Asked::End(newest));
        } else {
            talk.content
                .extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        }
    }

    fn command(&mut self, line: &str) {
        let path = || line[line.find('<').unwrap() + 1..line.rfind('>').unwrap()].to_owned();
        let newest = self.talks.len().wrapping_sub(1);
        let asked = if std::mem::take(&mut self.challenged) {
            Asked::Session
        } else if line.starts_with("MAIL FROM:<") {
            self.talks.push(Talk::default());
            Asked::Mail(self.talks.len() - 1)
        } else if let Some(octets) = line.strip_prefix("BDAT ") {
            let octets = octets.strip_suffix("\r\n").unwrap();
            let last = octets.strip_suffix(" LAST");
            let count = last.unwrap_or(octets).parse().unwrap();
            self.talks[newest].chunked = true;
            self.chunk = Some((count, last.is_some()));
            return;
        } else if line.starts_with("RCPT TO:<") {
            let recipients = &mut self.talks.last_mut().unwrap().recipients;
            recipients.push((path(), None));
            Asked::Rcpt(newest, recipients.len() - 1)
        } else if line == "DATA\r\n" {
            Asked::Data(newest)
        } else {
            assert_ne!(
                (line, self.talks.len()),
                ("RSET\r\n", 0),
                "RSET before the first message"
            );
            let known = [
                "EHLO ",
                "HELO ",
                "STARTTLS\r\n",
                "RSET\r\n",
                "QUIT\r\n",
                "AUTH ",
            ];
            assert!(known.iter().any(|known| line.starts_with(known)), "{line}");
            Asked::Session
        };
        self.asked.push_back(asked);
    }

    fn reply(&mut self, code: u16) {
        if !self.greeted {
            self.greeted = true;
            return;
        }
        let Some(asked) = self.asked.pop_front() else {
            if self.amid_content || self.chunk.is_some() {
                self.talks.last_mut().unwrap().data.get_or_insert(code);
            }
            return;
        };
        match asked {
            Asked::Mail(talk) => self.talks[talk].mail = Some(code),
            Asked::Rcpt(talk, at) => self.talks[talk].recipients[at].1 = Some(code),
            Asked::Data(_) if code == 354 => self.amid_content = true,
            Asked::Chunk(_) if code / 100 == 2 => {}
            Asked::Data(talk) | Asked::Chunk(talk) => {
                self.talks[talk].data.get_or_insert(code);
            }
            Asked::End(talk) => self.talks[talk].answer = Some(code),
            Asked::Session => self.challenged = code == 334,
        }
    }

    /// Holds what was said of every recipient against what was seen. To be called at the end.
    pub(crate) fn judge(&self, tracked: &[Tracked]) {
        for one in tracked {
            assert_eq!(one.outcomes.len(), 1, "settles exactly once: {one:?}");
            self.judge_one(one, &one.outcomes[0]);
        }
    }

    fn judge_one(&self, one: &Tracked, outcome: &Outcome) {
        let seen = self.talks.iter().find_map(|talk| {
            let found = talk
                .recipients
                .iter()
                .find(|(path, _)| *path == one.address);
            found.map(|(_, code)| (talk, *code))
        });
        let Some((talk, rcpt)) = seen else {
            let untouched = matches!(outcome, Outcome::Lost { .. } | Outcome::Unsendable { .. })
                || matches!(
                    outcome,
                    Outcome::Refused {
                        stage: Stage::Mail,
                        ..
                    }
                );
            assert!(untouched, "was never asked for: {one:?}");
            return;
        };
        let has_content = talk.ended && !talk.content.is_empty();
        // Where MAIL was refused there is no transaction, whatever came behind it.
        let refused = talk.mail.is_some_and(|code| code >= 400);
        let taken = rcpt.is_some_and(|code| code / 100 == 2) && !refused;
        match outcome {
            Outcome::Accepted(reply) => {
                assert!(talk.ended, "accepted before its end: {one:?}");
                assert_eq!(talk.answer, Some(reply.code), "{one:?}");
                assert_eq!(reply.code / 100, 2, "{one:?}");
                assert!(
                    one.content_survived(&talk.content, talk.chunked),
                    "content was changed: {one:?}"
                );
            }
            Outcome::Refused { stage, reply } => {
                let answer = match stage {
                    Stage::Mail => talk.mail,
                    Stage::Rcpt => rcpt,
                    Stage::Final => talk.answer,
                    Stage::Data => talk.data,
                    other => panic!("refused at {other}: {one:?}"),
                };
                assert_eq!(answer, Some(reply.code), "{one:?} {talk:?}");
            }
            Outcome::InDoubt { .. } => {
                assert!(talk.ended, "in doubt, but not written: {one:?}");
            }
            Outcome::Lost { .. } => {
                assert!(
                    !(has_content && taken) || talk.was_out_of_order(),
                    "lost, but fully written: {one:?} {talk:?}"
                );
            }
            Outcome::Unsendable { .. } => panic!("unsendable, but asked for: {one:?}"),
        }
        let unanswered = talk.answer.is_none() && talk.data.is_none();
        if has_content && unanswered && taken {
            let in_doubt = matches!(outcome, Outcome::InDoubt { .. });
            assert!(in_doubt, "fully written and unanswered: {one:?}");
        }
    }
}

/// The first line of `bytes` with its end, taken off.
fn take_line(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    Some(bytes.drain(..=end).collect())
}
