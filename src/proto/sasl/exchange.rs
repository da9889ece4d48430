//! One authentication from its first octet to the server's verdict.

use super::bearer::Bearer;
use super::cram::CramMd5;
use super::credentials::Credentials;
use super::plain::{Login, Plain};
use super::scram::Scram;
use crate::model::SaslMechanism;
use secrecy::SecretSlice;
use std::fmt::Debug;

/// What is sent to the server.
pub type Response = SecretSlice<u8>;

/// Why an authentication cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaslError {
    /// The server says what the mechanism does not allow.
    #[error("the server {0}")]
    Server(&'static str),
    /// The server does not know the password itself, or somebody is in between.
    #[error("the server could not prove that it knows the password: {0}")]
    Unproven(&'static str),
    /// User name or secret cannot be used with this mechanism.
    #[error("the {what} {why}")]
    Credentials {
        /// Which of the two.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// What a mechanism does. Challenges and responses are without their base64.
pub(super) trait Mechanism: Debug + Send {
    /// What may be said before the server has said anything. Taken once.
    fn initial(&mut self) -> Option<Response>;

    /// Whether the next challenge only asks for the next response, whatever its words.
    fn is_prompted(&self) -> bool {
        false
    }

    /// The response to a challenge.
    fn answer(&mut self, challenge: &[u8]) -> Result<Response, SaslError>;

    /// Whether the server may call it a success now.
    fn conclude(&self) -> Result<(), SaslError>;

    /// What the server said is wrong, ahead of its refusal.
    fn complaint(&self) -> Option<&str> {
        None
    }
}

/// One authentication.
#[derive(Debug)]
pub struct Exchange {
    mechanism: SaslMechanism,
    inner: Box<dyn Mechanism>,
}

impl Exchange {
    /// Begins. `nonce` must not be guessable where the mechanism is SCRAM, and is of printable
    /// ASCII without commas.
    ///
    /// # Errors
    /// Where the credentials cannot be used with this mechanism.
    pub fn begin(
        mechanism: SaslMechanism,
        credentials: &Credentials,
        nonce: &str,
    ) -> Result<Self, SaslError> {
        let inner: Box<dyn Mechanism> = match mechanism {
            SaslMechanism::Plain => Box::new(Plain::new(credentials)?),
            SaslMechanism::Login => Box::new(Login::new(credentials)?),
            SaslMechanism::CramMd5 => Box::new(CramMd5::new(credentials)?),
            SaslMechanism::ScramSha256 => Box::new(Scram::new(credentials, nonce)?),
            SaslMechanism::Xoauth2 => Box::new(Bearer::xoauth2(credentials)?),
            SaslMechanism::OauthBearer => Box::new(Bearer::oauthbearer(credentials)?),
        };
        Ok(Self { mechanism, inner })
    }

    /// The mechanism it speaks.
    #[must_use]
    pub const fn mechanism(&self) -> SaslMechanism {
        self.mechanism
    }

    /// What may be said before the server has said anything; `None` where it speaks first. To be
    /// asked for once.
    #[must_use]
    pub fn initial(&mut self) -> Option<Response> {
        self.inner.initial()
    }

    /// Whether the next challenge only asks for the next response, so that its words, which
    /// servers choose as they like, mean nothing.
    #[must_use]
    pub fn is_prompted(&self) -> bool {
        self.inner.is_prompted()
    }

    /// The response to a challenge.
    ///
    /// # Errors
    /// Where the challenge cannot be: the exchange is over then.
    pub fn answer(&mut self, challenge: &[u8]) -> Result<Response, SaslError> {
        self.inner.answer(challenge)
    }

    /// The server calls it a success.
    ///
    /// # Errors
    /// Where it cannot be one: too early, or without the server's own proof.
    pub fn conclude(&self) -> Result<(), SaslError> {
        self.inner.conclude()
    }

    /// What the server said is wrong, ahead of its refusal. Not trustworthy, and of bounded length.
    #[must_use]
    pub fn complaint(&self) -> Option<&str> {
        self.inner.complaint()
    }
}

/// What a server says of an error, as much of it as anybody wants to read.
pub(super) fn excerpt(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let short: String = text.chars().take(COMPLAINT).collect();
    short.trim().to_owned()
}

/// Characters kept of a server's error.
const COMPLAINT: usize = 300;
