//! Reads a letter that arrived: just enough of RFC 5322 and MIME to count and compare.

/// A header section and a body.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Names in lower case and unfolded values, in order.
    pub(crate) headers: Vec<(String, String)>,
    /// What follows the empty line.
    pub(crate) body: Vec<u8>,
}

impl Letter {
    /// Splits at the first empty line. Lines that are no header make one of an empty name.
    pub(crate) fn parse(content: &[u8]) -> Self {
        let end = find(content, b"\r\n\r\n").unwrap_or(content.len());
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in String::from_utf8_lossy(&content[..end]).split("\r\n") {
            match (headers.last_mut(), line.split_once(':')) {
                (Some((_, value)), _) if line.starts_with([' ', '\t']) => value.push_str(line),
                (_, Some((name, value))) => {
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                (_, None) => headers.push((String::new(), line.to_owned())),
            }
        }
        let body = content.get(end + 4..).unwrap_or_default().to_vec();
        Self { headers, body }
    }

    /// The first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The headers' names, sorted.
    pub(crate) fn header_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// Its leaf parts, itself where it is not multipart.
    pub(crate) fn parts(&self) -> Vec<Letter> {
        let Some(boundary) = self.boundary() else {
            return vec![self.clone()];
        };
        let mut parts = Vec::new();
        let mut current: Option<Vec<u8>> = None;
        for line in self.body.split_inclusive(|&byte| byte == b'\n') {
            let text = String::from_utf8_lossy(line).trim_end().to_owned();
            let closes = text == format!("--{boundary}--");
            if closes || text == format!("--{boundary}") {
                parts.extend(current.take());
                current = (!closes).then(Vec::new);
            } else if let Some(part) = &mut current {
                part.extend_from_slice(line);
            }
        }
        // The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
        let whole = parts
            .iter()
            .map(|part| part.strip_suffix(b"\r\n").unwrap_or(part));
        whole.flat_map(|part| Self::parse(part).parts()).collect()
    }

    /// The body without its transfer encoding, line ends as `\n`.
    pub(crate) fn text(&self) -> String {
        let encoding = self.header("content-transfer-encoding").unwrap_or("7bit");
        let bytes = match encoding.to_ascii_lowercase().as_str() {
            "quoted-printable" => quoted_printable(&self.body),
            "base64" => base64(&self.body),
            _ => self.body.clone(),
        };
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }

    fn boundary(&self) -> Option<String> {
        let (_, rest) = self.header("content-type")?.split_once("boundary=")?;
        let name = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => rest.split([';', ' ']).next()?,
        };
        Some(name.to_owned())
    }
}

/// The Message-ID of a whole message, without angle brackets; empty where there is none.
pub(crate) fn message_id(content: &[u8]) -> String {
    let letter = Letter::parse(content);
    let id = letter.header("message-id").unwrap_or("");
    id.trim_matches(['<', '>', ' ']).to_owned()
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len())
        .position(|window| window == needle)
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        if rest.starts_with(b"=\r\n") {
            at += 3;
        } else if let Some(byte) = rest.strip_prefix(b"=").and_then(hex) {
            out.push(byte);
            at += 3;
        } else {
            out.push(rest[0]);
            at += 1;
        }
    }
    out
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits.get(..2)?).ok()?;
    u8::from_str_radix(text, 16).ok()
}

fn base64(body: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = body
        .iter()
        .filter_map(|byte| ALPHABET.iter().position(|known| known == byte))
        .map(|digit| u32::try_from(digit).unwrap_or(0))
        .collect();
    let mut out = Vec::new();
    for group in digits.chunks(4) {
        let bits = (0..4).fold(0, |bits, i| {
            (bits << 6) | group.get(i).copied().unwrap_or(0)
        });
        let bytes = bits.to_be_bytes();
        out.extend_from_slice(&bytes[1..group.len().max(1)]);
    }
    out
}
