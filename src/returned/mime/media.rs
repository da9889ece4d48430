//! Content-Type (RFC 2045 section 5), read leniently.

use super::Head;

/// What a part says it is.
#[derive(Debug, Clone, Default)]
pub(in crate::returned) struct Media {
    /// `multipart/report`, lower case; `text/plain` where nothing is said.
    pub(in crate::returned) name: String,
    pub(in crate::returned) boundary: Option<String>,
    pub(in crate::returned) charset: Option<String>,
    /// Lower case.
    pub(in crate::returned) report_type: Option<String>,
    /// The name of a file it is meant to become.
    pub(in crate::returned) file: Option<String>,
}

impl Media {
    pub(in crate::returned) fn of(head: &Head) -> Self {
        let Some(value) = head.get("content-type") else {
            return Self {
                name: "text/plain".to_owned(),
                ..Self::default()
            };
        };
        let mut pieces = pieces(value).into_iter();
        let name = pieces.next().unwrap_or_default();
        let name = name.split_whitespace().next().unwrap_or_default();
        let mut media = Self {
            name: name.to_ascii_lowercase(),
            ..Self::default()
        };
        for piece in pieces {
            let Some((key, value)) = piece.split_once('=') else {
                continue;
            };
            let value = value.trim().trim_matches('"').to_owned();
            match key
                .trim()
                .trim_end_matches('*')
                .to_ascii_lowercase()
                .as_str()
            {
                "boundary" => media.boundary = Some(value),
                "charset" => media.charset = Some(value.to_ascii_lowercase()),
                "report-type" => media.report_type = Some(value.to_ascii_lowercase()),
                "name" => media.file = Some(value.to_ascii_lowercase()),
                _ => {}
            }
        }
        media
    }

    /// Whether it holds parts.
    pub(in crate::returned) fn is_multipart(&self) -> bool {
        self.name.starts_with("multipart/")
    }
}

/// Splits at semicolons outside quotes.
fn pieces(value: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (place, octet) in value.bytes().enumerate() {
        match octet {
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                pieces.push(value[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    pieces.push(value[start..].trim());
    pieces
}
