//! PEM (RFC 7468): a label and the octets behind it.

use super::error::KeyFault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// The first block of a text whose label says that it is a private key, or else the first of all:
/// what stands in a file before the key (parameters, a certificate) does no harm.
pub(super) fn decode(text: &str) -> Result<(&str, Vec<u8>), KeyFault> {
    let blocks = || {
        text.match_indices(BEGIN)
            .filter_map(|(at, _)| block(&text[at..]))
    };
    let private = blocks().find(|(label, _)| label.ends_with("PRIVATE KEY"));
    let (label, body) = private.or_else(|| blocks().next()).ok_or(KeyFault::NoPem)?;
    // Old OpenSSL files carry header lines inside of the block (RFC 1421), and only encrypted ones.
    if body.contains("ENCRYPTED") {
        return Err(KeyFault::Encrypted);
    }
    let packed: String = body.split_ascii_whitespace().collect();
    let octets = STANDARD.decode(packed).map_err(|_| KeyFault::Base64)?;
    Ok((label, octets))
}

/// Octets under a label, in lines of 64 characters.
pub(super) fn encode(label: &str, octets: &[u8]) -> String {
    let packed = STANDARD.encode(octets);
    let mut text = format!("{BEGIN}{label}{DASHES}\n");
    let mut rest = packed.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII: every place is a boundary.
        let (line, behind) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = behind;
    }
    text + "-----END " + label + DASHES + "\n"
}

/// The label and the body of the block that a text begins with.
fn block(text: &str) -> Option<(&str, &str)> {
    let (label, rest) = text.strip_prefix(BEGIN)?.split_once(DASHES)?;
    let end = format!("-----END {label}{DASHES}");
    let (body, _) = rest.split_once(end.as_str())?;
    Some((label, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 47, 48, 49, 300] {
            let octets = vec![7; length];
            let text = encode("PRIVATE KEY", &octets);
            assert!(text.lines().all(|line| line.len() <= 64));
            assert_eq!(decode(&text).unwrap(), ("PRIVATE KEY", octets));
        }
    }

    #[test]
    fn line_ends_and_blocks_in_front_do_no_harm() {
        let key = encode("PRIVATE KEY", b"the key");
        let text = format!(
            "Key Attributes: none\n{}{key}",
            encode("EC PARAMETERS", b"curve")
        );
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(decode(&crlf).unwrap().1, b"the key");
    }

    #[test]
    fn what_is_no_pem_is_told_from_what_is_broken() {
        let whole = encode("PRIVATE KEY", b"the key");
        assert_eq!(decode(""), Err(KeyFault::NoPem));
        assert_eq!(decode(&whole[..whole.len() - 8]), Err(KeyFault::NoPem));
        assert_eq!(decode(&whole.replace('=', "*")), Err(KeyFault::Base64));
        let locked = whole.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n", 1);
        assert_eq!(decode(&locked), Err(KeyFault::Encrypted));
    }
}
