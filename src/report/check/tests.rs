//! A report of two findings, in every width.

use super::{CheckReport, Recipients, Sizes, check_json, write_check};
use crate::model::{Detail, Example, Finding, Scope, Severity};
use crate::progress::text;

fn findings() -> Vec<Finding> {
    let error = Finding {
        rule: "dmarc-missing",
        severity: Severity::Error,
        summary: "the domain of From has no DMARC record",
        count: 1,
        among: None,
        details: vec![Detail {
            text: "_dmarc.example.com".into(),
            count: 1,
            examples: Vec::new(),
        }],
        omitted: 0,
        receivers: vec!["Gmail", "Yahoo/AOL"],
        concerns: Some(12_345),
        source: "the bulk sender rules",
        remedy: "publish \"v=DMARC1; p=none; rua=mailto:…\" at _dmarc of the domain",
        scope: Scope::Receivers,
    };
    let example = |row| Example {
        row,
        recipient: format!("r{row}@\x1b[2J例え.jp"),
    };
    let warning = Finding {
        rule: "placeholder-left",
        severity: Severity::Warning,
        summary: "the letter holds a placeholder",
        count: 90,
        among: Some(100),
        details: vec![
            Detail {
                text: "%FIRSTNAME%".into(),
                count: 80,
                examples: vec![example(1), example(2), example(3)],
            },
            Detail {
                text: "*|FNAME|*".into(),
                count: 1,
                examples: vec![example(9)],
            },
        ],
        omitted: 9,
        receivers: Vec::new(),
        concerns: Some(90),
        source: "readers see it",
        remedy: "write the variable as {{ column }}",
        scope: Scope::Advice,
    };
    vec![error, warning]
}

fn shown(columns: usize) -> String {
    let (mut out, findings) = (Vec::new(), findings());
    let destinations: Vec<_> = (1..=11)
        .rev()
        .map(|n| (format!("d{n}.example"), n * 100))
        .collect();
    write_check(&report(&findings, &destinations), &mut out, columns, false).unwrap();
    String::from_utf8(out).unwrap()
}

fn report<'a>(findings: &'a [Finding], destinations: &'a [(String, u64)]) -> CheckReport<'a> {
    CheckReport {
        campaign: "spring",
        recipients: Recipients {
            rows: 6700,
            valid: 6600,
            invalid: 60,
            duplicates: 40,
            suppressed: 0,
            rendered: 6600,
        },
        findings,
        destinations,
        sizes: Sizes {
            letter: Some((900, 3_100, 120_000)),
            message: Some((1_000, 1_230_000)),
            samples: 204,
        },
        asked_dns: false,
    }
}

#[test]
fn for_people() {
    insta::assert_snapshot!(shown(80));
}

#[test]
fn it_fits_and_is_harmless() {
    for columns in 40..120 {
        for line in shown(columns).lines() {
            assert!(text::width(line) <= columns, "{columns}: {line}");
            assert!(!line.contains('\x1b'), "{line:?}");
        }
    }
}

#[test]
fn for_programs() {
    let findings = findings();
    let json = check_json(&report(&findings, &[("a.example".into(), 3)])).unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&value["v"], &value["errors"], &value["warnings"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(value["findings"][0]["rule"], "dmarc-missing");
    assert_eq!(value["findings"][0]["severity"], "error");
    assert_eq!(value["findings"][1]["details"][0]["examples"][0]["row"], 1);
    assert_eq!(value["destinations"][0]["recipients"], 3);
    assert_eq!(value["sizes"]["largest_message"], 1_230_000);
    assert!(!json.contains('\n'));
}
