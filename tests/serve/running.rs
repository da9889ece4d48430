//! What comes in while a campaign is being sent.

use crate::client::Smtp;
use crate::support::ledger_server::{LedgerServer, Manners};
use crate::support::program::{Running, hikyaku, run};
use crate::support::report::Status;
use crate::support::service::{Sent, Service, sent};
use crate::support::workspace::{CAMPAIGN, Workspace, email};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const AUTUMN: &str = "autumn";

fn send(workspace: &Workspace, campaign: &str, server: &LedgerServer) -> Running {
    let to = format!("route.override=\"{}\"", server.address());
    let flags = ["--ui", "quiet", "--yes", "--skip-check", "--set", &to];
    let one_by_one = ["--set", "delivery.pipeline=\"off\""];
    let all = [&["send", campaign][..], &flags, &one_by_one].concat();
    Running::start(hikyaku(workspace.path(), &all))
}

/// A second campaign in the workspace, to strangers first and to the first campaign's readers last.
fn autumn(sent: &Sent) {
    let folder = format!("campaigns/{AUTUMN}");
    let read = |name: &str| {
        let path = sent
            .workspace
            .path()
            .join(format!("campaigns/{CAMPAIGN}/{name}"));
        std::fs::read_to_string(path).unwrap()
    };
    let text = read("campaign.toml").replace(CAMPAIGN, AUTUMN);
    let write = |name: &str, text: String| {
        sent.workspace
            .write(&format!("{folder}/{name}"), text.as_bytes());
    };
    write("campaign.toml", text);
    write("body.html", read("body.html"));
    write("body.txt", read("body.txt"));
    let mut list = String::from("email,name,city\n");
    for row in (3..400).chain(0..3) {
        list += &format!("{},Name {row},City\n", email(row));
    }
    write("recipients.csv", list);
}

async fn bring(service: &Service, to: &str, mail: &str) -> String {
    let mut client = Smtp::greeted(service.address("smtp")).await;
    client.say("EHLO a").await;
    client.say("MAIL FROM:<>").await;
    let said = client.say(&format!("RCPT TO:<{to}>")).await;
    assert!(said.starts_with("250 2.1.5"), "{to}: {said}");
    client.say("DATA").await;
    client.say(&format!("{mail}\r\n.")).await
}

#[tokio::test]
async fn a_wish_by_mail_is_obeyed_by_a_campaign_that_is_running() {
    let sent = sent();
    autumn(&sent);
    let server = LedgerServer::start(Manners {
        delay: Duration::from_millis(20),
        ..Manners::default()
    });
    let service = Service::start(&sent, &[]);
    let sending = send(&sent.workspace, AUTUMN, &server);
    assert!(server.wait_for(5, LIMIT));
    let wish = format!("From: {}\r\nSubject: {}\r\n\r\n", email(0), sent.token);
    let said = bring(&service, "unsubscribe@bounces.test", &wish).await;
    assert!(said.starts_with("250 2.0.0"), "{said}");
    let ended = sending.wait(LIMIT);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let got = server.copies();
    assert!(!got.contains_key(&email(0)) && got.contains_key(&email(1)));
    let status = Status::of(sent.workspace.path(), AUTUMN);
    assert_eq!(
        (status.count("suppressed"), status.count("delivered")),
        (1, 399)
    );
}

#[tokio::test]
async fn who_is_erased_while_a_campaign_runs_is_not_mailed_and_the_campaign_ends() {
    let sent = sent();
    autumn(&sent);
    let server = LedgerServer::start(Manners {
        delay: Duration::from_millis(20),
        ..Manners::default()
    });
    let sending = send(&sent.workspace, AUTUMN, &server);
    assert!(server.wait_for(5, LIMIT));
    let gone = email(1);
    let erase = ["lists", "erase", &gone, "--yes"];
    // The file is not written anew under a campaign's feet: where it had to be, that is said.
    let erased = run(sent.workspace.path(), &erase);
    let left_over = erased.code == Some(1);
    assert!(left_over || erased.code == Some(0), "{erased:?}");
    assert_eq!(
        left_over,
        erased.stderr.contains("while a campaign is sent"),
        "{erased:?}"
    );
    let ended = sending.wait(LIMIT);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!server.copies().contains_key(&gone));
    let status = Status::of(sent.workspace.path(), AUTUMN);
    assert_eq!(
        (status.count("suppressed"), status.count("delivered")),
        (1, 399)
    );
    // Now nothing is in the way.
    let again = run(sent.workspace.path(), &erase);
    assert_eq!(again.code, Some(0), "{again:?}");
    let path = sent.workspace.store();
    let octets = std::fs::read(path).unwrap();
    let held = octets
        .windows(gone.len())
        .any(|part| part == gone.as_bytes());
    assert!(!held, "the address is still in the file");
}

#[tokio::test]
async fn a_bounce_settles_a_doubt_and_the_campaign_that_waits_for_it_ends() {
    // Content is taken, and no answer comes.
    let server = LedgerServer::start(Manners {
        silent_every: Some(1),
        ..Manners::default()
    });
    let workspace = Workspace::new(server.address(), 1)
        .with_list(1)
        .with_config_changed(
            "hostname = \"sender.test\"",
            "hostname = \"sender.test\"\nbounce_domain = \"bounces.test\"",
        )
        .with_config_changed("retry = [\"0.1s\", \"0.2s\"]", "retry = [\"1h\"]")
        .with_config_changed("data_final = \"30s\"", "data_final = \"1s\"");
    let sent = Sent {
        workspace,
        token: String::new(),
        return_path: String::new(),
    };
    let service = {
        // The ledger is there before two programs open it.
        run(sent.workspace.path(), &["suppress", "add", "nobody@x.test"]);
        Service::start(&sent, &[])
    };
    let sending = send(&sent.workspace, CAMPAIGN, &server);
    let path = loop {
        let commands = server.commands();
        let mut mails = commands
            .iter()
            .filter_map(|line| line.strip_prefix("MAIL FROM:<"));
        if let Some(path) = mails.next() {
            break path.split('>').next().unwrap_or_default().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let bounce = format!(
        "From: MAILER-DAEMON@far.test\r\nTo: {path}\r\nSubject: failure\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\n\r\nNo such user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; far.test\r\n\r\nFinal-Recipient: rfc822; {0}\r\nAction: failed\r\n\
         Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b--",
        email(0)
    );
    // While the message is on its way its bounce comes too early, and comes again.
    let mut said = bring(&service, &path, &bounce).await;
    for _ in 0..100 {
        if !said.starts_with("451") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        said = bring(&service, &path, &bounce).await;
    }
    assert!(said.starts_with("250 2.0.0"), "{said}");
    // It would be sent again in an hour.
    let ended = sending.wait(LIMIT);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let status = Status::of(sent.workspace.path(), CAMPAIGN);
    assert_eq!(status.count("bounced"), 1);
}
