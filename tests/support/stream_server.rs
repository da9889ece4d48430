//! A mail server with CHUNKING on threads, with a ledger, and with one bad habit at a time.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// How it treats those who stream to it.
#[derive(Clone, Default)]
pub(crate) struct Habits {
    /// Says the same to everything it accepts.
    pub(crate) one_word: bool,
    /// Of the first connection, the reply that is said twice, counted from the first MAIL.
    pub(crate) doubles: Option<usize>,
    /// Answers BDAT with 503.
    pub(crate) refuses_bdat: bool,
    /// Closes right behind so many messages, without another word and with input unread.
    pub(crate) closes_behind: Option<usize>,
    /// Closes at so many commands of a connection, in turn; the fence and the chunk count.
    pub(crate) breaks_at: &'static [usize],
    /// Takes so many recipients of a message, and answers the others with 452 4.5.3.
    pub(crate) recipients: Option<usize>,
    /// Says how many recipients it takes of a message (RFC 9422).
    pub(crate) announces: bool,
    /// The answer to RCPT where it is not 250.
    pub(crate) refuse: Option<fn(&str) -> Option<String>>,
}

/// What it knows of one accepted message.
pub(crate) struct Taken {
    pub(crate) connection: usize,
    /// By BDAT.
    pub(crate) chunked: bool,
    pub(crate) recipients: Vec<String>,
}

#[derive(Default)]
struct Book {
    taken: Vec<Taken>,
    commands: Vec<String>,
    connections: usize,
}

/// The server. Its threads end with the test.
pub(crate) struct StreamServer {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
}

impl StreamServer {
    /// Listens on a free port of the loopback address.
    pub(crate) fn start(habits: Habits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book::default()));
        let shared = Arc::clone(&book);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (book, habits) = (Arc::clone(&shared), habits.clone());
                let number = {
                    let mut book = book.lock().unwrap();
                    book.connections += 1;
                    book.connections
                };
                thread::spawn(move || Session::new(stream, number, habits, &book).run());
            }
        });
        Self { address, book }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every message it took, of all connections.
    pub(crate) fn with_taken<T>(&self, look: impl FnOnce(&[Taken]) -> T) -> T {
        look(&self.lock().taken)
    }

    /// How often it took a message for each recipient.
    pub(crate) fn copies(&self) -> HashMap<String, u64> {
        let mut copies = HashMap::new();
        for recipient in self.lock().taken.iter().flat_map(|one| &one.recipients) {
            *copies.entry(recipient.clone()).or_default() += 1;
        }
        copies
    }

    /// How often it was told this command.
    pub(crate) fn told(&self, verb: &str) -> usize {
        let book = self.lock();
        book.commands
            .iter()
            .filter(|line| line.starts_with(verb))
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }
}

struct Session<'a> {
    reader: BufReader<TcpStream>,
    replies: Vec<u8>,
    number: usize,
    habits: Habits,
    book: &'a Mutex<Book>,
    recipients: Vec<String>,
    open: bool,
    /// Replies since the first MAIL.
    said: Option<usize>,
    commands: usize,
    messages: usize,
}

impl<'a> Session<'a> {
    fn new(stream: TcpStream, number: usize, habits: Habits, book: &'a Mutex<Book>) -> Self {
        Self {
            reader: BufReader::with_capacity(64 << 10, stream),
            replies: b"220 stream.test ESMTP\r\n".to_vec(),
            number,
            habits,
            book,
            recipients: Vec::new(),
            open: false,
            said: None,
            commands: 0,
            messages: 0,
        }
    }

    /// Serves until somebody closes; what was said and not sent then is sent before the close.
    fn run(mut self) {
        while let Some(true) = self.serve() {}
        drop(self.flush());
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let replies = std::mem::take(&mut self.replies);
        self.reader.get_mut().write_all(&replies)
    }

    /// One command; whether there may be another.
    fn serve(&mut self) -> Option<bool> {
        if self.reader.buffer().is_empty() {
            self.flush().ok()?;
        }
        let mut line = String::new();
        self.reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        self.book.lock().unwrap().commands.push(line.clone());
        self.commands += 1;
        let breaks = self.habits.breaks_at;
        if !breaks.is_empty() && self.commands == breaks[self.number % breaks.len()] {
            return None;
        }
        let path = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match line.get(..4)? {
            "EHLO" => self.offer(),
            "MAIL" => {
                self.said.get_or_insert(0);
                self.open = true;
                self.recipients.clear();
                self.say("250 2.1.0 sender fine");
            }
            "RCPT" => self.recipient(path),
            "BDAT" => {
                let octets: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
                std::io::copy(&mut (&mut self.reader).take(octets), &mut std::io::sink()).ok()?;
                return self.end(true);
            }
            "DATA" if self.recipients.is_empty() => self.say("554 5.5.1 no recipients"),
            "DATA" => {
                self.say("354 go ahead");
                self.flush().ok()?;
                let mut line = String::new();
                while line != ".\r\n" {
                    line.clear();
                    self.reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
                }
                return self.end(false);
            }
            "RSET" => {
                self.open = false;
                self.recipients.clear();
                self.say("250 2.0.0 flushed");
            }
            _ => return None,
        }
        Some(true)
    }

    fn offer(&mut self) {
        self.say("250-stream.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES");
        if let (true, Some(most)) = (self.habits.announces, self.habits.recipients) {
            self.say(&format!("250-LIMITS RCPTMAX={most}"));
        }
        self.say("250 CHUNKING");
    }

    fn recipient(&mut self, path: String) {
        let most = self.habits.recipients.unwrap_or(usize::MAX);
        let refused = self.habits.refuse.and_then(|refuse| refuse(&path));
        if let Some(reply) = refused {
            self.say(&reply);
        } else if self.recipients.len() >= most {
            self.say("452 4.5.3 too many recipients");
        } else {
            self.recipients.push(path);
            self.say("250 2.1.5 recipient fine");
        }
    }

    /// The end of a message; whether the connection goes on.
    fn end(&mut self, chunked: bool) -> Option<bool> {
        if chunked && self.habits.refuses_bdat {
            self.say("503 5.5.1 bad sequence of commands");
        } else if !self.open || self.recipients.is_empty() {
            self.say("554 5.5.1 no valid recipients");
        } else {
            self.book.lock().unwrap().taken.push(Taken {
                connection: self.number,
                chunked,
                recipients: std::mem::take(&mut self.recipients),
            });
            self.messages += 1;
            self.open = false;
            self.say("250 2.0.0 queued");
        }
        Some(self.habits.closes_behind != Some(self.messages))
    }

    fn say(&mut self, reply: &str) {
        let same = self.habits.one_word && self.said.is_some() && reply.starts_with('2');
        let reply = if same { "250 OK" } else { reply };
        let twice = self.number == 1 && self.said.is_some() && self.said == self.habits.doubles;
        for _ in 0..=usize::from(twice) {
            self.replies.extend_from_slice(reply.as_bytes());
            self.replies.extend_from_slice(b"\r\n");
        }
        self.said = self.said.map(|said| said + 1);
    }
}
