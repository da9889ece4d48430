//! The list: who is on it twice, who is nobody, and whose mailboxes they are.

use super::findings::{Findings, Who};
use super::rules::audience::{
    DUPLICATE_RECIPIENTS, INVALID_ROWS, NO_RECIPIENTS, OLD_CARRIER_ADDRESSES, ROLE_ADDRESSES,
};
use super::shares::Shares;
use super::words::cut;
use crate::model::Address;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Counts a list's rows in their order. It keeps eight octets for each address.
#[derive(Debug, Default)]
pub struct Audience {
    hasher: RandomState,
    /// The addresses so far, as hashes of their keys: two that are taken for one among five
    /// million are less likely than one in a million.
    seen: HashSet<u64>,
    /// Addresses and domains that get no mail, in the same way.
    suppressed: HashSet<u64>,
    /// How many rows there are of what.
    pub counts: Rows,
    /// Whose mailboxes the recipients have.
    pub shares: Shares,
}

/// Rows of a list by what becomes of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows {
    /// All of them.
    pub rows: u64,
    /// Recipients that would get a letter.
    pub valid: u64,
    /// Rows without a usable address.
    pub invalid: u64,
    /// Rows that name an address again.
    pub duplicates: u64,
    /// Recipients that are suppressed.
    pub suppressed: u64,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It gets a letter.
    Recipient,
    /// The address stood in an earlier row.
    Duplicate,
    /// Its address or domain is suppressed.
    Suppressed,
}

impl Audience {
    /// An address, or `@` and a domain, that gets no mail.
    pub fn suppress(&mut self, target: &str) {
        let key = match target.strip_prefix('@') {
            Some(domain) => self.hash(&domain_key(domain)),
            None => match Address::parse(target) {
                Ok(address) => self.hash(&address.key()),
                Err(_) => return,
            },
        };
        self.suppressed.insert(key);
    }

    /// Counts a row with a usable address, and judges the address.
    pub fn address(&mut self, row: u64, address: &Address, findings: &mut Findings) -> Fate {
        self.row();
        let recipient = address.to_string();
        let who = Who {
            row,
            recipient: &recipient,
        };
        let key = self.hash(&address.key());
        if !self.seen.insert(key) {
            self.counts.duplicates += 1;
            findings.row(&DUPLICATE_RECIPIENTS, "named again", who);
            return Fate::Duplicate;
        }
        let domain = self.hash(&domain_key(address.domain().as_str()));
        if !self.suppressed.is_empty()
            && (self.suppressed.contains(&key) || self.suppressed.contains(&domain))
        {
            self.counts.suppressed += 1;
            return Fate::Suppressed;
        }
        self.counts.valid += 1;
        self.shares.add(address.domain());
        if let Some(role) = role(address.local()) {
            findings.row(&ROLE_ADDRESSES, format!("{role}@"), who);
        }
        if has_odd_dots(address.local()) {
            findings.row(&OLD_CARRIER_ADDRESSES, address.domain().as_str(), who);
        }
        Fate::Recipient
    }

    /// Counts a row that has no usable address.
    pub fn reject(&mut self, row: u64, text: &str, why: &str, findings: &mut Findings) {
        self.row();
        self.counts.invalid += 1;
        // The line is in the row's number; without it, alike mistakes are told together.
        let why = match why.split_once(": ") {
            Some((place, why)) if place.starts_with("line ") => why,
            _ => why,
        };
        findings.row(
            &INVALID_ROWS,
            cut(why),
            Who {
                row,
                recipient: &cut(text),
            },
        );
    }

    /// Judges the list as a whole, after its last row.
    pub fn judge(&self, findings: &mut Findings) {
        if self.counts.valid == 0 {
            let Rows {
                rows,
                invalid,
                suppressed,
                ..
            } = self.counts;
            let detail =
                format!("{rows} rows, {invalid} without an address, {suppressed} suppressed");
            findings.campaign(&NO_RECIPIENTS, detail);
        }
    }

    fn row(&mut self) {
        self.counts.rows += 1;
        self.shares.add_rows(1);
    }

    fn hash(&self, key: &str) -> u64 {
        self.hasher.hash_one(key)
    }
}

/// No address has this form, so that domains and addresses may share a set.
fn domain_key(domain: &str) -> String {
    format!("@{}", domain.to_ascii_lowercase())
}

/// The function that a local part names (RFC 2142 and common use), whatever its tag.
fn role(local: &str) -> Option<&'static str> {
    let name = local.split('+').next().unwrap_or(local);
    ROLES
        .iter()
        .find(|role| name.eq_ignore_ascii_case(role))
        .copied()
}

fn has_odd_dots(local: &str) -> bool {
    local.starts_with('.') || local.ends_with('.') || local.contains("..")
}

const ROLES: [&str; 38] = [
    "abuse",
    "admin",
    "administrator",
    "billing",
    "contact",
    "customerservice",
    "devnull",
    "do-not-reply",
    "donotreply",
    "enquiries",
    "feedback",
    "ftp",
    "help",
    "hello",
    "helpdesk",
    "hostmaster",
    "hr",
    "info",
    "inquiry",
    "jobs",
    "mail",
    "mailer-daemon",
    "marketing",
    "media",
    "news",
    "no-reply",
    "noc",
    "noreply",
    "office",
    "postmaster",
    "press",
    "root",
    "sales",
    "security",
    "spam",
    "support",
    "usenet",
    "webmaster",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn add(audience: &mut Audience, findings: &mut Findings, row: u64, email: &str) -> Fate {
        audience.address(row, &Address::parse(email).unwrap(), findings)
    }

    #[test]
    fn rows_are_counted_by_their_fate() {
        let (mut audience, mut findings) = (Audience::default(), Findings::default());
        audience.suppress("stop@example.com");
        audience.suppress("@Gone.example");
        let mut fate = |row, email| add(&mut audience, &mut findings, row, email);
        assert_eq!(fate(1, "Ann@example.com"), Fate::Recipient);
        assert_eq!(fate(2, "ann@EXAMPLE.com"), Fate::Duplicate);
        assert_eq!(fate(3, "stop@example.com"), Fate::Suppressed);
        assert_eq!(fate(4, "x@gone.example"), Fate::Suppressed);
        assert_eq!(fate(5, "info+x@example.com"), Fate::Recipient);
        assert_eq!(fate(6, "a..b@docomo.ne.jp"), Fate::Recipient);
        audience.reject(7, "nobody", "line 9: there is no @", &mut findings);
        audience.judge(&mut findings);
        let Rows {
            rows,
            valid,
            invalid,
            duplicates,
            suppressed,
        } = audience.counts;
        assert_eq!(
            (rows, valid, invalid, duplicates, suppressed),
            (7, 3, 1, 1, 2)
        );
        assert_eq!(audience.shares.recipients(), 3);
        let found = findings.finish(&audience.shares, 0, &[]);
        let found: Vec<_> = found
            .iter()
            .map(|f| (f.rule, f.count, f.details[0].examples[0].row))
            .collect();
        assert_eq!(
            found,
            [
                ("invalid-rows", 1, 7),
                ("role-addresses", 1, 5),
                ("old-carrier-addresses", 1, 6),
                ("duplicate-recipients", 1, 2),
            ]
        );
    }

    #[test]
    fn a_list_of_nobody_is_noticed() {
        let mut findings = Findings::default();
        Audience::default().judge(&mut findings);
        assert_eq!(
            findings.finish(&Shares::default(), 0, &[])[0].rule,
            "no-recipients"
        );
    }
}
