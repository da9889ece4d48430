//! Why a letter could not be made, for people: the place, the cause, and what to write instead.

use crate::model::{DomainError, SignError};
use std::fmt;

/// A letter that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RenderError {
    /// The template: its file's name, or `subject` or `unsubscribe` of the campaign's file.
    pub template: String,
    /// The line of it, counted from 1, where that is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The template cannot be parsed.
    #[error("{0}")]
    Syntax(String),
    /// It names a variable that this recipient does not have.
    #[error("undefined variable `{variable}` (columns: {})", listed(columns))]
    UnknownVariable {
        /// The name in the template.
        variable: String,
        /// The names there are.
        columns: Vec<String>,
    },
    /// An expression failed: an unknown filter, a wrong operation, a value without that attribute.
    #[error("{0}")]
    Expression(String),
    /// It wants another file.
    #[error("{0}")]
    Include(String),
    /// It did more steps than a letter needs.
    #[error("the template did not end within {limit} steps; is there a loop that never ends?")]
    TooManySteps {
        /// Steps that are allowed.
        limit: u64,
    },
    /// It made more text than a letter may have.
    #[error("the rendered text is longer than {limit} octets")]
    TooLong {
        /// Octets that are allowed.
        limit: usize,
    },
    /// The subject came out without a visible character.
    #[error("the subject is empty for this recipient")]
    EmptySubject,
    /// The unsubscribe address came out as something no mail client can open.
    #[error("{url:?} is no unsubscribe address: {why}")]
    Unsubscribe {
        /// What was rendered, shortened.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The campaign has neither an HTML nor a text template.
    #[error("the campaign has no body: set `html`, `mjml`, `markdown` or `text`")]
    NoBody,
    /// The domain for returned mail is none.
    #[error(transparent)]
    BounceDomain(DomainError),
    /// The HTML could not be turned into a text alternative.
    #[error("no text could be made from the HTML: {0}; give the campaign a `text` template")]
    NoText(String),
    /// Two inline files cannot be told apart.
    #[error("two inline files are called {name:?}")]
    SameName {
        /// Their name.
        name: String,
    },
    /// The HTML shows what the message does not carry.
    #[error("the HTML shows `cid:{name}`, and `inline` has no file of that name")]
    NoInlineFile {
        /// The name in the HTML.
        name: String,
    },
    /// The HTML never shows a file that every message would carry.
    #[error("the HTML never shows {name:?}")]
    UnusedInlineFile {
        /// The file's name.
        name: String,
    },
    /// The list does not say which files are whose.
    #[error("the list has no column {column:?}")]
    NoFileColumn {
        /// The column that was to name them.
        column: String,
    },
    /// A recipient's own file cannot be sent.
    #[error("column {column:?} names the file {name:?}: {why}")]
    PersonalFile {
        /// The column that names it.
        column: String,
        /// Its name, shortened.
        name: String,
        /// What is wrong with it, in words.
        why: String,
    },
    /// The calendar is none that mail programs would take.
    #[error("no invitation: {0}")]
    Calendar(String),
    /// The key does not sign.
    #[error(transparent)]
    Signing(SignError),
}

impl RenderError {
    /// An error that belongs to no line.
    pub(in crate::render) fn of(template: &str, fault: Fault) -> Self {
        Self {
            template: template.to_owned(),
            line: None,
            fault,
        }
    }

    /// What to write instead, where that can be guessed.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.fault {
            Fault::UnknownVariable { variable, columns } => {
                Some(match nearest(variable, columns) {
                    Some(column) => format!("did you mean `{column}`?"),
                    None => format!(
                        "add a column `{variable}`, or write {{{{ {variable} | default('…') }}}}"
                    ),
                })
            }
            Fault::EmptySubject => {
                Some("give its variables a default: {{ name | default('there') }}".to_owned())
            }
            Fault::Unsubscribe { .. } => Some(
                "write an https:// address, and pass what comes from the list through `urlencode`"
                    .to_owned(),
            ),
            Fault::SameName { .. } => Some("give one of them another name".to_owned()),
            Fault::NoInlineFile { name } => Some(format!(
                "write \"{name}\" into `inline`, or the address of the picture into the HTML"
            )),
            Fault::UnusedInlineFile { name } => Some(format!(
                "write <img src=\"cid:{name}\" alt=\"…\">, or move it to `attachments`"
            )),
            Fault::NoFileColumn { .. } => Some(
                "add the column; a cell names files separated by `;`, and an empty one names none"
                    .to_owned(),
            ),
            Fault::PersonalFile { .. } => {
                Some("correct the cell or add the file; several are separated by `;`".to_owned())
            }
            Fault::Calendar(_) => Some(
                "an invitation has VERSION:2.0, PRODID, METHOD:REQUEST and a VEVENT with UID, DTSTAMP, \
                 DTSTART, SUMMARY, ORGANIZER and ATTENDEE"
                    .to_owned(),
            ),
            Fault::Include(_) => Some(
                "templates are called by their path in the campaign's folder, or as `_layouts/base.html` where a folder beside it begins with an underscore".to_owned(),
            ),
            Fault::Syntax(_)
            | Fault::Expression(_)
            | Fault::TooManySteps { .. }
            | Fault::TooLong { .. }
            | Fault::NoBody
            | Fault::BounceDomain(_)
            | Fault::NoText(_)
            | Fault::Signing(_) => None,
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.template)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// The column that was probably meant.
fn nearest<'a>(variable: &str, columns: &'a [String]) -> Option<&'a str> {
    let wanted = variable.to_lowercase();
    columns
        .iter()
        .map(|column| {
            (
                strsim::normalized_damerau_levenshtein(&wanted, &column.to_lowercase()),
                column,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, column)| column.as_str())
}

fn listed(columns: &[String]) -> String {
    const SHOWN: usize = 30;
    if columns.is_empty() {
        return "none".to_owned();
    }
    let mut text = columns[..columns.len().min(SHOWN)].join(", ");
    if columns.len() > SHOWN {
        text.push_str(", …");
    }
    text
}
