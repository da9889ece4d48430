//! What DNS says of where a domain's mail goes.

/// The answer to "who takes mail for this domain?" (RFC 5321 section 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MxAnswer {
    /// Its mail servers, best preference first; never empty.
    Hosts(Vec<MxHost>),
    /// No MX, but an address record: the domain itself is its mail server.
    Implicit,
    /// A null MX: the domain says that it takes no mail (RFC 7505).
    NullMx,
    /// NXDOMAIN.
    NoSuchDomain,
    /// The domain exists and has neither MX nor address.
    NoAddress,
    /// No usable answer: to be asked again. With the reason in words.
    Failed(String),
}

/// One mail server of a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MxHost {
    /// Lower is tried first.
    pub preference: u16,
    /// Its name, lower case, without the trailing dot.
    pub name: String,
}
