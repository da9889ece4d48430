//! What is published for the keys that sign (RFC 6376 section 3.6.1).

use super::facts::{Answer, KeyFacts};
use super::unanswered;
use crate::preflight::findings::Findings;
use crate::preflight::rules::domain::{
    DKIM_MISMATCH, DKIM_REVOKED, DKIM_SEVERAL_RECORDS, DKIM_TESTING, DKIM_UNPUBLISHED,
};
use crate::preflight::unsubscribe::tag;

pub(super) fn judge(keys: &[KeyFacts], findings: &mut Findings) {
    for key in keys {
        let name = key.selector.record();
        let texts = match &key.published {
            Answer::Found(texts) => texts,
            Answer::Nothing => {
                findings.campaign(&DKIM_UNPUBLISHED, name);
                continue;
            }
            Answer::Unanswered(why) => {
                unanswered(&name, why, findings);
                continue;
            }
        };
        match texts.as_slice() {
            [text] if tag(text, "p").is_some_and(str::is_empty) => {
                findings.campaign(&DKIM_REVOKED, name);
            }
            [text] if tag(text, "p").is_none() => {
                findings.campaign(&DKIM_MISMATCH, format!("{name}: the record has no p="));
            }
            [text] => {
                if let Some(why) = &key.differs {
                    findings.campaign(&DKIM_MISMATCH, format!("{name}: {why}"));
                } else if tag(text, "t").is_some_and(is_tested) {
                    findings.campaign(&DKIM_TESTING, name);
                }
            }
            several => {
                findings.campaign(
                    &DKIM_SEVERAL_RECORDS,
                    format!("{name}: {} records", several.len()),
                );
            }
        }
    }
}

/// Whether the flags of t= hold the one of domains that try DKIM out.
fn is_tested(flags: &str) -> bool {
    flags.split(':').any(|flag| flag.trim() == "y")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Selector;
    use crate::preflight::shares::Shares;

    fn found(published: Answer<Vec<String>>, differs: Option<&str>) -> Vec<&'static str> {
        let selector = Selector {
            domain: "example.com".into(),
            selector: "s".into(),
        };
        let mut findings = Findings::default();
        judge(
            &[KeyFacts {
                selector,
                published,
                differs: differs.map(str::to_owned),
            }],
            &mut findings,
        );
        let found = findings.finish(&Shares::default(), 0, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    fn texts(texts: &[&str]) -> Answer<Vec<String>> {
        Answer::Found(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn records_and_keys() {
        let good = || texts(&["v=DKIM1; k=rsa; p=AAAA"]);
        assert_eq!(found(good(), None), [""; 0]);
        let testing = || texts(&["v=DKIM1; t = s : y; p=AAAA"]);
        assert_eq!(found(testing(), None), ["dkim-testing"]);
        assert_eq!(
            found(testing(), Some("it is another key's")),
            ["dkim-mismatch"]
        );
        assert_eq!(
            found(good(), Some("it is another key's")),
            ["dkim-mismatch"]
        );
        assert_eq!(found(texts(&["v=DKIM1; p="]), None), ["dkim-revoked"]);
        assert_eq!(found(texts(&["v=DKIM1"]), None), ["dkim-mismatch"]);
        assert_eq!(
            found(texts(&["p=A", "p=B"]), None),
            ["dkim-several-records"]
        );
        assert_eq!(found(Answer::Nothing, None), ["dkim-unpublished"]);
        assert_eq!(
            found(Answer::Unanswered("x".into()), None),
            ["dns-unanswered"]
        );
    }
}
