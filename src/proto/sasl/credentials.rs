//! Who logs in, with what.

use crate::model::SecretKind;
use secrecy::SecretString;

/// What a login is made of. `Debug` does not show the secret.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Who.
    pub username: String,
    /// What the secret is.
    pub kind: SecretKind,
    /// The password or token.
    pub secret: SecretString,
    /// The server's name and port as they were configured; OAUTHBEARER tells it which of its
    /// names was meant.
    pub server: (String, u16),
}
