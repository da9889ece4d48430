//! What a server said: code, enhanced code and its own words.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A complete SMTP reply (RFC 5321 section 4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The three-digit code, 200 to 599.
    pub code: u16,
    /// The enhanced status code of RFC 3463, where the server gave one.
    pub enhanced: Option<EnhancedCode>,
    /// The text of all lines without the enhanced code, joined with one space. Bytes outside
    /// UTF-8 were replaced; control characters are still in it and are escaped where it is shown.
    pub text: String,
}

impl Reply {
    /// 2yz: done.
    #[must_use]
    pub const fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// 4yz: not now.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// 5yz: never in this form.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        write!(f, " {}", self.text)
    }
}

/// An enhanced mail system status code, `class.subject.detail` (RFC 3463 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EnhancedCode {
    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub class: u8,
    /// What the detail is about: 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// The condition itself.
    pub detail: u16,
}

impl EnhancedCode {
    /// Reads `5.1.1`; `None` unless it is exactly class 2, 4 or 5 and two numbers of at most three
    /// digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let class = match class {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return None,
        };
        Some(Self {
            class,
            subject: number(subject)?,
            detail: number(detail)?,
        })
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// One to three ASCII digits.
fn number(text: &str) -> Option<u16> {
    let plain = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enhanced_codes_are_parsed_strictly() {
        assert_eq!(
            EnhancedCode::parse("5.7.515").unwrap().to_string(),
            "5.7.515"
        );
        for wrong in [
            "", "5", "5.1", "5.1.1.1", "3.1.1", "5.1.+1", "5.1234.1", "5..1", "5.1.1 ",
        ] {
            assert_eq!(EnhancedCode::parse(wrong), None, "{wrong}");
        }
    }
}
