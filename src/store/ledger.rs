//! The writer's connection with what it remembers between transactions.

use super::error::{Fault, Problem};
use super::schema::open_scratch;
use crate::model::{CampaignId, Domain, DomainId, Peer};
use rusqlite::{CachedStatement, Connection, Params};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

/// Entries a memory holds before it starts over; keeps a process that runs for months flat.
const REMEMBERED: usize = 65_536;

/// The writer's connection. All its methods run inside the transaction of the batch.
pub(super) struct Ledger {
    connection: Connection,
    /// Whether a commit waits for the disk.
    synchronous: bool,
    words: HashMap<Box<str>, i64>,
    domains: HashMap<Box<str>, DomainId>,
    peers: HashMap<Arc<Peer>, i64>,
    /// The peer that was asked for last: settlements of a connection come together.
    last_peer: Option<(Arc<Peer>, i64)>,
    /// The addresses of campaigns that are being loaded here.
    loads: HashMap<CampaignId, Load>,
}

/// The addresses of a campaign that is being loaded.
pub(super) struct Load {
    /// The key table.
    pub(super) keys: Connection,
    /// Keys that were entered since the last were filed.
    pub(super) unfiled: Cell<u64>,
}

impl Ledger {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            synchronous: true,
            words: HashMap::new(),
            domains: HashMap::new(),
            peers: HashMap::new(),
            last_peer: None,
            loads: HashMap::new(),
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A statement that stays prepared.
    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, Fault> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// Runs one statement and returns how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, Fault> {
        Ok(self.prepare(sql)?.execute(params)?)
    }

    /// Whether the next transactions wait for the disk at COMMIT. One that does makes those before
    /// it durable too: they stand before it in the log.
    pub(super) fn set_synchronous(&mut self, synchronous: bool) -> Result<(), Fault> {
        if self.synchronous != synchronous {
            let level = if synchronous { "full" } else { "normal" };
            self.connection.pragma_update(None, "synchronous", level)?;
            self.synchronous = synchronous;
        }
        Ok(())
    }

    /// Forgets interned numbers: those of a transaction that was rolled back do not exist. A load
    /// that had a part in it has to begin anew.
    pub(super) fn forget(&mut self) {
        self.words.clear();
        self.domains.clear();
        self.peers.clear();
        self.last_peer = None;
        self.loads.clear();
    }

    /// Begins a load, with no addresses.
    pub(super) fn begin_load(&mut self, campaign: CampaignId) -> Result<(), Fault> {
        let load = Load {
            keys: open_scratch()?,
            unfiled: Cell::new(0),
        };
        self.loads.insert(campaign, load);
        Ok(())
    }

    /// Ends a load.
    pub(super) fn end_load(&mut self, campaign: CampaignId) {
        self.loads.remove(&campaign);
    }

    /// The addresses of a campaign whose load began here and has not ended.
    pub(super) fn load(&self, campaign: CampaignId) -> Option<&Load> {
        self.loads.get(&campaign)
    }

    /// The number of a text that many rows share.
    pub(super) fn word(&mut self, text: &str) -> Result<i64, Fault> {
        if let Some(id) = self.words.get(text) {
            return Ok(*id);
        }
        let id = self.intern("word", "text", text)?;
        remember(&mut self.words, text.into(), id);
        Ok(id)
    }

    /// The number of a domain.
    pub(super) fn domain(&mut self, domain: &Domain) -> Result<DomainId, Fault> {
        if let Some(id) = self.domains.get(domain.as_str()) {
            return Ok(*id);
        }
        let id = DomainId(self.intern("domain", "name", domain.as_str())?);
        remember(&mut self.domains, domain.as_str().into(), id);
        Ok(id)
    }

    /// The number of the two ends of a connection.
    pub(super) fn peer(&mut self, peer: &Arc<Peer>) -> Result<i64, Fault> {
        if let Some((last, id)) = &self.last_peer
            && Arc::ptr_eq(last, peer)
        {
            return Ok(*id);
        }
        let id = match self.peers.get(peer) {
            Some(id) => *id,
            None => self.intern_peer(peer)?,
        };
        self.last_peer = Some((Arc::clone(peer), id));
        Ok(id)
    }

    fn intern_peer(&mut self, peer: &Arc<Peer>) -> Result<i64, Fault> {
        let ip = |ip: Option<std::net::IpAddr>| ip.map(|ip| ip.to_string()).unwrap_or_default();
        let (remote, source) = (ip(peer.remote_ip), ip(peer.source_ip));
        let params = (&peer.mx, &remote, &source, &peer.tls);
        let found = self
            .prepare(
                "SELECT id FROM peer WHERE mx = ?1 AND remote_ip = ?2 AND source_ip = ?3 AND tls = ?4",
            )?
            .query_row(params, |row| row.get(0));
        let id = match found {
            Err(rusqlite::Error::QueryReturnedNoRows) => {
                self.execute(
                    "INSERT INTO peer (mx, remote_ip, source_ip, tls) VALUES (?1, ?2, ?3, ?4)",
                    params,
                )?;
                self.connection.last_insert_rowid()
            }
            found => found?,
        };
        remember(&mut self.peers, Arc::clone(peer), id);
        Ok(id)
    }

    /// Finds or enters `text` in a table of unique texts.
    fn intern(&self, table: &str, column: &str, text: &str) -> Result<i64, Fault> {
        let found = self
            .prepare(&format!("SELECT id FROM {table} WHERE {column} = ?1"))?
            .query_row([text], |row| row.get(0));
        match found {
            Err(rusqlite::Error::QueryReturnedNoRows) => {
                let sql = format!("INSERT INTO {table} ({column}) VALUES (?1)");
                self.execute(&sql, [text])?;
                Ok(self.connection.last_insert_rowid())
            }
            found => Ok(found?),
        }
    }
}

/// Takes an entry in, starting over where the memory is full.
fn remember<K: std::hash::Hash + Eq, V>(memory: &mut HashMap<K, V>, key: K, value: V) {
    if memory.len() >= REMEMBERED {
        memory.clear();
    }
    memory.insert(key, value);
}

/// A row count as the words of this module have it.
pub(super) fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

/// A number of ours as SQLite has it.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number of SQLite's that is never negative.
pub(super) fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// The error for a row that makes no sense.
pub(super) fn damaged(what: impl std::fmt::Display) -> Fault {
    Fault::Problem(Problem::Damaged(what.to_string()))
}
