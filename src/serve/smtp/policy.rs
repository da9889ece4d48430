//! What is let in, and the words for what is not.

use super::budget::{Budget, Content};
use super::connection::Mailroom;
use crate::intake::Envelope;
use crate::model::{EnhancedCode, Reply};
use crate::proto::smtp_server::{Event, MailParameters, Path};
use crate::serve::client::Client;
use crate::serve::seats::Seat;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Recipients of one conversation that may be refused.
const REFUSALS: u32 = 10;
/// How long the ledger may take with one mail; RFC 5321 section 4.5.3.2.6 lets clients wait ten
/// minutes.
const LEDGER: Duration = Duration::from_secs(60);
/// Octets that have to be free before content is asked for of which the size is not known.
const UNKNOWN_SIZE: usize = 64 << 10;

/// One conversation's decisions.
pub(super) struct Policy {
    room: Arc<Mailroom>,
    client: Client,
    seat: Seat,
    envelope: Envelope,
    declared: Option<u64>,
    content: Content,
    refused: u32,
    /// Whether the letter that is coming was counted at postmaster.
    counted: bool,
    /// Mails that were taken.
    pub(super) taken: u32,
}

/// What is to be done about an event.
pub(super) enum Decision {
    /// Nothing.
    Go,
    /// To answer it.
    Answer(Reply),
    /// To answer it, then to shake hands.
    StartTls(Reply),
}

impl Policy {
    pub(super) fn new(room: Arc<Mailroom>, client: Client, seat: Seat) -> Self {
        Self {
            content: room.budget.open(),
            room,
            client,
            seat,
            envelope: Envelope::default(),
            declared: None,
            refused: 0,
            counted: false,
            taken: 0,
        }
    }

    /// Whether a mail is coming that somebody of ours is to get.
    pub(super) fn is_busy(&self) -> bool {
        !self.envelope.to.is_empty()
    }

    pub(super) async fn decide(&mut self, event: Event) -> Decision {
        let answer = match event {
            Event::Connected => reply(220, 0, 0, "ESMTP takes returned mail"),
            Event::Hello { .. } => {
                self.forget();
                reply(250, 0, 0, "at your service")
            }
            Event::Mail { from, parameters } => self.mail(from.as_ref(), parameters),
            Event::Rcpt { to } => self.rcpt(&to).await,
            Event::Data => self.data(),
            Event::Content(piece) => {
                self.content.push(&piece);
                return Decision::Go;
            }
            Event::Message(_) => self.message().await,
            Event::Abandoned => {
                self.forget();
                return Decision::Go;
            }
            Event::StartTls => return Decision::StartTls(reply(220, 0, 0, "Go ahead")),
        };
        Decision::Answer(answer)
    }

    fn mail(&mut self, from: Option<&Path>, parameters: MailParameters) -> Reply {
        self.forget();
        self.envelope.from = from.map(ToString::to_string);
        self.declared = parameters.size;
        reply(250, 1, 0, "Sender OK")
    }

    async fn rcpt(&mut self, to: &Path) -> Reply {
        let address = to.to_string();
        if self.room.is_postmaster(to) {
            return self.postmaster(address).await;
        }
        if !self.room.is_ours(&to.domain) {
            return self.refuse("relay", reply(550, 7, 1, "Relaying denied"));
        }
        if !self.room.desk.owns(&address) {
            return self.refuse("unknown", reply(550, 1, 1, "No such return path"));
        }
        self.seat.earn(true);
        self.room.metrics.recipient("taken");
        self.envelope.to.push(address);
        reply(250, 1, 5, "Recipient OK")
    }

    /// The one address that everybody may write to (RFC 5321 section 4.5.1): as often as strangers may
    /// do anything, and without a right to the seat.
    async fn postmaster(&mut self, address: String) -> Reply {
        if !self.is_within_rate() {
            self.room.metrics.recipient("postmaster_often");
            return reply(450, 7, 1, "Too many letters, please try again later");
        }
        // What cannot be told now shows when the letter is written.
        if let Ok(false) = self.room.desk.keeps_letters().await {
            self.room.metrics.recipient("postmaster_full");
            return reply(452, 3, 1, "No room for letters, please try again later");
        }
        self.counted = true;
        self.room.metrics.recipient("postmaster");
        self.envelope.to.push(address);
        reply(250, 1, 5, "Recipient OK")
    }

    /// Whether this client may have one more letter kept or recipient refused, which counts: as often as
    /// strangers may do anything.
    fn is_within_rate(&self) -> bool {
        let now = self.room.clock.instant();
        let strangers = self.room.strangers.as_ref();
        strangers.is_none_or(|limiter| limiter.take(self.client, now).is_ok())
    }

    /// Whoever guesses is slowed down, then sent away, over all of its connections.
    fn refuse(&mut self, outcome: &str, refusal: Reply) -> Reply {
        self.room.metrics.recipient(outcome);
        self.refused += 1;
        if !self.is_within_rate() || self.refused > REFUSALS {
            return reply(421, 7, 0, "Too many recipients that do not exist");
        }
        refusal
    }

    fn data(&self) -> Reply {
        let wanted = self.declared.map_or(UNKNOWN_SIZE, |size| {
            usize::try_from(size).unwrap_or(usize::MAX)
        });
        if self.room.budget.has(wanted) {
            return reply(354, 0, 0, "End with CRLF dot CRLF");
        }
        self.room.metrics.mail("no_room");
        no_room()
    }

    async fn message(&mut self) -> Reply {
        let Some(octets) = self.content.whole() else {
            self.room.metrics.mail("no_room");
            self.forget();
            return no_room();
        };
        // Mail to an unsubscribe mailbox holds a token, and then is counted by nobody, or is a letter.
        let may_write = || self.counted || self.is_within_rate();
        let taken = self.room.desk.take(octets, &self.envelope, &may_write);
        let answer = match timeout(LEDGER, taken).await {
            Ok(Ok(came)) => {
                self.taken += 1;
                self.room.metrics.mail("taken");
                self.room.metrics.came(&came);
                let (octets, recipients) = (octets.len(), self.envelope.to.len());
                tracing::info!(target: "serve", client = %self.client, octets, recipients, ?came, "mail taken");
                reply(250, 0, 0, "Taken")
            }
            Ok(Err(_)) | Err(_) => {
                self.room.metrics.mail("not_kept");
                reply(451, 3, 0, "It cannot be kept now, please try again")
            }
        };
        self.forget();
        answer
    }

    /// The transaction is over.
    fn forget(&mut self) {
        self.envelope = Envelope::default();
        self.declared = None;
        self.counted = false;
        self.content = Budget::open(&self.room.budget);
        self.seat.earn(false);
    }
}

fn no_room() -> Reply {
    reply(452, 3, 1, "No room for it now, please try again")
}

/// A client that takes too long.
pub(super) fn too_slow() -> Reply {
    reply(421, 4, 2, "Too slow, goodbye")
}

/// A client that sends commands without end and no mail.
pub(super) fn too_much() -> Reply {
    reply(421, 7, 0, "Too many commands")
}

/// A client that speaks before it was greeted (RFC 5321 section 3.1 asks it to wait).
pub(super) fn too_early() -> Reply {
    reply(554, 5, 1, "Wait for the greeting")
}

/// The program ends, or others need the place.
pub(super) fn closing() -> Reply {
    reply(421, 3, 2, "Closing, please come back later")
}

/// A reply with an enhanced code of its own class.
fn reply(code: u16, subject: u16, detail: u16, text: &str) -> Reply {
    let class = match code {
        200..=399 => 2,
        400..=499 => 4,
        _ => 5,
    };
    // RFC 2034 section 4: none in the greeting, in the answer to EHLO and in 3xx.
    let enhanced = (code != 354).then_some(EnhancedCode {
        class,
        subject,
        detail,
    });
    Reply {
        code,
        enhanced,
        text: text.to_owned(),
    }
}
