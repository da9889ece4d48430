//! Several source addresses: each has the limits of a destination to itself, says its own name,
//! and has its own troubles.

#![cfg(test)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;
use support::crowd_server::{Crowd, CrowdServer, Seen};
use support::program::{Running, hikyaku, run};
use support::report::{Status, rows};
use support::workspace::{CAMPAIGN, Workspace, email};

const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

const THREE: &str = r#"
[[route.source]]
ip = "127.0.0.2"
hostname = "mx2.sender.test"
[[route.source]]
ip = "127.0.0.3"
hostname = "mx3.sender.test"
[[route.source]]
ip = "127.0.0.4"
"#;

fn recipients(rows: usize) -> Vec<String> {
    let mut all: Vec<_> = (0..rows).map(email).collect();
    all.sort();
    all
}

#[test]
fn each_source_has_the_connections_of_a_rule_and_its_own_name() {
    let server = CrowdServer::start(Crowd {
        delay: Duration::from_millis(10),
        ..Crowd::default()
    });
    let workspace = Workspace::new(server.address(), 2)
        .with_list(240)
        .with_config_changed("messages_per_connection = 0", "messages_per_connection = 7")
        .with_config(THREE);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.recipients(), recipients(240));
    let seen = server.seen();
    let names: Vec<_> = seen
        .iter()
        .map(|(ip, seen)| (ip.to_string(), seen.names.clone()))
        .collect();
    let named = |ip: &str, name: &str| (ip.to_owned(), vec![name.to_owned()]);
    assert_eq!(
        names,
        [
            named("127.0.0.2", "mx2.sender.test"),
            named("127.0.0.3", "mx3.sender.test"),
            named("127.0.0.4", "sender.test"),
        ]
    );
    for (ip, seen) in &seen {
        assert_eq!(seen.most, 2, "{ip}: the rule's limit, and no more");
        assert!(
            seen.longest <= 7,
            "{ip}: {} on one connection",
            seen.longest
        );
        assert!(
            seen.taken.len() >= 40,
            "{ip}: {} messages",
            seen.taken.len()
        );
    }
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(workspace.path(), CAMPAIGN) {
        *told
            .entry(row["source_ip"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    let took: BTreeMap<String, usize> = seen
        .iter()
        .map(|(ip, seen)| (ip.to_string(), seen.taken.len()))
        .collect();
    assert_eq!(told, took, "the report knows where each message left from");
}

#[test]
fn each_source_has_the_rate_of_a_rule() {
    let server = CrowdServer::start(Crowd::default());
    let workspace = Workspace::new(server.address(), 1)
        .with_list(40)
        .with_config_changed("connections = 1", "connections = 1\nrate = \"10/s\"")
        .with_config(THREE);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    let mut all = Vec::new();
    for (ip, seen) in &seen {
        let times: Vec<_> = seen.taken.iter().map(|(at, _)| *at).collect();
        assert!(times.len() >= 8, "{ip}: {}", times.len());
        // What a late timer makes up for is one message at most, and one more is a slow thread's.
        for (earlier, at) in times.iter().enumerate() {
            for (later, end) in times.iter().enumerate().skip(earlier) {
                let allowed = 10.0 * (*end - *at).as_secs_f64() + 3.0;
                assert!((later - earlier) as f64 <= allowed, "{ip} was too fast");
            }
        }
        all.extend(times);
    }
    all.sort();
    let took = all[all.len() - 1] - all[0];
    // One source alone would take 3.9 s.
    assert!(took < Duration::from_millis(3_000), "{took:?}");
}

#[test]
fn a_source_that_is_turned_away_costs_the_others_nothing() {
    let server = CrowdServer::start(Crowd {
        greet: |ip| match ip.to_string().as_str() {
            "127.0.0.3" => "554 5.7.1 Your address is on our block list",
            _ => "220 crowd.test ESMTP",
        },
        delay: Duration::from_millis(2),
        ..Crowd::default()
    });
    // Whichever address is tried first: a campaign with the blocked one alone in front as well.
    for first in [
        THREE,
        &THREE
            .replace("127.0.0.2", "127.0.0.5")
            .replace("127.0.0.3", "127.0.0.2")
            .replace("127.0.0.5", "127.0.0.3"),
    ] {
        let workspace = Workspace::new(server.address(), 2)
            .with_list(120)
            .with_config_changed("retry = [\"0.1s\", \"0.2s\"]", "retry = [\"20s\"]")
            .with_config(first);
        let ended = run(workspace.path(), &SEND);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let rows = rows(workspace.path(), CAMPAIGN);
        assert!(
            rows.iter()
                .all(|row| row["state"] == "delivered" && row["attempts"] == 1)
        );
    }
    assert_eq!(server.recipients().len(), 240);
    let blocked = server.seen_of("127.0.0.3");
    assert!(blocked.taken.is_empty());
    assert!((2..=4).contains(&blocked.connections), "{blocked:?}");
    for served in ["127.0.0.2", "127.0.0.4"] {
        assert_eq!(server.seen_of(served).most, 2);
    }
}

#[test]
fn a_source_that_is_blocked_by_answers_is_left_out() {
    let server = CrowdServer::start(Crowd {
        mail: |ip| match ip.to_string().as_str() {
            "127.0.0.2" => "450 4.7.1 Client host [127.0.0.2] blocked using bl.test",
            _ => "250 2.1.0 Ok",
        },
        delay: Duration::from_millis(2),
        ..Crowd::default()
    });
    let workspace = Workspace::new(server.address(), 2)
        .with_list(120)
        .with_config_changed("retry = [\"0.1s\", \"0.2s\"]", "retry = [\"1s\"]")
        .with_config(THREE);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.recipients(), recipients(120));
    let rows = rows(workspace.path(), CAMPAIGN);
    let deferred = rows.iter().filter(|row| row["attempts"] != 1).count();
    assert!(
        (1..=12).contains(&deferred),
        "{deferred} met the blocked address"
    );
}

#[test]
fn an_address_of_another_machine_is_refused_before_anything_is_sent() {
    let server = CrowdServer::start(Crowd::default());
    let elsewhere = "\n[[route.source]]\nip = \"192.0.2.77\"\n";
    let workspace = Workspace::new(server.address(), 2)
        .with_list(3)
        .with_config(&format!("{THREE}{elsewhere}"));
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for words in [
        "[[route.source]]",
        "192.0.2.77",
        "hint:",
        "nothing was sent",
    ] {
        assert!(
            ended.stderr.contains(words),
            "no {words:?}: {}",
            ended.stderr
        );
    }
    assert!(server.seen().is_empty());
}

#[test]
fn an_address_counts_once() {
    let server = CrowdServer::start(Crowd::default());
    let again = "\n[[route.source]]\nip = \"::ffff:127.0.0.3\"\n";
    let workspace = Workspace::new(server.address(), 2)
        .with_list(3)
        .with_config(&format!("{THREE}{again}"));
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("127.0.0.3"), "{}", ended.stderr);
    assert!(ended.stderr.contains("twice"), "{}", ended.stderr);
}

#[test]
fn a_source_reaches_only_its_own_family() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        // A machine without IPv6 cannot have such a source.
        return;
    }
    let server = CrowdServer::start(Crowd::default());
    let six = "\n[[route.source]]\nip = \"::1\"\n";
    let both = Workspace::new(server.address(), 2)
        .with_list(20)
        .with_config(&format!("{six}{THREE}"));
    let ended = run(both.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.recipients(), recipients(20));
    let rows_of = |workspace: &Workspace| rows(workspace.path(), CAMPAIGN);
    assert!(rows_of(&both).iter().all(|row| row["attempts"] == 1));

    let neither = Workspace::new(server.address(), 2)
        .with_list(3)
        .with_config_changed("retry = [", "max_attempts = 2\nretry = [")
        .with_config(six);
    let ended = run(neither.path(), &SEND);
    assert_eq!(ended.code, Some(0), "settled, not spinning: {ended:?}");
    for row in rows_of(&neither) {
        assert_eq!(row["state"], "expired");
        assert_eq!(row["stage"], "connect");
        assert_eq!(row["attempts"], 2);
        let why = row["diagnostic"].as_str().unwrap();
        assert!(
            why.contains("no IPv6 address") && why.contains("::1"),
            "{why}"
        );
    }
}

#[test]
fn a_source_that_its_rate_keeps_waiting_holds_no_connection() {
    let server = CrowdServer::start(Crowd::default());
    let workspace = Workspace::new(server.address(), 2)
        .with_list(4)
        .with_config_changed("connections = 2", "connections = 2\nrate = \"10/h\"")
        .with_config(THREE);
    let running = Running::start(hikyaku(workspace.path(), &SEND));
    // The first message of each leaves at once, the next one six minutes later.
    let waited = (0..600).any(|_| {
        std::thread::park_timeout(Duration::from_millis(50));
        let seen = server.seen();
        let done = |seen: &Seen| seen.taken.len() == 1 && seen.now == 0;
        !seen.is_empty() && seen.values().all(done)
    });
    assert!(waited, "{:?}", server.seen());
    std::thread::park_timeout(Duration::from_millis(500));
    let seen = server.seen();
    assert!(seen.values().all(|seen| seen.now == 0), "{seen:?}");
    let opened: usize = seen.values().map(|seen| seen.connections).sum();
    assert!(opened <= 6, "nobody comes back before his time: {seen:?}");
    running.signal("INT");
    let ended = running.wait(Duration::from_secs(30));
    assert_eq!(ended.code, Some(130), "{ended:?}");
    let left = Status::of(workspace.path(), CAMPAIGN);
    assert_eq!(left.count("delivered") + left.count("pending"), 4);
    assert_eq!(left.count("delivered"), seen.len() as u64);
}
