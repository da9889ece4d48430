//! What a server answers: the manners of its provider, applied to one conversation.

use super::ledger::{Line, ProviderCounts};
use super::manners::{Manners, Users};
use super::provider::{Fault, Provider, Seat};
use super::{dice, replies};
use crate::model::Reply;
use crate::proto::smtp_server::{Event, Path};
use std::net::IpAddr;
use std::sync::Arc;

/// Octets of a header that are searched for its Message-ID.
const HEADER: usize = 64 * 1024;
/// Attempts at which a mailbox that is full for now refuses.
const FULL_FOR: u8 = 2;

/// What the session does about an event.
#[derive(Debug)]
pub(super) enum Decision {
    /// Nothing.
    Go,
    /// Says so.
    Answer(Reply),
    /// Says so, then shakes hands.
    StartTls(Reply),
    /// Drops the connection.
    Drop,
}

/// One conversation's memory.
#[derive(Debug)]
pub(super) struct Policy {
    provider: Arc<Provider>,
    seat: Seat,
    client: IpAddr,
    /// Messages whose content came to its end on this connection.
    messages: u32,
    envelope: Envelope,
}

/// The open transaction.
#[derive(Debug, Default)]
struct Envelope {
    from: String,
    to: Vec<Path>,
    header: Vec<u8>,
    fault: Option<Fault>,
}

impl Policy {
    pub(super) fn new(provider: Arc<Provider>, seat: Seat, client: IpAddr) -> Self {
        Self {
            provider,
            seat,
            client,
            messages: 0,
            envelope: Envelope::default(),
        }
    }

    /// The connection's number with its provider.
    pub(super) const fn number(&self) -> u64 {
        self.seat.number
    }

    /// Decides about an event, and counts what was decided.
    pub(super) fn decide(&mut self, event: Event) -> Decision {
        let decision = match event {
            Event::Connected => Decision::Answer(self.greet()),
            Event::Hello { .. } => Decision::Answer(replies::hello(self.client)),
            Event::Mail { from, .. } => Decision::Answer(self.begin(from)),
            Event::Rcpt { to } => self.recipient(to),
            Event::Data => Decision::Answer(replies::go_ahead()),
            Event::Content(piece) => self.content(&piece),
            Event::Message(_) => self.message(),
            Event::Abandoned => Decision::Go,
            Event::StartTls => Decision::StartTls(replies::ready_for_tls()),
        };
        self.count(&decision);
        decision
    }

    fn manners(&self) -> &'static Manners {
        self.provider.manners
    }

    fn greet(&self) -> Reply {
        let limit = self.manners().connections;
        if limit.is_some_and(|limit| self.seat.open > limit) {
            return replies::too_many_connections(self.client);
        }
        replies::greeting()
    }

    fn begin(&mut self, from: Option<Path>) -> Reply {
        let limit = self.manners().messages_per_connection;
        if limit.is_some_and(|limit| self.messages >= limit) {
            return replies::too_many_messages();
        }
        if !self.provider.within_rate() {
            return replies::slow_down(self.seat.number % 2 == 1);
        }
        self.envelope = Envelope {
            from: from.map_or_else(String::new, |path| path.to_string()),
            ..Envelope::default()
        };
        replies::sender_ok()
    }

    fn recipient(&mut self, to: Path) -> Decision {
        let manners = self.manners();
        let address = to.to_string();
        let counted =
            manners.greylists || manners.drops.is_some() || manners.users == Users::Strict;
        let before = if counted {
            self.provider.attempts_before(&self.envelope.from, &address)
        } else {
            0
        };
        if manners.greylists && before == 0 {
            return Decision::Answer(replies::greylisted(&address));
        }
        if let Some(refusal) = user(manners.users, &to.local, &address, before) {
            return Decision::Answer(refusal);
        }
        let drops = manners.drops;
        match drops.and_then(|drops| self.provider.fault(drops, &address, before)) {
            Some(Fault::Command) => return Decision::Drop,
            Some(fault) => self.envelope.fault = Some(fault),
            None => {}
        }
        self.envelope.to.push(to);
        Decision::Answer(replies::recipient_ok())
    }

    fn content(&mut self, piece: &[u8]) -> Decision {
        if self.envelope.fault == Some(Fault::Content) {
            return Decision::Drop;
        }
        let room = HEADER.saturating_sub(self.envelope.header.len());
        let taken = &piece[..piece.len().min(room)];
        self.envelope.header.extend_from_slice(taken);
        Decision::Go
    }

    fn message(&mut self) -> Decision {
        self.messages += 1;
        let envelope = std::mem::take(&mut self.envelope);
        let spam = |to: &Path| to.local.starts_with("spam");
        if self.manners().users == Users::Strict && envelope.to.iter().any(spam) {
            return Decision::Answer(replies::spam());
        }
        match envelope.fault {
            Some(Fault::End { accepted: false }) => Decision::Drop,
            Some(Fault::End { accepted: true }) => {
                // A ledger that cannot be written has nothing to compare; the client sees the
                // same dropped connection either way.
                let _ = self.accept(&envelope, false);
                Decision::Drop
            }
            Some(Fault::Command | Fault::Content) | None => {
                Decision::Answer(match self.accept(&envelope, true) {
                    Ok(()) => replies::accepted(self.queue_id()),
                    Err(_) => replies::cannot_store(),
                })
            }
        }
    }

    fn accept(&self, envelope: &Envelope, answered: bool) -> std::io::Result<()> {
        let message_id = message_id(&envelope.header);
        for to in &envelope.to {
            let line = Line {
                at: (self.provider.options.clock)(),
                provider: self.manners().word,
                from: &envelope.from,
                to: &to.to_string(),
                message_id: &message_id,
                answered,
            };
            self.provider.book.accept(self.manners().word, &line)?;
        }
        Ok(())
    }

    fn queue_id(&self) -> u64 {
        let text = format!("{}/{}", self.seat.number, self.messages);
        dice::hash(self.provider.options.seed, &text) >> 16
    }

    fn count(&self, decision: &Decision) {
        let change: fn(&mut ProviderCounts) = match decision {
            Decision::Answer(reply) if reply.is_transient() => |counts| counts.deferred += 1,
            Decision::Answer(reply) if reply.is_permanent() => |counts| counts.refused += 1,
            Decision::Drop => |counts| counts.dropped += 1,
            Decision::Answer(_) | Decision::StartTls(_) | Decision::Go => return,
        };
        self.provider.book.count(self.manners().word, change);
    }
}

/// The refusal of a mailbox, if it has one.
fn user(users: Users, local: &str, address: &str, before: u8) -> Option<Reply> {
    let begins = |word: &str| {
        local
            .get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    match users {
        Users::All => None,
        Users::Strict if begins("unknown") => Some(replies::unknown_user(address)),
        Users::Strict if begins("blocked") => Some(replies::blocked_sender()),
        Users::Strict if begins("full") => {
            let for_good = dice::hash(2, address).is_multiple_of(2);
            if for_good {
                return Some(replies::full(address));
            }
            (before < FULL_FOR).then(|| replies::full_for_now(address))
        }
        Users::Strict => None,
    }
}

/// The Message-ID of a header without its angle brackets; empty where it has none.
fn message_id(header: &[u8]) -> String {
    let text = String::from_utf8_lossy(header);
    let header = text.split("\r\n\r\n").next().unwrap_or("");
    let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut values = unfolded.split("\r\n").filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim_end()
            .eq_ignore_ascii_case("message-id")
            .then_some(value)
    });
    let value = values.next().unwrap_or("").trim();
    value
        .trim_start_matches('<')
        .trim_end_matches('>')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_are_found_in_headers_only() {
        for (header, id) in [
            ("Subject: a\r\nMessage-ID: <1@x>\r\n\r\nbody", "1@x"),
            ("MESSAGE-ID:\r\n <1@x>\r\nSubject: a\r\n\r\n", "1@x"),
            ("Subject: a\r\n\r\nMessage-ID: <1@x>\r\n", ""),
            ("", ""),
        ] {
            assert_eq!(message_id(header.as_bytes()), id, "{header:?}");
        }
    }

    #[test]
    fn strict_users_are_told_apart_by_their_names() {
        let code = |local: &str, before| {
            let address = format!("{local}@strict.test");
            user(Users::Strict, local, &address, before).map(|reply| reply.code)
        };
        assert_eq!(code("ann", 0), None);
        assert_eq!(code("unknown.user", 0), Some(550));
        assert_eq!(code("Blocked1", 0), Some(550));
        assert_eq!(code("ünknown", 0), None);
        let full: Vec<_> = (0..40)
            .map(|n| (code(&format!("full{n}"), 0), code(&format!("full{n}"), 2)))
            .collect();
        assert!(full.contains(&(Some(452), None)) && full.contains(&(Some(552), Some(552))));
    }
}
