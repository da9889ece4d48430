//! What the user says of columns, and the name every column's field gets.

use super::columns::EMAIL;
use super::error::ListError;
use super::names::{comparable, identifier, is_identifier};
use crate::model::trim;
use std::collections::{HashMap, HashSet};

/// The columns that mappings name, each with its field.
pub(super) fn mapped<'m>(
    headers: &[String],
    map: &'m [(String, String)],
) -> Result<Vec<(usize, &'m str)>, ListError> {
    let mut mapped: Vec<(usize, &str)> = Vec::new();
    for (field, column) in map {
        let wrong = |why| ListError::Map {
            field: field.clone(),
            column: column.clone(),
            why,
        };
        if !is_identifier(field) {
            return Err(wrong(
                "a field's name is letters, digits and underscores, and begins with no digit",
            ));
        }
        let place = find(headers, column).ok_or_else(|| ListError::NoSuchColumn {
            field: field.clone(),
            column: column.clone(),
            columns: headers.to_vec(),
            nearest: nearest(headers, column),
        })?;
        if mapped.iter().any(|(_, other)| other == field) {
            return Err(wrong("this field is mapped twice"));
        }
        if mapped.iter().any(|(other, _)| *other == place) {
            return Err(wrong("this column is mapped twice"));
        }
        mapped.push((place, field));
    }
    Ok(mapped)
}

/// A column by its name, by a name that compares equal and is the only such, or by its number.
fn find(headers: &[String], column: &str) -> Option<usize> {
    let exact = headers.iter().position(|name| name == trim(column));
    let similar = || {
        let wanted = comparable(column);
        let mut like = (0..headers.len()).filter(|place| comparable(&headers[*place]) == wanted);
        like.next()
            .filter(|_| !wanted.is_empty() && like.next().is_none())
    };
    let numbered = || {
        let number: usize = column.trim().parse().ok()?;
        (1..=headers.len()).contains(&number).then(|| number - 1)
    };
    exact.or_else(similar).or_else(numbered)
}

fn nearest(headers: &[String], column: &str) -> Option<String> {
    let wanted = comparable(column);
    headers
        .iter()
        .map(|name| (strsim::jaro_winkler(&comparable(name), &wanted), name))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name.clone())
}

/// The field of every column: what it was mapped to, or its header as an identifier, or its
/// number; made unique by a number behind it.
pub(super) fn fields(headers: &[String], email: usize, mapped: &[(usize, &str)]) -> Vec<String> {
    let mut fixed: HashMap<usize, &str> = mapped.iter().copied().collect();
    fixed.insert(email, EMAIL);
    let mut taken: HashSet<String> = fixed.values().map(|name| (*name).to_owned()).collect();
    let mut name_of = |(place, header): (usize, &String)| {
        if let Some(name) = fixed.get(&place) {
            return (*name).to_owned();
        }
        let base = identifier(header).unwrap_or_else(|| format!("column{}", place + 1));
        let mut name = base.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{base}_{number}");
            number += 1;
        }
        name
    };
    headers.iter().enumerate().map(&mut name_of).collect()
}
