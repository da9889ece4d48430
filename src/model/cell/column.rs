//! The types of a list's columns.

use super::FieldType;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// The type of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ColumnType {
    /// What all its cells can be read as.
    pub kind: FieldType,
    /// Whether a person has said so: cells that do not fit are refused. Otherwise it was found out,
    /// and it widens with the cells.
    pub fixed: bool,
}

/// The types of a list's columns by their names. A column without a filled cell has none, and
/// `email` never has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnTypes(BTreeMap<String, ColumnType>);

/// The mark of a type that a person has fixed, where types are kept.
const FIXED: &str = "=";

impl From<ColumnType> for String {
    fn from(column: ColumnType) -> Self {
        let mark = if column.fixed { FIXED } else { "" };
        format!("{mark}{}", column.kind)
    }
}

impl TryFrom<String> for ColumnType {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fixed = text.starts_with(FIXED);
        let kind = FieldType::from_str(text.trim_start_matches(FIXED))?;
        Ok(Self { kind, fixed })
    }
}

impl ColumnTypes {
    /// The type of a column, where it has one.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<ColumnType> {
        self.0.get(column).copied()
    }

    /// Columns and their types, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ColumnType)> {
        self.0.iter().map(|(name, kind)| (name.as_str(), *kind))
    }

    /// Takes in that a column has a cell of this type. Returns whether that changes the column's
    /// type.
    pub fn observe(&mut self, column: &str, found: FieldType) -> bool {
        if column == "email" {
            return false;
        }
        match self.0.get_mut(column) {
            Some(known) if known.fixed || known.kind.join(found) == known.kind => false,
            Some(known) => {
                known.kind = known.kind.join(found);
                true
            }
            None => {
                let kind = if is_code(column) {
                    FieldType::Text
                } else {
                    found
                };
                self.0
                    .insert(column.to_owned(), ColumnType { kind, fixed: false });
                true
            }
        }
    }

    /// Sets a column's type; `None` forgets it.
    pub fn set(&mut self, column: &str, kind: Option<ColumnType>) {
        match kind {
            Some(kind) => _ = self.0.insert(column.to_owned(), kind),
            None => _ = self.0.remove(column),
        }
    }
}

/// Whether a column by its name holds codes, which are text even where all of them are digits:
/// postcodes and telephone numbers.
fn is_code(column: &str) -> bool {
    const BEGIN: &[&str] = &[
        "zip",
        "postal",
        "postcode",
        "plz",
        "phone",
        "telephone",
        "telefon",
        "mobile",
        "fax",
    ];
    const HOLD: &[&str] = &["郵便", "電話", "携帯", "ＦＡＸ", "邮编", "우편번호", "전화"];
    let lower = column.to_lowercase();
    let begins = |word: &str| word == "tel" || BEGIN.iter().any(|begin| word.starts_with(begin));
    lower.split(|c: char| !c.is_alphanumeric()).any(begins)
        || HOLD.iter().any(|part| lower.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_widen_unless_they_are_fixed() {
        let mut types = ColumnTypes::default();
        assert!(types.observe("age", FieldType::Whole));
        assert!(!types.observe("age", FieldType::Whole));
        assert!(types.observe("age", FieldType::Number));
        assert!(!types.observe("age", FieldType::Whole));
        assert!(types.observe("age", FieldType::Date));
        assert_eq!(types.get("age").unwrap().kind, FieldType::Text);
        let fixed = ColumnType {
            kind: FieldType::Whole,
            fixed: true,
        };
        types.set("age", Some(fixed));
        assert!(!types.observe("age", FieldType::Text));
        assert!(!types.observe("email", FieldType::Text));
        let json = serde_json::to_string(&types).unwrap();
        assert_eq!(json, r#"{"age":"=whole"}"#);
        assert_eq!(serde_json::from_str::<ColumnTypes>(&json).unwrap(), types);
        types.set("age", None);
        assert_eq!(types, ColumnTypes::default());
    }

    #[test]
    fn codes_are_text_by_their_columns_name() {
        for name in [
            "zip",
            "Zip_code",
            "home_phone",
            "Tel",
            "PLZ",
            "郵便番号",
            "phoneNumber",
        ] {
            assert!(is_code(name), "{name}");
        }
        for name in ["hotel", "age", "telegram", "year"] {
            assert!(!is_code(name), "{name}");
        }
    }
}
