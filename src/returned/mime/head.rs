//! Header fields (RFC 5322 section 2.2), as they come.

use super::decode::{charset_guessed, encoded_words};
use crate::returned::bounds::{FIELDS, VALUE, cut};

/// The fields of a header in their order.
#[derive(Debug, Default, Clone)]
pub(in crate::returned) struct Head {
    /// Names in lower case, values unfolded.
    fields: Vec<(String, String)>,
}

impl Head {
    /// Reads a header and gives the octets up to its body. What is no field ends the header, except
    /// in front of it: the `From ` line of mail folders, and empty lines.
    pub(in crate::returned) fn parse(octets: &[u8]) -> (Self, usize) {
        let mut head = Self::default();
        let mut place = 0;
        while place < octets.len() {
            let end =
                memchr::memchr(b'\n', &octets[place..]).map_or(octets.len(), |n| place + n + 1);
            let line = trim_end(&octets[place..end]);
            if line.is_empty() {
                if head.fields.is_empty() {
                    place = end;
                    continue;
                }
                return (head, end);
            }
            let of_folder = head.fields.is_empty() && line.starts_with(b"From ");
            if !head.take(line) && !of_folder {
                return (head, place);
            }
            place = end;
        }
        (head, place)
    }

    /// Takes a line into the header; false where it is none of it.
    fn take(&mut self, line: &[u8]) -> bool {
        if matches!(line.first(), Some(b' ' | b'\t')) {
            let Some((_, value)) = self.fields.last_mut() else {
                return false;
            };
            let more = charset_guessed(line);
            let more = more.trim();
            if value.len() + more.len() < VALUE {
                if !value.is_empty() && !more.is_empty() {
                    value.push(' ');
                }
                value.push_str(more);
            }
            return true;
        }
        let Some(colon) = memchr::memchr(b':', line) else {
            return false;
        };
        let name = trim_end(&line[..colon]);
        let proper = (1..=76).contains(&name.len()) && name.iter().all(|o| (33..127).contains(o));
        if !proper {
            return false;
        }
        if self.fields.len() < FIELDS {
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let value = charset_guessed(&line[colon + 1..]);
            self.fields
                .push((name, cut(value.trim(), VALUE).to_owned()));
        }
        true
    }

    /// Whether there is no field at all.
    pub(in crate::returned) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The first field of a name (lower case), as it stands.
    pub(in crate::returned) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every field of a name (lower case), as it stands.
    pub(in crate::returned) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields
            .iter()
            .filter(move |(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first field of a name, with encoded words (RFC 2047) decoded; empty where there is none.
    pub(in crate::returned) fn text(&self, name: &str) -> String {
        self.get(name).map(encoded_words).unwrap_or_default()
    }
}

fn trim_end(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = line {
        line = rest;
    }
    line
}
