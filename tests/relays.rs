//! Relays: TLS, logins, tokens, weights and failover, with the real program.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "these are tests, and a panic is their way to fail"
)]

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;
use support::ledger_server::{Judge, LedgerServer, Manners};
use support::program::{Ended, end, hikyaku};
use support::tls_front::{Encrypts, TlsFront};
use support::workspace::{CAMPAIGN, Workspace, closed_port};

const PASSWORD: &str = "Geheim-4711-xyz";
const VARIABLE: &str = "RELAY_TEST_PASSWORD";

/// Takes one password, by PLAIN.
fn plain(mechanism: &str, response: &str) -> &'static str {
    match (mechanism, response) {
        ("PLAIN", "\0me\0Geheim-4711-xyz") => "235 2.7.0 Welcome",
        _ => "535 5.7.8 The password is wrong; see https://help.example/535",
    }
}

/// Takes the token `new`.
fn bearer(_: &str, response: &str) -> &'static str {
    if response.contains("auth=Bearer new\u{1}") {
        "235 2.7.0 Welcome"
    } else {
        "334 eyJzdGF0dXMiOiI0MDAifQ=="
    }
}

fn server(auth: Option<(&'static str, Judge)>) -> LedgerServer {
    LedgerServer::start(Manners {
        auth,
        keep_content: false,
        ..Manners::default()
    })
}

fn relay(port: u16, more: &str) -> String {
    format!("\n[[route.relay]]\nhost = \"127.0.0.1\"\nport = {port}\n{more}\n")
}

/// A relay without TLS that may have the password all the same.
fn open_relay(server: &LedgerServer, more: &str) -> String {
    let auth = format!(
        "tls = \"off\"\nauth = {{ username = \"me\", password_env = \"{VARIABLE}\", allow_plaintext = true }}"
    );
    relay(server.address().port(), &format!("{auth}\n{more}"))
}

/// A workspace whose relays come with [`Workspace::through`].
fn workspace(rows: usize, relays: &str) -> Workspace {
    Workspace::new(closed_port(), 4)
        .with_list(rows)
        .through(relays)
}

fn send(workspace: &Workspace, password: &str, more: &[&str]) -> Ended {
    let arguments = [&["send", CAMPAIGN, "--yes", "--ui", "plain"], more].concat();
    let mut command = hikyaku(workspace.path(), &arguments);
    command.env(VARIABLE, password);
    let ended = end(command);
    println!("{ended:?}");
    ended
}

fn report(workspace: &Workspace) -> String {
    let ended = support::program::run(workspace.path(), &["report", CAMPAIGN, "--format", "csv"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout
}

fn logins(server: &LedgerServer) -> usize {
    let commands = server.commands();
    commands
        .iter()
        .filter(|command| command.starts_with("AUTH"))
        .count()
}

#[test]
fn mail_goes_through_tls_from_the_first_byte_and_behind_starttls() {
    for (encrypts, tls) in [
        (Encrypts::AtOnce, "implicit"),
        (Encrypts::WhenAsked, "required"),
    ] {
        let server = server(Some(("LOGIN PLAIN", plain)));
        let front = TlsFront::start(server.address(), encrypts);
        let auth = format!("auth = {{ username = \"me\", password_env = \"{VARIABLE}\" }}");
        let relays = relay(front.port(), &format!("tls = \"{tls}\"\n{auth}"));
        let workspace = workspace(30, &relays)
            .with_config_changed("policy = \"off\"", "ca_file = \"front.pem\"");
        workspace.write("front.pem", front.certificate().as_bytes());
        let ended = send(&workspace, PASSWORD, &[]);
        assert_eq!(ended.code, Some(0), "{tls}: {ended:?}");
        assert_eq!(server.count(), 30);
        // One that was opened late may not have come so far before all was sent.
        let logins = logins(&server);
        assert!((1..=server.connections()).contains(&logins), "{logins}");
        let report = report(&workspace);
        assert_eq!(report.matches(" verified").count(), 30, "{report}");
    }
}

#[test]
fn a_relay_with_another_certificate_gets_no_password() {
    let server = server(Some(("PLAIN", plain)));
    let front = TlsFront::start(server.address(), Encrypts::AtOnce);
    let auth = format!("auth = {{ username = \"me\", password_env = \"{VARIABLE}\" }}");
    let relays = relay(front.port(), &format!("tls = \"implicit\"\n{auth}"));
    let workspace = workspace(2, &relays)
        .with_config_changed("retry_jitter = 0.0", "retry_jitter = 0.0\nmax_attempts = 2");
    let ended = send(&workspace, PASSWORD, &[]);
    assert_eq!(ended.code, Some(0), "given up after two attempts");
    assert_eq!((server.count(), logins(&server)), (0, 0));
}

#[test]
fn a_relay_whose_starttls_was_taken_away_gets_no_password() {
    let server = server(Some(("PLAIN LOGIN CRAM-MD5", plain)));
    let auth = format!("auth = {{ username = \"me\", password_env = \"{VARIABLE}\" }}");
    let relays = relay(
        server.address().port(),
        &format!("tls = \"required\"\n{auth}"),
    );
    let workspace = workspace(2, &relays)
        .with_config_changed("retry_jitter = 0.0", "retry_jitter = 0.0\nmax_attempts = 2");
    send(&workspace, PASSWORD, &[]);
    assert!(server.connections() >= 1);
    assert_eq!((server.count(), logins(&server)), (0, 0));
}

#[test]
fn wrong_credentials_stop_at_once_with_the_servers_words() {
    let server = server(Some(("PLAIN", plain)));
    let workspace = workspace(200, &open_relay(&server, ""));
    let ended = send(&workspace, "falsch-0815", &[]);
    assert_eq!(ended.code, Some(1));
    assert!((1..=2).contains(&logins(&server)), "{}", logins(&server));
    for words in [
        "The password is wrong; see https://help.example/535",
        "535 5.7.8",
        "127.0.0.1",
        "\"me\"",
        "PLAIN",
        VARIABLE,
    ] {
        assert!(
            ended.stderr.contains(words),
            "{words} is missing: {}",
            ended.stderr
        );
    }
    let report = report(&workspace);
    assert_eq!(report.matches(",pending,").count(), 200, "{report}");
    // With the right password the same command goes on.
    assert_eq!(send(&workspace, PASSWORD, &[]).code, Some(0));
    assert_eq!(server.count(), 200);
}

#[test]
fn the_password_is_in_no_output_and_no_file() {
    fn echo(_: &str, response: &str) -> &'static str {
        // The server quotes what it was told.
        match response {
            "\0me\0Geheim-4711-xyz" => {
                "535 5.7.8 no: Geheim-4711-xyz, that is AG1lAEdlaGVpbS00NzExLXh5eg=="
            }
            _ => "235 2.7.0 Welcome",
        }
    }
    for judge in [plain as Judge, echo] {
        let server = server(Some(("PLAIN", judge)));
        let workspace = workspace(5, &open_relay(&server, ""));
        let log = workspace.path().join("log.txt");
        let log = log.to_str().unwrap();
        let arguments = [
            "-vvv", "--log", log, "send", CAMPAIGN, "--yes", "--ui", "json",
        ];
        let mut command = hikyaku(workspace.path(), &arguments);
        command.env(VARIABLE, PASSWORD);
        let ended = end(command);
        assert!(logins(&server) > 0, "{ended:?}");
        let mut said = vec![ended.stdout.into_bytes(), ended.stderr.into_bytes()];
        said.push(report(&workspace).into_bytes());
        read_all(workspace.path(), &mut said);
        assert!(said.len() > 5);
        for secret in [PASSWORD, "AG1lAEdlaGVpbS00NzExLXh5eg"] {
            for text in &said {
                let found = text
                    .windows(secret.len())
                    .any(|piece| piece == secret.as_bytes());
                assert!(!found, "{}", String::from_utf8_lossy(text));
            }
        }
    }
}

/// Every file below a folder.
fn read_all(folder: &Path, into: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, into);
        } else {
            into.push(fs::read(path).unwrap());
        }
    }
}

#[test]
fn a_missing_secret_ends_it_before_anything_is_sent() {
    let server = server(Some(("PLAIN", plain)));
    let workspace = workspace(5, &open_relay(&server, ""));
    let ended = support::program::run(workspace.path(), &["send", CAMPAIGN, "--yes"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains(VARIABLE), "{}", ended.stderr);
    assert!(ended.stderr.contains("is not set"), "{}", ended.stderr);
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_password_is_not_told_in_clear_unless_that_is_allowed() {
    let server = server(Some(("PLAIN", plain)));
    let relays = open_relay(&server, "").replace(", allow_plaintext = true", "");
    let workspace = workspace(5, &relays);
    let ended = send(&workspace, PASSWORD, &[]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(logins(&server), 0);
    for words in ["not encrypted", "allow_plaintext", "PLAIN"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

#[test]
fn a_token_that_has_run_out_is_fetched_again() {
    let server = server(Some(("XOAUTH2", bearer)));
    // The first call gives a token that has run out, the second one a good one.
    let relays = relay(
        server.address().port(),
        "tls = \"off\"\nauth = { username = \"me\", token_command = \"sh token.sh\", allow_plaintext = true }",
    );
    let workspace = workspace(40, &relays);
    workspace.write(
        "token.sh",
        b"if [ -e called ]; then echo new; else echo old; touch called; fi",
    );
    let mut command = hikyaku(workspace.path(), &["send", CAMPAIGN, "--yes"]);
    command.current_dir(workspace.path());
    let ended = end(command);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.count(), 40);
    // One that was opened late may not have come so far before all was sent.
    let logins = logins(&server);
    assert!((1..=server.connections()).contains(&logins), "{logins}");
}

#[test]
fn a_token_that_is_refused_again_ends_it() {
    // The same one again; another one that is no better; none at all.
    for (script, most) in [
        ("echo old", 1),
        ("echo old >> calls; wc -l < calls | tr -d ' '", 2),
        (
            "if [ -e called ]; then echo gone >&2; exit 7; fi; touch called; echo old",
            1,
        ),
    ] {
        let server = server(Some(("OAUTHBEARER", bearer)));
        let relays = relay(
            server.address().port(),
            "tls = \"off\"\nauth = { username = \"me\", token_command = \"sh token.sh\", allow_plaintext = true }",
        );
        let workspace = workspace(40, &relays);
        workspace.write("token.sh", script.as_bytes());
        let mut command = hikyaku(workspace.path(), &["send", CAMPAIGN, "--yes"]);
        command.current_dir(workspace.path());
        let ended = end(command);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_eq!(logins(&server), most, "{script}: {ended:?}");
        assert!(ended.stderr.contains("The token is not valid"), "{ended:?}");
        assert_eq!(report(&workspace).matches(",pending,").count(), 40);
    }
}

#[test]
fn relays_share_by_weight_and_the_report_says_which_it_was() {
    let slow = |auth| {
        LedgerServer::start(Manners {
            auth,
            delay: Duration::from_millis(5),
            keep_content: false,
            ..Manners::default()
        })
    };
    let (heavy, light, spare) = (slow(None), slow(Some(("PLAIN", plain))), slow(None));
    let relays = [
        relay(heavy.address().port(), "tls = \"off\"\nweight = 3"),
        open_relay(&light, "weight = 1"),
        relay(spare.address().port(), "tls = \"off\"\nweight = 0"),
    ];
    let workspace = workspace(400, &relays.concat());
    assert_eq!(send(&workspace, PASSWORD, &[]).code, Some(0));
    let (most, least) = (heavy.count(), light.count());
    assert_eq!((most + least, spare.connections()), (400, 0));
    assert!(least > 20 && most > 2 * least, "{most} and {least}");
    let report = report(&workspace);
    for server in [&heavy, &light] {
        let label = format!(",{},", server.address());
        assert_eq!(report.matches(&label).count(), server.count(), "{report}");
    }
}

#[test]
fn others_carry_on_for_a_relay_that_fails_until_it_comes_back() {
    let good = LedgerServer::start(Manners {
        delay: Duration::from_millis(5),
        keep_content: false,
        ..Manners::default()
    });
    let busy = LedgerServer::start(Manners {
        delay: Duration::from_millis(5),
        busy_for: 2,
        keep_content: false,
        ..Manners::default()
    });
    let dead = closed_port();
    let relays = [
        relay(dead.port(), "tls = \"off\""),
        relay(busy.address().port(), "tls = \"off\""),
        relay(good.address().port(), "tls = \"off\"\nweight = 1"),
    ];
    let workspace = workspace(1_000, &relays.concat());
    let ended = send(&workspace, PASSWORD, &[]);
    assert_eq!(ended.code, Some(0));
    assert_eq!(good.count() + busy.count(), 1_000);
    assert!(busy.count() > 50, "it came back: {}", busy.count());
    assert!(ended.stderr.contains("carry on"), "{}", ended.stderr);
    // Nobody had to wait for it.
    let rows = support::report::rows(workspace.path(), CAMPAIGN);
    assert!(rows.iter().all(|row| row["attempts"] == 1));
}

#[test]
fn the_last_resort_takes_over() {
    let spare = server(None);
    let relays = [
        relay(closed_port().port(), "tls = \"off\""),
        relay(spare.address().port(), "tls = \"off\"\nweight = 0"),
    ];
    let workspace = workspace(50, &relays.concat());
    assert_eq!(send(&workspace, PASSWORD, &[]).code, Some(0));
    assert_eq!(spare.count(), 50);
}

#[test]
fn a_relay_that_refuses_us_leaves_the_rest_to_the_others() {
    let (good, strict) = (server(None), server(Some(("PLAIN", plain))));
    let relays = [
        open_relay(&strict, "weight = 10"),
        relay(good.address().port(), "tls = \"off\""),
    ];
    let workspace = workspace(100, &relays.concat());
    let ended = send(&workspace, "falsch-0815", &[]);
    assert_eq!(ended.code, Some(0));
    assert_eq!((good.count(), logins(&strict)), (100, 1));
    assert!(
        ended.stderr.contains("not used any more"),
        "{}",
        ended.stderr
    );
}
