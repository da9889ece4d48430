//! What large mailbox providers are known to bear, as data.
//!
//! Collected from their published pages and from what administrators report; a provider that is
//! not here gets the general defaults, and `[[destination]]` rules stand before all of them.

use crate::model::TlsPolicy;

/// Limits of one provider. What is `None` is not known, and the general default holds.
pub(super) struct Profile {
    /// Names of its mail servers; a leading `*.` stands for one or more labels.
    pub(super) mx: &'static [&'static str],
    pub(super) connections: Option<usize>,
    pub(super) messages_per_connection: Option<u32>,
    /// Messages a second.
    pub(super) per_second: Option<f64>,
    pub(super) tls: Option<TlsPolicy>,
}

const fn profile(mx: &'static [&'static str], connections: usize, messages: u32) -> Profile {
    Profile {
        mx,
        connections: Some(connections),
        messages_per_connection: Some(messages),
        per_second: None,
        tls: None,
    }
}

/// In no order that matters: no server matches two of them.
///
/// TLS is raised only where the provider publishes a policy that lets a certificate be verified
/// (MTA-STS or DANE). Others that insist on TLS offer it, and are spoken to in TLS anyway.
pub(super) const PROFILES: &[Profile] = &[
    // Google
    Profile {
        tls: Some(TlsPolicy::Required),
        ..profile(&["*.google.com", "*.googlemail.com"], 5, 50)
    },
    // Yahoo and AOL; how many connections they bear is not known.
    Profile {
        connections: None,
        ..profile(&["*.yahoodns.net"], 0, 20)
    },
    // Outlook.com and Microsoft 365
    profile(&["*.outlook.com", "*.mx.microsoft"], 5, 50),
    // iCloud
    profile(&["*.icloud.com"], 10, 5),
    // Comcast
    profile(&["*.comcast.net"], 25, 1000),
    // Orange
    profile(&["*.orange.fr", "*.wanadoo.fr"], 2, 100),
    // Yahoo Japan
    Profile {
        per_second: Some(10.0),
        ..profile(&["*.yahoo.co.jp"], 2, 20)
    },
    // GMX and web.de
    Profile {
        tls: Some(TlsPolicy::Required),
        ..profile(&["*.gmx.net", "*.web.de"], 4, 20)
    },
    // QQ
    profile(&["*.qq.com"], 4, 8),
    // NetEase: 163.com, 126.com, yeah.net
    profile(&["*.netease.com", "*.163.com", "*.126.com"], 4, 7),
    // docomo, au and SoftBank publish no limits but 100 recipients a session; they are best met slowly.
    profile(&["*.docomo.ne.jp"], 2, 100),
    profile(&["*.ezweb.ne.jp", "*.au.com"], 2, 100),
    profile(&["*.softbank.ne.jp", "*.softbank.jp"], 2, 100),
];
