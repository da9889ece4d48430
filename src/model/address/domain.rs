//! A domain, as DNS and the envelope want it.

use super::text::readable;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::fmt;

/// The longest name in octets, written without the root's dot (RFC 1035 section 2.3.4).
const LONGEST: usize = 253;
/// The longest label in octets (RFC 1035 section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// A domain that can take mail: lower-case A-labels (RFC 5890), two at least, no trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Domain(Box<str>);

/// Why a text is not a domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a domain: {why}")]
pub struct DomainError {
    /// What was given, cut to a readable length, control characters escaped.
    pub text: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Domain {
    /// Parses and normalises a domain: IDN to A-labels (UTS 46), lower case, one trailing dot off.
    ///
    /// Underscores are let through: no host name has them (RFC 952), but DNS carries them and a
    /// few such mail domains work, so refusing them would lose subscribers. A single label
    /// (`localhost`) and an address literal (`[192.0.2.1]`) are refused: no campaign means them.
    ///
    /// # Errors
    /// Where it is no such domain, with the reason in words.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        Self::normalised(text).map_err(|why| DomainError {
            text: readable(text),
            why,
        })
    }

    /// The domain of a text that is already in its normal form, which most cells of a list are:
    /// one look at each octet, and no tables of UTS 46.
    pub(super) fn plain(text: &str) -> Option<Self> {
        is_plain(text).then(|| Self(text.into()))
    }

    /// As [`Domain::parse`]; the error is the reason alone.
    pub(super) fn normalised(text: &str) -> Result<Self, &'static str> {
        if let Some(domain) = Self::plain(text) {
            return Ok(domain);
        }
        if text.starts_with('[') {
            return Err("an address literal names a machine, not a domain");
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let ascii = a_labels(name)?;
        check(&ascii)?;
        Ok(Self(ascii.into()))
    }

    /// Its A-label form, lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its U-label form, for people: `xn--r8jz45g.jp` is `例え.jp`. Labels that cannot be decoded
    /// stay as they are. It is for showing only: the envelope wants [`Domain::as_str`].
    #[must_use]
    pub fn to_unicode(&self) -> String {
        let (text, _) =
            Uts46::new().to_unicode(self.0.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
        text.into_owned()
    }
}

/// Whether text is a domain and its own normal form, for certain: [`check`] holds, and it has no
/// A-label, which `--` would show.
fn is_plain(text: &str) -> bool {
    let (mut dots, mut label, mut before, mut numeric) = (0, 0, b'.', true);
    for b in text.bytes() {
        match b {
            b'.' if matches!(before, b'.' | b'-') => return false,
            b'.' => (dots, label, numeric) = (dots + 1, 0, true),
            b'-' if matches!(before, b'.' | b'-') => return false,
            b'-' | b'a'..=b'z' => (label, numeric) = (label + 1, false),
            b'0'..=b'9' => label += 1,
            _ => return false,
        }
        if label > LONGEST_LABEL {
            return false;
        }
        before = b;
    }
    dots > 0 && !numeric && !matches!(before, b'.' | b'-') && text.len() <= LONGEST
}

/// Lower-case ASCII: UTS 46 where letters of other scripts or A-labels are in it.
fn a_labels(name: &str) -> Result<Cow<'_, str>, &'static str> {
    let encoded = |label: &str| {
        label
            .get(..4)
            .is_some_and(|p| p.eq_ignore_ascii_case("xn--"))
    };
    if name.is_ascii() && !name.split('.').any(encoded) {
        return Ok(name.to_ascii_lowercase().into());
    }
    // Bounds UTS 46's work: no text this long shortens to a domain.
    if name.len() > 4 * LONGEST {
        return Err("it is longer than 253 octets");
    }
    Uts46::new()
        .to_ascii(
            name.as_bytes(),
            AsciiDenyList::EMPTY,
            Hyphens::Allow,
            DnsLength::Ignore,
        )
        .map_err(|_| "it holds characters that no domain may hold, or a broken xn-- label")
}

/// Whether lower-case text is a domain that mail can be sent to.
fn check(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.len() > LONGEST {
        return Err("it is longer than 253 octets");
    }
    let mut labels = 0;
    let mut numeric = false;
    for label in name.split('.') {
        check_label(label)?;
        labels += 1;
        numeric = label.bytes().all(|b| b.is_ascii_digit());
    }
    if labels < 2 {
        return Err("it has no dot: a mail domain has a name and an ending, as in example.org");
    }
    if numeric {
        return Err("it ends in a number, as an IP address does");
    }
    Ok(())
}

fn check_label(label: &str) -> Result<(), &'static str> {
    if label.is_empty() {
        return Err("it has an empty label: two dots in a row, or a dot at one end");
    }
    if label.len() > LONGEST_LABEL {
        return Err("one of its labels is longer than 63 octets");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("one of its labels begins or ends with a hyphen");
    }
    match label.bytes().find(|b| !is_label_byte(*b)) {
        None => Ok(()),
        Some(b',') => Err("it holds a comma; is it meant to be a dot?"),
        Some(b' ') => Err("it holds a space"),
        Some(b'@') => Err("it holds an @"),
        Some(_) => Err("it holds a character other than letters, digits, hyphens and dots"),
    }
}

fn is_label_byte(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Domain {
    /// Through [`Domain::parse`], so that no file can bring in a domain that is none.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn why(text: &str) -> &'static str {
        Domain::parse(text).unwrap_err().why
    }

    #[test]
    fn is_lower_case_a_labels() {
        for (text, normal) in [
            ("example.org", "example.org"),
            ("EXAMPLE.Org.", "example.org"),
            ("例え.jp", "xn--r8jz45g.jp"),
            ("例え。ｊｐ", "xn--r8jz45g.jp"),
            ("XN--R8JZ45G.jp", "xn--r8jz45g.jp"),
            ("bücher.de", "xn--bcher-kva.de"),
            ("my_shop.example.com", "my_shop.example.com"),
            ("r3---sn.example.com", "r3---sn.example.com"),
        ] {
            assert_eq!(Domain::parse(text).unwrap().as_str(), normal);
        }
        assert_eq!(
            Domain::parse("xn--r8jz45g.jp").unwrap().to_unicode(),
            "例え.jp"
        );
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(why(""), "it is empty");
        assert!(why("localhost").starts_with("it has no dot"));
        assert!(why("[192.0.2.1]").contains("literal"));
        assert!(why("192.0.2.1").contains("number"));
        assert!(why("a..org").contains("empty label"));
        assert!(why("example.org..").contains("empty label"));
        assert!(why("-a.org").contains("hyphen"));
        assert!(why("a.org-").contains("hyphen"));
        assert!(why("gmail,com.example").contains("comma"));
        assert!(why("a b.org").contains("space"));
        assert!(why("a/b.org").contains("character"));
        assert!(why("xn--zzzzzzzz99999.org").contains("xn--"));
        assert!(why(&format!("{}.org", "a".repeat(64))).contains("63"));
        assert!(why(&format!("{}org", "a.".repeat(126))).contains("253"));
        assert!(why(&"あ".repeat(10_000)).contains("253"));
    }

    #[test]
    fn json_cannot_bring_in_what_is_none() {
        assert!(serde_json::from_str::<Domain>("\"a b\\r\\n\"").is_err());
        let domain: Domain = serde_json::from_str("\"Example.org\"").unwrap();
        assert_eq!(serde_json::to_string(&domain).unwrap(), "\"example.org\"");
    }

    proptest! {
        #[test]
        fn the_quick_way_agrees_with_the_thorough_one(text in "[a-c0-9.-]{0,12}|[a-c.-]{250,256}|x{60,66}\\.org") {
            if is_plain(&text) {
                prop_assert_eq!(check(&text), Ok(()));
                prop_assert_eq!(a_labels(&text), Ok(text.as_str().into()));
            } else {
                prop_assert!(check(&text).is_err() || text.contains("--"));
            }
        }

        #[test]
        fn is_ascii_bounded_and_its_own_normal_form(text in ".{0,80}|[a-zA-Zäß例。.xn-]{1,40}\\.(jp|org)") {
            if let Ok(domain) = Domain::parse(&text) {
                prop_assert!(domain.as_str().len() <= 253);
                prop_assert!(domain.as_str().bytes().all(|b| is_label_byte(b) || b == b'.'));
                let again = Domain::parse(domain.as_str());
                prop_assert_eq!(again.as_ref(), Ok(&domain));
                let again = Domain::parse(&domain.to_unicode());
                prop_assert_eq!(again.as_ref(), Ok(&domain));
            }
        }
    }
}
