//! Addresses and domains that are never mailed.

use super::erased::{ErasedKey, Eraser};
use crate::model::{Address, CampaignId, Domain, Timestamp};
use crate::store::error::{Fault, Problem};
use crate::store::ledger::{Ledger, count};
use rusqlite::OptionalExtension;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// Who is not to be mailed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SuppressionTarget {
    /// One address, whatever its case.
    Address(Address),
    /// All addresses of exactly this domain; subdomains are domains of their own.
    Domain(Domain),
    /// An address of which only the keyed hash is left, as exports show it.
    Erased(ErasedKey),
}

/// Where a suppression holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuppressionScope {
    /// In everything this ledger sends.
    #[default]
    Everything,
    /// In campaigns to the list of that name.
    List(String),
    /// In the campaign of that name.
    Campaign(String),
}

/// A suppression to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Who.
    pub target: SuppressionTarget,
    /// Where.
    pub scope: SuppressionScope,
    /// Why, in words; shown in reports of suppressed recipients.
    pub reason: String,
    /// Where it came from: a person, a file, a bounce mail.
    pub source: String,
    /// Since when, where that is not now.
    pub since: Option<Timestamp>,
}

impl SuppressionTarget {
    /// Its key in the table.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Address(address) => address.key(),
            Self::Domain(domain) => domain_key(domain),
            Self::Erased(key) => key.to_string(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Domain(domain) => domain_key(domain),
            Self::Erased(key) => key.to_string(),
        }
    }
}

impl fmt::Display for SuppressionScope {
    /// `everything`, `list:NAME` or `campaign:NAME`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::List(name) => write!(f, "list:{name}"),
            Self::Campaign(name) => write!(f, "campaign:{name}"),
        }
    }
}

impl FromStr for SuppressionScope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text.is_empty() || text == "everything" => Ok(Self::Everything),
            Some(("list", name)) if !name.is_empty() => Ok(Self::List(name.to_owned())),
            Some(("campaign", name)) if !name.is_empty() => Ok(Self::Campaign(name.to_owned())),
            _ => Err(format!(
                "{text:?} is no scope; write everything, list:NAME or campaign:NAME"
            )),
        }
    }
}

impl SuppressionScope {
    /// Its text in the table.
    pub(crate) fn column(&self) -> String {
        match self {
            Self::Everything => String::new(),
            scoped => scoped.to_string(),
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
    let next = version(ledger)? + 1;
    let mut added = 0;
    for entry in &entries {
        added += count(ledger.execute(
            "INSERT INTO suppression (key, scope, email, reason, source, added, seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            (
                entry.target.key(),
                entry.scope.column(),
                entry.target.text(),
                &entry.reason,
                &entry.source,
                entry.since.unwrap_or(now).as_millis(),
                next,
            ),
        )?);
    }
    if added > 0 {
        ledger.execute("UPDATE suppression_version SET version = ?1", [next])?;
    }
    Ok(added)
}

/// Takes suppressions of one scope back, of an address also what is left of it where it was erased.
/// Recipients that were suppressed because of them stay so. Returns how many were there.
pub(crate) fn unsuppress(
    ledger: &Ledger,
    targets: &[SuppressionTarget],
    scope: &SuppressionScope,
) -> Result<u64, Fault> {
    let eraser = Eraser::of(ledger)?;
    let mut removed = 0;
    for target in targets {
        let remove = |key: &str| -> Result<u64, Fault> {
            Ok(count(ledger.execute(
                "DELETE FROM suppression WHERE key = ?1 AND scope = ?2",
                (key, scope.column()),
            )?))
        };
        removed += remove(&target.key())?;
        if let SuppressionTarget::Address(address) = target {
            removed += remove(&eraser.key(address).to_string())?;
            // Whoever is mailed again begins anew.
            ledger.execute("DELETE FROM strike WHERE key = ?1", [address.key()])?;
        }
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

/// Who was suppressed for a campaign after `since`, as keys, and the version now.
pub(crate) fn suppressed_since(
    ledger: &Ledger,
    campaign: CampaignId,
    since: i64,
) -> Result<(Vec<String>, i64), Fault> {
    let now = version(ledger)?;
    if now == since {
        return Ok((Vec::new(), now));
    }
    let [list, own] = scopes(ledger, campaign)?;
    let mut statement =
        ledger.prepare("SELECT key FROM suppression WHERE seq > ?1 AND scope IN ('', ?2, ?3)")?;
    let keys = statement
        .query_map((since, list, own), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok((keys, now))
}

/// Look-ups of one job for one campaign: cheap where there is nothing, and a domain is asked for once.
pub(crate) struct Suppressions {
    any: bool,
    /// Where some address was erased.
    erased: Option<Eraser>,
    /// Scopes that hold for the campaign, besides everything.
    scopes: [String; 2],
    domains: HashMap<Domain, Option<String>>,
}

impl Suppressions {
    pub(crate) fn open(ledger: &Ledger, campaign: CampaignId) -> Result<Self, Fault> {
        let exists = |sql: &str| -> Result<bool, Fault> {
            Ok(ledger.prepare(sql)?.query_row([], |row| row.get(0))?)
        };
        let any = exists("SELECT EXISTS (SELECT 1 FROM suppression)")?;
        let erased =
            exists("SELECT EXISTS (SELECT 1 FROM suppression WHERE key >= '#' AND key < '$')")?
                .then(|| Eraser::of(ledger))
                .transpose()?;
        Ok(Self {
            any,
            erased,
            scopes: scopes(ledger, campaign)?,
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
        if let Some(reason) = self.reason(ledger, &address.key())? {
            return Ok(Some(reason));
        }
        if let Some(eraser) = &self.erased {
            let key = eraser.key(address).to_string();
            if let Some(reason) = self.reason(ledger, &key)? {
                return Ok(Some(reason));
            }
        }
        let domain = address.domain();
        if let Some(known) = self.domains.get(domain) {
            return Ok(known.clone());
        }
        let found = self.reason(ledger, &domain_key(domain))?;
        self.domains.insert(domain.clone(), found.clone());
        Ok(found)
    }

    /// Whether an address is one that was erased.
    pub(crate) fn is_erased(&self, ledger: &Ledger, address: &Address) -> Result<bool, Fault> {
        match &self.erased {
            Some(eraser) => {
                let key = eraser.key(address).to_string();
                Ok(self.reason(ledger, &key)?.is_some())
            }
            None => Ok(false),
        }
    }

    fn reason(&self, ledger: &Ledger, key: &str) -> Result<Option<String>, Fault> {
        let [list, campaign] = &self.scopes;
        let found = ledger
            .prepare(
                "SELECT reason FROM suppression
                 WHERE key = ?1 AND scope IN ('', ?2, ?3) ORDER BY scope LIMIT 1",
            )?
            .query_row((key, list, campaign), |row| row.get(0))
            .optional()?;
        Ok(found)
    }
}

/// The scopes that hold for a campaign, as the table has them: its list's (empty where it has none)
/// and its own.
fn scopes(ledger: &Ledger, campaign: CampaignId) -> Result<[String; 2], Fault> {
    let found: Option<(String, String)> = ledger
        .prepare("SELECT name, list FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (name, list) = found.ok_or_else(|| Problem::NoSuch(format!("campaign {campaign}")))?;
    let list = match list.as_str() {
        "" => String::new(),
        _ => SuppressionScope::List(list).column(),
    };
    Ok([list, SuppressionScope::Campaign(name).column()])
}
