//! The SPF record of the return path (RFC 7208), over answers that were fetched before.

use super::facts::{Answer, Facts, SpfFacts, of_version};
use super::unanswered;
use crate::preflight::findings::Findings;
use crate::preflight::rules::domain::{
    SPF_ALLOWS_EVERYBODY, SPF_INVALID, SPF_MISSING, SPF_MISSING_FOR_FROM, SPF_SEVERAL_RECORDS,
    SPF_SOURCE_NOT_COVERED, SPF_TOO_MANY_LOOKUPS,
};
use crate::preflight::sending::Sending;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::spf::{Directive, Macro, Mechanism, Qualifier, Spf};
use std::net::IpAddr;

/// What has to be asked to judge a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Domains whose TXT records it leads to.
    pub texts: Vec<String>,
    /// Hosts whose addresses it allows, and, with `true`, domains whose mail servers it allows.
    pub addresses: Vec<(bool, String)>,
}

/// Where the SPF record of a domain leads, if it has exactly one.
#[must_use]
pub fn wanted(domain: &str, texts: &[String]) -> Wanted {
    let mut wanted = Wanted::default();
    let Ok(Some(record)) = only_record(texts) else {
        return wanted;
    };
    for directive in &record.directives {
        match &directive.mechanism {
            Mechanism::Include { macro_string } => wanted.texts.extend(name(macro_string, domain)),
            Mechanism::A { macro_string, .. } => {
                wanted
                    .addresses
                    .extend(name(macro_string, domain).map(|name| (false, name)));
            }
            Mechanism::Mx { macro_string, .. } => {
                wanted
                    .addresses
                    .extend(name(macro_string, domain).map(|name| (true, name)));
            }
            Mechanism::All
            | Mechanism::Ptr { .. }
            | Mechanism::Ip4 { .. }
            | Mechanism::Ip6 { .. }
            | Mechanism::Exists { .. } => {}
        }
    }
    let redirect = record
        .redirect
        .as_ref()
        .and_then(|redirect| name(redirect, domain));
    wanted.texts.extend(redirect);
    wanted
}

pub(super) fn judge(facts: &Facts, sending: &Sending, findings: &mut Findings) {
    let domain = sending.return_path.as_str();
    for_from(facts, sending, findings);
    let texts = match facts.spf.texts.get(domain) {
        Some(Answer::Found(texts)) => texts,
        Some(Answer::Nothing) => return findings.campaign(&SPF_MISSING, domain),
        Some(Answer::Unanswered(why)) => {
            return unanswered(&format!("SPF of {domain}"), why, findings);
        }
        None => return,
    };
    let record = match only_record(texts) {
        Ok(Some(record)) => record,
        Ok(None) => return findings.campaign(&SPF_MISSING, domain),
        Err(Flaw::Several(count)) => {
            return findings.campaign(&SPF_SEVERAL_RECORDS, format!("{domain}: {count} records"));
        }
        Err(Flaw::Unreadable) => {
            return findings.campaign(&SPF_INVALID, format!("{domain}: it does not parse"));
        }
    };
    let everybody =
        |one: &Directive| one.mechanism == Mechanism::All && one.qualifier == Qualifier::Pass;
    if record.directives.iter().any(everybody) {
        findings.campaign(&SPF_ALLOWS_EVERYBODY, domain);
    }
    let mut walk = Walk {
        facts: &facts.spf,
        lookups: 0,
        depth: 0,
        flaws: Vec::new(),
    };
    walk.visit(domain, &record);
    if walk.lookups > LOOKUPS {
        let more = if walk.lookups >= STOP {
            "at least "
        } else {
            ""
        };
        findings.campaign(
            &SPF_TOO_MANY_LOOKUPS,
            format!("{domain}: {more}{} look-ups", walk.lookups),
        );
    }
    for flaw in walk.flaws {
        match flaw {
            Found::Broken(what) => findings.campaign(&SPF_INVALID, format!("{domain}: {what}")),
            Found::Silent(name, why) => unanswered(&format!("SPF of {name}"), &why, findings),
        }
    }
    for source in facts.sources.iter().map(|source| source.address) {
        let mut check = Check {
            facts: &facts.spf,
            left: STOP,
        };
        if check.host(domain, &record, source) == Verdict::Refused {
            findings.campaign(
                &SPF_SOURCE_NOT_COVERED,
                format!("{source} by the record of {domain}"),
            );
        }
    }
}

/// docomo looks at the domain of From as well.
fn for_from(facts: &Facts, sending: &Sending, findings: &mut Findings) {
    let from = sending.from.as_str();
    if sending.return_path == sending.from {
        return;
    }
    let missing = match facts.spf.texts.get(from) {
        Some(Answer::Nothing) => true,
        Some(Answer::Found(texts)) => of_version(texts, VERSION).is_empty(),
        Some(Answer::Unanswered(_)) | None => false,
    };
    if missing {
        findings.campaign(&SPF_MISSING_FOR_FROM, from);
    }
}

/// Why a domain has no usable record.
enum Flaw {
    Several(usize),
    Unreadable,
}

fn only_record(texts: &[String]) -> Result<Option<Spf>, Flaw> {
    match of_version(texts, VERSION).as_slice() {
        [] => Ok(None),
        [text] => Spf::parse(text.as_bytes())
            .map(Some)
            .map_err(|_| Flaw::Unreadable),
        several => Err(Flaw::Several(several.len())),
    }
}

/// The domain that a term names: the record's own where it names none, nobody knows where it is
/// made from the message by a macro.
fn name(named: &Macro, domain: &str) -> Option<String> {
    match named {
        Macro::None => Some(domain.to_owned()),
        Macro::Literal(name) => {
            let name = std::str::from_utf8(name).ok()?;
            Some(name.trim_end_matches('.').to_ascii_lowercase())
        }
        Macro::Variable { .. } | Macro::List(_) => None,
    }
}

/// Counts what a receiver would look up (RFC 7208 section 4.6.4).
struct Walk<'f> {
    facts: &'f SpfFacts,
    lookups: u32,
    depth: u32,
    flaws: Vec<Found>,
}

enum Found {
    Broken(String),
    Silent(String, String),
}

impl Walk<'_> {
    fn visit(&mut self, domain: &str, record: &Spf) {
        for directive in &record.directives {
            match &directive.mechanism {
                Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } => {}
                Mechanism::A { .. }
                | Mechanism::Mx { .. }
                | Mechanism::Ptr { .. }
                | Mechanism::Exists { .. } => {
                    self.lookups += 1;
                }
                Mechanism::Include { macro_string } => self.follow("include", macro_string, domain),
            }
        }
        if let Some(redirect) = &record.redirect {
            self.follow("redirect", redirect, domain);
        }
    }

    fn follow(&mut self, how: &str, named: &Macro, domain: &str) {
        self.lookups += 1;
        // A record that includes itself never ends.
        if self.lookups >= STOP || self.depth >= STOP {
            return;
        }
        let Some(name) = name(named, domain) else {
            return;
        };
        match self.facts.texts.get(&name) {
            Some(Answer::Found(texts)) => match only_record(texts) {
                Ok(Some(record)) => {
                    self.depth += 1;
                    self.visit(&name, &record);
                    self.depth -= 1;
                }
                Ok(None) => self
                    .flaws
                    .push(Found::Broken(format!("{how} {name} has no SPF record"))),
                Err(_) => self.flaws.push(Found::Broken(format!(
                    "the record of {how} {name} cannot be used"
                ))),
            },
            Some(Answer::Nothing) => self
                .flaws
                .push(Found::Broken(format!("{how} {name} has no SPF record"))),
            Some(Answer::Unanswered(why)) => self.flaws.push(Found::Silent(name, why.clone())),
            None => {}
        }
    }
}

/// What a record says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allowed,
    Refused,
    /// It depends on the message, or on an answer that is missing.
    Unknown,
}

/// `check_host()` of RFC 7208 section 4, with what is known.
struct Check<'f> {
    facts: &'f SpfFacts,
    /// Records it may still read.
    left: u32,
}

impl Check<'_> {
    fn host(&mut self, domain: &str, record: &Spf, address: IpAddr) -> Verdict {
        let mut unknown = false;
        for directive in &record.directives {
            match self.matches(&directive.mechanism, domain, address) {
                Some(true) if directive.qualifier == Qualifier::Pass => return Verdict::Allowed,
                // What was not known before may have allowed it.
                Some(true) if unknown => return Verdict::Unknown,
                Some(true) => return Verdict::Refused,
                Some(false) => {}
                None => unknown = true,
            }
        }
        let redirected = record
            .redirect
            .as_ref()
            .map(|redirect| self.named(redirect, domain, address));
        match redirected {
            Some(Verdict::Refused) | None if unknown => Verdict::Unknown,
            Some(verdict) => verdict,
            None => Verdict::Refused,
        }
    }

    fn matches(&mut self, mechanism: &Mechanism, domain: &str, address: IpAddr) -> Option<bool> {
        match (mechanism, address) {
            (Mechanism::All, _) => Some(true),
            (Mechanism::Ip4 { addr, mask }, IpAddr::V4(ip)) => {
                Some(same(u32::from(ip), u32::from(*addr), *mask))
            }
            (Mechanism::Ip6 { addr, mask }, IpAddr::V6(ip)) => {
                Some(u128::from(ip) & mask == u128::from(*addr) & mask)
            }
            (Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. }, _) => Some(false),
            (
                Mechanism::A {
                    macro_string,
                    ip4_mask,
                    ip6_mask,
                },
                _,
            ) => self.among(false, macro_string, domain, address, (*ip4_mask, *ip6_mask)),
            (
                Mechanism::Mx {
                    macro_string,
                    ip4_mask,
                    ip6_mask,
                },
                _,
            ) => self.among(true, macro_string, domain, address, (*ip4_mask, *ip6_mask)),
            (Mechanism::Include { macro_string }, _) => {
                match self.named(macro_string, domain, address) {
                    Verdict::Allowed => Some(true),
                    Verdict::Refused => Some(false),
                    Verdict::Unknown => None,
                }
            }
            (Mechanism::Ptr { .. } | Mechanism::Exists { .. }, _) => None,
        }
    }

    /// Whether an address is one of a host's, or of a domain's mail servers.
    fn among(
        &self,
        mx: bool,
        named: &Macro,
        domain: &str,
        address: IpAddr,
        masks: (u32, u128),
    ) -> Option<bool> {
        let key = (mx, name(named, domain)?);
        match self.facts.addresses.get(&key)? {
            Answer::Found(all) => Some(all.iter().any(|known| match (known, address) {
                (IpAddr::V4(known), IpAddr::V4(ip)) => {
                    same(u32::from(ip), u32::from(*known), masks.0)
                }
                (IpAddr::V6(known), IpAddr::V6(ip)) => {
                    u128::from(ip) & masks.1 == u128::from(*known) & masks.1
                }
                _ => false,
            })),
            Answer::Nothing => Some(false),
            Answer::Unanswered(_) => None,
        }
    }

    /// What the record of another domain says.
    fn named(&mut self, named: &Macro, domain: &str, address: IpAddr) -> Verdict {
        let Some(left) = self.left.checked_sub(1) else {
            return Verdict::Unknown;
        };
        self.left = left;
        let Some(name) = name(named, domain) else {
            return Verdict::Unknown;
        };
        match self.facts.texts.get(&name) {
            Some(Answer::Found(texts)) => match only_record(texts) {
                Ok(Some(record)) => self.host(&name, &record, address),
                Ok(None) | Err(_) => Verdict::Refused,
            },
            Some(Answer::Nothing) => Verdict::Refused,
            Some(Answer::Unanswered(_)) | None => Verdict::Unknown,
        }
    }
}

const fn same(one: u32, other: u32, mask: u32) -> bool {
    one & mask == other & mask
}

const VERSION: &str = "v=spf1";
/// RFC 7208 section 4.6.4.
const LOOKUPS: u32 = 10;
/// Where counting, and following, ends.
const STOP: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Domain, MxAnswer};
    use crate::preflight::domain::SourceFacts;
    use crate::preflight::sending::tests::sending;
    use crate::preflight::shares::Shares;
    use proptest::prelude::*;

    fn facts(texts: &[(&str, &str)]) -> Facts {
        let mut spf = SpfFacts::default();
        for (domain, text) in texts {
            let answer = match *text {
                "" => Answer::Nothing,
                "?" => Answer::Unanswered("no answer".into()),
                text => Answer::Found(text.split('|').map(str::to_owned).collect()),
            };
            spf.texts.insert((*domain).to_owned(), answer);
        }
        let addresses = vec!["198.51.100.7".parse().unwrap()];
        spf.addresses
            .insert((true, "example.com".into()), Answer::Found(addresses));
        Facts {
            from_mail: MxAnswer::Implicit,
            return_mail: MxAnswer::Implicit,
            spf,
            dmarc: Answer::Nothing,
            dmarc_of_organisation: None,
            keys: Vec::new(),
            sources: Vec::new(),
        }
    }

    fn rules(facts: &Facts, sending: &Sending) -> Vec<&'static str> {
        let mut findings = Findings::default();
        judge(facts, sending, &mut findings);
        let found = findings.finish(&Shares::default(), 0, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    fn found(texts: &[(&str, &str)], source: Option<&str>) -> Vec<&'static str> {
        let mut facts = facts(texts);
        facts.sources.extend(source.map(|ip| SourceFacts {
            address: ip.parse().unwrap(),
            names: Answer::Nothing,
        }));
        rules(&facts, &sending())
    }

    const HOME: &str = "example.com";

    #[test]
    fn one_record_that_can_be_read() {
        assert_eq!(found(&[(HOME, "other|v=spf1 mx -all")], None), [""; 0]);
        assert_eq!(found(&[(HOME, "")], None), ["spf-missing"]);
        assert_eq!(found(&[(HOME, "v=spf10 -all")], None), ["spf-missing"]);
        assert_eq!(
            found(&[(HOME, "v=spf1 -all|v=spf1 mx -all")], None),
            ["spf-several-records"]
        );
        assert_eq!(
            found(&[(HOME, "v=spf1 ip4:nonsense -all")], None),
            ["spf-invalid"]
        );
        assert_eq!(
            found(&[(HOME, "v=spf1 +all")], None),
            ["spf-allows-everybody"]
        );
        assert_eq!(found(&[(HOME, "?")], None), ["dns-unanswered"]);
    }

    #[test]
    fn look_ups_are_counted_through_includes() {
        let many = "v=spf1 a mx exists:x.example a:b.example include:one.example -all";
        let five = "v=spf1 a mx a:c.example a:d.example a:e.example -all";
        assert_eq!(found(&[(HOME, many), ("one.example", five)], None), [""; 0]);
        let six = "v=spf1 a mx a:c.example a:d.example a:e.example ptr -all";
        assert_eq!(
            found(&[(HOME, many), ("one.example", six)], None),
            ["spf-too-many-lookups"]
        );
        assert_eq!(
            found(&[(HOME, "v=spf1 include:example.com -all")], None),
            ["spf-too-many-lookups"]
        );
    }

    #[test]
    fn includes_have_to_lead_to_a_record() {
        let home = (HOME, "v=spf1 include:one.example -all");
        assert_eq!(found(&[home, ("one.example", "")], None), ["spf-invalid"]);
        assert_eq!(
            found(&[home, ("one.example", "?")], None),
            ["dns-unanswered"]
        );
    }

    #[test]
    fn sources_have_to_be_allowed() {
        let judged = |record: &str, ip: &str| {
            let one = (
                "one.example",
                "v=spf1 ip4:203.0.113.0/24 ip6:2001:db8::/32 ?all",
            );
            found(&[(HOME, record), one], Some(ip))
        };
        let include = "v=spf1 include:one.example -all";
        for ip in ["203.0.113.9", "2001:db8::1"] {
            assert_eq!(judged(include, ip), [""; 0], "{ip}");
            assert_eq!(judged("v=spf1 redirect=one.example", ip), [""; 0], "{ip}");
            assert_eq!(
                judged("v=spf1 -all", ip),
                ["spf-source-not-covered"],
                "{ip}"
            );
            assert_eq!(
                judged("v=spf1 -include:one.example +all", ip),
                ["spf-source-not-covered", "spf-allows-everybody"],
                "{ip}"
            );
        }
        assert_eq!(judged("v=spf1 mx -all", "198.51.100.7"), [""; 0]);
        assert_eq!(judged("v=spf1 mx/24 -all", "198.51.100.8"), [""; 0]);
        assert_eq!(
            judged("v=spf1 mx -all", "198.51.100.8"),
            ["spf-source-not-covered"]
        );
        // What depends on the message is not judged.
        assert_eq!(
            judged("v=spf1 exists:%{i}.x.example -all", "198.51.100.8"),
            [""; 0]
        );
    }

    #[test]
    fn docomo_looks_at_from_too() {
        let sending = Sending {
            return_path: Domain::parse("b.example.com").unwrap(),
            ..sending()
        };
        let found = |from| {
            rules(
                &facts(&[("b.example.com", "v=spf1 mx -all"), (HOME, from)]),
                &sending,
            )
        };
        assert_eq!(found(""), ["spf-missing-for-from"]);
        assert_eq!(found("v=spf1 -all"), [""; 0]);
    }

    proptest! {
        #[test]
        fn no_record_panics(text in "v=spf1( [+?~-]?(a|mx|ip4|ip6|include|exists|ptr|all|redirect|[a-z]{1,4})[:=/]?[ -~あ]{0,20}){0,6}") {
            let _ = wanted(HOME, std::slice::from_ref(&text));
            let _ = found(&[(HOME, &text)], Some("203.0.113.9"));
        }
    }
}
