//! Markdown made HTML, in a layout of the campaign's or a plain one.

use super::flat::Flat;
use super::flatten::{as_it_stands, flatten, within};
use super::library::Library;
use super::markup::{Lexeme, lexemes};
use super::tags::{CLOSE, OPEN, mark, marks};
use crate::render::error::RenderError;
use crate::render::source::TemplateFile;
use crate::render::template::scan::Kind;
use pulldown_cmark::{Options, Parser, html::push_html};

/// The block of a layout that a letter in Markdown stands in.
const BLOCK: &str = "content";

/// The letter's HTML in its layout, which may be MJML.
///
/// # Errors
/// Where the layout is not there or calls what is not there.
pub(super) fn html(
    template: &TemplateFile,
    layout: Option<&str>,
    locale: Option<&str>,
    library: &mut Library<'_>,
) -> Result<Flat, RenderError> {
    let flat = match flatten(template, library)? {
        Some(flat) => flat,
        None => as_it_stands(template, library)?,
    };
    let at = flat.origin(0);
    let content = converted(&flat.text, library);
    let Some(name) = layout else {
        let layout = plain_layout(locale.unwrap_or("en"));
        return within(&layout, BLOCK, &content, at, library);
    };
    let layout = library.get(name, at)?;
    within(layout, BLOCK, &content, at, library)
}

/// Markdown as HTML. Tags in a line of their own become no paragraph.
fn converted(markdown: &str, library: &Library<'_>) -> String {
    let alone = on_their_own(markdown, library);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let mut html = String::with_capacity(alone.len() * 3 / 2);
    push_html(&mut html, Parser::new_ext(&alone, options));
    without_rows(&shown(&html), library)
}

/// Puts statements that fill their line into a comment, which Markdown takes for a block; no author
/// can write one that begins and ends like it. Between
/// the rows of a table they stay, and become a row of their own for now.
fn on_their_own(markdown: &str, library: &Library<'_>) -> String {
    let mut out = String::with_capacity(markdown.len() + 256);
    let mut in_table = false;
    for line in markdown.split_inclusive('\n') {
        let text = line.trim();
        let is_mark = |number: usize| {
            (library.tags.get(number)).is_some_and(|tag| tag.kind == Kind::Statement)
        };
        let whole: String = marks(text).map(mark).collect();
        if text.is_empty() || whole != text || !marks(text).all(is_mark) {
            in_table = text.starts_with('|') || (in_table && text.contains('|'));
            out.push_str(line);
        } else if in_table {
            out.push_str(line);
        } else {
            let indent = &line[..line.len() - line.trim_start().len()];
            out.push_str(&format!("{indent}<!--{CLOSE}{text}{OPEN}-->\n"));
        }
    }
    out
}

/// Rows of a table that are nothing but statements as those alone.
fn without_rows(html: &str, library: &Library<'_>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<tr>") {
        let (before, row) = rest.split_at(at);
        out.push_str(before);
        let end = row
            .find("</tr>")
            .map_or(row.len(), |end| end + "</tr>".len());
        let (row, after) = row.split_at(end);
        let text: String = (lexemes(row))
            .filter(|lexeme| matches!(lexeme, Lexeme::Text(_)))
            .map(Lexeme::text)
            .collect();
        let whole: String = marks(&text).map(mark).collect();
        let is_statement = |number: usize| {
            (library.tags.get(number)).is_some_and(|tag| tag.kind == Kind::Statement)
        };
        if !whole.is_empty() && whole == text.trim() && marks(&text).all(is_statement) {
            out.push_str(&whole);
        } else {
            out.push_str(row);
        }
        rest = after;
    }
    out + rest
}

/// Marks as they were, also where they were escaped.
fn shown(html: &str) -> String {
    let percent = |c: char| {
        let mut buffer = [0; 4];
        c.encode_utf8(&mut buffer)
            .bytes()
            .map(|octet| format!("%{octet:02X}"))
            .collect::<String>()
    };
    html.replace(&percent(OPEN), &OPEN.to_string())
        .replace(&percent(CLOSE), &CLOSE.to_string())
        .replace(&format!("<!--{CLOSE}"), "")
        .replace(&format!("{OPEN}-->\n"), "")
        .replace(&format!("{OPEN}-->"), "")
}

/// One column of at most 600 pixels, in the reader's own colours and type.
fn plain_layout(locale: &str) -> TemplateFile {
    let lang: String = locale
        .split("-u-")
        .next()
        .unwrap_or("en")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let text = include_str!("plain_layout.html").replace("LANG", &lang);
    TemplateFile::new("the plain layout", text)
}
