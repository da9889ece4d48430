//! What a server offers.

/// What a server offers and bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name, the first word of greeting and EHLO.
    pub hostname: String,
    /// Octets of one message, at most; offered as SIZE (RFC 1870).
    pub max_size: u64,
    /// Recipients of one transaction, at most; more get 452.
    pub max_recipients: usize,
    /// Malformed commands before it hangs up with 421.
    pub max_faults: u32,
    /// Whether it knows EHLO at all.
    pub extended: bool,
    /// Offers PIPELINING (RFC 2920). Pipelined input is understood either way.
    pub pipelining: bool,
    /// Offers 8BITMIME (RFC 6152).
    pub eight_bit_mime: bool,
    /// Offers SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
    /// Offers ENHANCEDSTATUSCODES (RFC 2034); without it, they are left out of replies.
    pub enhanced_codes: bool,
    /// Offers CHUNKING (RFC 3030).
    pub chunking: bool,
    /// Offers STARTTLS (RFC 3207) while there is no TLS.
    pub starttls: bool,
}

impl ServerConfig {
    /// A server that offers everything except STARTTLS, with common limits.
    #[must_use]
    pub fn new(hostname: impl Into<String>) -> Self {
        Self {
            hostname: hostname.into(),
            max_size: 36_700_160,
            max_recipients: 100,
            max_faults: 20,
            extended: true,
            pipelining: true,
            eight_bit_mime: true,
            smtputf8: true,
            enhanced_codes: true,
            chunking: true,
            starttls: false,
        }
    }
}
