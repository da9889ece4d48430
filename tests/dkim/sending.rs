//! Campaigns whose messages are signed.

use crate::support::ledger_server::{LedgerServer, Manners};
use crate::support::program::run;
use crate::support::workspace::{CAMPAIGN, Workspace, closed_port};
use crate::verify::verdicts;
use crate::{ED25519, RSA};
use mail_auth::DkimResult;
use std::net::SocketAddr;

/// Letters of the campaign.
const LETTERS: usize = 100;
const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

fn signing_for(domain: &str, server: SocketAddr) -> Workspace {
    let key = |selector: &str| {
        format!(
            "\n[[dkim]]\ndomain = \"{domain}\"\nselector = \"{selector}\"\nkey_file = \"{selector}.pem\"\n"
        )
    };
    let workspace = Workspace::new(server, 4)
        .with_list(LETTERS)
        .with_config(&(key("r") + &key("e")));
    workspace.write("r.pem", RSA.as_bytes());
    workspace.write("e.pem", ED25519.as_bytes());
    workspace
}

#[test]
fn what_arrives_can_be_verified() {
    let server = LedgerServer::start(Manners {
        keep_content: true,
        ..Manners::default()
    });
    let workspace = signing_for("example.com", server.address());
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let accepted = server.accepted();
    assert_eq!(accepted.len(), LETTERS);
    for letter in accepted {
        let verdicts = verdicts(&letter.content);
        assert_eq!(
            verdicts,
            [DkimResult::Pass, DkimResult::Pass],
            "{}",
            letter.recipient
        );
    }
}

#[test]
fn messages_carry_the_signatures_of_all_aligned_keys() {
    let workspace = signing_for("example.com", closed_port());
    let shown = run(workspace.path(), &["preview", CAMPAIGN, "--format", "eml"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(
        shown
            .stdout
            .starts_with("DKIM-Signature: v=1; a=rsa-sha256;")
    );
    assert_eq!(
        shown
            .stdout
            .matches("\nDKIM-Signature: v=1; a=ed25519-sha256;")
            .count(),
        1
    );
}

#[test]
fn a_campaign_without_an_aligned_key_is_not_sent() {
    let ended = run(signing_for("example.org", closed_port()).path(), &SEND);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("no [[dkim]] key signs for example.com, the domain of From; there are keys for example.org"),
        "{ended:?}"
    );
    assert!(
        ended
            .stderr
            .contains("hikyaku dkim new --domain example.com"),
        "{ended:?}"
    );
}

#[test]
fn a_campaign_whose_key_is_broken_is_not_sent() {
    let workspace = signing_for("example.com", closed_port());
    workspace.write("e.pem", b"-----BEGIN");
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .contains("e.pem: there is no private key in it"),
        "{ended:?}"
    );
}
