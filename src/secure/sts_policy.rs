//! An MTA-STS policy (RFC 8461 section 3.2): which hosts take a domain's mail, and what is to be
//! done where none of them can prove who it is.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A policy as a domain publishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsPolicy {
    /// What a failure means.
    pub mode: StsMode,
    /// Which hosts take its mail; empty only in mode `none`.
    pub mx: Vec<MxPattern>,
    /// How long it holds from the moment it was fetched, at most [`LONGEST`].
    pub max_age: Duration,
}

/// What a policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StsMode {
    /// Mail goes over verified TLS to hosts of the policy, or waits.
    Enforce,
    /// Mail goes anyway; what would have failed is told.
    Testing,
    /// The domain has no policy any more.
    None,
}

/// A host name, or `*.` and the rest of one: the asterisk stands for exactly one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MxPattern {
    /// In lower case, without the asterisk and its dot.
    name: String,
    wild: bool,
}

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFlaw {
    /// A line is not a name, a colon and a value.
    #[error("line {0} is not \"name: value\"")]
    Line(usize),
    /// A field has a value it cannot have.
    #[error("line {line}: {value:?} is no {field}")]
    Value {
        /// Counted from 1.
        line: usize,
        /// The field's name.
        field: &'static str,
        /// What it says, cut short.
        value: String,
    },
    /// A field that must be there is not.
    #[error("it does not say {0:?}")]
    Missing(&'static str),
}

/// The longest a policy may hold: RFC 8461 section 3.2 says about a year.
pub const LONGEST: Duration = Duration::from_secs(31_557_600);

impl StsPolicy {
    /// Whether the policy knows the host, whose name is compared without regard to case.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        self.mx.iter().any(|pattern| pattern.matches(host))
    }
}

impl FromStr for StsPolicy {
    type Err = PolicyFlaw;

    /// Reads a policy file. Lines end in LF or CRLF, empty lines count for nothing, unknown fields
    /// are extensions, and of a field that may stand once the first counts.
    fn from_str(text: &str) -> Result<Self, PolicyFlaw> {
        let mut draft = Draft::default();
        for (number, line) in (1..).zip(text.split('\n')) {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let line = line.trim_end_matches(WHITE);
            if !line.is_empty() {
                draft.take(number, line)?;
            }
        }
        draft.finish()
    }
}

impl fmt::Display for StsPolicy {
    /// The policy in its own grammar, without extensions: what is kept of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = MODES.iter().find(|(_, mode)| *mode == self.mode);
        let mode = mode.map_or("none", |(word, _)| word);
        writeln!(f, "version: STSv1\nmode: {mode}")?;
        for pattern in &self.mx {
            writeln!(f, "mx: {pattern}")?;
        }
        writeln!(f, "max_age: {}", self.max_age.as_secs())
    }
}

impl MxPattern {
    /// Reads a pattern; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (wild, name) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let whole = name.len() <= 253 && name.split('.').all(is_label);
        whole.then(|| Self {
            name: name.to_ascii_lowercase(),
            wild,
        })
    }

    fn matches(&self, host: &str) -> bool {
        let rest = if self.wild {
            host.split_once('.').map(|(_, rest)| rest)
        } else {
            Some(host)
        };
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(&self.name))
    }
}

impl fmt::Display for MxPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.wild { "*." } else { "" })?;
        f.write_str(&self.name)
    }
}

/// What has been read of a policy.
#[derive(Default)]
struct Draft {
    version: Option<()>,
    mode: Option<StsMode>,
    max_age: Option<Duration>,
    mx: Vec<MxPattern>,
}

impl Draft {
    fn take(&mut self, number: usize, line: &str) -> Result<(), PolicyFlaw> {
        let (name, value) = line.split_once(':').ok_or(PolicyFlaw::Line(number))?;
        let value = value.trim_start_matches(WHITE);
        let no = |field| PolicyFlaw::Value {
            line: number,
            field,
            value: value.chars().take(SHOWN).collect(),
        };
        match name {
            "version" if self.version.is_none() => {
                self.version = Some((value == "STSv1").then_some(()).ok_or(no("version"))?);
            }
            "mode" if self.mode.is_none() => {
                let known = MODES.iter().find(|(word, _)| *word == value);
                self.mode = Some(known.ok_or(no("mode"))?.1);
            }
            "max_age" if self.max_age.is_none() => {
                self.max_age = Some(seconds(value).ok_or(no("max_age"))?);
            }
            "mx" => self.mx.push(MxPattern::parse(value).ok_or(no("mx"))?),
            "version" | "mode" | "max_age" => {}
            _ if is_name(name) => {}
            _ => return Err(PolicyFlaw::Line(number)),
        }
        Ok(())
    }

    fn finish(self) -> Result<StsPolicy, PolicyFlaw> {
        self.version.ok_or(PolicyFlaw::Missing("version"))?;
        let mode = self.mode.ok_or(PolicyFlaw::Missing("mode"))?;
        let max_age = self.max_age.ok_or(PolicyFlaw::Missing("max_age"))?;
        if self.mx.is_empty() && mode != StsMode::None {
            return Err(PolicyFlaw::Missing("mx"));
        }
        Ok(StsPolicy {
            mode,
            mx: self.mx,
            max_age,
        })
    }
}

fn seconds(value: &str) -> Option<Duration> {
    let digits = (1..=10).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    let seconds = value.parse().ok().filter(|_| digits)?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

fn is_label(label: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-')
}

fn is_name(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (1..=32).contains(&name.len())
        && name.as_bytes()[0].is_ascii_alphanumeric()
        && name.bytes().all(inner)
}

const MODES: [(&str, StsMode); 3] = [
    ("enforce", StsMode::Enforce),
    ("testing", StsMode::Testing),
    ("none", StsMode::None),
];
const WHITE: [char; 2] = [' ', '\t'];
/// Characters of a wrong value that an error shows.
const SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "version: STSv1\nmode: enforce\nmx: mail.example.com\n\
                        mx: *.example.net\nmax_age: 604800\n";

    fn flaw(text: &str) -> PolicyFlaw {
        text.parse::<StsPolicy>().unwrap_err()
    }

    #[test]
    fn a_policy_is_read_with_either_line_end() {
        let policy: StsPolicy = GOOD.parse().unwrap();
        assert_eq!(policy.mode, StsMode::Enforce);
        assert_eq!(policy.max_age, Duration::from_secs(604_800));
        assert_eq!(GOOD.replace('\n', "\r\n").parse(), Ok(policy.clone()));
        assert_eq!(GOOD.trim_end().parse(), Ok(policy.clone()));
        let roomy = GOOD.replace(": ", ":\t ").replace('\n', " \n") + "\n\nx-more: this\n";
        assert_eq!(roomy.parse(), Ok(policy));
    }

    #[test]
    fn hosts_match_without_case_and_an_asterisk_is_one_label() {
        let policy: StsPolicy = GOOD.parse().unwrap();
        for host in ["mail.example.com", "MAIL.Example.com", "a.example.net"] {
            assert!(policy.allows(host), "{host}");
        }
        for host in [
            "example.com",
            "a.mail.example.com",
            "example.net",
            "a.b.example.net",
            "aexample.net",
            "",
        ] {
            assert!(!policy.allows(host), "{host}");
        }
    }

    #[test]
    fn what_is_no_policy_is_refused_with_its_place() {
        for field in ["version", "mode", "max_age"] {
            let without: Vec<&str> = GOOD.lines().filter(|l| !l.starts_with(field)).collect();
            assert_eq!(flaw(&without.join("\n")), PolicyFlaw::Missing(field));
        }
        let no_mx = "version: STSv1\nmode: testing\nmax_age: 1";
        assert_eq!(flaw(no_mx), PolicyFlaw::Missing("mx"));
        assert_eq!(flaw("version: STSv1\n<html>"), PolicyFlaw::Line(2));
        for (from, to, line, field) in [
            ("STSv1", "STSv2", 1, "version"),
            ("enforce", "Enforce", 2, "mode"),
            ("mail.example.com", "mail.*.com", 3, "mx"),
            ("mail.example.com", "*", 3, "mx"),
            ("mail.example.com", "mail..com", 3, "mx"),
            ("*.example.net", "*.*.net", 4, "mx"),
            ("604800", "-1", 5, "max_age"),
            ("604800", "+1", 5, "max_age"),
            ("604800", "12345678901", 5, "max_age"),
        ] {
            let text = GOOD.replace(from, to);
            let place = |f: PolicyFlaw| match f {
                PolicyFlaw::Value { line, field, .. } => (line, field),
                other => panic!("{other:?}"),
            };
            assert_eq!(place(flaw(&text)), (line, field), "{text}");
        }
    }

    #[test]
    fn the_first_of_a_doubled_field_counts_and_ages_have_a_bound() {
        let text = GOOD.replace("604800", "9999999999\nmode: none\nmax_age: 1");
        let policy: StsPolicy = text.parse().unwrap();
        assert_eq!(policy.mode, StsMode::Enforce);
        assert_eq!(policy.max_age, LONGEST);
    }

    #[test]
    fn mode_none_needs_no_hosts() {
        let policy: StsPolicy = "version: STSv1\nmode: none\nmax_age: 86400"
            .parse()
            .unwrap();
        assert_eq!((policy.mode, policy.mx.len()), (StsMode::None, 0));
    }

    proptest! {
        #[test]
        fn any_text_is_borne(text in "((version|mode|mx|max_age): ?)?(.|\n){0,80}") {
            let _ = text.parse::<StsPolicy>();
        }

        #[test]
        fn a_policy_is_what_it_was_after_being_kept(
            mode in 0..3_usize,
            mx in prop::collection::vec("(\\*\\.)?[a-zA-Z0-9]{1,8}(\\.[a-z0-9-]{0,3}[a-z]){0,3}", 1..6),
            age in 0..40_000_000_u64,
        ) {
            let mut text = format!("version: STSv1\nmode: {}\nmax_age: {age}", MODES[mode].0);
            for pattern in mx.iter().filter(|p| MxPattern::parse(p).is_some()) {
                text.push_str(&format!("\nmx: {pattern}"));
            }
            if let Ok(policy) = text.parse::<StsPolicy>() {
                prop_assert_eq!(policy.to_string().parse(), Ok(policy));
            }
        }
    }
}
