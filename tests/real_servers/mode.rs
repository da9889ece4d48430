//! The ways of sending.

/// A way of sending, and what a server has to offer for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One command at a time, in plain text.
    Sequential,
    /// Commands ahead of answers up to DATA (RFC 2920).
    Pipelining,
    /// Whole transactions ahead of answers, by BDAT (RFC 3030), where the server offers it.
    Chunking,
    /// As fast as the server allows, behind STARTTLS (RFC 3207).
    StartTls,
}

impl Mode {
    /// `delivery.pipeline`.
    pub(crate) fn pipeline(self) -> &'static str {
        match self {
            Self::Sequential => "off",
            Self::Pipelining => "data",
            Self::Chunking | Self::StartTls => "auto",
        }
    }

    /// `tls.policy`.
    pub(crate) fn tls_policy(self) -> &'static str {
        match self {
            Self::StartTls => "opportunistic",
            Self::Sequential | Self::Pipelining | Self::Chunking => "off",
        }
    }
}
