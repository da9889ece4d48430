//! Which mechanism to log in with.

use crate::model::{SaslMechanism, SecretKind};
use std::fmt;

/// What stands between us and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Anybody on the way can read along.
    Clear,
    /// Encrypted, but not certainly to the server: an impostor could sit at the other end.
    Unverified,
    /// Encrypted, and the server has proved its name.
    Verified,
}

/// Why there is no way to log in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMechanism {
    /// The server does not know AUTH, at least not here.
    #[error("the server offers no AUTH {}", over(*channel))]
    NoAuth {
        /// Where it was asked.
        channel: Channel,
    },
    /// It knows others than those that could be used.
    #[error("the server offers {}, and {} is needed", offered.join(", "), names(wanted))]
    NotOffered {
        /// What it offers.
        offered: Vec<String>,
        /// What would have done.
        wanted: Vec<SaslMechanism>,
    },
    /// What is left would give the secret away.
    #[error("{mechanism} would tell the secret to {}", listener(*channel))]
    WouldTell {
        /// The best that is left.
        mechanism: SaslMechanism,
        /// Why it may not be used.
        channel: Channel,
    },
}

/// For passwords, where they are safe on their way: SCRAM first, since there the server proves
/// itself too. CRAM-MD5 stands last, because a server has to keep passwords readable for it.
const PRIVATE: &[SaslMechanism] = &[
    SaslMechanism::ScramSha256,
    SaslMechanism::Plain,
    SaslMechanism::Login,
    SaslMechanism::CramMd5,
];
/// For passwords, where somebody may listen.
const OVERHEARD: &[SaslMechanism] = &[
    SaslMechanism::ScramSha256,
    SaslMechanism::CramMd5,
    SaslMechanism::Plain,
    SaslMechanism::Login,
];
/// For tokens: the standard before its forerunner.
const TOKENS: &[SaslMechanism] = &[SaslMechanism::OauthBearer, SaslMechanism::Xoauth2];

/// The mechanism to use: the one that is `wanted`, or else the best of those `offered` (their
/// names in upper case) for this kind of secret. One that tells the secret is taken over a verified
/// channel only, unless `allow_plaintext` says otherwise.
///
/// # Errors
/// Where none can be used.
pub fn choose(
    wanted: Option<SaslMechanism>,
    kind: SecretKind,
    offered: &[String],
    channel: Channel,
    allow_plaintext: bool,
) -> Result<SaslMechanism, NoMechanism> {
    if offered.is_empty() {
        return Err(NoMechanism::NoAuth { channel });
    }
    let ranking = match (&wanted, kind, channel) {
        (Some(one), _, _) => std::slice::from_ref(one),
        (None, SecretKind::Token, _) => TOKENS,
        (None, SecretKind::Password, Channel::Verified) => PRIVATE,
        (None, SecretKind::Password, Channel::Clear | Channel::Unverified) => OVERHEARD,
    };
    let known = ranking
        .iter()
        .find(|mechanism| offered.iter().any(|name| name == mechanism.name()));
    let Some(&mechanism) = known else {
        return Err(NoMechanism::NotOffered {
            offered: offered.to_vec(),
            wanted: ranking.to_vec(),
        });
    };
    // Where the first of the ranking tells the secret, so do all behind it.
    let safe = channel == Channel::Verified || allow_plaintext;
    if mechanism.tells_the_secret() && !safe {
        return Err(NoMechanism::WouldTell { mechanism, channel });
    }
    Ok(mechanism)
}

fn over(channel: Channel) -> &'static str {
    match channel {
        Channel::Clear => "without TLS",
        Channel::Unverified | Channel::Verified => "over TLS",
    }
}

fn listener(channel: Channel) -> &'static str {
    match channel {
        Channel::Clear => "anybody on the way: the connection is not encrypted",
        Channel::Unverified | Channel::Verified => {
            "a server that has not proved who it is: its certificate was not verified"
        }
    }
}

fn names(mechanisms: &[SaslMechanism]) -> impl fmt::Display {
    let names: Vec<_> = mechanisms.iter().map(|one| one.name()).collect();
    names.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use SaslMechanism::{CramMd5, Login, OauthBearer, Plain, ScramSha256, Xoauth2};
    use SecretKind::{Password, Token};

    fn auto(kind: SecretKind, offered: &str, channel: Channel) -> Result<SaslMechanism, String> {
        let offered: Vec<String> = offered.split_whitespace().map(str::to_owned).collect();
        choose(None, kind, &offered, channel, false).map_err(|error| error.to_string())
    }

    #[test]
    fn the_best_is_taken_for_the_secret_and_the_channel() {
        let all = "LOGIN PLAIN XOAUTH2 CRAM-MD5 OAUTHBEARER SCRAM-SHA-256";
        let old = "LOGIN PLAIN CRAM-MD5 GSSAPI";
        assert_eq!(auto(Password, all, Channel::Verified), Ok(ScramSha256));
        assert_eq!(auto(Password, all, Channel::Clear), Ok(ScramSha256));
        assert_eq!(auto(Password, old, Channel::Verified), Ok(Plain));
        assert_eq!(auto(Password, old, Channel::Unverified), Ok(CramMd5));
        assert_eq!(auto(Password, "LOGIN", Channel::Verified), Ok(Login));
        assert_eq!(auto(Token, all, Channel::Verified), Ok(OauthBearer));
        assert_eq!(auto(Token, "XOAUTH2", Channel::Verified), Ok(Xoauth2));
    }

    #[test]
    fn secrets_are_not_told_to_whoever_listens() {
        for (kind, offered) in [(Password, "PLAIN LOGIN"), (Token, "XOAUTH2 OAUTHBEARER")] {
            let clear = auto(kind, offered, Channel::Clear).unwrap_err();
            assert!(clear.contains("the connection is not encrypted"), "{clear}");
            let unverified = auto(kind, offered, Channel::Unverified).unwrap_err();
            assert!(unverified.contains("not verified"), "{unverified}");
        }
        let offered = ["PLAIN".to_owned()];
        for wanted in [Some(Plain), None] {
            assert!(choose(wanted, Password, &offered, Channel::Clear, false).is_err());
            assert_eq!(
                choose(wanted, Password, &offered, Channel::Clear, true),
                Ok(Plain)
            );
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            auto(Password, "", Channel::Verified).unwrap_err(),
            "the server offers no AUTH over TLS"
        );
        assert_eq!(
            auto(Token, "PLAIN LOGIN", Channel::Verified).unwrap_err(),
            "the server offers PLAIN, LOGIN, and OAUTHBEARER or XOAUTH2 is needed"
        );
        let offered = ["PLAIN".to_owned()];
        assert!(
            choose(
                Some(ScramSha256),
                Password,
                &offered,
                Channel::Verified,
                true
            )
            .is_err()
        );
    }
}
