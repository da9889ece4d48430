//! The line that mail programs show behind the subject: hidden text in front of all other.

use super::library::Library;
use super::markup::{Lexeme, lexemes};
use super::tags::{Piece, mark};
use crate::render::error::RenderError;
use crate::render::source::TemplateFile;

/// What hides it, from Outlook too.
const STYLE: &str = "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all";
/// So often the padding is repeated, or the letter's first words would run into the line.
const PADDING: usize = 60;

/// Puts a preheader into protected HTML, right behind `<body>`.
///
/// # Errors
/// Where a tag of it has no end.
pub(super) fn put(
    html: &str,
    preheader: &str,
    library: &mut Library<'_>,
) -> Result<String, RenderError> {
    let template = TemplateFile::new("preheader", preheader);
    let mut text = String::new();
    for piece in library.pieces(&template)? {
        match piece {
            Piece::Text(_, words) => text.push_str(&escaped(&words)),
            Piece::Tag(number) => text.push_str(&mark(number)),
        }
    }
    // A joiner that is not seen and a space that is not broken at.
    let padding = "&#847;&nbsp;".repeat(PADDING);
    let block = format!("<div style=\"{STYLE}\">{text}{padding}</div>");
    let place = place(html);
    Ok(format!("{}{block}{}", &html[..place], &html[place..]))
}

/// Behind `<body>`; where that is left out, behind `</head>`, else behind `<html>`, else behind the
/// document type, which nothing may stand in front of.
fn place(html: &str) -> usize {
    let (mut at, mut best) = (0, (0, 0));
    for lexeme in lexemes(html) {
        at += lexeme.text().len();
        let rank = match lexeme {
            Lexeme::Open(_, name) if name.eq_ignore_ascii_case("body") => return at,
            Lexeme::Close(_, name) if name.eq_ignore_ascii_case("head") => 3,
            Lexeme::Open(_, name) if name.eq_ignore_ascii_case("html") => 2,
            Lexeme::Other(text) if is_doctype(text) => 1,
            _ => 0,
        };
        if rank > best.0 {
            best = (rank, at);
        }
    }
    best.1
}

fn is_doctype(text: &str) -> bool {
    text.get(..9)
        .is_some_and(|begin| begin.eq_ignore_ascii_case("<!doctype"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
