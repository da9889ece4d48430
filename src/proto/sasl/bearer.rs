//! XOAUTH2 and OAUTHBEARER (RFC 7628): a token that somebody else has issued.
//!
//! Both say everything at once. A server that does not take the token says why in a challenge
//! (JSON), wants that acknowledged, and refuses then.

use super::credentials::Credentials;
use super::exchange::{Mechanism, Response, SaslError, excerpt};
use secrecy::ExposeSecret;

/// A message with the token, and what the server holds against it.
#[derive(Debug)]
pub(super) struct Bearer {
    message: Option<Response>,
    /// What acknowledges the server's error.
    acknowledgement: &'static [u8],
    complaint: Option<String>,
}

impl Bearer {
    /// As Google and Microsoft have it.
    pub(super) fn xoauth2(credentials: &Credentials) -> Result<Self, SaslError> {
        let (user, token) = checked(credentials)?;
        let message = ["user=", user, "\x01auth=Bearer ", token, "\x01\x01"].concat();
        Ok(Self::saying(message, b""))
    }

    /// RFC 7628 section 3.1.
    pub(super) fn oauthbearer(credentials: &Credentials) -> Result<Self, SaslError> {
        let (user, token) = checked(credentials)?;
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let (host, port) = &credentials.server;
        let port = port.to_string();
        let message = [
            "n,a=",
            &user,
            ",\x01host=",
            host,
            "\x01port=",
            &port,
            "\x01auth=Bearer ",
            token,
            "\x01\x01",
        ]
        .concat();
        Ok(Self::saying(message, b"\x01"))
    }

    fn saying(message: String, acknowledgement: &'static [u8]) -> Self {
        Self {
            message: Some(message.into_bytes().into()),
            acknowledgement,
            complaint: None,
        }
    }
}

impl Mechanism for Bearer {
    fn initial(&mut self) -> Option<Response> {
        self.message.take()
    }

    fn answer(&mut self, challenge: &[u8]) -> Result<Response, SaslError> {
        if self.complaint.is_some() {
            return Err(SaslError::Server("asks on after it has refused the token"));
        }
        self.complaint = Some(excerpt(challenge));
        Ok(self.acknowledgement.to_vec().into())
    }

    fn conclude(&self) -> Result<(), SaslError> {
        match (&self.message, &self.complaint) {
            (None, None) => Ok(()),
            (Some(_), _) => Err(SaslError::Server("said yes before it had the token")),
            (None, Some(_)) => Err(SaslError::Server("said yes after it had refused the token")),
        }
    }

    fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }
}

/// User name and token. Control characters would end a part of the message early.
fn checked(credentials: &Credentials) -> Result<(&str, &str), SaslError> {
    let (user, token) = (&credentials.username, credentials.secret.expose_secret());
    if user.is_empty() || user.contains(char::is_control) {
        return Err(SaslError::Credentials {
            what: "user name",
            why: "is empty or holds a control character",
        });
    }
    // RFC 6750 section 2.1 has a narrower alphabet, and issuers that do not keep to it.
    if token.is_empty() || !token.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(SaslError::Credentials {
            what: "token",
            why: "is empty or holds a space or something outside ASCII",
        });
    }
    Ok((user, token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SecretKind;

    fn credentials(username: &str, token: &str) -> Credentials {
        Credentials {
            username: username.to_owned(),
            kind: SecretKind::Token,
            secret: token.into(),
            server: ("server.example.com".to_owned(), 587),
        }
    }

    #[test]
    fn messages_are_those_of_the_standards() {
        let credentials = credentials("user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29t");
        let mut standard = Bearer::oauthbearer(&credentials).unwrap();
        // RFC 7628 section 4.1, for another port.
        assert_eq!(
            standard.initial().unwrap().expose_secret(),
            b"n,a=user@example.com,\x01host=server.example.com\x01port=587\x01\
              auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29t\x01\x01"
        );
        let mut google = Bearer::xoauth2(&credentials).unwrap();
        assert_eq!(
            google.initial().unwrap().expose_secret(),
            b"user=user@example.com\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29t\x01\x01"
        );
        assert_eq!(google.conclude(), Ok(()));
    }

    #[test]
    fn an_error_is_acknowledged_once_and_kept() {
        let mut bearer = Bearer::oauthbearer(&credentials("a", "t")).unwrap();
        let _ = bearer.initial();
        let error = br#"{"status":"invalid_token"}"#;
        assert_eq!(bearer.answer(error).unwrap().expose_secret(), b"\x01");
        assert_eq!(bearer.complaint(), Some(r#"{"status":"invalid_token"}"#));
        assert!(bearer.conclude().is_err());
        assert!(bearer.answer(error).is_err());
    }

    #[test]
    fn nothing_can_leave_its_part_of_the_message() {
        for (user, token) in [("a\x01auth=", "t"), ("", "t"), ("a", "t\x01x"), ("a", "")] {
            assert!(Bearer::xoauth2(&credentials(user, token)).is_err());
            assert!(Bearer::oauthbearer(&credentials(user, token)).is_err());
        }
        let mut bearer = Bearer::oauthbearer(&credentials("a,b=c", "t")).unwrap();
        let said = bearer.initial().unwrap();
        assert!(said.expose_secret().starts_with(b"n,a=a=2Cb=3Dc,\x01"));
    }
}
