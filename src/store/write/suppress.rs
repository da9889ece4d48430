//! Addresses and domains that are never mailed.

use crate::model::{Address, Domain, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, count};
use std::collections::HashMap;

/// Who is not to be mailed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SuppressionTarget {
    /// One address, whatever its case.
    Address(Address),
    /// All addresses of exactly this domain; subdomains are domains of their own.
    Domain(Domain),
}

/// A suppression to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Who.
    pub target: SuppressionTarget,
    /// Why, in words; shown in reports of suppressed recipients.
    pub reason: String,
    /// Where it came from: a person, a file, a bounce mail.
    pub source: String,
}

impl SuppressionTarget {
    /// Its key in the table.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Address(address) => address.key(),
            Self::Domain(domain) => domain_key(domain),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Domain(domain) => domain_key(domain),
        }
    }
}

/// The key of a domain: no address begins with `@`.
pub(crate) fn domain_key(domain: &Domain) -> String {
    format!("@{domain}")
}

/// Adds suppressions; those that are there keep their reason and date. Returns how many are new.
pub(crate) fn suppress(
    ledger: &Ledger,
    mut entries: Vec<Suppression>,
    now: Timestamp,
) -> Result<u64, Fault> {
    entries.sort_by_cached_key(|entry| entry.target.key());
    let mut added = 0;
    for entry in &entries {
        added += count(ledger.execute(
            "INSERT INTO suppression (key, email, reason, source, added)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            (
                entry.target.key(),
                entry.target.text(),
                &entry.reason,
                &entry.source,
                now.as_millis(),
            ),
        )?);
    }
    if added > 0 {
        ledger.execute("UPDATE suppression_version SET version = version + 1", [])?;
    }
    Ok(added)
}

/// Takes suppressions back. Recipients that were suppressed because of them stay so. Returns how
/// many were there.
pub(crate) fn unsuppress(ledger: &Ledger, targets: &[SuppressionTarget]) -> Result<u64, Fault> {
    let mut removed = 0;
    for target in targets {
        removed += count(ledger.execute("DELETE FROM suppression WHERE key = ?1", [target.key()])?);
    }
    Ok(removed)
}

/// The number of changes to the suppressions that took something in.
pub(crate) fn version(ledger: &Ledger) -> Result<i64, Fault> {
    let version = ledger
        .prepare("SELECT version FROM suppression_version")?
        .query_row([], |row| row.get(0))?;
    Ok(version)
}

/// Look-ups of one job: cheap where there is nothing, and a domain is asked for once.
pub(crate) struct Suppressions {
    any: bool,
    domains: HashMap<Domain, Option<String>>,
}

impl Suppressions {
    pub(crate) fn open(ledger: &Ledger) -> Result<Self, Fault> {
        let any = ledger
            .prepare("SELECT EXISTS (SELECT 1 FROM suppression)")?
            .query_row([], |row| row.get(0))?;
        Ok(Self {
            any,
            domains: HashMap::new(),
        })
    }

    /// Why an address is not to be mailed, if it is not.
    pub(crate) fn find(
        &mut self,
        ledger: &Ledger,
        address: &Address,
    ) -> Result<Option<String>, Fault> {
        if !self.any {
            return Ok(None);
        }
        if let Some(reason) = reason(ledger, &address.key())? {
            return Ok(Some(reason));
        }
        let domain = address.domain();
        if let Some(known) = self.domains.get(domain) {
            return Ok(known.clone());
        }
        let found = reason(ledger, &domain_key(domain))?;
        self.domains.insert(domain.clone(), found.clone());
        Ok(found)
    }
}

fn reason(ledger: &Ledger, key: &str) -> Result<Option<String>, Fault> {
    let found = ledger
        .prepare("SELECT reason FROM suppression WHERE key = ?1")?
        .query_row([key], |row| row.get(0));
    match found {
        Ok(reason) => Ok(Some(reason)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
