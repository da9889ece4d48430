//! Kills the program with SIGKILL again and again in one campaign, lets it finish, and holds its
//! report against the ledger of the server that got the mail.

#![cfg(test)]

mod support;

use std::collections::HashMap;
use std::time::Duration;
use support::dice::Dice;
use support::ledger_server::{LedgerServer, Manners};
use support::program::{Ended, Running, end, hikyaku};
use support::report::{Status, rows};
use support::workspace::{CAMPAIGN, Workspace, email};

/// No run goes without progress for so long.
const LIMIT: Duration = Duration::from_secs(60);

/// What the server takes to accept a message, so that a campaign lasts.
const SLOW: Duration = Duration::from_millis(5);

const SEND: [&str; 5] = ["send", CAMPAIGN, "--yes", "--ui", "quiet"];

#[test]
fn fifty_kills_lose_nothing_and_double_only_what_was_in_doubt() {
    let trial = Trial::new(6000, "resend", SLOW);
    trial.kill_often(50, 100);
    trial.expect_all_delivered();
}

#[test]
#[ignore = "takes minutes: 200 kills in a campaign of 60,000; run it after changes to store or engine"]
fn two_hundred_kills_in_a_large_campaign() {
    let trial = Trial::new(60_000, "resend", SLOW);
    trial.kill_often(200, 250);
    trial.expect_all_delivered();
}

#[test]
fn held_doubts_are_never_sent_twice() {
    let trial = Trial::new(1500, "hold", SLOW);
    trial.kill_often(12, 60);
    let ended = trial.finish();
    let status = Status::of(trial.workspace.path(), CAMPAIGN);
    let held = status.count("in_doubt");
    assert_eq!(ended.code, Some(if held > 0 { 3 } else { 0 }), "{ended:?}");
    assert_eq!(status.count("delivered") + held, 1500);
    let copies = trial.server.copies();
    let twice: Vec<_> = copies.iter().filter(|(_, copies)| **copies > 1).collect();
    assert!(twice.is_empty(), "sent twice: {twice:?}");
    for row in rows(trial.workspace.path(), CAMPAIGN) {
        let (email, state) = (row["email"].as_str().unwrap(), &row["state"]);
        assert!(
            state == "in_doubt" || copies.contains_key(email),
            "{email} is {state}, and the server never saw it"
        );
    }
    println!("held in doubt: {held}");
}

#[test]
fn kills_while_the_list_is_entered_neither_lose_nor_double_a_row() {
    let trial = Trial::new(10_000, "resend", Duration::ZERO);
    let mut dice = Dice::announced();
    let mut arguments = SEND;
    arguments[4] = "json";
    for _ in 0..10 {
        let mut run = Running::start(hikyaku(trial.workspace.path(), &arguments));
        run.wait_for_line("\"loading\"");
        let moment = Duration::from_millis(dice.below(200));
        trial.server.wait_for(1, moment);
        run.kill();
    }
    println!("sent before the last kill: {}", trial.server.count());
    trial.expect_all_delivered();
}

/// One campaign and the server that gets it.
struct Trial {
    server: LedgerServer,
    workspace: Workspace,
    recipients: usize,
}

impl Trial {
    fn new(recipients: usize, in_doubt: &str, delay: Duration) -> Self {
        let server = LedgerServer::start(Manners {
            delay,
            keep_content: false,
            ..Manners::default()
        });
        let policy = format!("[delivery]\nin_doubt = \"{in_doubt}\"");
        let workspace = Workspace::new(server.address(), 4)
            .with_config_changed("[delivery]", &policy)
            .with_list(recipients);
        Self {
            server,
            workspace,
            recipients,
        }
    }

    fn start(&self) -> Running {
        Running::start(hikyaku(self.workspace.path(), &SEND))
    }

    /// Most kills come at most `messages` after the last one, the others at a time of the first
    /// moments: while it starts, recovers, or reads the list.
    fn kill_often(&self, kills: usize, messages: u64) {
        let mut dice = Dice::announced();
        for kill in 0..kills {
            if kill % 5 == 0 {
                self.kill_after(usize::MAX, Duration::from_millis(dice.below(300)));
            } else {
                let further = usize::try_from(dice.below(messages)).unwrap();
                let moment = Duration::from_millis(dice.below(5));
                self.kill_after(further, LIMIT);
                self.server.wait_for(usize::MAX, moment);
            }
        }
        let arrived = self.server.copies().len();
        println!(
            "{kills} kills; {arrived} of {} had arrived",
            self.recipients
        );
        assert!(
            arrived < self.recipients,
            "the campaign was too small for the kills"
        );
    }

    /// Starts a run, and kills it when `further` messages have come or `time` has passed.
    fn kill_after(&self, further: usize, time: Duration) {
        let target = self.server.count().saturating_add(further);
        let mut run = self.start();
        let reached = self.server.wait_for(target, time);
        if time == LIMIT && (!reached || run.has_ended()) {
            panic!("no progress: {:?}", run.wait(Duration::from_secs(1)));
        }
        run.kill();
    }

    fn finish(&self) -> Ended {
        end(hikyaku(self.workspace.path(), &SEND))
    }

    /// Finishes the campaign and compares: every recipient delivered, in the report and in the
    /// server's ledger, and no more copies than were counted in doubt.
    fn expect_all_delivered(&self) {
        let ended = self.finish();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let status = Status::of(self.workspace.path(), CAMPAIGN);
        assert_eq!(
            status.count("delivered"),
            self.recipients as u64,
            "{}",
            status.0
        );
        let copies = self.server.copies();
        let lost: Vec<_> = (0..self.recipients)
            .map(email)
            .filter(|email| !copies.contains_key(email))
            .collect();
        assert!(lost.is_empty(), "lost {}: {lost:?}", lost.len());
        assert_eq!(
            copies.len(),
            self.recipients,
            "the server got mail for strangers"
        );
        self.expect_stable_letters();
        let doubles = copies.values().map(|copies| copies - 1).sum::<usize>() as u64;
        let doubts = status.count("resent_in_doubt");
        println!("{doubles} came twice, {doubts} were resent in doubt");
        assert!(
            doubles <= doubts,
            "{doubles} doubles, but only {doubts} doubts"
        );
        for row in rows(self.workspace.path(), CAMPAIGN) {
            let email = row["email"].as_str().unwrap();
            assert_eq!(row["state"], "delivered", "{row}");
            let attempts = row["attempts"].as_u64().unwrap();
            assert!(
                copies[email] as u64 <= attempts,
                "{} copies: {row}",
                copies[email]
            );
        }
    }

    /// A letter sent again carries the Message-ID it had before, so that it can be recognised.
    fn expect_stable_letters(&self) {
        let mut ids: HashMap<String, String> = HashMap::new();
        for message in self.server.accepted() {
            let id = ids
                .entry(message.recipient)
                .or_insert_with(|| message.message_id.clone());
            assert_eq!(*id, message.message_id);
        }
        let mut distinct: Vec<_> = ids.values().collect();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(
            distinct.len(),
            self.recipients,
            "letters share a Message-ID"
        );
    }
}
