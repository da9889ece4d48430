//! SCRAM-SHA-256 (RFC 5802, RFC 7677): both sides prove to know the password.
//!
//! Without channel binding: TLS proves the server's name, and SCRAM-SHA-256-PLUS is offered by
//! next to nobody.

use super::credentials::Credentials;
use super::exchange::{Mechanism, Response, SaslError, excerpt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::num::NonZeroU32;

/// Channel binding is not supported, and nobody else is to be acted for (RFC 5802 section 7).
const GS2: &str = "n,,";
/// RFC 7677 section 4 asks for no fewer; a server that names fewer may be after the password.
const FEWEST: u32 = 4_096;
/// Half a second of a processor. A server may not keep us busier than that.
const MOST: u32 = 1_000_000;

/// How far it is, and what the proof is made of.
#[derive(Debug)]
pub(super) struct Scram {
    /// `n=user,r=nonce`
    bare: String,
    nonce: String,
    password: SecretString,
    step: Step,
}

#[derive(Debug)]
enum Step {
    Begin,
    /// The server's first message is due.
    First,
    /// Its last one is due, with the signature this key and text have.
    Last {
        server_key: hmac::Key,
        said: String,
    },
    /// It has proved itself.
    Proved,
    /// It has said that the proof does not hold.
    Refused(String),
}

impl Scram {
    pub(super) fn new(credentials: &Credentials, nonce: &str) -> Result<Self, SaslError> {
        let user = prepared("user name", &credentials.username)?;
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let password = prepared("password", credentials.secret.expose_secret())?;
        Ok(Self {
            bare: format!("n={user},r={nonce}"),
            nonce: nonce.to_owned(),
            password: password.into_owned().into(),
            step: Step::Begin,
        })
    }

    /// The proof, for what the server has said first.
    fn prove(&mut self, said: &str) -> Result<Response, SaslError> {
        let first = ServerFirst::parse(said, &self.nonce)?;
        let mut salted = [0; digest::SHA256_OUTPUT_LEN];
        pbkdf2::derive(
            pbkdf2::PBKDF2_HMAC_SHA256,
            first.iterations,
            &first.salt,
            self.password.expose_secret().as_bytes(),
            &mut salted,
        );
        let salted = hmac::Key::new(hmac::HMAC_SHA256, &salted);
        let client_key = hmac::sign(&salted, b"Client Key");
        let stored_key = digest::digest(&digest::SHA256, client_key.as_ref());
        let server_key = hmac::sign(&salted, b"Server Key");
        let bound = STANDARD.encode(GS2);
        let last = format!("c={bound},r={}", first.nonce);
        let said = [&self.bare, said, &last].map(str::to_owned).join(",");
        let stored_key = hmac::Key::new(hmac::HMAC_SHA256, stored_key.as_ref());
        let signature = hmac::sign(&stored_key, said.as_bytes());
        let pairs = client_key.as_ref().iter().zip(signature.as_ref());
        let proof: Vec<u8> = pairs.map(|(key, sign)| key ^ sign).collect();
        self.step = Step::Last {
            server_key: hmac::Key::new(hmac::HMAC_SHA256, server_key.as_ref()),
            said,
        };
        let proof = STANDARD.encode(proof);
        Ok(format!("{last},p={proof}").into_bytes().into())
    }
}

impl Mechanism for Scram {
    fn initial(&mut self) -> Option<Response> {
        let begins = matches!(self.step, Step::Begin);
        self.step = Step::First;
        begins.then(|| format!("{GS2}{}", self.bare).into_bytes().into())
    }

    fn answer(&mut self, challenge: &[u8]) -> Result<Response, SaslError> {
        match &self.step {
            Step::First => {
                let said = std::str::from_utf8(challenge)
                    .map_err(|_| SaslError::Server("sent a SCRAM message that is no text"))?;
                self.prove(said)
            }
            Step::Last { server_key, said } => {
                self.step = match last(challenge, server_key, said)? {
                    Last::Proof => Step::Proved,
                    Last::Error(why) => Step::Refused(why),
                };
                // SMTP has no place for the last message in its 235, so this is acknowledged.
                Ok(Vec::new().into())
            }
            Step::Begin | Step::Proved | Step::Refused(_) => {
                Err(SaslError::Server("asks on after the end of SCRAM"))
            }
        }
    }

    fn conclude(&self) -> Result<(), SaslError> {
        match self.step {
            Step::Proved => Ok(()),
            Step::Begin | Step::First => Err(SaslError::Unproven("it said yes too early")),
            Step::Last { .. } => Err(SaslError::Unproven("it did not sign its answer")),
            Step::Refused(_) => Err(SaslError::Server("said yes after it had said no")),
        }
    }

    fn complaint(&self) -> Option<&str> {
        match &self.step {
            Step::Refused(why) => Some(why),
            Step::Begin | Step::First | Step::Last { .. } | Step::Proved => None,
        }
    }
}

/// `r=nonce,s=salt,i=iterations`, and extensions nobody has to know.
struct ServerFirst<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    iterations: NonZeroU32,
}

impl<'a> ServerFirst<'a> {
    fn parse(said: &'a str, ours: &str) -> Result<Self, SaslError> {
        let mut parts = said.split(',');
        let mut part = |name| parts.next()?.strip_prefix(name);
        // A mandatory extension (`m=`) stands in front and is not known either.
        let nonce = part("r=").ok_or(SaslError::Server("began SCRAM without a nonce"))?;
        let salt = part("s=").and_then(|salt| STANDARD.decode(salt).ok());
        let salt = salt.ok_or(SaslError::Server("sent no salt that could be read"))?;
        let iterations = part("i=").and_then(|count| count.parse().ok());
        let added = nonce.strip_prefix(ours).unwrap_or("");
        if added.is_empty() {
            return Err(SaslError::Unproven("its nonce does not go on from ours"));
        }
        let iterations: NonZeroU32 =
            iterations.ok_or(SaslError::Server("sent no iteration count"))?;
        if iterations.get() < FEWEST {
            return Err(SaslError::Server(
                "asks for fewer iterations than the 4096 of RFC 7677",
            ));
        }
        if iterations.get() > MOST {
            return Err(SaslError::Server("asks for more iterations than 1000000"));
        }
        Ok(Self {
            nonce,
            salt,
            iterations,
        })
    }
}

/// The server's last message.
enum Last {
    Proof,
    Error(String),
}

fn last(said: &[u8], key: &hmac::Key, signed: &str) -> Result<Last, SaslError> {
    let end = said.iter().position(|octet| *octet == b',');
    let said = said.get(..end.unwrap_or(said.len())).unwrap_or_default();
    if let Some(why) = said.strip_prefix(b"e=") {
        return Ok(Last::Error(excerpt(why)));
    }
    let signature = said
        .strip_prefix(b"v=")
        .and_then(|text| STANDARD.decode(text).ok());
    let signature = signature.ok_or(SaslError::Unproven("it did not sign its answer"))?;
    hmac::verify(key, signed.as_bytes(), &signature)
        .map_err(|_| SaslError::Unproven("its signature is wrong"))?;
    Ok(Last::Proof)
}

/// SASLprep (RFC 4013), by which both sides come to the same octets.
fn prepared<'a>(what: &'static str, text: &'a str) -> Result<Cow<'a, str>, SaslError> {
    let prepared = stringprep::saslprep(text).map_err(|_| SaslError::Credentials {
        what,
        why: "holds characters that SCRAM does not allow (RFC 4013)",
    })?;
    if prepared.is_empty() {
        return Err(SaslError::Credentials {
            what,
            why: "is empty",
        });
    }
    Ok(prepared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SecretKind;
    use proptest::prelude::*;

    /// RFC 7677 section 3.
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const FIRST: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                         s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const LAST: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn scram(username: &str, password: &str) -> Scram {
        let credentials = Credentials {
            username: username.to_owned(),
            kind: SecretKind::Password,
            secret: password.into(),
            server: (String::new(), 587),
        };
        Scram::new(&credentials, NONCE).unwrap()
    }

    fn begun() -> Scram {
        let mut scram = scram("user", "pencil");
        let _ = scram.initial();
        scram
    }

    fn proved() -> Scram {
        let mut scram = begun();
        scram.answer(FIRST.as_bytes()).unwrap();
        scram
    }

    #[test]
    fn the_messages_are_those_of_the_standard() {
        let mut scram = scram("user", "pencil");
        let first = scram.initial().unwrap();
        assert_eq!(first.expose_secret(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let proof = scram.answer(FIRST.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8_lossy(proof.expose_secret()),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(scram.conclude().is_err(), "it has not proved itself");
        assert_eq!(scram.answer(LAST.as_bytes()).unwrap().expose_secret(), b"");
        assert_eq!(scram.conclude(), Ok(()));
        assert!(scram.answer(LAST.as_bytes()).is_err());
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_found_out() {
        for wrong in ["v=AAAA", "v=", "v=6rri", "", "x", "v=!!!!"] {
            let mut scram = proved();
            let error = scram.answer(wrong.as_bytes()).unwrap_err();
            assert!(matches!(error, SaslError::Unproven(_)), "{wrong}: {error}");
        }
        let mut another = scram("user", "pencils");
        let _ = another.initial();
        another.answer(FIRST.as_bytes()).unwrap();
        assert!(another.answer(LAST.as_bytes()).is_err());
    }

    #[test]
    fn what_the_server_says_first_is_held_against_the_standard() {
        for wrong in [
            "",
            "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "m=ext,r=rOprNGfwEbeRWgbNEkqO1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=rOprNGfwEbeRWgbNEkqO1,s=%%%%,i=4096",
            "r=rOprNGfwEbeRWgbNEkqO1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0",
            "r=rOprNGfwEbeRWgbNEkqO1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1",
            "r=rOprNGfwEbeRWgbNEkqO1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4294967295",
            "r=rOprNGfwEbeRWgbNEkqO1,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999",
            "r=rOprNGfwEbeRWgbNEkqO1,s=W22ZaJ0SNY7soEsUEjb6gQ==",
            "e=other-error",
        ] {
            assert!(begun().answer(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(begun().answer(b"r=\xff").is_err());
    }

    #[test]
    fn a_refusal_within_the_exchange_is_acknowledged() {
        let mut scram = proved();
        let acknowledged = scram.answer(b"e=invalid-proof").unwrap();
        assert_eq!(acknowledged.expose_secret(), b"");
        assert_eq!(scram.complaint(), Some("invalid-proof"));
        assert!(scram.conclude().is_err());
    }

    #[test]
    fn names_and_passwords_are_prepared() {
        let mut escaped = scram("a,b=c", "x");
        let first = escaped.initial().unwrap();
        assert!(first.expose_secret().starts_with(b"n,,n=a=2Cb=3Dc,r="));
        // RFC 4013 section 3: a soft hyphen maps to nothing, and IX is one character of NFKC.
        assert_eq!(scram("u", "I\u{ad}X").password.expose_secret(), "IX");
        assert_eq!(scram("u", "\u{2168}").password.expose_secret(), "IX");
        for (user, password) in [("u", "\u{7}"), ("u", ""), ("", "p"), ("u\0", "p")] {
            let credentials = Credentials {
                username: user.to_owned(),
                kind: SecretKind::Password,
                secret: password.into(),
                server: (String::new(), 587),
            };
            assert!(Scram::new(&credentials, NONCE).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_server_makes_it_panic(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4)
        ) {
            let mut scram = begun();
            for message in &messages {
                if scram.answer(message).is_err() {
                    break;
                }
            }
            prop_assert!(scram.conclude().is_err());
        }
    }
}
