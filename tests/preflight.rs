//! `check` and `plan` with the real program, and what `send` makes of a preflight: campaigns with
//! every flaw and with none, name servers that say what they should, something else, or nothing.

#![cfg(test)]

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use support::ledger_server::{LedgerServer, Manners};
use support::names::{Record, Table, serve};
use support::program::{Ended, run};
use support::workspace::{CAMPAIGN, Workspace, closed_port};

/// A campaign of a sender with a domain of its own.
const SOUND_CAMPAIGN: &str = r#"
from = "Sender News <news@sender.jp>"
subject = "Hello {{ name }}"
recipients = "recipients.csv"
html = "body.html"
text = "body.txt"
unsubscribe = "https://sender.jp/u/{{ token }}"
"#;
const SOUND_HTML: &str = "<html lang=\"en\"><body><div style=\"display:none\">Three short things</div>\
    <p>Dear {{ name }}, this letter says what there is to say, and then it says it again in other words.</p>\
    <img src=\"https://sender.jp/logo.png\" alt=\"Sender\">\
    <p><a href=\"{{ unsubscribe_url }}\">Unsubscribe</a> Sender Ltd, 1 Sample Street</p></body></html>";
const SOUND_TEXT: &str = "Dear {{ name }}, this letter says what there is to say, and then again.\n\nUnsubscribe: {{ unsubscribe_url }}\n";

fn workspace(html: &str, campaign: &str, list: &str) -> Workspace {
    let workspace = Workspace::new(closed_port(), 2);
    workspace.campaign_file("campaign.toml", campaign);
    workspace.campaign_file("body.html", html);
    workspace.campaign_file("body.txt", SOUND_TEXT);
    workspace.campaign_file("recipients.csv", list);
    workspace
}

/// Mail goes to the servers that this name server names, at this port.
fn direct(workspace: Workspace, names: SocketAddr, port: u16) -> Workspace {
    let toml = std::fs::read_to_string(workspace.path().join("hikyaku.toml")).unwrap();
    let line = toml
        .lines()
        .find(|line| line.starts_with("override"))
        .unwrap();
    let workspace = workspace.with_config_changed(line, &format!("port = {port}"));
    workspace.with_config(&format!("\n[dns]\nservers = [\"{names}\"]\n"))
}

/// What a sender publishes who does everything right but sign.
fn published() -> Table {
    vec![
        (
            "_dmarc.sender.jp",
            vec![Record::Text("v=DMARC1; p=reject; rua=mailto:d@sender.jp")],
        ),
        (
            "sender.jp",
            vec![
                Record::Mx(10, "mx.sender.jp"),
                Record::Text("v=spf1 mx -all"),
            ],
        ),
        (
            "reader.test",
            vec![
                Record::Mx(10, "mx.reader.test"),
                Record::Address([127, 0, 0, 1].into()),
            ],
        ),
    ]
}

fn check(workspace: &Workspace, more: &[&str]) -> (Ended, Value) {
    let ended = run(
        workspace.path(),
        &[&["check", CAMPAIGN, "--json"], more].concat(),
    );
    let found =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    (ended, found)
}

fn rules(found: &Value) -> BTreeSet<(&str, &str)> {
    let all = found["findings"].as_array().unwrap().iter();
    all.map(|finding| {
        (
            finding["severity"].as_str().unwrap(),
            finding["rule"].as_str().unwrap(),
        )
    })
    .collect()
}

const ONE: &str = "email,name\nann@reader.test,Ann\n";

#[test]
fn a_sound_campaign_passes() {
    let names = serve(published());
    let relay = "\n[[route.relay]]\nhost = \"127.0.0.1\"\nport = 1\n";
    let workspace = workspace(SOUND_HTML, SOUND_CAMPAIGN, ONE)
        .through(relay)
        .with_config(&format!("\n[dns]\nservers = [\"{names}\"]\n"));
    let (ended, found) = check(&workspace, &[]);
    assert_eq!(
        rules(&found),
        BTreeSet::from([("notice", "dkim-left-to-relay")]),
        "{found:#}"
    );
    assert_eq!((ended.code, &found["dns"]), (Some(0), &Value::Bool(true)));
    assert_eq!(
        (&found["errors"], &found["recipients"]["valid"]),
        (&0.into(), &1.into())
    );
    let shown = run(workspace.path(), &["check", CAMPAIGN]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("0 errors, 0 warnings"), "{shown:?}");
}

#[test]
fn a_broken_campaign_shows_every_flaw() {
    let html = "<p>Dear {{ name }} {% if name == 'Bob' %}{{ surname }}{% endif %}, %FIRSTNAME%: TODO</p>\
        <img src=\"http://sender.jp/x.png\"><a href=\"http://sender.jp/\">x</a><a href=\"\">y</a>\
        <a href=\"https://evil.example\">www.bank.com</a><script>1</script>";
    let campaign = SOUND_CAMPAIGN.replace("unsubscribe =", "#").replace(
        "Hello {{ name }}",
        "RE: HELLO TO {{ name | upper }}, AND ALL OTHERS!!!",
    ) + "[check]\nlaws = [\"japan\", \"can-spam\"]\n";
    let list = "email,name\nann@gmail.com,Ann\nbob@reader.test,Bob\nANN@gmail.com,Ann\nnobody,No\ninfo@reader.test,I\n";
    let workspace = workspace(html, &campaign, list).with_config_changed("override", "#");
    workspace.campaign_file("body.txt", "Dear {{ name }}, the letter is in the HTML.\n");
    let (ended, found) = check(&workspace, &["--offline"]);
    let expected = [
        ("error", "template-error"),
        ("error", "unsubscribe-missing"),
        ("error", "dkim-missing"),
        ("error", "law-opt-out"),
        ("error", "law-sender-name"),
        ("error", "law-postal-address"),
        ("error", "law-contact"),
        ("error", "law-truthful-subject"),
        ("warning", "placeholder-left"),
        ("warning", "note-left"),
        ("warning", "subject-looks-like-reply"),
        ("warning", "subject-shouting"),
        ("warning", "image-without-alt"),
        ("warning", "image-not-https"),
        ("warning", "link-not-https"),
        ("warning", "link-broken"),
        ("warning", "link-shows-other-domain"),
        ("warning", "html-active-content"),
        ("warning", "html-mostly-images"),
        ("warning", "unsubscribe-not-in-body"),
        ("warning", "invalid-rows"),
        ("warning", "role-addresses"),
        ("notice", "preheader-missing"),
        ("notice", "html-without-language"),
        ("notice", "duplicate-recipients"),
        ("notice", "law-consent-record"),
    ];
    assert_eq!(rules(&found), BTreeSet::from(expected), "{found:#}");
    assert_eq!(ended.code, Some(5), "{ended:?}");
    let first = &found["findings"][0];
    assert_eq!(
        (&first["rule"], &first["count"]),
        (&"template-error".into(), &1.into())
    );
    let place = &first["details"][0];
    assert!(
        place["text"].as_str().unwrap().contains("`surname`"),
        "{place}"
    );
    assert_eq!(place["examples"][0]["row"], 2);
    let shown = run(workspace.path(), &["check", CAMPAIGN, "--offline"]);
    assert_eq!(shown.code, Some(5));
    assert!(
        shown.stdout.contains("error [unsubscribe-missing]"),
        "{}",
        shown.stdout
    );
    let ignoring = ["--offline", "--set", "check.ignore=[\"link-broken\"]"];
    let (_, fewer) = check(&workspace, &ignoring);
    assert_eq!(rules(&fewer).len(), expected.len() - 1);
}

#[test]
fn what_dns_lacks_is_an_error_of_those_who_look() {
    let names = serve(vec![
        ("_dmarc.sender.jp", vec![Record::Text("v=DMARC1; p=none")]),
        ("_domainkey.sender.jp", vec![]),
        (
            "sender.jp",
            vec![
                Record::Text("v=spf1 ip4:198.51.100.0/24 -all"),
                Record::Text("v=spf1 -all"),
            ],
        ),
        ("arpa", vec![Record::Pointer("host.isp.test")]),
        (
            "host.isp.test",
            vec![Record::Address([198, 51, 100, 9].into())],
        ),
    ]);
    let source = "\n[[route.source]]\nip = \"203.0.113.7\"\n";
    let of = |list: &str| {
        direct(workspace(SOUND_HTML, SOUND_CAMPAIGN, list), names, 25).with_config(source)
    };
    let (ended, found) = check(&of("email,name\nann@gmail.com,Ann\n"), &[]);
    let expected = [
        ("error", "from-domain-unknown"),
        ("error", "dkim-missing"),
        ("error", "spf-several-records"),
        ("error", "ptr-mismatch"),
        ("notice", "dmarc-only-monitors"),
        ("notice", "dmarc-without-reports"),
    ];
    assert_eq!(rules(&found), BTreeSet::from(expected), "{found:#}");
    assert_eq!(ended.code, Some(5));
    let (_, found) = check(&of(ONE), &[]);
    let at_others = expected.map(|(severity, rule)| match (severity, rule) {
        ("error", "from-domain-unknown") | ("notice", _) => (severity, rule),
        _ => ("warning", rule),
    });
    assert_eq!(rules(&found), BTreeSet::from(at_others), "{found:#}");
}

#[test]
fn keys_of_other_domains_are_not_asked_for() {
    let mut table = vec![
        ("_domainkey.sender.jp", vec![]),
        ("_domainkey.other.jp", vec![]),
    ];
    table.extend(published());
    let names = serve(table);
    let mut workspace = direct(workspace(SOUND_HTML, SOUND_CAMPAIGN, ONE), names, 25);
    for domain in ["sender.jp", "other.jp"] {
        let new = [
            "dkim",
            "new",
            "--domain",
            domain,
            "--selector",
            "a",
            "--type",
            "ed25519",
        ];
        let made = run(workspace.path(), &new);
        let (_, snippet) = made.stdout.split_once("\n\n").unwrap();
        workspace = workspace.with_config(&format!("\n{snippet}"));
    }
    let (_, found) = check(&workspace, &[]);
    let all = found["findings"].as_array().unwrap().iter();
    let unpublished: Vec<_> = all.filter(|it| it["rule"] == "dkim-unpublished").collect();
    assert_eq!(unpublished.len(), 1, "{found:#}");
    assert_eq!(unpublished[0]["details"].as_array().unwrap().len(), 1);
    assert_eq!(
        unpublished[0]["details"][0]["text"],
        "a._domainkey.sender.jp"
    );
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a run takes is what is tested"
)]
fn moment() -> Instant {
    Instant::now()
}

#[test]
fn a_silent_name_server_is_no_error_and_costs_seconds() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let list = "email,name\nann@gmail.com,Ann\n";
    let workspace = direct(
        workspace(SOUND_HTML, SOUND_CAMPAIGN, list),
        silent.local_addr().unwrap(),
        25,
    );
    let began = moment();
    let (_, found) = check(&workspace, &[]);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        rules(&found),
        BTreeSet::from([("error", "dkim-missing"), ("warning", "dns-unanswered")]),
        "{found:#}"
    );
}

#[test]
fn send_stops_on_what_its_receivers_refuse_and_on_nothing_else() {
    let server = LedgerServer::start(Manners::default());
    let names = serve(published());
    let port = server.address().port();
    let send = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];
    let gmail = "email,name\nann@gmail.com,Ann\nbob@reader.test,Bob\n";
    let workspace = direct(workspace(SOUND_HTML, SOUND_CAMPAIGN, gmail), names, port);
    let ended = run(workspace.path(), &send);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(
        ended.stderr.contains("error [dkim-missing]"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("--skip-check"), "{}", ended.stderr);
    assert_eq!((server.count(), ended.stdout.as_str()), (0, ""));
    // Nobody is there who asks for a signature.
    workspace.campaign_file("recipients.csv", ONE);
    let ended = run(workspace.path(), &send);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.count(), 1);
}

#[test]
fn send_can_be_told_to_go_all_the_same() {
    let server = LedgerServer::start(Manners::default());
    let campaign = SOUND_CAMPAIGN.replace("sender.jp>", "gone.jp>");
    let port = server.address().port();
    let workspace = direct(
        workspace(SOUND_HTML, &campaign, ONE),
        serve(published()),
        port,
    );
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "json", "--yes"],
    );
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(
        ended.stderr.contains("error [from-domain-unknown]"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stdout, "");
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes", "--skip-check"],
    );
    assert_eq!((ended.code, server.count()), (Some(0), 1), "{ended:?}");
}

#[test]
fn a_rehearsal_is_not_stopped_by_what_only_receivers_mind() {
    let server = LedgerServer::start(Manners::default());
    let list = "email,name\nann@gmail.com,Ann\n";
    let campaign = SOUND_CAMPAIGN.replace("unsubscribe =", "#");
    let workspace = workspace("<p>{{ name }}</p>", &campaign, list);
    workspace.campaign_file("body.txt", "Dear {{ name }}\n");
    let toml = std::fs::read_to_string(workspace.path().join("hikyaku.toml")).unwrap();
    let line = toml
        .lines()
        .find(|line| line.starts_with("override"))
        .unwrap()
        .to_owned();
    let workspace =
        workspace.with_config_changed(&line, &format!("override = \"{}\"", server.address()));
    let ended = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "plain", "--yes"],
    );
    assert_eq!((ended.code, server.count()), (Some(0), 1), "{ended:?}");
    let line = ended
        .stderr
        .lines()
        .find(|line| line.starts_with("checked: "));
    assert!(
        line.is_some_and(|line| line.contains("hikyaku check spring")),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_plan_groups_domains_by_their_servers() {
    let mut table = published();
    table.insert(0, ("other.test", vec![Record::Mx(5, "mx.reader.test")]));
    let list = "email,name\na@reader.test,A\nb@other.test,B\nc@gone.jp,C\na@reader.test,A\n";
    let rules = "\n[[destination]]\nmx = \"mx.reader.test\"\nrate = \"1/m\"\n";
    let workspace = direct(
        workspace(SOUND_HTML, SOUND_CAMPAIGN, list),
        serve(table),
        25,
    );
    let toml = std::fs::read_to_string(workspace.path().join("hikyaku.toml")).unwrap();
    workspace.write(
        "hikyaku.toml",
        toml.replace("\n[[destination]]", &format!("{rules}\n[[destination]]"))
            .as_bytes(),
    );
    let ended = run(workspace.path(), &["plan", CAMPAIGN, "--json"]);
    let plan: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    assert_eq!(
        (ended.code, &plan["recipients"]),
        (Some(0), &3.into()),
        "{plan:#}"
    );
    let one = &plan["destinations"][0];
    assert_eq!(
        (&one["name"], &one["domains"], &one["recipients"]),
        (&"mx.reader.test".into(), &2.into(), &2.into())
    );
    assert_eq!(
        (&one["seconds"], &one["by_rate"], &one["connections"]),
        (&120.into(), &true.into(), &2.into())
    );
    let gone = &plan["destinations"][1];
    assert!(
        gone["trouble"].as_str().unwrap().contains("gone.jp"),
        "{plan:#}"
    );
    let shown = run(workspace.path(), &["plan", CAMPAIGN, "--offline"]);
    assert!(shown.stdout.contains("reader.test"), "{shown:?}");
    assert!(shown.stdout.contains("DNS was not asked"), "{shown:?}");
}
