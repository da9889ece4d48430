//! The DMARC record of From's domain, or of its organisation's (RFC 7489 section 6.6.3).

use super::facts::{Answer, Facts, in_quotes, of_version};
use super::unanswered;
use crate::preflight::findings::Findings;
use crate::preflight::html::organisation;
use crate::preflight::rules::domain::{
    DMARC_INVALID, DMARC_MISSING, DMARC_ONLY_MONITORS, DMARC_SEVERAL_RECORDS,
    DMARC_WITHOUT_REPORTS, FROM_NOT_ALIGNED,
};
use crate::preflight::sending::Sending;
use crate::preflight::words::cut;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::dmarc::{Alignment, Dmarc, Policy};
use std::collections::BTreeSet;
use std::slice;

pub(super) fn judge(facts: &Facts, sending: &Sending, findings: &mut Findings) {
    let from = sending.from.as_str();
    let own = (from, &facts.dmarc);
    let parent = facts
        .dmarc_of_organisation
        .as_ref()
        .map(|answer| (organisation(from), answer));
    let mut hint = "";
    for (domain, answer) in [Some(own), parent].into_iter().flatten() {
        let texts = match answer {
            Answer::Found(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| packed(text)).collect();
                if hint.is_empty() {
                    hint = in_quotes(&texts, VERSION);
                }
                let begins = |text: &String| !of_version(slice::from_ref(text), VERSION).is_empty();
                texts.into_iter().filter(begins).collect::<Vec<_>>()
            }
            Answer::Nothing => continue,
            Answer::Unanswered(why) => {
                return unanswered(&format!("_dmarc.{domain}"), why, findings);
            }
        };
        match texts.as_slice() {
            [] => {}
            [text] => return record(text, domain, sending, findings),
            several => {
                let detail = format!("_dmarc.{domain}: {} records", several.len());
                return findings.campaign(&DMARC_SEVERAL_RECORDS, detail);
            }
        }
    }
    findings.campaign(&DMARC_MISSING, format!("_dmarc.{from}{hint}"));
}

/// A record without the white space around its tags and their values, which the grammar allows and
/// the parser does not expect (RFC 7489 section 6.4).
fn packed(text: &str) -> String {
    let tags = text.split(';').map(|tag| match tag.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim(), value.trim()),
        None => tag.trim().to_owned(),
    });
    tags.collect::<Vec<_>>().join(";")
}

/// What is wrong with the tags of a record that the parser would read all the same.
fn flaw(text: &str) -> Option<String> {
    let mut seen = BTreeSet::new();
    for (name, value) in text.split(';').filter_map(|tag| tag.split_once('=')) {
        let name = name.to_ascii_lowercase();
        if name == "pct" && !value.parse::<u8>().is_ok_and(|share| share <= 100) {
            return Some(format!("pct={} is no number up to 100", cut(value)));
        }
        if !seen.insert(name) {
            return Some("a tag stands twice".to_owned());
        }
    }
    None
}

fn record(text: &str, domain: &str, sending: &Sending, findings: &mut Findings) {
    let name = format!("_dmarc.{domain}");
    if let Some(why) = flaw(text) {
        return findings.campaign(&DMARC_INVALID, format!("{name}: {why}"));
    }
    let Ok(record) = Dmarc::parse(text.as_bytes()) else {
        return findings.campaign(&DMARC_INVALID, format!("{name}: {}", cut(text)));
    };
    let policy = if domain == sending.from.as_str() {
        record.p
    } else {
        record.sp
    };
    match policy {
        Policy::Unspecified => findings.campaign(&DMARC_INVALID, format!("{name}: no policy p=")),
        Policy::None => findings.campaign(&DMARC_ONLY_MONITORS, format!("{name}: p=none")),
        Policy::Quarantine | Policy::Reject => {}
    }
    if record.rua.is_empty() {
        findings.campaign(&DMARC_WITHOUT_REPORTS, name.clone());
    }
    strict(&record, &name, sending, findings);
}

/// A record may ask for the very same domain instead of the same organisation.
fn strict(record: &Dmarc, name: &str, sending: &Sending, findings: &mut Findings) {
    let same = |domain: &str| domain.eq_ignore_ascii_case(sending.from.as_str());
    let aligned = |mode: &Alignment, domain: &str| match mode {
        Alignment::Strict => same(domain),
        Alignment::Relaxed => sending.is_ours(domain),
    };
    let loosely = sending.is_ours(sending.return_path.as_str())
        || sending.keys.iter().any(|key| sending.is_ours(&key.domain));
    let exactly = aligned(&record.aspf, sending.return_path.as_str())
        || sending
            .keys
            .iter()
            .any(|key| aligned(&record.adkim, &key.domain));
    // Without loose alignment the settings alone were told so.
    if loosely && !exactly {
        findings.campaign(
            &FROM_NOT_ALIGNED,
            format!("{name} asks for the very domain of From (adkim=s, aspf=s)"),
        );
    }
}

const VERSION: &str = "v=DMARC1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Domain, MxAnswer};
    use crate::preflight::domain::SpfFacts;
    use crate::preflight::sending::tests::sending;
    use crate::preflight::shares::Shares;

    fn found(
        own: Answer<Vec<String>>,
        parent: Option<Answer<Vec<String>>>,
        sending: &Sending,
    ) -> Vec<&'static str> {
        let facts = Facts {
            from_mail: MxAnswer::Implicit,
            return_mail: MxAnswer::Implicit,
            spf: SpfFacts::default(),
            dmarc: own,
            dmarc_of_organisation: parent,
            keys: Vec::new(),
            sources: Vec::new(),
        };
        let mut findings = Findings::default();
        judge(&facts, sending, &mut findings);
        let found = findings.finish(&Shares::default(), 0, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    fn one(text: &str) -> Answer<Vec<String>> {
        Answer::Found(vec!["unrelated".into(), text.into()])
    }

    #[test]
    fn records() {
        let judged = |text| found(one(text), None, &sending());
        assert_eq!(
            judged("v=DMARC1; p=reject; rua=mailto:d@example.com"),
            [""; 0]
        );
        assert_eq!(
            judged("v=DMARC1; p=none; rua=mailto:d@example.com"),
            ["dmarc-only-monitors"]
        );
        assert_eq!(judged("v=DMARC1; p=quarantine"), ["dmarc-without-reports"]);
        assert_eq!(judged("v=spf1 -all"), ["dmarc-missing"]);
        assert!(judged("v=DMARC1; p=maybe").contains(&"dmarc-invalid"));
        assert!(judged("v=DMARC1").contains(&"dmarc-invalid"));
        let spaced = "v = DMARC1 ; p = reject ; rua = mailto:d@example.com ;";
        assert_eq!(judged(spaced), [""; 0]);
        for twice in ["v=DMARC1; p=none; p=reject", "v=DMARC1; p=reject; pct=abc"] {
            assert_eq!(judged(twice), ["dmarc-invalid"], "{twice}");
        }
        assert_eq!(judged("\"v=DMARC1; p=reject\""), ["dmarc-missing"]);
        let two = Answer::Found(vec!["v=DMARC1; p=none".into(), "v=DMARC1; p=reject".into()]);
        assert_eq!(found(two, None, &sending()), ["dmarc-several-records"]);
        assert_eq!(
            found(Answer::Unanswered("x".into()), None, &sending()),
            ["dns-unanswered"]
        );
    }

    #[test]
    fn quotes_that_were_published_are_told() {
        let texts = ["\"v=DMARC1; p=reject\"".to_owned()];
        assert!(in_quotes(&texts, VERSION).contains("quotation mark"));
        assert_eq!(in_quotes(&["v=DMARC1".to_owned()], VERSION), "");
        assert_eq!(in_quotes(&["\"v=spf1\"".to_owned()], VERSION), "");
    }

    #[test]
    fn the_organisation_speaks_for_its_subdomains() {
        let news = Domain::parse("news.example.com").unwrap();
        let sending = Sending {
            return_path: news.clone(),
            from: news,
            ..sending()
        };
        let parent = || Some(one("v=DMARC1; p=none; sp=reject; rua=mailto:d@example.com"));
        assert_eq!(found(Answer::Nothing, parent(), &sending), [""; 0]);
        assert_eq!(
            found(Answer::Nothing, Some(Answer::Nothing), &sending),
            ["dmarc-missing"]
        );
    }

    #[test]
    fn strict_alignment_wants_the_very_domain() {
        let text = "v=DMARC1; p=reject; rua=mailto:d@example.com; adkim=s; aspf=s";
        assert_eq!(found(one(text), None, &sending()), [""; 0]);
        let below = Domain::parse("b.example.com").unwrap();
        let loose = Sending {
            return_path: below,
            keys: Vec::new(),
            ..sending()
        };
        assert_eq!(found(one(text), None, &loose), ["from-not-aligned"]);
    }
}
