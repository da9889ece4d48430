//! Logging in at a relay: what is configured about it. Never a secret itself.

use std::fmt;
use std::path::PathBuf;

/// A relay's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The SASL mechanism; `None` takes the best one that is offered.
    pub mechanism: Option<SaslMechanism>,
    /// Who.
    pub username: String,
    /// What the secret is.
    pub kind: SecretKind,
    /// Where it is read from.
    pub secret: Secret,
    /// Whether it may be sent as it is to a server that has not proved by TLS who it is.
    pub allow_plaintext: bool,
}

/// Where a secret is read from; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// An environment variable.
    Env(String),
    /// A file's first line.
    File(PathBuf),
    /// The first line a command prints.
    Command(String),
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Command(line) => write!(f, "the command {line:?}"),
        }
    }
}

/// What a secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// Known to its user, and good until it is changed.
    Password,
    /// Issued for some time (RFC 6750); another one is fetched when it has run out.
    Token,
}

/// A way to log in (RFC 4422) that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// RFC 4616: the password as it is.
    Plain,
    /// The same in two steps; never standardised, offered everywhere.
    Login,
    /// RFC 2195: proves to know the password, over a digest nobody should rely on any more.
    CramMd5,
    /// RFC 7677: both sides prove to know the password, and neither tells it.
    ScramSha256,
    /// A token, as Google and Microsoft take it.
    Xoauth2,
    /// RFC 7628: a token, as the standard has it.
    OauthBearer,
}

impl SaslMechanism {
    /// Its registered name, as AUTH says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::CramMd5 => "CRAM-MD5",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::Xoauth2 => "XOAUTH2",
            Self::OauthBearer => "OAUTHBEARER",
        }
    }

    /// The kind of secret it needs.
    #[must_use]
    pub const fn takes(self) -> SecretKind {
        match self {
            Self::Plain | Self::Login | Self::CramMd5 | Self::ScramSha256 => SecretKind::Password,
            Self::Xoauth2 | Self::OauthBearer => SecretKind::Token,
        }
    }

    /// Whether whoever reads along, or plays the server, has the secret afterwards.
    #[must_use]
    pub const fn tells_the_secret(self) -> bool {
        match self {
            Self::Plain | Self::Login | Self::Xoauth2 | Self::OauthBearer => true,
            Self::CramMd5 | Self::ScramSha256 => false,
        }
    }
}

impl fmt::Display for SaslMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
