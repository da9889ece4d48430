//! The names of the addresses that mail is sent from.

use super::facts::{Answer, SourceFacts};
use super::unanswered;
use crate::preflight::findings::Findings;
use crate::preflight::rules::domain::{PTR_MISMATCH, PTR_MISSING};

pub(super) fn judge(sources: &[SourceFacts], findings: &mut Findings) {
    for source in sources {
        let address = source.address;
        let names = match &source.names {
            Answer::Found(names) if !names.is_empty() => names,
            Answer::Found(_) | Answer::Nothing => {
                findings.campaign(&PTR_MISSING, address.to_string());
                continue;
            }
            Answer::Unanswered(why) => {
                unanswered(&format!("PTR of {address}"), why, findings);
                continue;
            }
        };
        let leads_back = |answer: &Answer<Vec<_>>| matches!(answer, Answer::Found(all) if all.contains(&address));
        if names.iter().any(|(_, forward)| leads_back(forward)) {
            continue;
        }
        let silent = names.iter().find_map(|(name, forward)| match forward {
            Answer::Unanswered(why) => Some((name, why)),
            Answer::Found(_) | Answer::Nothing => None,
        });
        match silent {
            Some((name, why)) => unanswered(&format!("address of {name}"), why, findings),
            None => findings.campaign(&PTR_MISMATCH, format!("{address} is called {}", names[0].0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::shares::Shares;
    use std::net::IpAddr;

    /// Names, each with the addresses it leads to.
    type Names = Vec<(&'static str, Answer<Vec<&'static str>>)>;

    fn found(names: Answer<Names>) -> Vec<&'static str> {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let own = |answer| match answer {
            Answer::Found(all) => Answer::Found(Vec::into_iter(all).map(ip).collect()),
            Answer::Nothing => Answer::Nothing,
            Answer::Unanswered(why) => Answer::Unanswered(why),
        };
        let names = match names {
            Answer::Found(all) => Answer::Found(
                all.into_iter()
                    .map(|(n, a)| (n.to_owned(), own(a)))
                    .collect(),
            ),
            Answer::Nothing => Answer::Nothing,
            Answer::Unanswered(why) => Answer::Unanswered(why),
        };
        let mut findings = Findings::default();
        judge(
            &[SourceFacts {
                address: ip("203.0.113.5"),
                names,
            }],
            &mut findings,
        );
        let found = findings.finish(&Shares::default(), 0, &[]);
        found.iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn names_have_to_lead_back() {
        let here = || Answer::Found(vec!["203.0.113.5"]);
        let there = || Answer::Found(vec!["203.0.113.6"]);
        let silent = || Answer::Unanswered("x".to_owned());
        assert_eq!(found(Answer::Found(vec![("mx.example", here())])), [""; 0]);
        assert_eq!(
            found(Answer::Found(vec![
                ("a.example", there()),
                ("b.example", here())
            ])),
            [""; 0]
        );
        assert_eq!(
            found(Answer::Found(vec![("mx.example", there())])),
            ["ptr-mismatch"]
        );
        assert_eq!(
            found(Answer::Found(vec![("mx.example", Answer::Nothing)])),
            ["ptr-mismatch"]
        );
        assert_eq!(
            found(Answer::Found(vec![("mx.example", silent())])),
            ["dns-unanswered"]
        );
        assert_eq!(found(Answer::Found(Vec::new())), ["ptr-missing"]);
        assert_eq!(found(Answer::Nothing), ["ptr-missing"]);
        assert_eq!(
            found(Answer::Unanswered("x".to_owned())),
            ["dns-unanswered"]
        );
    }
}
