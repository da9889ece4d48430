//! A part of an import is entered: who is new, and who is brought up to date.

use super::known::{Known, Place, look_up_all};
use super::{Import, Imported, PreparedSubscriber};
use crate::model::FieldType;
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::write::gone::Gone;
use crate::store::write::keys::{Entry, SUBSCRIBERS, Wanted, enter, look_up};
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
        let main = self.ledger.connection();
        let rows = self.not_erased(rows)?;
        let (mut known, places) = look_up_all(main, self.import.list.0, &rows)?;
        known.extend(self.enter(first, &rows, &places)?);
        known.sort_by_key(|known| known.holder);
        self.bring_up_to_date(&known)?;
        Ok((self.kinds, self.sums))
    }

    /// The rows but those of addresses that were erased.
    fn not_erased<'r>(
        &mut self,
        rows: &'r [PreparedSubscriber],
    ) -> Result<Vec<&'r PreparedSubscriber>, Fault> {
        let main = self.ledger.connection();
        let Some(erased) = Gone::open(main)? else {
            return Ok(rows.iter().collect());
        };
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            if erased.has(main, &row.address)? {
                self.sums.erased += 1;
            } else {
                kept.push(row);
            }
        }
        Ok(kept)
    }

    /// Enters who is new. Returns whom the list has though their numbers are taken by others.
    fn enter<'r>(
        &mut self,
        first: i64,
        rows: &[&'r PreparedSubscriber],
        places: &[Place],
    ) -> Result<Vec<Known<'r>>, Fault> {
        let (list, now) = (self.import.list.0, self.import.now.as_millis());
        let entries = self.entries(first, rows, places)?;
        let main = self.ledger.connection();
        let mut insert = self.ledger.prepare(
            "INSERT INTO subscriber (id, list_id, email, fields, added, updated)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        )?;
        let mut known = Vec::new();
        for ((id, &row), entry) in (first..).zip(rows).zip(entries) {
            match entry {
                // They are known.
                Entry::Keyless => {}
                Entry::New if !self.import.rules.add => self.sums.unknown += 1,
                Entry::New => {
                    insert.execute((id, list, &row.email, &row.json, now))?;
                    self.sums.added += 1;
                    self.see(id);
                    self.observe(row);
                }
                Entry::Known(holder) if holder >= first => self.sums.duplicates += 1,
                Entry::Known(holder) => known.push(Known::read(main, holder, row)?),
            }
        }
        Ok(known)
    }

    /// What becomes of each row whose place is not taken by its own subscriber.
    fn entries(
        &self,
        first: i64,
        rows: &[&PreparedSubscriber],
        places: &[Place],
    ) -> Result<Vec<Entry>, Fault> {
        let (main, list) = (self.ledger.connection(), self.import.list.0);
        let rows = rows.iter().zip(places);
        if self.import.rules.add {
            let wanted: Vec<_> = rows
                .map(|(row, place)| {
                    (*place != Place::Taken).then_some(Wanted {
                        hash: row.hash,
                        address: &row.address,
                        free: *place == Place::Free,
                    })
                })
                .collect();
            return enter(self.ledger, main, &SUBSCRIBERS, (list, first), &wanted);
        }
        rows.map(|(row, place)| match place {
            Place::Taken => Ok(Entry::Keyless),
            Place::Free => Ok(Entry::New),
            Place::Collides => {
                let key = (row.hash, &row.address);
                let found = look_up(main, &SUBSCRIBERS, list, key)?;
                Ok(found.map_or(Entry::New, |(_, id)| Entry::Known(id)))
            }
        })
        .collect()
    }

    /// Brings those up to date who were there, in key order. The first row of an import wins.
    fn bring_up_to_date(&mut self, known: &[Known<'_>]) -> Result<(), Fault> {
        let mut update = self
            .ledger
            .prepare("UPDATE subscriber SET email = ?2, fields = ?3, updated = ?4 WHERE id = ?1")?;
        for Known {
            holder,
            email,
            fields,
            row,
        } in known
        {
            if !self.see(*holder) {
                self.sums.duplicates += 1;
                continue;
            }
            if self.import.rules.known == OnKnown::Leave {
                self.sums.left_alone += 1;
                continue;
            }
            self.observe(row);
            match merged((email, fields), row, self.import.rules)? {
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
