//! A whole campaign against a server on loopback that takes everything: list, trial, ledger,
//! rendering and SMTP included. `benches/race/` holds the same against other mailers.

use divan::Bencher;
use divan::counter::ItemsCount;
use hikyaku::engine::{Origin, Run, Setup};
use hikyaku::list::ListOptions;
use hikyaku::model::{Address, DestinationRule, Mailbox, Markup, Matcher, Schedule, Settings};
use hikyaku::net::Clock;
use hikyaku::render::{Letter, LetterSource, TemplateFile, Tokens};
use hikyaku::store::{CampaignLock, Store};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::{fs, thread};
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// Recipients of one campaign.
const RECIPIENTS: usize = 5_000;

#[divan::bench(args = [1, 8], sample_count = 5)]
fn deliver(bencher: Bencher<'_, '_>, connections: usize) {
    let server = serve();
    bencher
        .counter(ItemsCount::new(RECIPIENTS))
        .with_inputs(|| workspace(RECIPIENTS))
        .bench_values(|folder| send(folder.path(), server, connections));
}

/// A list and a place for the ledger.
fn workspace(recipients: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let mut list = String::from("email,name,city\n");
    for n in 0..recipients {
        list.push_str(&format!("reader{n}@d{}.example,Reader {n},Osaka\n", n % 30));
    }
    fs::write(folder.path().join("list.csv"), list).expect("the list is written");
    folder
}

fn send(folder: &Path, server: SocketAddr, connections: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let end = runtime.block_on(async {
        let mut settings = Settings::default();
        settings.route.override_to = Some((server.ip().to_string(), server.port()));
        settings.destinations = vec![rule(connections)];
        let (clock, path) = (Clock::system(), folder.join("state.db"));
        let lock = CampaignLock::acquire(&path, "bench").expect("nobody else sends it");
        let store = Store::open(&path).expect("the ledger opens");
        let campaign = store
            .open_campaign("bench", clock.now())
            .await
            .expect("a campaign");
        let letter = Letter::compile(&letter(&campaign.uid)).expect("the templates are right");
        let setup = Setup {
            campaign,
            lock,
            store,
            settings,
            schedule: Schedule::default(),
            origin: Origin::File {
                path: folder.join("list.csv"),
                options: ListOptions::default(),
            },
            letter: Arc::new(letter),
            resolver: None,
            clock,
            hostname: "localhost".to_owned(),
            tried_out: false,
            limit: None,
            seed: 1,
            events: None,
        };
        let (run, _handle) = Run::new(setup).expect("the run is set up");
        run.run().await.expect("the run comes to its end")
    });
    assert_eq!(end.counts.delivered, u64::try_from(RECIPIENTS).unwrap_or(0));
}

fn rule(connections: usize) -> DestinationRule {
    DestinationRule {
        matches: Matcher::All,
        connections: Some(connections),
        rate: None,
        messages_per_connection: None,
        recipients_per_transaction: None,
        priority: None,
        tls: None,
    }
}

fn letter(uid: &str) -> LetterSource {
    let paragraph = "<p>Dear {{ name }}, this is what happened in {{ city }} last week.</p>\n";
    let from = Mailbox {
        name: None,
        address: Address::parse("news@example.com").expect("an address"),
    };
    let html = TemplateFile::new("body.html", paragraph.repeat(30));
    LetterSource {
        html: Some((Markup::Html, html)),
        text: Some(TemplateFile::new(
            "body.txt",
            "Dear {{ name }}\n".repeat(20),
        )),
        ..LetterSource::new("bench", uid, Tokens::sample(), from, "Hello {{ name }}")
    }
}

/// A server that takes everything, for as long as the process lives.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(stream));
        }
    });
    address
}

/// One connection; ends with it.
fn converse(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    stream.write_all(b"220 bench\r\n").ok()?;
    let (mut line, mut out, mut in_content) = (Vec::new(), Vec::new(), false);
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        if in_content {
            in_content = line != b".\r\n";
            if !in_content {
                out.extend_from_slice(b"250 2.0.0 taken\r\n");
            }
        } else if line.starts_with(b"EHLO") {
            out.extend_from_slice(b"250-bench\r\n250 PIPELINING\r\n");
        } else if line.starts_with(b"DATA") {
            in_content = true;
            out.extend_from_slice(b"354 go on\r\n");
        } else {
            out.extend_from_slice(b"250 2.1.0 fine\r\n");
        }
        // Answers go out together when nothing more waits to be read.
        if lines.buffer().is_empty() {
            stream.write_all(&out).ok()?;
            out.clear();
        }
    }
}
