//! Who is to be erased, in the campaigns.

use crate::model::{Address, RecipientId};
use crate::store::error::Fault;
use rusqlite::Connection;
use std::collections::HashSet;

/// The recipients with one of these addresses, or whose row held one in a text that is no address.
pub(super) fn recipients_with(
    connection: &Connection,
    addresses: &[Address],
) -> Result<Vec<RecipientId>, Fault> {
    let keys: HashSet<String> = addresses.iter().map(Address::key).collect();
    let written = written(addresses);
    // Where a row has no domain, its text is no address.
    let mut statement = connection.prepare("SELECT id, email, domain_id = 0 FROM recipient")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let email = row.get_ref(1)?.as_str().unwrap_or_default();
        let is_theirs = if row.get(2)? {
            let text = email.to_lowercase();
            written.iter().any(|address| holds(&text, address))
        } else {
            keys.contains(&key(email))
        };
        if is_theirs {
            found.push(RecipientId(row.get(0)?));
        }
    }
    Ok(found)
}

/// The key of an address in its wire form: itself, but for case and the quotes that some need
/// (RFC 5321 section 4.1.2).
fn key(email: &str) -> String {
    match email.starts_with('"') {
        true => Address::parse(email).map_or_else(|_| email.to_owned(), |found| found.key()),
        false => email.to_ascii_lowercase(),
    }
}

/// How people may have written the addresses, in lower case: with quotes and without.
fn written(addresses: &[Address]) -> HashSet<String> {
    let both = |address: &Address| [address.key(), address.to_string()];
    let texts = addresses.iter().flat_map(both);
    texts.map(|text| text.to_lowercase()).collect()
}

/// Whether an address stands in a text, and not as a part of a longer one: `d@x.example` does not
/// stand in `zed@x.example`.
fn holds(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(place, _)| {
        let before = text[..place].trim_end_matches(['.', '_', '+', '-']);
        let behind = text[place + address.len()..].trim_start_matches(['.', '-']);
        !before.ends_with(goes_on) && !behind.starts_with(goes_on)
    })
}

/// Whether a letter makes one word with its neighbours. Those of scripts without spaces do not.
fn goes_on(letter: char) -> bool {
    letter.is_alphanumeric() && letter < '\u{2e80}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_a_text_and_not_in_a_longer_one() {
        for (text, is_there) in [
            ("d@x.example", true),
            ("<d@x.example>; z@x.example", true),
            ("mailto:d@x.example.", true),
            ("連絡先d@x.exampleまで", true),
            ("zed@x.example d@x.example", true),
            ("zed@x.example", false),
            ("z.d@x.example", false),
            ("d@x.example.org", false),
            ("d@x.examples", false),
        ] {
            assert_eq!(holds(text, "d@x.example"), is_there, "{text}");
        }
    }

    #[test]
    fn quotes_and_case_make_no_difference() {
        for (email, expected) in [
            ("Ann@X.example", "ann@x.example"),
            ("\"Quo ted\"@x.example", "quo ted@x.example"),
            ("\"not closed@x.example", "\"not closed@x.example"),
        ] {
            assert_eq!(key(email), expected);
        }
    }
}
