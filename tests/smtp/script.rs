//! Transcripts: a conversation with a server as text, and what has to come of it.
//!
//! ```text
//! # comment
//! set pipeline=off starttls=never messages=2 hostname=… stay atomic
//! set tls=implicit login=plain:tim:secret unverified allow-plaintext
//! mail 1 from=news@example.com to=ann@example.net,用户@example.net!utf8 size=10 body=text\r\n
//! C: EHLO mail.example.com        a line the client says
//! c: hel                          octets the client says, without a line's end
//! S: 250 ok                       a line the server says, once all lines above have been said
//! ! eof                           something that happens
//! = 1 ann@example.net accepted 250
//! = closed clean stage=mail accepted=1
//! ```
//!
//! `chunk` is octets of a BDAT, `window` and `opening` are transactions of a stream, `octets` is
//! content ahead of its answers. The end tells `window`, `fall-back` and `recipients` where they
//! are not what the session began with. All that the server says in one go is read at once;
//! `! pass 0` between two lines makes two reads of them.
//!
//! `stay` never says that nothing more is to come; `atomic` marks conversations that mean
//! something else when their bytes are cut, since they are about bytes that come together. `login`
//! is mechanism (`auto` with a password, `token` with a token), user and secret; without
//! `unverified`, a handshake proves the server's name.

use super::config;
use bytes::Bytes;
use hikyaku::model::{PipelineMode, RecipientId, SaslMechanism, SecretKind};
use hikyaku::proto::sasl::Credentials;
use hikyaku::proto::smtp_client::{ClientConfig, LogIn, StartTls, Transaction};
use std::time::Duration;

/// A transcript, read.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) config: ClientConfig,
    pub(crate) stay: bool,
    pub(crate) atomic: bool,
    pub(crate) mails: Vec<Transaction>,
    pub(crate) steps: Vec<Step>,
    /// The `=` lines, sorted.
    pub(crate) expected: Vec<String>,
}

/// One line of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Client(String),
    /// Octets that are no whole line.
    ClientOctets(String),
    Server(String),
    Event(Event),
}

/// Something that is neither said by the client nor by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Eof,
    Reset,
    WriteFailed,
    /// The clock goes to the deadline.
    Timeout,
    /// So much time passes, and no deadline with it.
    Pass(Duration),
    /// The deadline has to be so far away.
    Due(Duration),
    /// Nothing may be due.
    NothingDue,
    TlsReady,
    TlsFailed,
    /// The socket takes no more than so many octets from now on.
    Hold(usize),
    /// The socket takes everything again.
    Release,
}

impl Script {
    /// Reads a transcript.
    pub(crate) fn parse(text: &str) -> Self {
        let mut script = Self {
            config: config(),
            stay: false,
            atomic: false,
            mails: Vec::new(),
            steps: Vec::new(),
            expected: Vec::new(),
        };
        for line in text.lines() {
            let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
            match mark {
                "" | "#" => {}
                "C:" => script.steps.push(Step::Client(rest.to_owned())),
                "c:" => script.steps.push(Step::ClientOctets(unescape(rest))),
                "S:" => script.steps.push(Step::Server(unescape(rest))),
                "!" => script.steps.push(Step::Event(event(rest))),
                "=" => script.expected.push(rest.to_owned()),
                "set" => rest.split(' ').for_each(|word| script.set(word)),
                "mail" => script.mails.push(mail(rest)),
                _ => panic!("unknown line: {line}"),
            }
        }
        script.expected.sort();
        script
    }

    /// Everything the server says.
    pub(crate) fn server_octets(&self) -> Vec<u8> {
        let lines = self.steps.iter().filter_map(|step| match step {
            Step::Server(line) => Some(format!("{line}\r\n")),
            Step::Client(_) | Step::ClientOctets(_) | Step::Event(_) => None,
        });
        lines.collect::<String>().into_bytes()
    }

    fn set(&mut self, word: &str) {
        let config = &mut self.config;
        match word.split_once('=').unwrap_or((word, "")) {
            ("stay", "") => self.stay = true,
            ("atomic", "") => self.atomic = true,
            ("pipeline", "off") => config.pipeline = PipelineMode::Off,
            ("pipeline", "data") => config.pipeline = PipelineMode::Data,
            ("starttls", "never") => config.starttls = StartTls::Never,
            ("starttls", "required") => config.starttls = StartTls::Required,
            ("tls", "implicit") => config.starttls = StartTls::Implicit,
            ("login", text) => config.login = Some(login(text)),
            ("unverified", "") => config.login.as_mut().unwrap().verified = false,
            ("allow-plaintext", "") => config.login.as_mut().unwrap().allow_plaintext = true,
            ("chunk", octets) => config.chunk = octets.parse().unwrap(),
            ("window", count) => config.window = count.parse().unwrap(),
            ("opening", count) => config.opening = count.parse().unwrap(),
            ("octets", octets) => config.window_octets = octets.parse().unwrap(),
            ("messages", count) => config.messages = Some(count.parse().unwrap()),
            ("hostname", name) => config.hostname = unescape(name),
            _ => panic!("unknown setting: {word}"),
        }
    }
}

/// A login with the nonce of RFC 7677's example.
pub(super) fn login(text: &str) -> LogIn {
    let mut words = text.splitn(3, ':');
    let mechanism = match words.next().unwrap() {
        "auto" | "token" => None,
        "plain" => Some(SaslMechanism::Plain),
        "login" => Some(SaslMechanism::Login),
        "cram-md5" => Some(SaslMechanism::CramMd5),
        "scram-sha-256" => Some(SaslMechanism::ScramSha256),
        "xoauth2" => Some(SaslMechanism::Xoauth2),
        "oauthbearer" => Some(SaslMechanism::OauthBearer),
        other => panic!("unknown mechanism: {other}"),
    };
    let kind = match mechanism {
        Some(mechanism) => mechanism.takes(),
        None if text.starts_with("token") => SecretKind::Token,
        None => SecretKind::Password,
    };
    LogIn {
        mechanism,
        credentials: Credentials {
            username: unescape(words.next().unwrap()),
            kind,
            secret: unescape(words.next().unwrap()).into(),
            server: ("mx.example.net".to_owned(), 587),
        },
        verified: true,
        allow_plaintext: false,
        nonce: "rOprNGfwEbeRWgbNEkqO".to_owned(),
    }
}

fn mail(text: &str) -> Transaction {
    let (id, text) = text.split_once(' ').unwrap();
    let (words, body) = text.split_once(" body=").unwrap_or((text, "hello\\r\\n"));
    let id: u64 = id.parse().unwrap();
    let body = unescape(body);
    let mut transaction = Transaction {
        id,
        reverse_path: "news@example.com".to_owned(),
        recipients: Vec::new(),
        size: body.len(),
        smtputf8: false,
        content: vec![Bytes::from(body)],
    };
    for word in words.split(' ') {
        match word.split_once('=').unwrap() {
            ("from", path) => transaction.reverse_path = unescape(path),
            ("size", size) => transaction.size = size.parse().unwrap(),
            ("to", list) => {
                for (at, path) in (0i64..).zip(list.split(',')) {
                    let id = RecipientId(i64::try_from(id).unwrap() * 100 + at);
                    let plain = path.strip_suffix("!utf8");
                    let address = unescape(plain.unwrap_or(path));
                    transaction.recipients.push((id, address, plain.is_some()));
                }
            }
            _ => panic!("unknown part of a mail: {word}"),
        }
    }
    transaction
}

fn event(text: &str) -> Event {
    let seconds = |text: &str| Duration::from_secs(text.parse().unwrap());
    match text.split_once(' ').unwrap_or((text, "")) {
        ("eof", "") => Event::Eof,
        ("reset", "") => Event::Reset,
        ("write-failed", "") => Event::WriteFailed,
        ("timeout", "") => Event::Timeout,
        ("pass", time) => Event::Pass(seconds(time)),
        ("due", "nothing") => Event::NothingDue,
        ("due", time) => Event::Due(seconds(time)),
        ("tls-ready", "") => Event::TlsReady,
        ("tls-failed", "") => Event::TlsFailed,
        ("hold", "") => Event::Hold(0),
        ("hold", octets) => Event::Hold(octets.parse().unwrap()),
        ("release", "") => Event::Release,
        _ => panic!("unknown event: {text}"),
    }
}

/// `\r`, `\n`, `\0`, `\s` (a space), `\*N*` (so many x) and `\\`.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next().unwrap() {
            'r' => out.push('\r'),
            'n' => out.push('\n'),
            '0' => out.push('\0'),
            's' => out.push(' '),
            '*' => {
                let count: String = chars.by_ref().take_while(char::is_ascii_digit).collect();
                out.push_str(&"x".repeat(count.parse().unwrap()));
            }
            other => out.push(other),
        }
    }
    out
}
