//! A part of an import is entered: who is new, and who is brought up to date.

use super::{Import, Imported, PreparedSubscriber};
use crate::model::FieldType;
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::write::gone::Gone;
use crate::store::write::keys::{Entry, SUBSCRIBERS, enter, look_up};
use crate::store::write::merge::{OnKnown, merged};
use std::sync::PoisonError;

/// A part while it is entered.
pub(super) struct Part<'a> {
    ledger: &'a Ledger,
    import: &'a Import,
    /// What the columns of the rows that were used can be read as.
    kinds: Vec<Option<FieldType>>,
    sums: Imported,
}

type KnownRows<'r> = Vec<(i64, &'r PreparedSubscriber)>;

impl<'a> Part<'a> {
    pub(super) fn new(ledger: &'a Ledger, import: &'a Import) -> Self {
        Self {
            ledger,
            import,
            kinds: vec![None; import.columns.len()],
            sums: Imported::default(),
        }
    }

    /// Enters rows, the new ones with ids from `first` on. Returns what their columns can be read as,
    /// and what became of them.
    pub(super) fn run(
        mut self,
        first: i64,
        rows: &[PreparedSubscriber],
    ) -> Result<(Vec<Option<FieldType>>, Imported), Fault> {
        let known = self.enter(first, rows)?;
        self.bring_up_to_date(known)?;
        Ok((self.kinds, self.sums))
    }

    /// Enters who is new. Returns who is known, in the order of the rows.
    fn enter<'r>(
        &mut self,
        first: i64,
        rows: &'r [PreparedSubscriber],
    ) -> Result<KnownRows<'r>, Fault> {
        let (list, now) = (self.import.list.0, self.import.now.as_millis());
        let entries = self.entries(first, rows)?;
        let mut insert = self.ledger.prepare(
            "INSERT INTO subscriber (id, list_id, email, fields, added, updated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        )?;
        let mut known = Vec::new();
        for ((id, row), entry) in (first..).zip(rows).zip(entries) {
            match entry {
                Entry::Keyless => self.sums.erased += 1,
                Entry::New if !self.import.rules.add => self.sums.unknown += 1,
                Entry::New => {
                    insert.execute((id, list, &row.email, &row.json, now))?;
                    self.sums.added += 1;
                    self.see(id);
                    self.observe(row);
                }
                Entry::Known(holder) if holder >= first => self.sums.duplicates += 1,
                Entry::Known(holder) => known.push((holder, row)),
            }
        }
        Ok(known)
    }

    /// What the list has of each row; nothing of those that were erased.
    fn entries(&self, first: i64, rows: &[PreparedSubscriber]) -> Result<Vec<Entry>, Fault> {
        let main = self.ledger.connection();
        let erased = Gone::open(main)?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let gone = match &erased {
                Some(erased) => erased.has(main, &row.address)?,
                None => false,
            };
            keys.push((!gone).then_some((row.hash, &row.address)));
        }
        let list = self.import.list.0;
        if self.import.rules.add {
            return enter(self.ledger, main, &SUBSCRIBERS, (list, first), &keys);
        }
        let found = keys.into_iter().map(|key| match key {
            None => Ok(Entry::Keyless),
            Some(key) => Ok(match look_up(main, &SUBSCRIBERS, list, key)? {
                Some((_, id)) => Entry::Known(id),
                None => Entry::New,
            }),
        });
        found.collect()
    }

    /// Brings those up to date who were there. In key order; the first row of an import wins.
    fn bring_up_to_date(&mut self, mut known: KnownRows<'_>) -> Result<(), Fault> {
        known.sort_by_key(|(holder, _)| *holder);
        let mut read = self
            .ledger
            .prepare("SELECT email, fields FROM subscriber WHERE id = ?1")?;
        let mut update = self
            .ledger
            .prepare("UPDATE subscriber SET email = ?2, fields = ?3, updated = ?4 WHERE id = ?1")?;
        for (holder, row) in known {
            if !self.see(holder) {
                self.sums.duplicates += 1;
                continue;
            }
            if self.import.rules.known == OnKnown::Leave {
                self.sums.left_alone += 1;
                continue;
            }
            let (email, fields): (String, String) =
                read.query_row([holder], |row| Ok((row.get(0)?, row.get(1)?)))?;
            self.observe(row);
            match merged((&email, &fields), row, self.import.rules)? {
                None => self.sums.unchanged += 1,
                Some(fields) => {
                    let now = self.import.now.as_millis();
                    update.execute((holder, &row.email, fields, now))?;
                    self.sums.updated += 1;
                }
            }
        }
        Ok(())
    }

    /// Notes that the import had a subscriber; `false` where it had before.
    fn see(&self, id: i64) -> bool {
        let mut seen = self
            .import
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        seen.insert(id)
    }

    /// Takes in what the cells of a row can be read as.
    fn observe(&mut self, row: &PreparedSubscriber) {
        let join = |known: &mut Option<FieldType>, found: Option<FieldType>| {
            if let Some(found) = found {
                *known = Some(known.map_or(found, |known| known.join(found)));
            }
        };
        let columns = self.import.columns.iter();
        if row.fields.len() == columns.len() {
            let cells = row.fields.iter().zip(&row.kinds);
            for ((known, column), ((name, _), kind)) in
                self.kinds.iter_mut().zip(columns).zip(cells)
            {
                let other = || row.fields.get(column).and_then(FieldType::of);
                join(known, if name == column { *kind } else { other() });
            }
            return;
        }
        for (known, column) in self.kinds.iter_mut().zip(columns) {
            join(known, row.fields.get(column).and_then(FieldType::of));
        }
    }
}
