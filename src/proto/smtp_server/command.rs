//! One line of a client, read.

use super::path::{self, Path};

/// A command that is well formed; whether it may come now is the machine's question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Hello {
        name: String,
        extended: bool,
    },
    Mail {
        from: Option<Path>,
        parameters: Vec<Parameter>,
    },
    Rcpt {
        to: Path,
        parameters: Vec<Parameter>,
    },
    Data,
    Bdat {
        size: u64,
        last: bool,
    },
    Rset,
    Noop,
    Vrfy,
    Expn,
    Help,
    Quit,
    StartTls,
}

/// `KEYWORD` or `KEYWORD=value` behind a path; the keyword in upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) keyword: String,
    pub(super) value: Option<String>,
}

/// Why a line is no command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Not known at all: 500.
    Unknown,
    /// Known, and its arguments are wrong: 501.
    Arguments(&'static str),
    /// A path is wrong: 501 with 5.1.3 or 5.1.7.
    Path(&'static str),
    /// A BDAT whose size cannot be told, so that nobody knows where the next command begins.
    Lost,
}

/// Reads one line without its end.
pub(super) fn parse(line: &str) -> Result<Command, Flaw> {
    let line = line.trim_end_matches([' ', '\t']);
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim_start_matches(' ');
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => hello(rest, true),
        "HELO" => hello(rest, false),
        "MAIL" => mail(rest),
        "RCPT" => rcpt(rest),
        "DATA" => bare(rest, Command::Data),
        "BDAT" => bdat(rest),
        "RSET" => bare(rest, Command::Rset),
        "NOOP" => Ok(Command::Noop),
        "VRFY" => with_argument(rest, Command::Vrfy),
        "EXPN" => with_argument(rest, Command::Expn),
        "HELP" => Ok(Command::Help),
        "QUIT" => bare(rest, Command::Quit),
        "STARTTLS" => bare(rest, Command::StartTls),
        _ => Err(Flaw::Unknown),
    }
}

fn bare(rest: &str, command: Command) -> Result<Command, Flaw> {
    if rest.is_empty() {
        Ok(command)
    } else {
        Err(Flaw::Arguments("the command takes no arguments"))
    }
}

fn with_argument(rest: &str, command: Command) -> Result<Command, Flaw> {
    if rest.is_empty() {
        Err(Flaw::Arguments("the command needs an argument"))
    } else {
        Ok(command)
    }
}

fn hello(rest: &str, extended: bool) -> Result<Command, Flaw> {
    // RFC 5321 section 4.1.1.1 wants a domain or a literal. Names are not held against it: they
    // say nothing that could be relied on, and old clients send what they like.
    let name = rest.split(' ').next().unwrap_or("");
    if name.is_empty() {
        return Err(Flaw::Arguments("the name of the client is missing"));
    }
    let name = name.to_owned();
    Ok(Command::Hello { name, extended })
}

fn mail(rest: &str) -> Result<Command, Flaw> {
    let rest = after_word(rest, "FROM:").ok_or(Flaw::Arguments("it is MAIL FROM:<address>"))?;
    let (from, rest) = path::parse(rest).map_err(Flaw::Path)?;
    let parameters = parameters(rest)?;
    Ok(Command::Mail { from, parameters })
}

fn rcpt(rest: &str) -> Result<Command, Flaw> {
    let rest = after_word(rest, "TO:").ok_or(Flaw::Arguments("it is RCPT TO:<address>"))?;
    let (to, rest) = path::parse(rest).map_err(Flaw::Path)?;
    let to = to.ok_or(Flaw::Path("the null path receives nothing"))?;
    let parameters = parameters(rest)?;
    Ok(Command::Rcpt { to, parameters })
}

/// What follows `word` (in any case) and, as common clients do, perhaps a space.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word)
        .then(|| text[word.len()..].trim_start_matches(' '))
}

fn parameters(text: &str) -> Result<Vec<Parameter>, Flaw> {
    if !text.is_empty() && !text.starts_with(' ') {
        return Err(Flaw::Path("something stands right behind the address"));
    }
    text.split(' ')
        .filter(|word| !word.is_empty())
        .map(parameter)
        .collect()
}

fn parameter(word: &str) -> Result<Parameter, Flaw> {
    let (keyword, value) = match word.split_once('=') {
        Some((keyword, value)) => (keyword, Some(value.to_owned())),
        None => (word, None),
    };
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if keyword.is_empty() || !keyword.bytes().all(fine) {
        return Err(Flaw::Arguments("a parameter is malformed"));
    }
    let keyword = keyword.to_ascii_uppercase();
    Ok(Parameter { keyword, value })
}

fn bdat(rest: &str) -> Result<Command, Flaw> {
    let (size, last) = match rest.split_once(' ') {
        Some((size, word)) if word.eq_ignore_ascii_case("LAST") => (size, true),
        Some(_) => return Err(Flaw::Lost),
        None => (rest, false),
    };
    let digits = !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit());
    let size = digits.then(|| size.parse().ok()).flatten();
    let size = size.ok_or(Flaw::Lost)?;
    Ok(Command::Bdat { size, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_and_words_are_read_in_any_case() {
        let Ok(Command::Mail { from, parameters }) =
            parse("mail from: <a@example.com> size=1000 BODY=8bitmime smtputf8")
        else {
            panic!("not read");
        };
        assert_eq!(from.unwrap().local, "a");
        let shown: Vec<String> = parameters
            .iter()
            .map(|p| format!("{}={:?}", p.keyword, p.value.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                "SIZE=Some(\"1000\")",
                "BODY=Some(\"8bitmime\")",
                "SMTPUTF8=None"
            ]
        );
        let last = Command::Bdat {
            size: 10,
            last: true,
        };
        assert_eq!(parse("BDAT 10 last"), Ok(last));
        assert_eq!(parse("QUIT  "), Ok(Command::Quit));
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        assert_eq!(parse(""), Err(Flaw::Unknown));
        assert_eq!(parse("GET / HTTP/1.1"), Err(Flaw::Unknown));
        assert_eq!(parse("BDAT -1"), Err(Flaw::Lost));
        assert_eq!(parse("BDAT 99999999999999999999"), Err(Flaw::Lost));
        assert_eq!(parse("BDAT 1 LAST LAST"), Err(Flaw::Lost));
        for line in ["EHLO", "DATA now", "MAIL <a@b.c>", "VRFY", "RCPT é"] {
            assert!(matches!(parse(line), Err(Flaw::Arguments(_))), "{line}");
        }
        for line in ["RCPT TO:<>", "MAIL FROM:<a@b.c>x", "RCPT TO:a@b.c"] {
            assert!(matches!(parse(line), Err(Flaw::Path(_))), "{line}");
        }
    }
}
