//! From the greeting to an open session: EHLO or HELO, STARTTLS. Logging in has its own file.
//!
//! Nothing runs ahead here: each command waits for the answer to the one before, and nothing a
//! server said in plain text is believed once the session is encrypted (RFC 3207 section 4.2).

use super::client::{Client, Phase};
use super::transfer::Transfer;
use super::{Output, StartTls};
use crate::model::Reply;
use crate::proto::{Capabilities, RawReply, ReplyParser};

impl Client {
    /// A reply before the session is open.
    pub(super) fn answered_hello(&mut self, reply: &RawReply) {
        let due = self.asked.is_some_and(|end| end <= self.stream.written);
        let code = reply.code();
        if !due {
            return self.out_of_step(&format!("the server replied too early: {}", shown(reply)));
        }
        match (self.phase, code / 100) {
            (Phase::Greeting, 2) => self.enter(Phase::Ehlo),
            (Phase::Ehlo, 2) => {
                self.capabilities = Capabilities::from_ehlo(reply);
                self.greeted();
            }
            (Phase::Ehlo, 5) => self.enter(Phase::Helo),
            (Phase::Helo, 2) => {
                self.capabilities = Capabilities::default();
                self.greeted();
            }
            (Phase::StartTls, _) if code == 220 => {
                self.enter(Phase::Handshake);
            }
            (Phase::StartTls, 4 | 5) if self.config.starttls == StartTls::IfOffered => {
                self.log_in();
            }
            (_, 4 | 5) => {
                let why = format!("the server refused {}", self.what_was_asked());
                self.give_up(Some(reply.clone().into_reply()), why);
            }
            _ => {
                let what = self.what_was_asked();
                self.out_of_step(&format!("the server answered {what} with {}", shown(reply)));
            }
        }
    }

    /// The server said what it can: encrypt, or open the session.
    fn greeted(&mut self) {
        let offered = self.capabilities.starttls;
        match self.config.starttls {
            _ if self.encrypted => self.log_in(),
            StartTls::Never | StartTls::Implicit => self.log_in(),
            StartTls::IfOffered | StartTls::Required if offered => self.enter(Phase::StartTls),
            StartTls::IfOffered => self.log_in(),
            StartTls::Required => {
                self.enter(Phase::StartTls);
                let why = "the server does not offer STARTTLS, and encryption is required";
                self.give_up(None, why.to_owned());
            }
        }
    }

    pub(super) fn open(&mut self) {
        self.enter(Phase::Open);
        self.transfer = Transfer::choose(self.config.pipeline, &self.capabilities);
        self.events
            .push_back(Output::Ready(self.capabilities.clone()));
    }

    /// The handshake is done: everything starts over, encrypted, or begins.
    pub(super) fn tls_ready(&mut self) {
        if self.phase != Phase::Handshake {
            return;
        }
        self.encrypted = true;
        self.capabilities = Capabilities::default();
        self.parser = ReplyParser::new();
        if self.config.starttls == StartTls::Implicit {
            self.enter(Phase::Greeting);
            // The server speaks first, now that it can be understood.
            self.asked = Some(self.stream.queued);
        } else {
            self.enter(Phase::Ehlo);
        }
    }

    pub(super) fn tls_failed(&mut self, why: &str) {
        if self.phase == Phase::Handshake {
            self.give_up(None, format!("the TLS handshake failed: {why}"));
        }
    }

    /// What the session waits for outside of transactions, for people.
    pub(super) fn what_was_asked(&self) -> &'static str {
        match self.phase {
            Phase::Greeting => "our connection",
            Phase::Ehlo => "EHLO",
            Phase::Helo => "HELO",
            Phase::StartTls => "STARTTLS",
            Phase::Handshake => "the TLS handshake",
            Phase::Auth => "AUTH",
            Phase::Quit => "QUIT",
            Phase::Open | Phase::Closed => "nothing",
        }
    }
}

fn shown(reply: &RawReply) -> Reply {
    reply.clone().into_reply()
}
