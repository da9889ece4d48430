//! What logging in needs, whatever the protocol.

use super::error::{MailboxError, excerpt, passes};
use crate::model::{Auth, SaslMechanism, SecretKind};
use crate::proto::sasl::{Channel, Credentials, Exchange, choose};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// Who logs in, and what is known of the connection.
pub(super) struct LogIn<'a> {
    pub(super) auth: &'a Auth,
    pub(super) secret: &'a SecretString,
    pub(super) server: (&'a str, u16),
    pub(super) channel: Channel,
}

/// How to go about it.
pub(super) enum Plan {
    /// By SASL.
    Sasl(Box<Exchange>),
    /// By the protocol's own command, with name and password as they are.
    Own,
}

impl LogIn<'_> {
    /// The best way that is safe. `offered` are the server's SASL mechanisms, `own` whether it has a
    /// command of its own that takes a password.
    pub(super) fn plan(&self, offered: &[String], own: bool) -> Result<Plan, MailboxError> {
        let Auth {
            mechanism,
            kind,
            allow_plaintext,
            ..
        } = *self.auth;
        let chosen = choose(mechanism, kind, offered, self.channel, allow_plaintext);
        let plain = matches!(
            mechanism,
            None | Some(SaslMechanism::Plain | SaslMechanism::Login)
        );
        let mechanism = match chosen {
            Ok(mechanism) => mechanism,
            Err(_) if own && plain && kind == SecretKind::Password && self.may_tell() => {
                return Ok(Plan::Own);
            }
            Err(why) => return Err(MailboxError::LogIn(why.to_string())),
        };
        let credentials = Credentials {
            username: self.auth.username.clone(),
            kind,
            secret: self.secret.clone(),
            server: (self.server.0.to_owned(), self.server.1),
        };
        let exchange = Exchange::begin(mechanism, &credentials, &nonce()?);
        exchange
            .map(|exchange| Plan::Sasl(Box::new(exchange)))
            .map_err(|error| MailboxError::LogIn(error.to_string()))
    }

    fn may_tell(&self) -> bool {
        self.channel == Channel::Verified || self.auth.allow_plaintext
    }

    /// A refusal, in the server's words without our secret in them.
    pub(super) fn refused(&self, said: &str) -> MailboxError {
        let hidden = said.replace(self.secret.expose_secret(), "[…]");
        if passes(&hidden) {
            return MailboxError::PutOff(excerpt(&hidden));
        }
        MailboxError::LogIn(format!("the server says {:?}", excerpt(&hidden)))
    }
}

fn nonce() -> Result<String, MailboxError> {
    let mut octets = [0; 18];
    SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| MailboxError::LogIn("the system gave no random numbers".to_owned()))?;
    Ok(STANDARD_NO_PAD.encode(octets))
}

/// The initial response in base64, where the mechanism has one.
pub(super) fn initial(exchange: &mut Exchange) -> Option<Zeroizing<String>> {
    let response = exchange.initial()?;
    Some(Zeroizing::new(STANDARD.encode(response.expose_secret())))
}

/// The answer to a challenge in base64; the challenge is in base64 too.
pub(super) fn answer(
    exchange: &mut Exchange,
    challenge: &str,
) -> Result<Zeroizing<String>, MailboxError> {
    let challenge = if exchange.is_prompted() {
        Vec::new()
    } else {
        let decoded = STANDARD.decode(challenge.trim());
        decoded.map_err(|_| MailboxError::LogIn("the challenge is no base64".to_owned()))?
    };
    let response = exchange.answer(&challenge);
    let response = response.map_err(|error| MailboxError::LogIn(error.to_string()))?;
    Ok(Zeroizing::new(STANDARD.encode(response.expose_secret())))
}

/// The end of an exchange that the server calls a success.
pub(super) fn conclude(exchange: &Exchange) -> Result<(), MailboxError> {
    let end = exchange.conclude();
    end.map_err(|error| MailboxError::LogIn(error.to_string()))
}
