//! An address: which spellings are understood, and when two are the same.

use super::domain::Domain;
use super::local;
use super::text::{fold_width, forbidden, readable, trim};
use std::fmt;

/// The longest address in octets: a path of 256 without its angle brackets (RFC 5321 section
/// 4.5.3.1.3).
const LONGEST: usize = 254;

/// A recipient's address. Neither part can hold a control character or a line end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Without quotes or escapes, in the case it was given.
    local: Box<str>,
    domain: Domain,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not an address: {why}")]
pub struct AddressError {
    /// What was given, cut to a readable length, control characters escaped.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

impl Address {
    /// Parses an address (RFC 5321 section 4.1.2; RFC 6531 for other scripts) as cells of lists
    /// hold it.
    ///
    /// - White space, byte order and zero-width marks around it are dropped.
    /// - Full-width ASCII is read as ASCII, in both parts: input methods leave it behind, and no
    ///   mailbox is told apart by it (RFC 8265 section 3.3.1).
    /// - `Ann Lee <ann@example.org>` gives its address; the name is not kept.
    /// - A quoted local part loses its quotes; [`Display`](fmt::Display) adds them where needed.
    /// - Leading, trailing and doubled dots are accepted where Japanese mobile carriers issued
    ///   them, and quoted on the wire.
    ///
    /// Nothing else is corrected: a mistyped address is somebody else's.
    ///
    /// # Errors
    /// Where there is no such address, with the reason in words.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if let Some(address) = Self::plain(text) {
            return Ok(address);
        }
        Self::lenient(text).map_err(|why| AddressError {
            text: readable(text),
            why,
        })
    }

    /// An address in its plainest spelling, which most are, without the work of the others.
    fn plain(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        let fits = local.len() <= local::LONGEST && text.len() <= LONGEST;
        if !fits || !local.is_ascii() || !local::is_dot_string(local) {
            return None;
        }
        Some(Self {
            local: local.into(),
            domain: Domain::plain(domain)?,
        })
    }

    fn lenient(text: &str) -> Result<Self, String> {
        let text = trim(text);
        if let Some(why) = forbidden(text) {
            return Err(why);
        }
        let folded = fold_width(text);
        let text = trim(without_name(&folded)?);
        if text.is_empty() {
            return Err("it is empty".into());
        }
        let (local, domain) = if text.starts_with('"') {
            quoted(text)?
        } else {
            unquoted(text)?
        };
        if local.len() > local::LONGEST {
            return Err("the part before the @ is longer than 64 octets".into());
        }
        let address = Self {
            local: local.into(),
            domain,
        };
        if address.to_string().len() > LONGEST {
            return Err("it is longer than 254 octets".into());
        }
        Ok(address)
    }

    /// The part before the `@`, without quotes or escapes.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whether it can only travel where SMTPUTF8 is offered (RFC 6531). The domain never asks for
    /// it, since it travels as A-labels.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.is_ascii()
    }

    /// What it is compared by, to send to nobody twice: the wire form without quotes, ASCII
    /// letters in lower case.
    ///
    /// RFC 5321 section 2.4 lets a host tell `Ann@` from `ann@`, but none that has subscribers
    /// does, and a letter that comes twice is the worse mistake. Letters of other scripts, dots
    /// and `+tags` count as they are: what they mean is the host's own affair.
    #[must_use]
    pub fn key(&self) -> String {
        let mut key = String::with_capacity(self.local.len() + 1 + self.domain.as_str().len());
        key.push_str(&self.local);
        key.make_ascii_lowercase();
        key.push('@');
        key.push_str(self.domain.as_str());
        key
    }
}

/// What stands in the angle brackets of `Name <address>`, or the whole text.
fn without_name(text: &str) -> Result<&str, String> {
    let Some(inside) = text.strip_suffix('>') else {
        return Ok(text);
    };
    match inside.rsplit_once('<') {
        Some((_, address)) => Ok(address),
        None => Err("it ends with \">\" and has no \"<\"".into()),
    }
}

fn quoted(text: &str) -> Result<(String, Domain), String> {
    let (local, rest) = local::unquote(text)?;
    if local.is_empty() {
        return Err("nothing stands before the @".into());
    }
    let domain = rest
        .strip_prefix('@')
        .ok_or("no @ follows its closing quote")?;
    Ok((local, domain_of(domain)?))
}

fn domain_of(text: &str) -> Result<Domain, String> {
    if text.is_empty() {
        return Err("nothing stands behind the @".into());
    }
    Domain::normalised(text).map_err(|why| format!("its domain is wrong: {why}"))
}

fn unquoted(text: &str) -> Result<(String, Domain), String> {
    let signs = text.matches('@').count();
    let Some((local, domain)) = text.rsplit_once('@') else {
        return Err("it has no @".into());
    };
    if signs > 1 {
        return Err(if text.contains([',', ';', ' ']) {
            "it holds several addresses; one to a row".into()
        } else {
            format!("it has {signs} @")
        });
    }
    let domain = domain_of(domain)?;
    local::check_unquoted(local, domain.as_str())?;
    Ok((local.to_owned(), domain))
}

impl fmt::Display for Address {
    /// As the envelope wants it: the local part in quotes where it is no dot-string, the domain
    /// in A-labels. [`Address::parse`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        local::write(&self.local, f)?;
        write!(f, "@{}", self.domain.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(text: &str) -> String {
        Address::parse(text).unwrap().to_string()
    }

    fn why(text: &str) -> String {
        Address::parse(text).unwrap_err().why
    }

    #[test]
    fn spellings_that_lists_hold_are_understood() {
        for (text, expected) in [
            ("ann@example.org", "ann@example.org"),
            ("Ann.Lee+news@Example.ORG", "Ann.Lee+news@example.org"),
            (
                " \u{3000}\u{feff}ann@example.org\u{200b}\t",
                "ann@example.org",
            ),
            ("Ann Lee <ann@example.org>", "ann@example.org"),
            ("<ann@example.org>", "ann@example.org"),
            ("\"Lee, Ann\" < ann@example.org >", "ann@example.org"),
            ("ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ann@example.org"),
            ("ann＠例え。jp", "ann@xn--r8jz45g.jp"),
            ("山田@例え.jp", "山田@xn--r8jz45g.jp"),
            ("\"a b\"@x.org", "\"a b\"@x.org"),
            ("\"a\\\"b@c\\\\\"@x.org", "\"a\\\"b@c\\\\\"@x.org"),
            ("\"ann\"@x.org", "ann@x.org"),
            ("o'neil/x=y@x.org", "o'neil/x=y@x.org"),
        ] {
            assert_eq!(wire(text), expected, "{text}");
        }
    }

    #[test]
    fn carriers_dots_are_quoted_and_others_refused() {
        assert_eq!(
            wire("taro..yamada@docomo.ne.jp"),
            "\"taro..yamada\"@docomo.ne.jp"
        );
        assert_eq!(wire(".taro.@EZWEB.ne.jp"), "\".taro.\"@ezweb.ne.jp");
        assert_eq!(wire("\"a..b\"@example.org"), "\"a..b\"@example.org");
        assert_eq!(
            why("taro..y@gmail.com"),
            "the part before the @ has two dots in a row, which only Japanese mobile carriers allow"
        );
        assert!(why(".taro@gmail.com").contains("begins with a dot"));
        assert!(why("taro.@gmail.com").contains("ends with a dot"));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, expected) in [
            ("", "it is empty"),
            (" \u{3000} ", "it is empty"),
            ("ann", "it has no @"),
            ("@x.org", "nothing stands before the @"),
            ("\"\"@x.org", "nothing stands before the @"),
            ("ann@", "nothing stands behind the @"),
            ("ann@@x.org", "it has 2 @"),
            (
                "a@x.org, b@x.org",
                "it holds several addresses; one to a row",
            ),
            ("an n@x.org", "it holds a space"),
            (
                "a,b@x.org",
                "it holds ',' before the @; one address to a cell",
            ),
            ("a(b)@x.org", "it holds '(' before the @"),
            ("\"ann@x.org", "its quotes do not match"),
            ("an\"n@x.org", "its quotes do not match"),
            ("\"ann\"x@x.org", "no @ follows its closing quote"),
            ("ann@x.org>", "it ends with \">\" and has no \"<\""),
            ("ann\r\nRCPT TO:<b@x.org>", "it holds a line end (U+000D)"),
            ("ann\0@x.org", "it holds a control character (U+0000)"),
            (
                "ann\u{202e}gro.x@x.org",
                "it holds a mark that turns the writing direction (U+202E)",
            ),
            (
                "an\u{200b}n@x.org",
                "it holds an invisible character (U+200B)",
            ),
            (
                "an\u{fffd}@x.org",
                "it holds the mark of a character that was lost in decoding (U+FFFD)",
            ),
            ("\"a\tb\"@x.org", "it holds a control character (U+0009)"),
            (
                "ann@gmail,com",
                "its domain is wrong: it holds a comma; is it meant to be a dot?",
            ),
            (
                "ann@localhost",
                "its domain is wrong: it has no dot: a mail domain has a name and an ending, as in example.org",
            ),
            (
                "ann@[192.0.2.1]",
                "its domain is wrong: an address literal names a machine, not a domain",
            ),
        ] {
            assert_eq!(why(text), expected, "{text:?}");
        }
        assert!(why(&format!("{}@x.org", "a".repeat(65))).contains("64"));
        let long = format!("{}@{}org", "a".repeat(64), "abcdefg.".repeat(24));
        assert!(why(&long).contains("254"), "{}", why(&long));
    }

    #[test]
    fn errors_stay_readable() {
        let error = Address::parse(&format!("{}\r\n", "x\u{1b}".repeat(9000))).unwrap_err();
        assert!(error.text.len() < 600);
        assert!(!error.to_string().contains(char::is_control));
    }

    #[test]
    fn duplicates_are_told_by_the_key() {
        let key = |text| Address::parse(text).unwrap().key();
        assert_eq!(key("Ann@Example.org"), key("\"ann\"@example.org."));
        assert_eq!(key("ann@例え.jp"), key("ann@xn--r8jz45g.jp"));
        assert_ne!(key("ann+a@x.org"), key("ann@x.org"));
        assert!(Address::parse("山田@x.jp").unwrap().needs_smtputf8());
        assert!(!Address::parse("ann@例え.jp").unwrap().needs_smtputf8());
    }

    /// Texts near to addresses, with what could hurt in them.
    fn hostile() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("@".to_owned()),
            Just("\"".to_owned()),
            Just("\\".to_owned()),
            Just("\r\n".to_owned()),
            Just("\0".to_owned()),
            Just("\u{202e}".to_owned()),
            Just("..".to_owned()),
            Just("docomo.ne.jp".to_owned()),
            Just("x.org".to_owned()),
            Just("＠".to_owned()),
            Just(" <".to_owned()),
            Just(">".to_owned()),
            "[a-zA-Z0-9.]{1,8}",
            "\\PC{0,4}",
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn the_wire_form_is_clean_bounded_and_reads_back(text in hostile()) {
            if let Ok(address) = Address::parse(&text) {
                let wire = address.to_string();
                prop_assert!(!wire.contains(char::is_control), "{wire:?}");
                prop_assert!(forbidden(&wire).is_none());
                prop_assert!(wire.len() <= LONGEST && address.local().len() <= local::LONGEST);
                let again = Address::parse(&wire);
                prop_assert_eq!(again.as_ref(), Ok(&address));
            }
        }

        #[test]
        fn any_quoted_content_survives(content in "[ -~]{1,30}") {
            let escaped = content.replace('\\', "\\\\").replace('"', "\\\"");
            let address = Address::parse(&format!("\"{escaped}\"@x.org")).unwrap();
            prop_assert_eq!(address.local(), &content);
            let again = Address::parse(&address.to_string()).unwrap();
            prop_assert_eq!(again, address);
        }
    }
}
