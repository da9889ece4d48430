//! Reverse and forward paths (RFC 5321 section 4.1.2, RFC 6531 section 3.3).

use std::fmt;

/// The mailbox of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    /// The part before the `@`, without quotes and escapes.
    pub local: String,
    /// The domain as it was written, or an address literal in brackets; empty for the bare
    /// `postmaster` of RFC 5321 section 4.1.1.3.
    pub domain: String,
}

impl Path {
    /// Whether it can only travel with SMTPUTF8.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.is_ascii() || !self.domain.is_ascii()
    }
}

impl fmt::Display for Path {
    /// The form of the wire without angle brackets, quoted where it has to be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_dot_string(&self.local) {
            f.write_str(&self.local)?;
        } else {
            f.write_str("\"")?;
            for c in self.local.chars() {
                if matches!(c, '"' | '\\') {
                    f.write_str("\\")?;
                }
                write!(f, "{c}")?;
            }
            f.write_str("\"")?;
        }
        if self.domain.is_empty() {
            return Ok(());
        }
        write!(f, "@{}", self.domain)
    }
}

/// The longest path that is read; RFC 5321 section 4.5.3.1.3 asks for 256.
const LONGEST: usize = 512;

/// Reads `<…>` off the front: the path (`None` for `<>`) and what stands behind it.
pub(super) fn parse(text: &str) -> Result<(Option<Path>, &str), &'static str> {
    let inside = text
        .strip_prefix('<')
        .ok_or("the address must stand in angle brackets")?;
    if let Some(rest) = inside.strip_prefix('>') {
        return Ok((None, rest));
    }
    let start = after_source_route(inside)?;
    let (local, rest) = local_part(start)?;
    let (domain, rest) = match rest.strip_prefix('@') {
        Some(rest) => domain(rest)?,
        None if local.eq_ignore_ascii_case("postmaster") => ("", rest),
        None => return Err("the address has no domain"),
    };
    let rest = rest
        .strip_prefix('>')
        .ok_or("the address is not closed by an angle bracket")?;
    if text.len() - rest.len() > LONGEST {
        return Err("the address is too long");
    }
    let domain = domain.to_owned();
    Ok((Some(Path { local, domain }), rest))
}

/// Skips `@one,@two:`, which is to be accepted and ignored (RFC 5321 appendix C).
fn after_source_route(text: &str) -> Result<&str, &'static str> {
    if !text.starts_with('@') {
        return Ok(text);
    }
    let (route, rest) = text
        .split_once(':')
        .ok_or("the source route does not end")?;
    let plain = |hop: &str| {
        hop.strip_prefix('@')
            .is_some_and(|host| !host.is_empty() && host.chars().all(is_domain_char))
    };
    if route.split(',').all(plain) {
        Ok(rest)
    } else {
        Err("the source route is not one")
    }
}

fn local_part(text: &str) -> Result<(String, &str), &'static str> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted_string(quoted);
    }
    let end = text.find(['@', '>']).ok_or("the address is not closed")?;
    let (local, rest) = text.split_at(end);
    if is_dot_string(local) {
        Ok((local.to_owned(), rest))
    } else {
        Err("the part before the @ would have to be quoted")
    }
}

/// What stands behind an opening quote: the content without escapes, and the rest.
fn quoted_string(text: &str) -> Result<(String, &str), &'static str> {
    let mut content = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((content, &text[at + 1..])),
            '\\' => match chars.next() {
                Some((_, escaped @ ' '..='~')) => content.push(escaped),
                _ => return Err("an escape in the quoted part is not one"),
            },
            c if c == ' ' || is_printable(c) => content.push(c),
            _ => return Err("the quoted part holds a control character"),
        }
    }
    Err("the quoted part does not end")
}

fn domain(text: &str) -> Result<(&str, &str), &'static str> {
    if text.starts_with('[') {
        let end = text.find(']').ok_or("the address literal does not end")?;
        let (literal, rest) = text.split_at(end + 1);
        let inner = &literal[1..end];
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-');
        if inner.is_empty() || !inner.chars().all(plain) {
            return Err("the address literal is not one");
        }
        return Ok((literal, rest));
    }
    let end = text.find('>').unwrap_or(text.len());
    let (domain, rest) = text.split_at(end);
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(is_domain_char)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if domain.split('.').all(label) {
        Ok((domain, rest))
    } else {
        Err("the domain is not one")
    }
}

fn is_dot_string(text: &str) -> bool {
    text.split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(c)
        || (!c.is_ascii() && is_printable(c))
}

fn is_printable(c: char) -> bool {
    !c.is_control() && !c.is_whitespace()
}

fn is_domain_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') || (!c.is_ascii() && is_printable(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(text: &str) -> Result<String, &'static str> {
        parse(text).map(|(path, rest)| {
            assert_eq!(rest, "", "{text}");
            path.map_or_else(String::new, |path| {
                format!("{}|{}", path.local, path.domain)
            })
        })
    }

    #[test]
    fn paths_are_read() {
        for (text, want) in [
            ("<>", ""),
            ("<a@example.com>", "a|example.com"),
            ("<a.b+c@example.com>", "a.b+c|example.com"),
            ("<\"a..b\"@example.jp>", "a..b|example.jp"),
            ("<\"a\\\"b\\\\ @>\"@example.com>", "a\"b\\ @>|example.com"),
            ("<@one.net,@two.net:a@example.com>", "a|example.com"),
            ("<用户@例え.jp>", "用户|例え.jp"),
            ("<a@[192.0.2.1]>", "a|[192.0.2.1]"),
            ("<a@[IPv6:2001:db8::1]>", "a|[IPv6:2001:db8::1]"),
            ("<Postmaster>", "Postmaster|"),
        ] {
            assert_eq!(path(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            "a@example.com",
            "<a@example.com",
            "<a>",
            "<@example.com>",
            "<a..b@example.com>",
            "<.a@example.com>",
            "<a.@example.com>",
            "<a b@example.com>",
            "<a@>",
            "<a@-x.com>",
            "<a@x..com>",
            "<a@b@example.com>",
            "<\"a@example.com>",
            "<\"a\"b@example.com>",
            "<a@[>",
            "<a@[]>",
            "<@one:>",
            "<a\u{a0}b@example.com>",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let long = format!("<{}@example.com>", "a".repeat(600));
        assert!(parse(&long).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in "<?[ -~é\u{0}]{0,60}>?") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_shown_is_read_back(local in "[ -~é用]{1,20}", domain in "[a-z]{1,5}\\.[a-z]{2}") {
            let path = Path { local, domain };
            let text = format!("<{path}>");
            prop_assert_eq!(parse(&text), Ok((Some(path), "")));
        }
    }
}
