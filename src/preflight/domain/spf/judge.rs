//! Judges the SPF record of the return path.

use super::covers::{Verdict, verdict};
use super::lookups::{Found, STOP, Walk};
use super::record::{Flaw, VERSION, only_record};
use crate::preflight::domain::facts::{Answer, Facts, of_version};
use crate::preflight::domain::unanswered;
use crate::preflight::findings::Findings;
use crate::preflight::rules::domain::{
    SPF_ALLOWS_EVERYBODY, SPF_INVALID, SPF_MISSING, SPF_MISSING_FOR_FROM, SPF_SEVERAL_RECORDS,
    SPF_SOURCE_NOT_COVERED, SPF_TOO_MANY_LOOKUPS,
};
use crate::preflight::sending::Sending;
use mail_auth::spf::{Directive, Mechanism, Qualifier};

/// Judges the record, what it leads to, and whether it allows the addresses that mail leaves from.
pub(in crate::preflight::domain) fn judge(
    facts: &Facts,
    sending: &Sending,
    findings: &mut Findings,
) {
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
    let mut walk = Walk::new(&facts.spf);
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
        if verdict(&facts.spf, domain, &record, source) == Verdict::Refused {
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

/// RFC 7208 section 4.6.4.
const LOOKUPS: u32 = 10;
