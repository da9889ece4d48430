//! What was taken, and when.

use hikyaku::model::Timestamp;
use hikyaku::net::Clock;
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// Counts everything that all connections take. It belongs to one thread.
pub(crate) struct Tally {
    clock: Clock,
    expect: Option<u64>,
    messages: Cell<u64>,
    octets: Cell<u64>,
    chunked: Cell<u64>,
    encrypted: Cell<u64>,
    connections: Cell<u64>,
    first: Cell<Option<Timestamp>>,
    last: Cell<Option<Timestamp>>,
    ledger: Option<RefCell<BufWriter<File>>>,
}

/// A message that was taken whole.
pub(crate) struct Taken<'a> {
    /// Its recipients' paths as the client wrote them, one a line.
    pub(crate) recipients: &'a [u8],
    /// Octets of its content, stuffed dots included.
    pub(crate) octets: u64,
    /// Whether it came by BDAT.
    pub(crate) chunked: bool,
    /// Whether it came over TLS.
    pub(crate) encrypted: bool,
}

impl Tally {
    pub(crate) fn new(
        clock: Clock,
        expect: Option<u64>,
        ledger: Option<String>,
    ) -> io::Result<Self> {
        let ledger = ledger.map(File::create).transpose()?;
        Ok(Self {
            clock,
            expect,
            messages: Cell::default(),
            octets: Cell::default(),
            chunked: Cell::default(),
            encrypted: Cell::default(),
            connections: Cell::default(),
            first: Cell::default(),
            last: Cell::default(),
            ledger: ledger.map(|file| RefCell::new(BufWriter::new(file))),
        })
    }

    /// A client is there; the first one starts the clock.
    pub(crate) fn connected(&self) {
        add(&self.connections, 1);
        if self.first.get().is_none() {
            self.first.set(Some(self.clock.now()));
        }
    }

    /// A message was taken.
    pub(crate) fn taken(&self, message: &Taken<'_>) -> io::Result<()> {
        add(&self.messages, 1);
        add(&self.octets, message.octets);
        add(&self.chunked, u64::from(message.chunked));
        add(&self.encrypted, u64::from(message.encrypted));
        if let Some(ledger) = &self.ledger {
            ledger.borrow_mut().write_all(message.recipients)?;
        }
        self.last.set(Some(self.clock.now()));
        if self.expect == Some(self.messages.get()) {
            self.report()?;
        }
        Ok(())
    }

    /// Prints the counts as one line of JSON.
    pub(crate) fn report(&self) -> io::Result<()> {
        if let Some(ledger) = &self.ledger {
            ledger.borrow_mut().flush()?;
        }
        let millis = |time: &Cell<Option<Timestamp>>| time.get().map(Timestamp::as_millis);
        let counts = serde_json::json!({
            "messages": self.messages.get(),
            "octets": self.octets.get(),
            "chunked": self.chunked.get(),
            "encrypted": self.encrypted.get(),
            "connections": self.connections.get(),
            "first": millis(&self.first),
            "last": millis(&self.last),
        });
        writeln!(io::stdout(), "{counts}")
    }
}

fn add(count: &Cell<u64>, more: u64) {
    count.set(count.get() + more);
}
