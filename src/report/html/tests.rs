//! Whole pages: whatever stands in the rows, they are well-formed, need nothing from outside, and
//! nothing of a stranger acts in them.

use super::{Listing, PageFacts, write_comparison, write_page};
use crate::model::{Blame, Reason, ReportRow, RunState, State, Timestamp};
use crate::report::digest::Digest;
use crate::report::{CameBack, Compared, Comparison, FurtherRun, samples};

const HOSTILE: &str =
    "<script>alert(1)</script><img src=x onerror=y>\" ' & \u{202e}gnp.exe\x1b[2J\0\r\n";

fn facts(name: &str) -> PageFacts {
    PageFacts {
        campaign: name.to_owned(),
        subject: Some(name.to_owned()),
        from: Some(name.to_owned()),
        state: Some(RunState::Finished),
        made: Timestamp::from_millis(1_796_083_200_000),
        duplicates: 3,
        resent_in_doubt: 2,
        came_back: CameBack {
            complaints: 1,
            unsubscribes: 2,
            returned: 1,
        },
        runs: vec![FurtherRun {
            number: 2,
            begun: Timestamp::from_millis(1_796_083_200_000),
            states: vec![State::Expired],
            recipients: 7,
        }],
        ..PageFacts::default()
    }
}

fn page(rows: &[ReportRow], name: &str) -> String {
    let (mut digest, mut listing) = (Digest::default(), Listing::default());
    for row in rows {
        digest.add(row);
        listing.add(row);
    }
    let mut out = Vec::new();
    write_page(&digest, &facts(name), Some(&listing), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Rows of every state and reason, with hostile words wherever words can stand.
fn hostile() -> Vec<ReportRow> {
    let states = State::ALL.into_iter().cycle();
    let reasons = [None]
        .into_iter()
        .chain(Reason::ALL.iter().copied().map(Some));
    states
        .zip(reasons.cycle())
        .take(210)
        .enumerate()
        .map(|(place, (state, reason))| ReportRow {
            email: format!("{HOSTILE}{place}@example.com"),
            destination: format!("{place}{HOSTILE}{}", "x".repeat(255)),
            state,
            reason,
            blame: reason.map_or(Blame::None, Reason::blame),
            diagnostic: HOSTILE.repeat(40),
            enhanced: HOSTILE.to_owned(),
            ..samples::delivered()
        })
        .collect()
}

/// Every element is closed in its turn; gives their names in order.
fn elements(page: &str) -> Vec<&str> {
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    let body = page.split_once("</style>").map_or("", |(_, body)| body);
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "in {tag}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        seen.push(name);
    }
    // `head` and `html` were opened before the styles ended.
    assert!(open.is_empty(), "{open:?}");
    seen
}

/// Of a page without the elements around everything, which begin before its styles.
fn checked(page: &str) -> Vec<&str> {
    let inner = page.replacen("</head>", "", 1).replacen("</html>", "", 1);
    elements(&inner);
    let names: Vec<_> = page.split('<').skip(2).collect();
    for outside in ["script", "link", "img", "iframe", "object", "form", "base"] {
        let found = names.iter().find(|one| one.starts_with(outside));
        assert_eq!(found, None);
    }
    for (place, _) in page.match_indices("src=") {
        let before = page.get(..place).unwrap_or("");
        let tag = before.rfind('<').unwrap();
        assert!(before.get(tag..).unwrap().contains('>'), "an attribute");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(!page.contains("url(") && !page.contains("@import"));
    let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!page.contains(acts));
    names
}

#[test]
fn nothing_of_a_stranger_acts() {
    let page = page(&hostile(), HOSTILE);
    checked(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains(r"\u{202e}gnp.exe\x1b[2J\x00\r\n"));
}

#[test]
fn pages_of_nobody_and_of_one() {
    let empty = page(&[], "empty");
    checked(&empty);
    assert!(empty.contains("There are no recipients"));
    assert!(empty.contains("Nothing has been attempted"));
    let one = page(&[samples::delivered()], "one");
    checked(&one);
    assert!(one.contains("100.0 %"));
}

#[test]
fn every_part_has_its_heading_and_tables_their_heads() {
    let page = page(&samples::rows(), "welcome");
    checked(&page);
    let headings: Vec<_> = page
        .split("<h2>")
        .skip(1)
        .filter_map(|part| part.split_once("</h2>").map(|(title, _)| title))
        .collect();
    let expected = [
        "Outcomes",
        "Throughput",
        "Destinations",
        "Reasons",
        "Whose matter it is",
        "What to do",
        "In doubt",
        "Sent again",
        "Recipients",
    ];
    assert_eq!(headings, expected);
    assert_eq!(page.matches("<h1>").count(), 1);
    assert_eq!(
        page.matches("<table").count(),
        page.matches("<thead>").count()
    );
    assert!(page.contains("<html lang=\"en\">"));
    assert!(
        page.contains("carol@example.com"),
        "the one in doubt is named"
    );
}

#[test]
fn a_page_does_not_grow_with_the_campaign() {
    let rows: Vec<_> = (0..30_000)
        .map(|n| ReportRow {
            destination: format!("mx{}.example", n % 6_000),
            ..samples::rows().remove(1)
        })
        .collect();
    let mut digest = Digest::default();
    rows.iter().for_each(|row| digest.add(row));
    let mut out = Vec::new();
    write_page(&digest, &facts("large"), None, &mut out).unwrap();
    assert!(out.len() < 40_000, "{}", out.len());
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("5,985 more"), "the others are one line");
    let listed = page(&rows, "large");
    assert!(listed.contains("The first 10,000 of 30,000"));
}

#[test]
fn what_to_do_names_the_command() {
    let full = ReportRow {
        reason: Some(Reason::MailboxFull),
        ..samples::rows().remove(1)
    };
    let page = page(&[samples::rows(), vec![full]].concat(), "spring sale");
    for command in [
        "hikyaku resend &#39;spring sale&#39; --only bounced --reason mailbox_full",
        "hikyaku report &#39;spring sale&#39; --action suppress --format csv",
        "hikyaku resend &#39;spring sale&#39; --only expired,deferred",
        "hikyaku resend &#39;spring sale&#39; --only in_doubt --perhaps-twice",
    ] {
        assert!(page.contains(command), "{command}");
    }
}

#[test]
fn commands_of_a_rehearsal_stay_in_the_sandbox() {
    let mut digest = Digest::default();
    samples::rows().iter().for_each(|row| digest.add(row));
    let facts = PageFacts {
        sandbox: true,
        ..facts("spring")
    };
    let mut out = Vec::new();
    write_page(&digest, &facts, None, &mut out).unwrap();
    let page = String::from_utf8(out).unwrap();
    let commands: Vec<_> = page.matches("hikyaku re").collect();
    assert!(commands.len() > 1);
    assert_eq!(page.matches(" spring --sandbox --").count(), commands.len());
}

#[test]
fn a_comparison_is_a_page_as_well() {
    let compared = |rows: Vec<ReportRow>| Compared {
        campaign: HOSTILE.to_owned(),
        digest: Digest::from_rows(rows.into_iter().map(Ok::<_, ()>)).unwrap(),
        came_back: CameBack::default(),
    };
    let comparison = Comparison::of(&[compared(hostile()), compared(Vec::new())]);
    let mut out = Vec::new();
    write_comparison(&comparison, Timestamp::ZERO, &mut out).unwrap();
    let page = String::from_utf8(out).unwrap();
    checked(&page);
    // Names of any length leave the columns their width.
    let names = page.split("<th scope=\"col\" class=\"n\"><bdi>").skip(1);
    let names = names.filter_map(|rest| rest.split("</bdi>").next());
    assert!(names.clone().count() > 2 && names.into_iter().all(|name| name.ends_with('…')));
}
