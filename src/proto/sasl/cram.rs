//! CRAM-MD5 (RFC 2195): a keyed digest over what the server says.
//!
//! MD5 is broken for signatures, and its use here is not; but the server has to keep passwords
//! readable for it, and proves nothing itself. It is spoken because some servers offer nothing
//! better.

use super::credentials::Credentials;
use super::exchange::{Mechanism, Response, SaslError};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Write;

/// `user digest`.
#[derive(Debug)]
pub(super) struct CramMd5 {
    username: String,
    password: SecretString,
    answered: bool,
}

impl CramMd5 {
    pub(super) fn new(credentials: &Credentials) -> Result<Self, SaslError> {
        if credentials.username.is_empty() {
            return Err(SaslError::Credentials {
                what: "user name",
                why: "is empty",
            });
        }
        Ok(Self {
            username: credentials.username.clone(),
            password: credentials.secret.clone(),
            answered: false,
        })
    }
}

impl Mechanism for CramMd5 {
    fn initial(&mut self) -> Option<Response> {
        None
    }

    fn answer(&mut self, challenge: &[u8]) -> Result<Response, SaslError> {
        if std::mem::replace(&mut self.answered, true) {
            return Err(SaslError::Server("asks on after the digest was given"));
        }
        if challenge.is_empty() {
            return Err(SaslError::Server("gave nothing to make the digest of"));
        }
        let key = self.password.expose_secret().as_bytes();
        let mut mac = Hmac::<Md5>::new_from_slice(key).map_err(|_| SaslError::Credentials {
            what: "password",
            why: "cannot be a key",
        })?;
        mac.update(challenge);
        let mut response = format!("{} ", self.username);
        for octet in mac.finalize().into_bytes() {
            // Writing to a String cannot fail.
            let _ = write!(response, "{octet:02x}");
        }
        Ok(response.into_bytes().into())
    }

    fn conclude(&self) -> Result<(), SaslError> {
        if self.answered {
            Ok(())
        } else {
            Err(SaslError::Server("said yes before it had the digest"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SecretKind;

    #[test]
    fn the_digest_is_that_of_the_standard() {
        // RFC 2195 section 2.
        let mut cram = CramMd5::new(&Credentials {
            username: "tim".to_owned(),
            kind: SecretKind::Password,
            secret: "tanstaaftanstaaf".into(),
            server: (String::new(), 25),
        })
        .unwrap();
        assert!(cram.conclude().is_err());
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        let response = cram.answer(challenge).unwrap();
        assert_eq!(
            response.expose_secret(),
            b"tim b913a602c7eda7a495b4e6e7334d3890"
        );
        assert_eq!(cram.conclude(), Ok(()));
        assert!(cram.answer(challenge).is_err());
    }
}
