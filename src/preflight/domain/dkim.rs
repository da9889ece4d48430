//! What is published for the keys that sign (RFC 6376 section 3.6.1).

use super::facts::{Answer, KeyFacts};
use super::unanswered;
use crate::preflight::findings::Findings;
use crate::preflight::rules::domain::{
    DKIM_MISMATCH, DKIM_REVOKED, DKIM_SEVERAL_RECORDS, DKIM_UNPUBLISHED, DKIM_WEAK_KEY,
};
use crate::preflight::unsubscribe::tag;

pub(super) fn judge(keys: &[KeyFacts], findings: &mut Findings) {
    for key in keys {
        let name = key.selector.record();
        if let Some(bits) = key.rsa_bits.filter(|bits| *bits < SOUND_BITS) {
            findings.campaign(&DKIM_WEAK_KEY, format!("{name}: {bits} bits"));
        }
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
            [_] => {
                if let Some(why) = &key.differs {
                    findings.campaign(&DKIM_MISMATCH, format!("{name}: {why}"));
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

/// RFC 8301 section 3.2.
const SOUND_BITS: u32 = 2048;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Selector;
    use crate::preflight::shares::Shares;

    fn found(
        published: Answer<Vec<String>>,
        differs: Option<&str>,
        rsa_bits: Option<u32>,
    ) -> Vec<&'static str> {
        let selector = Selector {
            domain: "example.com".into(),
            selector: "s".into(),
        };
        let mut findings = Findings::default();
        judge(
            &[KeyFacts {
                selector,
                rsa_bits,
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
        assert_eq!(found(good(), None, Some(2048)), [""; 0]);
        assert_eq!(found(good(), None, None), [""; 0]);
        assert_eq!(
            found(good(), Some("it is another key's"), None),
            ["dkim-mismatch"]
        );
        assert_eq!(found(good(), None, Some(1024)), ["dkim-weak-key"]);
        assert_eq!(found(texts(&["v=DKIM1; p="]), None, None), ["dkim-revoked"]);
        assert_eq!(found(texts(&["v=DKIM1"]), None, None), ["dkim-mismatch"]);
        assert_eq!(
            found(texts(&["p=A", "p=B"]), None, None),
            ["dkim-several-records"]
        );
        assert_eq!(found(Answer::Nothing, None, None), ["dkim-unpublished"]);
        assert_eq!(
            found(Answer::Unanswered("x".into()), None, None),
            ["dns-unanswered"]
        );
    }
}
