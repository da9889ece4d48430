//! PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login): the password as it is.

use super::credentials::Credentials;
use super::exchange::{Mechanism, Response, SaslError};
use secrecy::ExposeSecret;

/// `NUL user NUL password`, in one response.
#[derive(Debug)]
pub(super) struct Plain {
    message: Option<Response>,
}

impl Plain {
    pub(super) fn new(credentials: &Credentials) -> Result<Self, SaslError> {
        let (user, password) = checked(credentials)?;
        let message = ["\0", user, "\0", password].concat().into_bytes();
        Ok(Self {
            message: Some(message.into()),
        })
    }
}

impl Mechanism for Plain {
    fn initial(&mut self) -> Option<Response> {
        self.message.take()
    }

    fn answer(&mut self, _challenge: &[u8]) -> Result<Response, SaslError> {
        Err(SaslError::Server("asks on after the password was given"))
    }

    fn conclude(&self) -> Result<(), SaslError> {
        match self.message {
            None => Ok(()),
            Some(_) => Err(SaslError::Server("said yes before it had the password")),
        }
    }
}

/// The user name, then the password, each when it is asked for.
#[derive(Debug)]
pub(super) struct Login {
    /// What is still to be said, the last of it first.
    left: Vec<Response>,
}

impl Login {
    pub(super) fn new(credentials: &Credentials) -> Result<Self, SaslError> {
        let (user, password) = checked(credentials)?;
        let octets = |text: &str| Response::from(text.as_bytes().to_vec());
        Ok(Self {
            left: vec![octets(password), octets(user)],
        })
    }
}

impl Mechanism for Login {
    fn initial(&mut self) -> Option<Response> {
        // Some servers take the user name here; all take it when they have asked.
        None
    }

    fn is_prompted(&self) -> bool {
        true
    }

    fn answer(&mut self, _prompt: &[u8]) -> Result<Response, SaslError> {
        self.left
            .pop()
            .ok_or(SaslError::Server("asks on after the password was given"))
    }

    fn conclude(&self) -> Result<(), SaslError> {
        if self.left.is_empty() {
            Ok(())
        } else {
            Err(SaslError::Server("said yes before it had the password"))
        }
    }
}

/// User name and secret, both of which end at NUL on the wire.
fn checked(credentials: &Credentials) -> Result<(&str, &str), SaslError> {
    let (user, password) = (&credentials.username, credentials.secret.expose_secret());
    for (what, text) in [("user name", user.as_str()), ("password", password)] {
        let why = if text.is_empty() {
            "is empty"
        } else if text.contains('\0') {
            "holds a NUL"
        } else {
            continue;
        };
        return Err(SaslError::Credentials { what, why });
    }
    Ok((user, password))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SecretKind;

    fn credentials(username: &str, password: &str) -> Credentials {
        Credentials {
            username: username.to_owned(),
            kind: SecretKind::Password,
            secret: password.into(),
            server: ("smtp.example.com".to_owned(), 587),
        }
    }

    #[test]
    fn plain_is_one_message() {
        let mut plain = Plain::new(&credentials("tim", "tanstaaftanstaaf")).unwrap();
        assert!(plain.conclude().is_err());
        // RFC 4616 section 4.
        let said = plain.initial().unwrap();
        assert_eq!(said.expose_secret(), b"\0tim\0tanstaaftanstaaf");
        assert_eq!(plain.conclude(), Ok(()));
        assert!(plain.answer(b"").is_err());
    }

    #[test]
    fn login_is_two() {
        let mut login = Login::new(&credentials("tim", "tanstaaf")).unwrap();
        assert!(login.initial().is_none());
        assert_eq!(login.answer(b"Who?").unwrap().expose_secret(), b"tim");
        assert!(login.conclude().is_err());
        assert_eq!(login.answer(b"").unwrap().expose_secret(), b"tanstaaf");
        assert_eq!(login.conclude(), Ok(()));
        assert!(login.answer(b"again").is_err());
    }

    #[test]
    fn what_ends_early_on_the_wire_is_refused() {
        for (user, password) in [("", "x"), ("a\0b", "x"), ("a", ""), ("a", "x\0y")] {
            assert!(Plain::new(&credentials(user, password)).is_err());
        }
    }

    #[test]
    fn no_debug_output_holds_the_secret() {
        let credentials = credentials("tim", "tanstaaf");
        let mut login = Login::new(&credentials).unwrap();
        let response = login.answer(b"").unwrap();
        let plain = Plain::new(&credentials).unwrap();
        let shown = format!("{credentials:?} {login:?} {response:?} {plain:?}");
        assert!(!shown.contains("tanstaaf"), "{shown}");
        assert!(!shown.contains("116, 97, 110"), "{shown}");
    }
}
