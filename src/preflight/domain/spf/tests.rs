//! Records of all kinds, and what is found in them.

use super::judge::judge;
use super::record::wanted;
use crate::model::{Domain, MxAnswer, Severity};
use crate::preflight::domain::SourceFacts;
use crate::preflight::domain::{Answer, Facts, SpfFacts};
use crate::preflight::findings::Findings;
use crate::preflight::sending::Sending;
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
        ["spf-too-many-lookups", "spf-uses-ptr"]
    );
    assert_eq!(
        found(&[(HOME, "v=spf1 include:example.com -all")], None),
        ["spf-too-many-lookups"]
    );
}

#[test]
fn what_follows_all_is_not_read() {
    let behind = "v=spf1 mx -all include:none.example a a a a a a a a a a a";
    assert_eq!(
        found(&[(HOME, behind), ("none.example", "")], None),
        [""; 0]
    );
    let redirected = "v=spf1 redirect=none.example -all";
    let texts = [(HOME, redirected), ("none.example", "")];
    assert_eq!(found(&texts, None), [""; 0]);
    for text in [behind, redirected] {
        assert!(wanted(HOME, &[text.to_owned()]).texts.is_empty(), "{text}");
    }
}

#[test]
fn errors_in_a_term_are_errors_of_the_record() {
    for text in [
        "v=spf1 includ:x.example -all",
        "v=spf1 ip4:999.1.1.1 -all",
        "v=spf1 -all ip4:192.0.2.1/99",
    ] {
        assert_eq!(found(&[(HOME, text)], None), ["spf-invalid"], "{text}");
        let include = [
            (HOME, "v=spf1 include:one.example -all"),
            ("one.example", text),
        ];
        assert_eq!(found(&include, None), ["spf-invalid"], "{text}");
    }
}

#[test]
fn everybody_is_allowed_in_many_ways() {
    for (text, included) in [
        ("v=spf1 include:one.example -all", "v=spf1 +all"),
        ("v=spf1 redirect=one.example", "v=spf1 all"),
        ("v=spf1 ip4:0.0.0.0/0 -all", ""),
        ("v=spf1 ip4:10.0.0.0/8 -all", ""),
        ("v=spf1 ip6:::/0 -all", ""),
        ("v=spf1 a/0 -all", ""),
    ] {
        let texts = [(HOME, text), ("one.example", included)];
        assert_eq!(found(&texts, None), ["spf-allows-everybody"], "{text}");
    }
    for (text, included) in [
        ("v=spf1 ?include:one.example -all", "v=spf1 +all"),
        ("v=spf1 ip4:192.0.0.0/9 ?all", "v=spf1 -all"),
    ] {
        let texts = [(HOME, text), ("one.example", included)];
        assert_eq!(found(&texts, None), [""; 0], "{text}");
    }
}

#[test]
fn a_relay_may_have_a_return_path_of_its_own() {
    let relayed = Sending {
        way: crate::preflight::Way::Relay,
        ..sending()
    };
    for text in ["", "v=spf1 ip4:nonsense -all", "v=spf1 -all|v=spf1 mx -all"] {
        let severities = |sending: &Sending| {
            let mut findings = Findings::default();
            judge(&facts(&[(HOME, text)]), sending, &mut findings);
            let mut shares = Shares::default();
            shares.add(&Domain::parse("gmail.com").unwrap());
            let found = findings.finish(&shares, 0, &[]);
            found.iter().map(|one| one.severity).collect::<Vec<_>>()
        };
        assert_eq!(severities(&sending()), [Severity::Error], "{text}");
        assert_eq!(severities(&relayed), [Severity::Warning], "{text}");
    }
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
