//! Which columns of a file are columns that the list has already, spelled in another way.
//!
//! Sources of one list seldom agree on `City` and `city`. A person means one column, so a name that
//! differs in case, width or the spaces around it alone joins the list's, as the list spells it. What
//! differs in more, or could join several, stays apart: nobody's cells are put together on a guess.

use super::names::same_name;

/// The list's spelling for each of the file's `columns` that has another one: the column's place and
/// the list's name for it. Columns at the places in `said` were named by a person and stay as they are.
pub(super) fn joining(columns: &[String], list: &[String], said: &[usize]) -> Vec<(usize, String)> {
    let candidates = columns.iter().enumerate();
    let candidates =
        candidates.filter(|(place, name)| !said.contains(place) && !list.contains(name));
    let only = |name: &str, among: &[String]| -> Option<String> {
        let mut like = among.iter().filter(|other| same_name(other, name));
        let first = like.next()?;
        like.next().is_none().then(|| first.clone())
    };
    candidates
        .filter_map(|(place, name)| {
            let known = only(name, list)?;
            // Where the file has it in two spellings, they are two.
            only(name, columns)?;
            Some((place, known))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn joined(file: &[&str], list: &[&str]) -> Vec<(usize, String)> {
        joining(&names(file), &names(list), &[])
    }

    #[test]
    fn another_spelling_joins_the_lists_column() {
        let list = ["email", "city", "First_name", "価格_円", "straße"];
        let to = |place: usize, name: &str| vec![(place, name.to_owned())];
        assert_eq!(joined(&["email", "City"], &list), to(1, "city"));
        assert_eq!(joined(&["CITY", "email"], &list), to(0, "city"));
        assert_eq!(joined(&["email", "first_name"], &list), to(1, "First_name"));
        assert_eq!(joined(&["STRASSE"], &list), [], "that is another word");
        assert_eq!(joined(&["email", "city"], &list), []);
        assert_eq!(joined(&["email", "town", "First_Name_2"], &list), []);
    }

    #[test]
    fn what_could_be_several_stays_apart() {
        assert_eq!(joined(&["email", "City", "city"], &["email", "city"]), []);
        assert_eq!(joined(&["email", "City", "CITY"], &["email", "city"]), []);
        assert_eq!(joined(&["email", "CITY"], &["email", "City", "city"]), []);
        let file = names(&["email", "City"]);
        let list = names(&["email", "city"]);
        assert_eq!(joining(&file, &list, &[1]), [], "a person said so");
    }

    proptest! {
        #[test]
        fn no_two_columns_become_one(
            file in prop::collection::hash_set("[aAbBｂ]{1,2}", 0..6),
            list in prop::collection::hash_set("[aAbB]{1,2}", 0..6),
        ) {
            let (file, list): (Vec<_>, Vec<_>) = (file.into_iter().collect(), list.into_iter().collect());
            let mut after = file.clone();
            for (place, name) in joining(&file, &list, &[]) {
                prop_assert!(list.contains(&name));
                after[place] = name;
            }
            let unique: std::collections::HashSet<_> = after.iter().collect();
            prop_assert_eq!(unique.len(), after.len());
        }
    }
}
