//! Which command may come when, and what it leads to. No octets here.

use super::command::{Command, Flaw, Parameter};
use super::config::ServerConfig;
use super::content::Lines;
use super::event::{Body, Event, MailParameters};
use super::path::Path;
use super::wire::reply;
use crate::model::Reply;

/// Where a conversation stands between two commands.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// Whether EHLO (`true`) or HELO came.
    pub(super) extended: Option<bool>,
    pub(super) tls: bool,
    pub(super) transaction: Option<Transaction>,
}

/// What MAIL opened.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) smtputf8: bool,
    /// Recipients that were accepted.
    pub(super) recipients: usize,
    /// The content so far, once BDAT began.
    pub(super) chunks: Option<Lines>,
}

/// What the caller was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    Greeting,
    Hello { extended: bool },
    Mail { smtputf8: bool },
    Rcpt,
    Data,
    Message,
    StartTls,
}

/// What a command leads to.
#[derive(Debug)]
pub(super) enum Act {
    /// The caller decides.
    Ask(Question, Event),
    /// The answer is certain.
    Say(Reply),
    /// The client's own mistake in form, of which there may be only so many.
    Fault(Reply),
    /// The answer, and the open transaction ends.
    Reset(Reply),
    /// The answer, and the session ends.
    Close(Reply),
    /// So many octets of content follow; they are thrown away where there is a refusal.
    Chunk {
        octets: u64,
        last: bool,
        refusal: Option<Refusal>,
    },
}

/// Why a chunk is thrown away.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) reply: Reply,
    /// Whether the transaction ends with it.
    pub(super) ends: bool,
}

impl Session {
    pub(super) fn act(&self, command: Command, config: &ServerConfig) -> Act {
        match command {
            Command::Hello { extended: true, .. } if !config.extended => {
                Act::Fault(reply(502, 5, 1, "Command not implemented"))
            }
            Command::Hello { name, extended } => Act::Ask(
                Question::Hello { extended },
                Event::Hello { name, extended },
            ),
            Command::Mail { from, parameters } => self.mail(from, &parameters, config),
            Command::Rcpt { to, parameters } => self.rcpt(to, &parameters, config),
            Command::Data => self.data(),
            Command::Bdat { size, last } => self.bdat(size, last, config),
            Command::Rset => Act::Reset(reply(250, 0, 0, "OK")),
            Command::Noop => Act::Say(reply(250, 0, 0, "OK")),
            Command::Vrfy => Act::Say(reply(252, 1, 5, "Send some mail, and it will be seen")),
            Command::Expn => Act::Say(reply(502, 5, 1, "Lists are not expanded here")),
            Command::Help => Act::Say(reply(214, 0, 0, "This is SMTP as in RFC 5321")),
            Command::Quit => Act::Close(reply(221, 0, 0, format!("{} closes", config.hostname))),
            Command::StartTls => self.start_tls(config),
        }
    }

    fn mail(&self, from: Option<Path>, given: &[Parameter], config: &ServerConfig) -> Act {
        let Some(extended) = self.extended else {
            return Act::Say(reply(503, 5, 1, "Say EHLO or HELO first"));
        };
        if self.transaction.is_some() {
            return Act::Say(reply(503, 5, 1, "Nested MAIL command"));
        }
        let parameters = match mail_parameters(given, extended, config) {
            Ok(parameters) => parameters,
            Err(reply) => return Act::Fault(reply),
        };
        if parameters.size.is_some_and(|size| size > config.max_size) {
            return Act::Say(too_big());
        }
        if from.as_ref().is_some_and(Path::needs_smtputf8) && !parameters.smtputf8 {
            return Act::Say(reply(553, 6, 7, "The address needs SMTPUTF8"));
        }
        let smtputf8 = parameters.smtputf8;
        Act::Ask(
            Question::Mail { smtputf8 },
            Event::Mail { from, parameters },
        )
    }

    fn rcpt(&self, to: Path, given: &[Parameter], config: &ServerConfig) -> Act {
        let Some(open) = &self.transaction else {
            return Act::Say(reply(503, 5, 1, "Need MAIL before RCPT"));
        };
        if open.chunks.is_some() {
            return Act::Say(reply(503, 5, 1, "The content has begun"));
        }
        if let Some(parameter) = given.first() {
            return Act::Fault(unknown_parameter(&parameter.keyword));
        }
        if to.needs_smtputf8() && !open.smtputf8 {
            return Act::Say(reply(553, 6, 7, "The address needs SMTPUTF8"));
        }
        if open.recipients >= config.max_recipients {
            return Act::Say(reply(452, 5, 3, "Too many recipients"));
        }
        Act::Ask(Question::Rcpt, Event::Rcpt { to })
    }

    fn data(&self) -> Act {
        match &self.transaction {
            None => Act::Say(reply(503, 5, 1, "Need MAIL before DATA")),
            Some(open) if open.chunks.is_some() => {
                Act::Say(reply(503, 5, 1, "The content comes by BDAT already"))
            }
            Some(open) if open.recipients == 0 => Act::Say(reply(503, 5, 1, "No valid recipients")),
            Some(_) => Act::Ask(Question::Data, Event::Data),
        }
    }

    fn bdat(&self, octets: u64, last: bool, config: &ServerConfig) -> Act {
        let refuse = |reply, ends| Some(Refusal { reply, ends });
        let refusal = match &self.transaction {
            _ if !config.chunking => refuse(reply(502, 5, 1, "Command not implemented"), false),
            None => refuse(reply(503, 5, 1, "Need MAIL before BDAT"), false),
            Some(open) if open.recipients == 0 => {
                refuse(reply(503, 5, 1, "No valid recipients"), false)
            }
            Some(open) => {
                let so_far = open.chunks.as_ref().map_or(0, |lines| lines.size);
                let over = so_far.saturating_add(octets) > config.max_size;
                over.then(|| Refusal {
                    reply: too_big(),
                    ends: true,
                })
            }
        };
        Act::Chunk {
            octets,
            last,
            refusal,
        }
    }

    fn start_tls(&self, config: &ServerConfig) -> Act {
        if self.tls {
            return Act::Say(reply(503, 5, 1, "TLS is active already"));
        }
        if !config.starttls || self.extended != Some(true) {
            return Act::Say(reply(502, 5, 1, "Command not implemented"));
        }
        if self.transaction.is_some() {
            return Act::Say(reply(503, 5, 1, "Not within a transaction"));
        }
        Act::Ask(Question::StartTls, Event::StartTls)
    }

    /// The lines of the answer to EHLO behind the first (RFC 5321 section 4.1.1.1).
    pub(super) fn capabilities(&self, config: &ServerConfig) -> Vec<String> {
        let mut lines = vec![format!("SIZE {}", config.max_size)];
        let offered = [
            (config.pipelining, "PIPELINING"),
            (config.eight_bit_mime, "8BITMIME"),
            (config.smtputf8, "SMTPUTF8"),
            (config.enhanced_codes, "ENHANCEDSTATUSCODES"),
            (config.chunking, "CHUNKING"),
            (config.starttls && !self.tls, "STARTTLS"),
        ];
        for (_, keyword) in offered.iter().filter(|(offered, _)| *offered) {
            lines.push((*keyword).to_owned());
        }
        lines
    }
}

/// The answer to a line that is no command.
pub(super) fn fault(flaw: &Flaw) -> Act {
    match *flaw {
        Flaw::Unknown => Act::Fault(reply(500, 5, 2, "Command not recognised")),
        Flaw::Arguments(why) => Act::Fault(reply(501, 5, 4, format!("Syntax: {why}"))),
        Flaw::Path(why) => Act::Fault(reply(501, 1, 3, format!("Bad address syntax: {why}"))),
        Flaw::Lost => Act::Close(reply(
            421,
            5,
            4,
            "Syntax: BDAT count [LAST]; what follows cannot be told apart",
        )),
    }
}

pub(super) fn too_big() -> Reply {
    reply(552, 3, 4, "Message size exceeds the limit")
}

fn unknown_parameter(keyword: &str) -> Reply {
    reply(555, 5, 4, format!("Unsupported parameter {keyword}"))
}

fn mail_parameters(
    given: &[Parameter],
    extended: bool,
    config: &ServerConfig,
) -> Result<MailParameters, Reply> {
    let mut parameters = MailParameters::default();
    for Parameter { keyword, value } in given {
        let value = value.as_deref().map(str::to_ascii_uppercase);
        match (keyword.as_str(), value.as_deref()) {
            ("SIZE", Some(value)) if extended => {
                let digits = value.bytes().all(|b| b.is_ascii_digit());
                let size = digits.then(|| value.parse().ok()).flatten();
                let wrong = || reply(501, 5, 4, "Syntax: SIZE=octets");
                parameters.size = Some(size.ok_or_else(wrong)?);
            }
            ("BODY", Some("7BIT")) if extended && config.eight_bit_mime => {
                parameters.body = Body::SevenBit;
            }
            ("BODY", Some("8BITMIME")) if extended && config.eight_bit_mime => {
                parameters.body = Body::EightBit;
            }
            ("SMTPUTF8", None) if extended && config.smtputf8 => parameters.smtputf8 = true,
            _ => return Err(unknown_parameter(keyword)),
        }
    }
    Ok(parameters)
}
