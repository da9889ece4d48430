//! In whose name the mail comes, and whether that name can be answered.

use super::facts::Facts;
use super::unanswered;
use crate::model::{Domain, MxAnswer};
use crate::preflight::findings::Findings;
use crate::preflight::receivers::Receiver;
use crate::preflight::rules::domain::{
    DKIM_LEFT_TO_RELAY, DKIM_MISSING, FROM_AT_MAILBOX_PROVIDER, FROM_DOMAIN_REFUSES_MAIL,
    FROM_DOMAIN_RESERVED, FROM_DOMAIN_UNKNOWN, FROM_NOT_ALIGNED, RETURN_PATH_UNREACHABLE,
};
use crate::preflight::sending::{Sending, Way};

/// What settings alone tell.
pub(super) fn settings(sending: &Sending, findings: &mut Findings) {
    if sending.is_example() {
        findings.campaign(&FROM_DOMAIN_RESERVED, sending.from.as_str());
    }
    if let Some(receiver) = Receiver::of(&sending.from) {
        findings.campaign(
            &FROM_AT_MAILBOX_PROVIDER,
            format!("{} is {}'s", sending.from, receiver.name()),
        );
    }
    if sending.keys.is_empty() {
        match sending.way {
            Way::Relay => {
                findings.campaign(&DKIM_LEFT_TO_RELAY, "no [[dkim]] key is of From's domain");
            }
            Way::Direct | Way::Override => {
                findings.campaign(&DKIM_MISSING, "no [[dkim]] key is of From's domain");
            }
        }
    }
    let signed = sending.keys.iter().any(|key| sending.is_ours(&key.domain));
    if !signed && !sending.is_ours(sending.return_path.as_str()) {
        let domains: Vec<&str> = sending.keys.iter().map(|key| key.domain.as_str()).collect();
        let signs = if domains.is_empty() {
            "nothing".to_owned()
        } else {
            domains.join(", ")
        };
        let detail = format!(
            "From {}, return path {}, signed by {signs}",
            sending.from, sending.return_path
        );
        findings.campaign(&FROM_NOT_ALIGNED, detail);
    }
}

/// What DNS says of the two domains.
pub(super) fn published(facts: &Facts, sending: &Sending, findings: &mut Findings) {
    let from = sending.from.as_str();
    match &facts.from_mail {
        MxAnswer::Hosts(_) | MxAnswer::Implicit => {}
        MxAnswer::NullMx => findings.campaign(&FROM_DOMAIN_REFUSES_MAIL, from),
        MxAnswer::NoSuchDomain => {
            findings.campaign(&FROM_DOMAIN_UNKNOWN, format!("{from} does not exist"));
        }
        MxAnswer::NoAddress => {
            findings.campaign(&FROM_DOMAIN_UNKNOWN, format!("{from} has neither"));
        }
        MxAnswer::Failed(why) => unanswered(&format!("MX of {from}"), why, findings),
    }
    if sending.return_path != sending.from {
        return_path(&sending.return_path, &facts.return_mail, findings);
    }
}

fn return_path(domain: &Domain, answer: &MxAnswer, findings: &mut Findings) {
    let what = match answer {
        MxAnswer::Hosts(_) | MxAnswer::Implicit => return,
        MxAnswer::NullMx => "says that it takes no mail (null MX)",
        MxAnswer::NoSuchDomain => "does not exist",
        MxAnswer::NoAddress => "has neither MX records nor an address",
        MxAnswer::Failed(why) => return unanswered(&format!("MX of {domain}"), why, findings),
    };
    findings.campaign(&RETURN_PATH_UNREACHABLE, format!("{domain} {what}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Selector;
    use crate::preflight::domain::{Answer, SpfFacts};
    use crate::preflight::sending::tests::sending;
    use crate::preflight::shares::Shares;

    fn rules(findings: Findings) -> Vec<&'static str> {
        let found = findings.finish(&Shares::default(), 0, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    fn of_settings(sending: &Sending) -> Vec<&'static str> {
        let mut findings = Findings::default();
        settings(sending, &mut findings);
        let mut rules = rules(findings);
        if sending.is_example() {
            rules.retain(|rule| *rule != "from-domain-reserved");
        } else {
            assert!(!rules.contains(&"from-domain-reserved"));
        }
        rules
    }

    fn of_dns(from_mail: MxAnswer, return_mail: MxAnswer) -> Vec<&'static str> {
        let facts = Facts {
            from_mail,
            return_mail,
            spf: SpfFacts::default(),
            dmarc: Answer::Nothing,
            dmarc_of_organisation: None,
            keys: Vec::new(),
            sources: Vec::new(),
        };
        let sending = Sending {
            return_path: Domain::parse("b.example.com").unwrap(),
            ..sending()
        };
        let mut findings = Findings::default();
        published(&facts, &sending, &mut findings);
        rules(findings)
    }

    #[test]
    fn examples_are_no_senders() {
        let mut findings = Findings::default();
        settings(&sending(), &mut findings);
        assert_eq!(rules(findings), ["from-domain-reserved"]);
    }

    #[test]
    fn alignment_by_either_of_the_two() {
        let other = Domain::parse("bounces.example.org").unwrap();
        let key = |domain: &str| {
            vec![Selector {
                domain: domain.into(),
                selector: "s".into(),
            }]
        };
        assert_eq!(of_settings(&sending()), [""; 0]);
        assert_eq!(
            of_settings(&Sending {
                return_path: other.clone(),
                ..sending()
            }),
            [""; 0]
        );
        assert_eq!(
            of_settings(&Sending {
                keys: key("mail.example.org"),
                ..sending()
            }),
            [""; 0]
        );
        let neither = Sending {
            return_path: other,
            keys: key("example.net"),
            ..sending()
        };
        assert_eq!(of_settings(&neither), ["from-not-aligned"]);
    }

    #[test]
    fn who_signs() {
        let unsigned = Sending {
            keys: Vec::new(),
            ..sending()
        };
        assert_eq!(of_settings(&unsigned), ["dkim-missing"]);
        assert_eq!(
            of_settings(&Sending {
                way: Way::Relay,
                ..unsigned
            }),
            ["dkim-left-to-relay"]
        );
        let from = Domain::parse("gmail.com").unwrap();
        let found = of_settings(&Sending {
            return_path: from.clone(),
            from,
            ..sending()
        });
        assert_eq!(found, ["from-at-mailbox-provider"]);
    }

    #[test]
    fn domains_have_to_take_mail() {
        let sound = || MxAnswer::Implicit;
        assert_eq!(of_dns(sound(), sound()), [""; 0]);
        assert_eq!(
            of_dns(MxAnswer::NoSuchDomain, sound()),
            ["from-domain-unknown"]
        );
        assert_eq!(
            of_dns(MxAnswer::NoAddress, sound()),
            ["from-domain-unknown"]
        );
        assert_eq!(
            of_dns(MxAnswer::NullMx, sound()),
            ["from-domain-refuses-mail"]
        );
        assert_eq!(
            of_dns(MxAnswer::Failed("x".into()), sound()),
            ["dns-unanswered"]
        );
        assert_eq!(
            of_dns(sound(), MxAnswer::NoSuchDomain),
            ["return-path-unreachable"]
        );
        assert_eq!(
            of_dns(sound(), MxAnswer::Failed("x".into())),
            ["dns-unanswered"]
        );
    }
}
