//! Servers that are hard to reach, in front of one that is not.

#![cfg(test)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use support::crowd_server::{Crowd, CrowdServer};
use support::names::{self, Record, Table};
use support::program::run;
use support::report::rows;
use support::workspace::{CAMPAIGN, Workspace, closed_port};

const SEND: [&str; 5] = ["send", CAMPAIGN, "--ui", "quiet", "--yes"];

/// A workspace whose mail goes to the first of these that takes it.
fn through(servers: &[SocketAddr], rows: usize) -> Workspace {
    let relays: String = servers
        .iter()
        .map(|at| {
            let (host, port) = (at.ip(), at.port());
            format!("\n[[route.relay]]\nhost = \"{host}\"\nport = {port}\ntls = \"off\"\n")
        })
        .collect();
    let first = servers[0];
    Workspace::new(first, 2)
        .with_list(rows)
        .with_config_changed(&format!("override = \"{first}\""), "mode = \"relay\"")
        .with_config_changed("retry = [", "max_attempts = 1\nretry = [")
        .with_config(&relays)
}

/// Accepts connections and treats each so, for as long as the test program runs.
fn server(treat: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || treat(stream));
        }
    });
    address
}

/// Keeps it open and says nothing.
fn tarpit(stream: TcpStream) {
    let mut stream = stream;
    drop(std::io::copy(&mut stream, &mut std::io::sink()));
}

/// An octet now and then, and lines that never end their reply.
fn drip(stream: TcpStream) {
    let mut stream = stream;
    loop {
        for octet in b"220-patience\r\n" {
            if stream.write_all(&[*octet]).is_err() {
                return;
            }
            thread::park_timeout(Duration::from_millis(20));
        }
    }
}

/// Too busy.
fn busy(stream: TcpStream) {
    let mut stream = stream;
    drop(stream.write_all(b"421 4.3.2 Too busy, try another\r\n"));
}

#[test]
fn a_server_that_does_not_take_mail_does_not_keep_it_from_the_next() {
    let healthy = CrowdServer::start(Crowd::default());
    for (name, first) in [
        ("closed", closed_port()),
        ("busy", server(busy)),
        ("hangs up", server(drop)),
        ("tarpit", server(tarpit)),
        ("drip", server(drip)),
    ] {
        let workspace = through(&[first, healthy.address()], 20).with_config_changed(
            "connect = \"5s\", greeting = \"10s\"",
            "connect = \"1s\", greeting = \"2s\"",
        );
        let ended = run(workspace.path(), &SEND);
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
        let rows = rows(workspace.path(), CAMPAIGN);
        assert!(
            rows.iter()
                .all(|row| row["state"] == "delivered" && row["attempts"] == 1),
            "{name}: {rows:#?}"
        );
    }
}

#[test]
fn when_none_takes_mail_every_reason_is_told() {
    let (closed, pit, dripping) = (closed_port(), server(tarpit), server(drip));
    let workspace = through(&[closed, pit, dripping], 2).with_config_changed(
        "connect = \"5s\", greeting = \"10s\"",
        "connect = \"1s\", greeting = \"1s\"",
    );
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for row in rows(workspace.path(), CAMPAIGN) {
        assert_eq!(row["state"], "expired");
        assert_eq!(row["stage"], "connect");
        let why = row["diagnostic"].as_str().unwrap();
        for words in [closed, pit, dripping].map(|at| at.to_string()) {
            assert!(why.contains(&words), "nothing of {words} in {why}");
        }
        assert!(why.contains("refused"), "{why}");
        assert!(
            why.matches("no answer to our connection within").count() == 2,
            "{why}"
        );
    }
}

#[test]
fn a_connection_that_died_in_silence_costs_nobody_an_attempt() {
    let server = CrowdServer::start(Crowd {
        dies_after: Some(3),
        ..Crowd::default()
    });
    let workspace = Workspace::new(server.address(), 1)
        .with_list(12)
        .with_config_changed("command = \"10s\"", "command = \"1s\"");
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(server.recipients().len(), 12, "each once");
    for row in rows(workspace.path(), CAMPAIGN) {
        assert_eq!(
            (&row["state"], &row["attempts"]),
            (&"delivered".into(), &1.into()),
            "{row}"
        );
    }
}

/// A listener whose queue is full, so that it answers no SYN, and what keeps it so.
struct BlackHole {
    address: SocketAddr,
    _listener: socket2::Socket,
    _queue: Vec<TcpStream>,
}

impl BlackHole {
    fn new(ip: &str) -> Self {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let any: SocketAddr = format!("{ip}:0").parse().unwrap();
        socket.bind(&any.into()).unwrap();
        socket.listen(1).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let patience = Duration::from_millis(100);
        let queue = std::iter::from_fn(|| TcpStream::connect_timeout(&address, patience).ok());
        Self {
            address,
            _queue: queue.collect(),
            _listener: socket,
        }
    }
}

/// A workspace that asks this name server, and finds mail servers at this port.
fn asking(table: Table, port: u16, rows: usize) -> Workspace {
    let server = names::serve(table);
    Workspace::new(server, 2)
        .with_list(rows)
        .with_config_changed(
            &format!("override = \"{server}\""),
            &format!("port = {port}"),
        )
        .with_config_changed("connect = \"5s\"", "connect = \"60s\"")
        .with_config_changed("retry = [", "max_attempts = 1\nretry = [")
        .with_config(&format!("\n[dns]\nservers = [\"{server}\"]\n"))
}

fn address(ip: &str) -> Record {
    Record::Address(ip.parse().unwrap())
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a run takes is what is tested"
)]
fn moment() -> Instant {
    Instant::now()
}

#[test]
fn addresses_that_swallow_packets_are_passed_by() {
    let hole = BlackHole::new("127.0.0.61");
    let port = hole.address.port();
    let healthy: IpAddr = "127.0.0.62".parse().unwrap();
    let server = CrowdServer::start_at(SocketAddr::new(healthy, port), Crowd::default());
    let mx = |hosts: &[(u16, &'static str)]| -> Vec<Record> {
        hosts
            .iter()
            .map(|(preference, host)| Record::Mx(*preference, host))
            .collect()
    };
    let tables: [(&str, Table); 3] = [
        (
            "another address of the host",
            vec![
                (
                    "mx.test",
                    vec![address("127.0.0.61"), address("127.0.0.62")],
                ),
                (".test", mx(&[(10, "mx.test")])),
            ],
        ),
        (
            "a host of worse preference",
            vec![
                ("mx1.test", vec![address("127.0.0.61")]),
                ("mx2.test", vec![address("127.0.0.62")]),
                (".test", mx(&[(10, "mx1.test"), (20, "mx2.test")])),
            ],
        ),
        (
            "an address of the other family",
            vec![
                ("mx.test", vec![address("100::1"), address("127.0.0.62")]),
                (".test", mx(&[(10, "mx.test")])),
            ],
        ),
    ];
    for (name, table) in tables {
        let workspace = asking(table, port, 30);
        let began = moment();
        let ended = run(workspace.path(), &SEND);
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
        // The time-out of one attempt is a minute.
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{name}: {:?}",
            began.elapsed()
        );
        for row in rows(workspace.path(), CAMPAIGN) {
            assert_eq!(row["state"], "delivered", "{name}: {row}");
            assert_eq!(row["remote_ip"], "127.0.0.62", "{name}");
        }
    }
    assert_eq!(server.recipients().len(), 90);
}

#[test]
fn a_host_of_many_addresses_leaves_the_backup_its_turn() {
    let healthy: IpAddr = "127.0.0.62".parse().unwrap();
    let port = closed_port().port();
    let _server = CrowdServer::start_at(SocketAddr::new(healthy, port), Crowd::default());
    let dead = (70..79).map(|n| address(&format!("127.0.0.{n}"))).collect();
    let table: Table = vec![
        ("mx1.test", dead),
        ("mx2.test", vec![address("127.0.0.62")]),
        (
            ".test",
            vec![Record::Mx(10, "mx1.test"), Record::Mx(20, "mx2.test")],
        ),
    ];
    let workspace = asking(table, port, 10);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for row in rows(workspace.path(), CAMPAIGN) {
        assert_eq!(
            (&row["state"], &row["mx"]),
            (&"delivered".into(), &"mx2.test".into()),
            "{row}"
        );
    }
}

#[test]
fn a_rule_for_one_domain_holds_for_it_alone() {
    let ip: IpAddr = "127.0.0.63".parse().unwrap();
    let port = closed_port().port();
    let _server = CrowdServer::start_at(SocketAddr::new(ip, port), Crowd::default());
    let table: Table = vec![
        ("mx.test", vec![address("127.0.0.63")]),
        (".test", vec![Record::Mx(10, "mx.test")]),
    ];
    let workspace = asking(table, port, 35)
        .with_config("\n[[destination]]\ndomain = \"d3.test\"\ntls = \"required\"\n");
    run(workspace.path(), &SEND);
    for row in rows(workspace.path(), CAMPAIGN) {
        let strict = row["domain"] == "d3.test";
        let expected = if strict { "expired" } else { "delivered" };
        assert_eq!(row["state"], expected, "{row}");
        assert!(!strict || row["stage"] == "tls", "{row}");
    }
}

#[test]
fn source_addresses_of_two_families_do_not_put_relays_of_one_to_rest() {
    let (one, other) = (
        CrowdServer::start(Crowd::default()),
        CrowdServer::start(Crowd::default()),
    );
    let workspace = through(&[one.address(), other.address()], 400)
        .with_config("\n[[route.source]]\nip = \"127.0.0.1\"\n[[route.source]]\nip = \"::1\"\n");
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let rows = rows(workspace.path(), CAMPAIGN);
    assert!(rows.iter().all(|row| row["state"] == "delivered"));
    for server in [&one, &other] {
        assert!(!server.recipients().is_empty(), "each gets its share");
    }
}

/// Offers TLS and hangs up where it should begin; offers AUTH only after that.
fn breaks_tls(stream: TcpStream) {
    let mut out = stream.try_clone().unwrap();
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut answer = |text: &[u8]| out.write_all(text).is_ok();
    if !answer(b"220 hi\r\n") {
        return;
    }
    for line in lines {
        let goes_on = match line.as_str() {
            "STARTTLS" => {
                answer(b"220 go\r\n");
                false
            }
            line if line.starts_with("EHLO") => answer(b"250-x\r\n250 STARTTLS\r\n"),
            _ => answer(b"502 no\r\n"),
        };
        if !goes_on {
            return;
        }
    }
}

#[test]
fn tls_that_fails_is_no_login_that_fails() {
    let relay = server(breaks_tls);
    let login = "tls = \"opportunistic\"\n\
                 auth = { username = \"me\", password_env = \"PATH\", allow_plaintext = true }";
    let workspace = through(&[relay], 3).with_config_changed("tls = \"off\"", login);
    let ended = run(workspace.path(), &SEND);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for row in rows(workspace.path(), CAMPAIGN) {
        assert_eq!(
            (&row["state"], &row["stage"]),
            (&"expired".into(), &"tls".into()),
            "{row}"
        );
    }
}
