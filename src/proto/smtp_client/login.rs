//! AUTH (RFC 4954): SASL in SMTP's lines, between EHLO and the first transaction.
//!
//! Nothing runs ahead here. What the server says may quote what we said, and is therefore cleaned
//! of it before anybody gets to see it.

use super::client::{Client, Phase};
use super::config::LogIn;
use super::interface::{LogInFailure, LogInRefusal};
use crate::model::{Reply, SaslMechanism};
use crate::proto::RawReply;
use crate::proto::sasl::{Channel, Exchange, Response, SaslError, choose};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::BufMut;
use secrecy::{ExposeSecret, SecretString};

/// Octets of a line with AUTH, its end included (RFC 4954 section 4, RFC 5321 section 4.5.3.1.4).
const COMMAND: usize = 512;
/// Octets of a response without its end (RFC 4954 section 4).
const RESPONSE: usize = 12_288;
/// Octets from which on a secret is worth looking for in what a server says: shorter ones stand
/// in words by chance.
const TELLING: usize = 4;

/// A login under way.
#[derive(Debug)]
pub(super) struct Dialogue {
    exchange: Exchange,
    /// The line to say next, without its end.
    next: Option<SecretString>,
    /// What the mechanism says first, where it did not fit into the command.
    held: Option<Response>,
    /// The secret, and what was made of it and said.
    told: Vec<SecretString>,
}

/// Why an exchange does not go on.
enum Hitch {
    /// What is configured does not do, here or on another connection.
    Ours(String),
    /// The server does not keep to the mechanism.
    Theirs(String),
}

impl Client {
    /// The server has said what it can, over the channel there will be: log in, where that is to
    /// be done, then open the session.
    pub(super) fn log_in(&mut self) {
        let Some(login) = self.config.login.take() else {
            return self.open();
        };
        self.enter(Phase::Auth);
        let channel = match (self.encrypted, login.verified) {
            (false, _) => Channel::Clear,
            (true, false) => Channel::Unverified,
            (true, true) => Channel::Verified,
        };
        let offered = &self.capabilities.auth;
        let kind = login.credentials.kind;
        match choose(
            login.mechanism,
            kind,
            offered,
            channel,
            login.allow_plaintext,
        ) {
            Ok(mechanism) => self.begin_login(mechanism, login),
            Err(error) => self.cannot_log_in(login.mechanism, error.to_string()),
        }
    }

    fn begin_login(&mut self, mechanism: SaslMechanism, login: LogIn) {
        let credentials = login.credentials;
        let mut exchange = match Exchange::begin(mechanism, &credentials, &login.nonce) {
            Ok(exchange) => exchange,
            Err(error) => return self.cannot_log_in(Some(mechanism), error.to_string()),
        };
        let mut told = vec![credentials.secret];
        let command = format!("AUTH {mechanism}");
        let initial = exchange.initial();
        let encoded = initial.as_ref().map(encode);
        let fits = |encoded: &&SecretString| {
            command.len() + " \r\n".len() + encoded.expose_secret().len() <= COMMAND
        };
        let (line, held) = match encoded.as_ref().filter(fits) {
            Some(encoded) => ([&command, " ", encoded.expose_secret()].concat(), None),
            None => (command, initial),
        };
        told.extend(encoded);
        self.dialogue = Some(Dialogue {
            exchange,
            next: Some(line.into()),
            held,
            told,
        });
    }

    /// Writes the next line of the login; whether there was one.
    pub(super) fn say_login(&mut self) -> bool {
        let Some(line) = self.dialogue.as_mut().and_then(|talk| talk.next.take()) else {
            return false;
        };
        self.scratch.put_slice(line.expose_secret().as_bytes());
        self.scratch.put_slice(b"\r\n");
        true
    }

    /// A reply while logging in.
    pub(super) fn answered_login(&mut self, raw: RawReply) {
        let due = self.asked.is_some_and(|end| end <= self.stream.written);
        let challenge = (raw.code() == 334).then(|| raw.clone());
        let reply = self.cleaned(raw);
        if !due {
            return self.out_of_step(&format!("the server replied to AUTH too early: {reply}"));
        }
        match (reply.code, challenge) {
            (421, _) => self.give_up(Some(reply), "the server hung up".to_owned()),
            (_, Some(challenge)) => self.challenged(&challenge),
            (235, _) => self.logged_in(),
            _ if reply.is_transient() => {
                self.give_up(Some(reply), "the server cannot log us in now".to_owned());
            }
            _ if reply.is_permanent() => self.login_refused(reply),
            _ => self.out_of_step(&format!("the server answered AUTH with {reply}")),
        }
    }

    fn challenged(&mut self, challenge: &RawReply) {
        let Some(talk) = &mut self.dialogue else {
            return;
        };
        let mechanism = talk.exchange.mechanism();
        match talk.respond(challenge) {
            Ok(()) => {
                self.asked = None;
                self.since = self.now;
            }
            Err(Hitch::Ours(why)) => self.cannot_log_in(Some(mechanism), why),
            Err(Hitch::Theirs(why)) => self.login_broke(why),
        }
    }

    fn logged_in(&mut self) {
        let Some(talk) = &self.dialogue else { return };
        let concluded = match talk.held {
            Some(_) => Err("the server said yes before it was told anything".to_owned()),
            None => talk.exchange.conclude().map_err(|error| error.to_string()),
        };
        match concluded {
            Ok(()) => {
                self.dialogue = None;
                self.open();
            }
            Err(why) => self.login_broke(why),
        }
    }

    fn login_refused(&mut self, reply: Reply) {
        let Some(talk) = self.dialogue.take() else {
            return;
        };
        let mechanism = talk.exchange.mechanism();
        let mut why = format!("the server refused the login with {mechanism}");
        if let Some(complaint) = talk.exchange.complaint().filter(|text| !text.is_empty()) {
            why = format!("{why} ({})", talk.clean(complaint));
        }
        self.refusal = Some(LogInRefusal {
            mechanism: Some(mechanism),
            failure: LogInFailure::Refused,
        });
        self.give_up(Some(reply), why);
    }

    /// The server did not keep to the mechanism, or could not prove itself. Neither says anything
    /// of our credentials, and another connection may fare better.
    fn login_broke(&mut self, why: String) {
        self.dialogue = None;
        self.give_up(None, why);
    }

    /// There is no logging in here, whatever the password.
    fn cannot_log_in(&mut self, mechanism: Option<SaslMechanism>, why: String) {
        self.dialogue = None;
        self.refusal = Some(LogInRefusal {
            mechanism,
            failure: LogInFailure::Impossible,
        });
        self.give_up(None, why);
    }

    /// A reply without what it quotes of our secrets.
    fn cleaned(&self, raw: RawReply) -> Reply {
        let mut reply = raw.into_reply();
        if let Some(talk) = &self.dialogue {
            reply.text = talk.clean(&reply.text);
        }
        reply
    }
}

impl Dialogue {
    /// Makes the response to a challenge the next line.
    fn respond(&mut self, challenge: &RawReply) -> Result<(), Hitch> {
        let mut lines = challenge.lines();
        let (Some(text), None) = (lines.next(), lines.next()) else {
            let why = "the server sent a challenge of several lines";
            return Err(Hitch::Theirs(why.to_owned()));
        };
        let response = match self.held.take() {
            // The challenge only says that we may begin.
            Some(held) => held,
            None if self.exchange.is_prompted() => self.answer(&[])?,
            None => {
                let challenge = STANDARD.decode(text.trim()).map_err(|_| {
                    Hitch::Theirs("the server sent a challenge that is not base64".to_owned())
                })?;
                self.answer(&challenge)?
            }
        };
        let line = encode(&response);
        if line.expose_secret().len() > RESPONSE {
            return Err(Hitch::Ours(format!(
                "what it takes to log in is longer than the {RESPONSE} octets of a response"
            )));
        }
        self.told.push(line.clone());
        self.next = Some(line);
        Ok(())
    }

    fn answer(&mut self, challenge: &[u8]) -> Result<Response, Hitch> {
        let answer = self.exchange.answer(challenge);
        answer.map_err(|error| match &error {
            SaslError::Credentials { .. } => Hitch::Ours(error.to_string()),
            SaslError::Server(_) | SaslError::Unproven(_) => Hitch::Theirs(error.to_string()),
        })
    }

    /// A server's text without what it quotes of our secrets.
    fn clean(&self, text: &str) -> String {
        let secrets = self.told.iter().map(ExposeSecret::expose_secret);
        secrets
            .filter(|secret| secret.len() >= TELLING)
            .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

fn encode(response: &Response) -> SecretString {
    STANDARD.encode(response.expose_secret()).into()
}
