//! A campaign's segment: which rows of its list are meant, and how many they are.

use super::rows::{Origin, Row, RowsError, each_row};
use crate::list::{Known, Segment, SegmentError};
use crate::model::{ColumnTypes, Day, FieldType};
use crate::store::Reader;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A segment as it is asked for. What was found out about its list is kept with it.
#[derive(Debug)]
pub struct Segmentation {
    /// The expression.
    pub expression: String,
    /// What `today` is in it.
    pub today: Day,
    shape: OnceLock<(Vec<String>, ColumnTypes)>,
    counted: Mutex<Option<Counted>>,
}

/// How many of a list a segment takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Subscribers in the segment.
    pub taken: u64,
    /// Subscribers of the list with a usable address.
    pub of: u64,
}

impl Segmentation {
    /// A segment of nothing in particular yet.
    #[must_use]
    pub fn new(expression: String, today: Day) -> Self {
        Self {
            expression,
            today,
            shape: OnceLock::new(),
            counted: Mutex::new(None),
        }
    }

    /// How many it took when the list was last read to its end.
    #[must_use]
    pub fn counted(&self) -> Option<Counted> {
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a list and hands on the rows in the segment, and those without a usable address, of
    /// which nobody can tell.
    ///
    /// The types of a file's columns are found out by reading it once more beforehand; what can be
    /// read only once is judged cell by cell.
    pub(super) fn each_row<E: From<RowsError>>(
        &self,
        of: &Origin,
        take: &mut dyn FnMut(Row) -> Result<bool, E>,
    ) -> Result<Vec<String>, E> {
        let mut segment = match self.shape(of)? {
            Some((columns, types)) => Some(self.compile(of, columns, types)?),
            None => None,
        };
        let mut counted = Counted { taken: 0, of: 0 };
        let mut ended = true;
        let columns = each_row(of, |row| -> Result<bool, E> {
            let Row::Valid {
                row: number,
                address,
                fields,
            } = &row
            else {
                ended = take(row)?;
                return Ok(ended);
            };
            let segment = match &mut segment {
                Some(segment) => segment,
                none => {
                    let columns: Vec<String> =
                        fields.iter().map(|(name, _)| name.to_owned()).collect();
                    none.insert(self.compile(of, &columns, &ColumnTypes::default())?)
                }
            };
            counted.of += 1;
            let taken = segment
                .takes(address, fields)
                .map_err(|source| RowsError::Misfit {
                    row: *number,
                    source,
                })?;
            if !taken {
                return Ok(true);
            }
            counted.taken += 1;
            ended = take(row)?;
            Ok(ended)
        })?;
        if segment.is_none() {
            self.compile(of, &columns, &ColumnTypes::default())?;
        }
        if ended {
            *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
        }
        Ok(columns)
    }

    /// The list's columns and their types, where they can be known beforehand.
    fn shape(&self, of: &Origin) -> Result<Option<&(Vec<String>, ColumnTypes)>, RowsError> {
        if let Some(known) = self.shape.get() {
            return Ok(Some(known));
        }
        let shape = match of {
            Origin::List { name, ledger } => {
                let list = Reader::open(ledger)?.list(name)?;
                let list = list.ok_or_else(|| RowsError::NoSuchList { name: name.clone() })?;
                (list.columns, list.types)
            }
            Origin::File { .. } | Origin::Segmented { .. } if of.can_be_read_again() => learn(of)?,
            Origin::File { .. } | Origin::Segmented { .. } => return Ok(None),
        };
        Ok(Some(self.shape.get_or_init(|| shape)))
    }

    fn compile(
        &self,
        of: &Origin,
        columns: &[String],
        types: &ColumnTypes,
    ) -> Result<Segment, RowsError> {
        let known = Known { columns, types };
        let compiled = Segment::compile(&self.expression, &known, self.today);
        compiled.map_err(|error| explained(error, of))
    }
}

/// Adds to an error about a column's type a cell that shows it.
fn explained(error: SegmentError, of: &Origin) -> RowsError {
    let Some((column, wanted)) = error.misread().filter(|_| of.can_be_read_again()) else {
        return RowsError::Segment(Box::new(error));
    };
    let mut example = None;
    let searched = each_row(of, |row| {
        if let Row::Valid { row, fields, .. } = row {
            let cell = fields.get(column).unwrap_or_default();
            if !wanted.takes(cell) {
                let cell: String = cell.chars().take(40).collect();
                example = Some(format!(" (row {row} has {cell:?})"));
            }
        }
        Ok::<_, RowsError>(example.is_none())
    });
    match (searched, example) {
        (Ok(_), Some(example)) => RowsError::Segment(Box::new(error.because(&example))),
        _ => RowsError::Segment(Box::new(error)),
    }
}

/// The types of a file's columns, by reading it.
fn learn(of: &Origin) -> Result<(Vec<String>, ColumnTypes), RowsError> {
    let mut types = ColumnTypes::default();
    let columns = each_row(of, |row| {
        if let Row::Valid { fields, .. } = row {
            for (name, cell) in fields.iter() {
                let known = types.get(name);
                if known.is_none_or(|known| known.kind != FieldType::Text)
                    && let Some(found) = FieldType::of(cell)
                {
                    types.observe(name, found);
                }
            }
        }
        Ok::<_, RowsError>(true)
    })?;
    Ok((columns, types))
}
