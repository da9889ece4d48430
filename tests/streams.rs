//! Streams of transactions against servers with one bad habit each: what the report says is held
//! against what the server has in its ledger.

#![cfg(test)]

mod support;

use std::collections::HashMap;
use support::program::{Ended, run};
use support::report::{Status, rows};
use support::stream_server::{Habits, StreamServer};
use support::workspace::{CAMPAIGN, Workspace, email};

const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "json", "--yes"];

/// A list sent to a server; nobody is lost, and nobody gets more than was counted in doubt.
fn sent(habits: Habits, rows: usize) -> (StreamServer, Workspace, Ended) {
    let server = StreamServer::start(habits);
    let workspace = Workspace::new(server.address(), 1).with_list(rows);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let (copies, status) = (server.copies(), Status::of(workspace.path(), CAMPAIGN));
    assert_eq!(status.count("delivered"), rows as u64, "{}", status.0);
    for row in 0..rows {
        assert!(copies.contains_key(&email(row)), "{} is lost", email(row));
    }
    let doubles = copies.values().sum::<u64>() - rows as u64;
    let doubts = status.count("resent_in_doubt");
    assert!(doubles <= doubts, "{doubles} doubles, {doubts} in doubt");
    (server, workspace, ended)
}

fn doubts(workspace: &Workspace) -> u64 {
    Status::of(workspace.path(), CAMPAIGN).count("resent_in_doubt")
}

#[test]
fn a_reply_said_twice_ends_the_stream_and_is_told() {
    // Amid the third window, of four transactions.
    for (at, one_word) in [
        (16, false),
        (17, false),
        (18, false),
        (19, false),
        (17, true),
    ] {
        let (server, _, ended) = sent(
            Habits {
                doubles: Some(at),
                one_word,
                ..Habits::default()
            },
            60,
        );
        assert!(ended.stdout.contains("no longer stream"), "{at}: {ended:?}");
        let later = |taken: &[_]| {
            let taken = taken.iter();
            taken
                .filter(|one: &&support::stream_server::Taken| one.connection > 1)
                .all(|one| !one.chunked)
        };
        assert!(server.with_taken(later), "{at}: it still streams");
    }
}

#[test]
fn a_server_that_insists_on_order_gets_everything_by_data() {
    let habits = Habits {
        refuses_bdat: true,
        ..Habits::default()
    };
    let (server, workspace, _) = sent(habits, 30);
    assert_eq!((server.told("BDAT"), server.told("DATA")), (1, 30));
    assert_eq!(doubts(&workspace), 0);
    assert!(server.copies().values().all(|copies| *copies == 1));
    let attempts = rows(workspace.path(), CAMPAIGN);
    assert!(attempts.iter().all(|row| row["attempts"] == 1));
}

#[test]
fn a_server_that_closes_behind_seven_is_learned() {
    let habits = Habits {
        closes_behind: Some(7),
        ..Habits::default()
    };
    let (server, _, ended) = sent(habits, 100);
    assert!(
        ended.stdout.contains("behind 7 messages") || ended.stdout.contains("after 7 messages"),
        "{ended:?}"
    );
    let most = server.with_taken(|taken| {
        let mut counts = HashMap::new();
        for one in taken {
            *counts.entry(one.connection).or_insert(0) += 1;
        }
        counts.into_values().max()
    });
    assert_eq!(most, Some(7));
}

#[test]
fn connections_that_break_amid_windows_lose_nobody() {
    let habits = Habits {
        breaks_at: &[90, 23, 58, 41, 76],
        ..Habits::default()
    };
    sent(habits, 150);
}

/// The same letter for everybody of one domain.
fn alike(server: &StreamServer, rows: usize, most: u32) -> Workspace {
    let workspace = Workspace::new(server.address(), 1).with_config_changed(
        "messages_per_connection = 0",
        &format!("messages_per_connection = 0\nrecipients_per_transaction = {most}"),
    );
    let campaign = "name = \"spring\"\nfrom = \"news@example.com\"\nsubject = \"Hello\"\n\
                    recipients = \"recipients.csv\"\ntext = \"body.txt\"\n";
    workspace.campaign_file("campaign.toml", campaign);
    workspace.campaign_file("body.txt", "The same for everybody.\n");
    let list: String = (0..rows)
        .map(|row| format!("user{row}@one.test\n"))
        .collect();
    workspace.campaign_file("recipients.csv", format!("email\n{list}"));
    workspace
}

fn largest(server: &StreamServer) -> usize {
    server.with_taken(|taken| taken.iter().map(|one| one.recipients.len()).max().unwrap())
}

fn each_has_one(server: &StreamServer, workspace: &Workspace, count: usize) {
    let copies = server.copies();
    assert_eq!(copies.len(), count);
    assert!(copies.values().all(|copies| *copies == 1), "{copies:?}");
    for row in rows(workspace.path(), CAMPAIGN) {
        assert_eq!(
            (&row["state"], &row["attempts"]),
            (&"delivered".into(), &1.into()),
            "{row}"
        );
    }
}

#[test]
fn a_letter_that_is_the_same_for_all_goes_to_many_at_once() {
    let server = StreamServer::start(Habits::default());
    let workspace = alike(&server, 230, 50);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(largest(&server), 50);
    each_has_one(&server, &workspace, 230);
}

#[test]
fn a_server_with_fewer_recipients_gets_fewer() {
    for announces in [false, true] {
        let server = StreamServer::start(Habits {
            recipients: Some(10),
            announces,
            ..Habits::default()
        });
        let workspace = alike(&server, 120, 50);
        let ended = run(workspace.path(), &SEND);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(largest(&server), 10);
        each_has_one(&server, &workspace, 120);
    }
}

/// An own answer for each of the first three of ten.
fn own_words(path: &str) -> Option<String> {
    let number: u32 = path.strip_prefix("user")?.split('@').next()?.parse().ok()?;
    match number % 10 {
        0 => Some(format!("550 5.1.1 no number {number}")),
        1 => Some(format!("550 5.7.1 number {number} is not for you")),
        2 => Some(format!("552 5.2.2 number {number} is full")),
        _ => None,
    }
}

#[test]
fn each_recipient_comes_to_its_own_answer() {
    let server = StreamServer::start(Habits {
        refuse: Some(own_words),
        ..Habits::default()
    });
    let workspace = alike(&server, 100, 25);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let copies = server.copies();
    for row in rows(workspace.path(), CAMPAIGN) {
        let email = row["email"].as_str().unwrap();
        match own_words(email) {
            None => assert_eq!(
                (&row["state"], copies.get(email)),
                (&"delivered".into(), Some(&1))
            ),
            Some(reply) => {
                assert_eq!(
                    (&row["state"], copies.get(email)),
                    (&"bounced".into(), None)
                );
                let words = reply.splitn(3, ' ').nth(2).unwrap();
                let said = row["diagnostic"].as_str().unwrap();
                assert!(said.contains(words), "{row}");
            }
        }
    }
}
