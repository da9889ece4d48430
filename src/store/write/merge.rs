//! What a subscriber's fields become when a row says something of them.

use super::enqueue::json;
use super::import::PreparedSubscriber;
use crate::model::Fields;
use crate::store::error::Fault;
use crate::store::ledger::damaged;

/// What an import does with whom it meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportRules {
    /// With subscribers the list has.
    pub known: OnKnown,
    /// Whether it adds those the list does not have.
    pub add: bool,
    /// Whether an empty cell of the source leaves a filled one of the list as it is.
    pub keep_filled: bool,
}

/// What happens to a subscriber whom the list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnKnown {
    /// Fields the row has replace the list's; the others stay.
    Merge,
    /// The row's fields are all there is of them afterwards.
    Replace,
    /// Nothing.
    Leave,
}

impl Default for ImportRules {
    /// Merges who is known and adds who is not.
    fn default() -> Self {
        Self {
            known: OnKnown::Merge,
            add: true,
            keep_filled: false,
        }
    }
}

/// The fields a subscriber has after a row, as they are kept; `None` where nothing changes.
pub(crate) fn merged(
    (email, known): (&str, &str),
    row: &PreparedSubscriber,
    rules: ImportRules,
) -> Result<Option<String>, Fault> {
    let same_address = email == row.email;
    if same_address && known == row.json {
        return Ok(None);
    }
    let before: Fields = serde_json::from_str(known).map_err(damaged)?;
    let mut after = match rules.known {
        OnKnown::Merge | OnKnown::Leave => before.clone(),
        OnKnown::Replace => Fields::new(),
    };
    for (name, cell) in row.fields.iter() {
        let kept = before.get(name).filter(|kept| !kept.trim().is_empty());
        match kept.filter(|_| rules.keep_filled && cell.trim().is_empty()) {
            Some(kept) => after.set(name, kept),
            None => after.set(name, cell),
        }
    }
    let same = same_address && is_same(&before, &after);
    Ok((!same).then(|| json(&after)))
}

/// Whether both say the same, in whatever order. A field that is not there is empty: its column came to
/// the list later.
fn is_same(one: &Fields, other: &Fields) -> bool {
    let within = |one: &Fields, other: &Fields| {
        one.iter()
            .all(|(name, text)| other.get(name).unwrap_or_default() == text)
    };
    within(one, other) && within(other, one)
}
