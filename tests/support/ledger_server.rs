//! A small mail server on threads. What it accepts it enters in its ledger before it says 250, so
//! the ledger is the truth about what arrived, whatever became of the sender.

mod session;

use session::Session;
use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// What is answered to a SASL mechanism and its initial response.
pub(crate) type Judge = fn(&str, &str) -> &'static str;

/// How the server treats those who send to it.
#[derive(Clone)]
pub(crate) struct Manners {
    /// How long it thinks before it answers the end of a message.
    pub(crate) delay: Duration,
    /// The answer to RCPT where it is not 250, from the local part and how many times it was
    /// asked for before.
    pub(crate) refuse: fn(&str, u32) -> Option<&'static str>,
    /// Says 421 and closes behind so many messages of a connection.
    pub(crate) goodbye_after: Option<u32>,
    /// Of all messages, closes the connection instead of answering every so-many-th. They are
    /// entered in the ledger: the server has them.
    pub(crate) silent_every: Option<usize>,
    /// Says 421 to so many connections, the first ones, before anything else.
    pub(crate) busy_for: usize,
    /// What it offers behind AUTH, and what it answers to mechanism and initial response. Mail is
    /// taken only of those who were answered 235. An answer of 334 is followed by a 535.
    pub(crate) auth: Option<(&'static str, Judge)>,
    /// Whether it offers PIPELINING.
    pub(crate) pipelining: bool,
    /// Whether the ledger keeps whole messages, or only what identifies them.
    pub(crate) keep_content: bool,
    /// Also writes the ledger to this file, one JSON object a line.
    pub(crate) file: Option<std::path::PathBuf>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            refuse: |_, _| None,
            goodbye_after: None,
            silent_every: None,
            busy_for: 0,
            auth: None,
            pipelining: true,
            keep_content: true,
            file: None,
        }
    }
}

/// A message for one recipient, as it was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    /// As RCPT TO gave it.
    pub(crate) recipient: String,
    /// As MAIL FROM gave it.
    pub(crate) sender: String,
    /// Its Message-ID without angle brackets.
    pub(crate) message_id: String,
    /// A hash of the whole content.
    pub(crate) hash: u64,
    /// The content without dot-stuffing; empty where the manners say so.
    pub(crate) content: Arc<Vec<u8>>,
}

/// The server. It stops with its last handle.
pub(crate) struct LedgerServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<thread::JoinHandle<()>>,
}

struct Shared {
    manners: Manners,
    ledger: Mutex<Ledger>,
    changed: Condvar,
    closing: AtomicBool,
}

#[derive(Default)]
struct Ledger {
    accepted: Vec<Accepted>,
    messages: usize,
    asked: HashMap<String, u32>,
    commands: Vec<String>,
    connections: usize,
    file: Option<File>,
}

impl LedgerServer {
    /// Listens on a free port of the loopback address.
    pub(crate) fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let file = manners.file.as_ref().map(|path| {
            let mut options = File::options();
            options.create(true).append(true).open(path).unwrap()
        });
        let shared = Arc::new(Shared {
            manners,
            ledger: Mutex::new(Ledger {
                file,
                ..Ledger::default()
            }),
            changed: Condvar::new(),
            closing: AtomicBool::new(false),
        });
        let accepting = Some(thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        }));
        Self {
            address,
            shared,
            accepting,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has accepted so far, in order.
    pub(crate) fn accepted(&self) -> Vec<Accepted> {
        self.shared.lock().accepted.clone()
    }

    /// How many recipients' messages it has accepted so far.
    pub(crate) fn count(&self) -> usize {
        self.shared.lock().accepted.len()
    }

    /// How often each recipient's message was accepted.
    pub(crate) fn copies(&self) -> HashMap<String, usize> {
        let mut copies = HashMap::new();
        for message in &self.shared.lock().accepted {
            *copies.entry(message.recipient.clone()).or_default() += 1;
        }
        copies
    }

    /// Every command line it was given so far, without line ends.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.shared.lock().commands.clone()
    }

    /// How many connections were made to it.
    pub(crate) fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Waits until it has accepted `count` in all; whether it came to that within `limit`.
    pub(crate) fn wait_for(&self, count: usize, limit: Duration) -> bool {
        let ledger = self.shared.lock();
        let waiting = |ledger: &mut Ledger| ledger.accepted.len() < count;
        let end = self
            .shared
            .changed
            .wait_timeout_while(ledger, limit, waiting);
        end.unwrap().0.accepted.len() >= count
    }

    /// Waits until nothing has been accepted for as long as `silence`.
    pub(crate) fn wait_for_silence(&self, silence: Duration) {
        while self.wait_for(self.count() + 1, silence) {}
    }
}

impl Drop for LedgerServer {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.accepting.take() {
            drop(thread.join());
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// Enters a message for each of its recipients; gives its number among all messages.
    fn enter(&self, sender: &str, recipients: &[String], content: Vec<u8>) -> usize {
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let hash = hasher.finish();
        let message_id = super::letter::message_id(&content);
        let kept = Arc::new(if self.manners.keep_content {
            content
        } else {
            Vec::new()
        });
        let mut ledger = self.lock();
        for recipient in recipients {
            if let Some(file) = &mut ledger.file {
                let line = serde_json::json!({"to": recipient, "id": message_id, "hash": hash});
                writeln!(file, "{line}").unwrap();
            }
            ledger.accepted.push(Accepted {
                recipient: recipient.clone(),
                sender: sender.to_owned(),
                message_id: message_id.clone(),
                hash,
                content: Arc::clone(&kept),
            });
        }
        ledger.messages += 1;
        self.changed.notify_all();
        ledger.messages
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.closing.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let before = {
            let mut ledger = shared.lock();
            ledger.connections += 1;
            ledger.connections - 1
        };
        let busy = before < shared.manners.busy_for;
        let shared = Arc::clone(shared);
        // It ends with its connection, which ends with the program under test.
        thread::spawn(move || {
            let session = Session::new(stream, &shared);
            drop(session.and_then(|session| session.run(busy)));
        });
    }
}
