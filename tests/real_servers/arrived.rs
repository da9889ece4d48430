//! Messages as servers keep them.

use crate::support::letter::Letter;
use std::fs;
use std::path::Path;

/// What servers put before a message to say how it came.
const TRACE: &[&str] = &[
    "delivered-to",
    "delivery-date",
    "envelope-to",
    "received",
    "return-path",
    "x-client-addr",
    "x-client-proto",
    "x-helo-args",
    "x-mail-args",
    "x-original-to",
    "x-rcpt-args",
];

/// A message that a server has taken, with CRLF, trace headers included.
pub(crate) struct Arrived(pub(crate) Vec<u8>);

impl Arrived {
    /// A message kept with the line ends of Unix. A CR that is left would be one that the server
    /// was sent within a line.
    pub(crate) fn from_unix(kept: &[u8]) -> Self {
        let mut content = Vec::with_capacity(kept.len() + kept.len() / 32);
        for &octet in kept {
            if octet == b'\n' {
                content.push(b'\r');
            }
            content.push(octet);
        }
        Self(content)
    }

    /// The recipient's address as the letter has it, and the date.
    pub(crate) fn to_and_date(&self) -> (String, String) {
        let letter = Letter::parse(&self.0);
        let header = |name| letter.header(name).unwrap_or_default().to_owned();
        let to = header("to");
        let to = to.rsplit('<').next().unwrap_or_default();
        (to.trim_end_matches('>').to_owned(), header("date"))
    }

    /// Where the content differs from what was rendered; trace headers before it are the server's.
    pub(crate) fn difference(&self, rendered: &[u8]) -> Option<String> {
        let Some(trace) = self.0.strip_suffix(rendered) else {
            let at = first_difference(&self.0, rendered);
            return Some(format!("it ends otherwise: {at}"));
        };
        let headers = Letter::parse(trace).headers;
        let foreign: Vec<_> = headers
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !name.is_empty() && !TRACE.contains(name))
            .collect();
        (!foreign.is_empty()).then(|| format!("headers were added: {foreign:?}"))
    }
}

/// From the end, since what precedes a message is the server's.
fn first_difference(arrived: &[u8], rendered: &[u8]) -> String {
    let pairs = arrived.iter().rev().zip(rendered.iter().rev());
    let same = pairs.take_while(|(a, b)| a == b).count();
    let around = |content: &[u8]| {
        let end = content.len() - same.min(content.len());
        let from = end.saturating_sub(60);
        let to = (end + 20).min(content.len());
        String::from_utf8_lossy(&content[from..to]).into_owned()
    };
    format!(
        "{same} octets before the end there is {:?} instead of {:?}",
        around(arrived),
        around(rendered)
    )
}

/// Every file of a folder, as it is.
pub(crate) fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect()
}

/// How many files there are in a folder that need not be there.
pub(crate) fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}
