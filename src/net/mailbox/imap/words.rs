//! Texts as IMAP commands have them.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

/// A quoted string (RFC 3501 section 4.3); `None` where the text cannot be one.
pub(super) fn quoted(text: &str) -> Option<String> {
    if !text.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return None;
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    Some(format!("\"{escaped}\""))
}

/// A folder's name in modified UTF-7 (RFC 3501 section 5.1.3), quoted.
pub(super) fn folder(name: &str) -> String {
    let engine = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
    let mut text = String::with_capacity(name.len() + 2);
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        let is_plain = |c: char| matches!(c, ' '..='~');
        let run = match is_plain(c) {
            true => rest.find(|c| !is_plain(c)),
            false => rest.find(is_plain),
        };
        let (part, others) = rest.split_at(run.unwrap_or(rest.len()));
        if is_plain(c) {
            text.push_str(&part.replace('&', "&-"));
        } else {
            let octets: Vec<u8> = part.encode_utf16().flat_map(u16::to_be_bytes).collect();
            text.push_str(&format!("&{}-", engine.encode(octets)));
        }
        rest = others;
    }
    // Printable ASCII by now.
    quoted(&text).unwrap_or_default()
}

/// UIDs as a sequence set, runs drawn together: `4:7,9`.
pub(super) fn set(uids: &[u32]) -> String {
    let mut uids = uids.to_vec();
    uids.sort_unstable();
    uids.dedup();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => runs.push((uid, uid)),
        }
    }
    let texts = runs.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}:{last}"),
    });
    texts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sets_are_written_as_the_rfc_has_them() {
        assert_eq!(folder("INBOX"), "\"INBOX\"");
        assert_eq!(folder("R&D \"x\""), "\"R&-D \\\"x\\\"\"");
        // The examples of RFC 3501 section 5.1.3.
        assert_eq!(
            folder("~peter/mail/台北/日本語"),
            "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""
        );
        assert_eq!(folder("a\r\nb"), "\"a&AA0ACg-b\"");
        assert_eq!(quoted("a\r\nb"), None);
        assert_eq!(quoted("é"), None);
        assert_eq!(set(&[9, 4, 5, 7, 6, 5]), "4:7,9");
        assert_eq!(set(&[u32::MAX, 1]), "1,4294967295");
    }
}
