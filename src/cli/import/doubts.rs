//! What a person should know of a file's columns before they join those of a list.

use crate::cli::output::say;
use crate::list::{Subscribers, alike};
use crate::model::readable;
use crate::store::ListRecord;
use std::fs::File;

/// Spells the file's columns as the list does, and says so; warns where a column of the file becomes
/// another one of the list than was perhaps meant.
pub(super) fn tell(file: &mut Subscribers<File>, list: Option<&ListRecord>) {
    let Some(list) = list else {
        return;
    };
    for (header, column) in file.join(&list.columns) {
        let (header, column) = (readable(&header), readable(&column));
        say(format_args!(
            "notice: column {header:?} is the list's `{column}`; --map NAME={header} keeps it apart"
        ));
    }
    for (new, known) in nearly_known(file.columns(), &list.columns) {
        let (new, known) = (readable(new), readable(known));
        say(format_args!(
            "warning: column `{new}` is new to the list, which has `{known}`; if both are one, \
             write --map {known}={new}"
        ));
    }
    for (header, field) in file.numbered() {
        let (header, field) = (readable(header), readable(field));
        say(format_args!(
            "warning: column {header:?} is `{field}` by its place in the file; in a file with \
             another order, --map {field}=COLUMN says which one it is"
        ));
    }
}

/// Columns that the list does not have, each with one of the list's whose name differs in signs, or
/// that could be several of them.
fn nearly_known<'a>(file: &'a [String], list: &'a [String]) -> Vec<(&'a str, &'a str)> {
    let new = file.iter().filter(|column| !list.contains(column));
    new.filter_map(|column| {
        let known = list.iter().find(|known| alike(known, column))?;
        // Where the file has both, they are two.
        (!file.contains(known)).then_some((column.as_str(), known.as_str()))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_differ_in_signs_are_noticed() {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let list = names(&["email", "country", "価格_円"]);
        let file = names(&["email", "価格円", "city"]);
        assert_eq!(nearly_known(&file, &list), [("価格円", "価格_円")]);
        let both = names(&["email", "Country", "country"]);
        assert!(nearly_known(&both, &list).is_empty());
    }
}
