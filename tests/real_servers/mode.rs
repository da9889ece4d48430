//! The ways of sending.

/// A way of sending, and what a server has to offer for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One command at a time, in plain text.
    Sequential,
    /// Commands ahead of answers up to DATA (RFC 2920).
    Pipelining,
    /// Whole transactions ahead of answers, by BDAT (RFC 3030).
    Chunking,
    /// As fast as the server allows, behind STARTTLS (RFC 3207) with any certificate.
    StartTls,
    /// To a relay, behind TLS from the first byte (RFC 8314), verified.
    ImplicitTls,
    /// To a relay, logged in (RFC 4954) behind STARTTLS, verified.
    Auth,
}

/// The login that relays know.
pub(crate) const USER: &str = "me";
/// Its password.
pub(crate) const PASSWORD: &str = "Geheim-4711-xyz";

impl Mode {
    /// `delivery.pipeline`.
    pub(crate) fn pipeline(self) -> &'static str {
        match self {
            Self::Sequential => "off",
            Self::Pipelining => "data",
            _ => "auto",
        }
    }

    /// The `tls` of the relay, where the server is one.
    pub(crate) fn relay(self) -> Option<&'static str> {
        match self {
            Self::ImplicitTls => Some("implicit"),
            Self::Auth => Some("required"),
            Self::Sequential | Self::Pipelining | Self::Chunking | Self::StartTls => None,
        }
    }

    /// Whether the server wants a login.
    pub(crate) fn login(self) -> bool {
        self == Self::Auth
    }

    /// Whether the server offers STARTTLS.
    pub(crate) fn starttls(self) -> bool {
        matches!(self, Self::StartTls | Self::Auth)
    }

    /// Whether mail travels behind TLS.
    pub(crate) fn encrypted(self) -> bool {
        self.starttls() || self == Self::ImplicitTls
    }
}
