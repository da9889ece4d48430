//! A mail server that looks at who comes: how many connections each address has at a time, what
//! each calls itself, and when each message was taken. It can be rude to some of them.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// How it treats those who come.
#[derive(Clone, Copy)]
pub(crate) struct Crowd {
    /// How it greets an address; with anything but 220 it closes.
    pub(crate) greet: fn(IpAddr) -> &'static str,
    /// The answer to MAIL from an address.
    pub(crate) mail: fn(IpAddr) -> &'static str,
    /// How long it thinks before it answers the end of a message.
    pub(crate) delay: Duration,
    /// Goes silent for good, without closing, behind so many messages of the first connection.
    pub(crate) dies_after: Option<usize>,
}

impl Default for Crowd {
    fn default() -> Self {
        Self {
            greet: |_| "220 crowd.test ESMTP",
            mail: |_| "250 2.1.0 Ok",
            delay: Duration::ZERO,
            dies_after: None,
        }
    }
}

/// What it has seen of one address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Connections in all.
    pub(crate) connections: usize,
    /// Connections it has now.
    pub(crate) now: usize,
    /// Connections it had at any time, at most.
    pub(crate) most: usize,
    /// What it said with EHLO, each once.
    pub(crate) names: Vec<String>,
    /// When each of its messages was taken, and to whom it was.
    pub(crate) taken: Vec<(Instant, String)>,
    /// Messages on one connection, at most.
    pub(crate) longest: usize,
}

/// The server. Its threads end with the test program.
pub(crate) struct CrowdServer {
    address: SocketAddr,
    book: Arc<Book>,
}

struct Book {
    manners: Crowd,
    seen: Mutex<BTreeMap<IpAddr, Seen>>,
    connections: Mutex<usize>,
}

impl CrowdServer {
    /// Listens on a free port of the loopback address.
    pub(crate) fn start(manners: Crowd) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), manners)
    }

    /// Listens there.
    pub(crate) fn start_at(address: SocketAddr, manners: Crowd) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let book = Arc::new(Book {
            manners,
            seen: Mutex::default(),
            connections: Mutex::default(),
        });
        let shared = Arc::clone(&book);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let book = Arc::clone(&shared);
                thread::spawn(move || drop(visit(&stream, &book)));
            }
        });
        Self { address, book }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has seen of each address so far.
    pub(crate) fn seen(&self) -> BTreeMap<IpAddr, Seen> {
        self.book.seen().clone()
    }

    /// What it has seen of this one.
    pub(crate) fn seen_of(&self, ip: &str) -> Seen {
        let seen = self.seen();
        seen.get(&ip.parse().unwrap()).cloned().unwrap_or_default()
    }

    /// Recipients of all messages taken, sorted.
    pub(crate) fn recipients(&self) -> Vec<String> {
        let seen = self.seen();
        let mut all: Vec<_> = seen
            .values()
            .flat_map(|seen| seen.taken.iter().map(|(_, to)| to.clone()))
            .collect();
        all.sort();
        all
    }
}

impl Book {
    fn seen(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Seen>> {
        self.seen.lock().unwrap()
    }

    fn note(&self, ip: IpAddr, note: impl FnOnce(&mut Seen)) {
        note(self.seen().entry(ip).or_default());
    }
}

fn visit(stream: &TcpStream, book: &Book) -> std::io::Result<()> {
    let ip = stream.peer_addr()?.ip();
    let number = {
        let mut connections = book.connections.lock().unwrap();
        *connections += 1;
        *connections
    };
    book.note(ip, |seen| {
        seen.connections += 1;
        seen.now += 1;
        seen.most = seen.most.max(seen.now);
    });
    let end = serve(stream, ip, number, book);
    book.note(ip, |seen| seen.now -= 1);
    end
}

fn serve(stream: &TcpStream, ip: IpAddr, number: usize, book: &Book) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream;
    let mut lines = BufReader::new(stream).lines();
    let greeting = (book.manners.greet)(ip);
    write!(out, "{greeting}\r\n")?;
    if !greeting.starts_with("220") {
        return Ok(());
    }
    let (mut recipient, mut messages) = (String::new(), 0);
    while let Some(line) = lines.next().transpose()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        match verb {
            "EHLO" => {
                let name = line["EHLO ".len()..].to_owned();
                book.note(ip, |seen| {
                    if !seen.names.contains(&name) {
                        seen.names.push(name);
                    }
                });
                write!(out, "250-crowd.test\r\n250 8BITMIME\r\n")?;
            }
            "MAIL" if number == 1 && book.manners.dies_after == Some(messages) => {
                // As dead as a connection that a NAT has forgotten: nothing is answered any more.
                for _ in lines.by_ref() {}
                return Ok(());
            }
            "MAIL" => write!(out, "{}\r\n", (book.manners.mail)(ip))?,
            "RCPT" => {
                let inner = line
                    .split_once('<')
                    .and_then(|(_, rest)| rest.split_once('>'));
                recipient = inner.map_or_else(String::new, |(inner, _)| inner.to_owned());
                write!(out, "250 2.1.5 Ok\r\n")?;
            }
            "DATA" => {
                write!(out, "354 go on\r\n")?;
                while lines.next().transpose()?.is_some_and(|line| line != ".") {}
                pause(book.manners.delay);
                messages += 1;
                book.note(ip, |seen| {
                    seen.taken.push((moment(), recipient.clone()));
                    seen.longest = seen.longest.max(messages);
                });
                write!(out, "250 2.0.0 Ok\r\n")?;
            }
            "QUIT" => return write!(out, "221 2.0.0 Bye\r\n"),
            _ => write!(out, "250 2.0.0 Ok\r\n")?,
        }
    }
    Ok(())
}

/// Lets time pass; nobody wakes this thread.
fn pause(time: Duration) {
    if !time.is_zero() {
        thread::park_timeout(time);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server's own clock: what it measures is the truth about the program"
)]
fn moment() -> Instant {
    Instant::now()
}
