//! Files that the HTML shows. The HTML names them as people do, `cid:` and the file's name; in the
//! message that name is a content id (RFC 2392) which every reader takes, whatever the name is.

use super::file::{EncodedFile, Place, guess};
use super::reference::{Reference, SCHEME, references};
use crate::render::error::{Fault, RenderError};
use crate::render::source::LetterSource;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::borrow::Cow;

/// A campaign's inline files.
#[derive(Debug)]
pub(in crate::render) struct Inline {
    files: Vec<Shown>,
}

#[derive(Debug)]
struct Shown {
    /// What the HTML calls it.
    name: String,
    /// What the message calls it.
    id: String,
    content: Bytes,
    part: EncodedFile,
}

impl Inline {
    /// Encodes the files of a letter.
    ///
    /// # Errors
    /// Where two have the same name, or where it is plain from the templates that the HTML never
    /// shows one, or shows what is not there.
    pub(in crate::render) fn new(source: &LetterSource) -> Result<Self, RenderError> {
        let domain = source.from.address.domain().as_str();
        let mut files: Vec<Shown> = Vec::with_capacity(source.inline.len());
        for (number, file) in source.inline.iter().enumerate() {
            let name = file.name.clone();
            if files.iter().any(|other| other.name == name) {
                return Err(RenderError::of("inline", Fault::SameName { name }));
            }
            let id = content_id(number, &name, domain);
            let part = EncodedFile::new(file, Place::Inline(&id), source.charset);
            let content = file.content.clone();
            files.push(Shown {
                name,
                id,
                content,
                part,
            });
        }
        let inline = Self { files };
        inline.check_templates(source)?;
        Ok(inline)
    }

    /// Whether there are none.
    pub(in crate::render) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Their parts.
    pub(in crate::render) fn parts(&self) -> impl Iterator<Item = &EncodedFile> {
        self.files.iter().map(|file| &file.part)
    }

    /// Sees that rendered HTML shows only what is there.
    ///
    /// # Errors
    /// For the first that is not.
    pub(in crate::render) fn check(&self, html: &str) -> Result<(), Fault> {
        let missing =
            |reference: &Reference<'_>| reference.is_certain && self.find(reference).is_none();
        match references(html).find(missing) {
            Some(reference) => Err(self.unknown(&reference)),
            None => Ok(()),
        }
    }

    /// The HTML with the ids of the message.
    pub(in crate::render) fn resolved<'a>(&self, html: &'a str) -> Cow<'a, str> {
        self.replaced(html, |file, out| {
            out.push_str(SCHEME);
            out.push_str(&file.id);
        })
    }

    /// The HTML with the files themselves in the place of their addresses (RFC 2397), so that it
    /// can be read without its message, whose header says the charset.
    pub(in crate::render) fn self_contained<'a>(&self, html: &'a str) -> Cow<'a, str> {
        let held = self.replaced(html, |file, out| {
            out.push_str("data:");
            out.push_str(guess(&file.name).essence_str());
            out.push_str(";base64,");
            STANDARD.encode_string(&file.content, out);
        });
        with_charset(held)
    }

    fn replaced<'a>(
        &self,
        html: &'a str,
        mut write: impl FnMut(&Shown, &mut String),
    ) -> Cow<'a, str> {
        if self.is_empty() {
            return Cow::Borrowed(html);
        }
        let mut out = String::new();
        let mut done = 0;
        for reference in references(html) {
            if let Some((file, length)) = self.find(&reference) {
                out.push_str(&html[done..reference.start - SCHEME.len()]);
                write(file, &mut out);
                done = reference.start + length;
            }
        }
        if done == 0 {
            return Cow::Borrowed(html);
        }
        out.push_str(&html[done..]);
        Cow::Owned(out)
    }

    /// The file that a reference means, and the length of its name in the HTML.
    fn find(&self, reference: &Reference<'_>) -> Option<(&Shown, usize)> {
        reference.names().find_map(|(name, length)| {
            let file = self.files.iter().find(|file| file.name == name);
            file.map(|file| (file, length))
        })
    }

    fn unknown(&self, reference: &Reference<'_>) -> Fault {
        let name = reference.names().next().map(|(name, _)| name.into_owned());
        Fault::NoInlineFile {
            name: name.unwrap_or_default().chars().take(120).collect(),
        }
    }

    /// What can be said before anything is rendered. Templates may compute names: then nothing is
    /// unused, and only what is rendered shows what is missing.
    fn check_templates(&self, source: &LetterSource) -> Result<(), RenderError> {
        let html = source.html.as_ref().map(|(_, template)| template);
        if let Some(template) = html {
            let missing = |reference: &Reference<'_>| {
                reference.is_certain && !reference.is_computed() && self.find(reference).is_none()
            };
            if let Some(reference) = references(&template.text).find(missing) {
                return Err(RenderError::of(&template.name, self.unknown(&reference)));
            }
        }
        let texts = || html.into_iter().chain(source.library.values());
        if texts().any(|template| computes(&template.text)) {
            return Ok(());
        }
        let shown = |file: &Shown| {
            texts().any(|template| {
                let found = |reference| {
                    self.find(&reference)
                        .is_some_and(|(it, _)| it.id == file.id)
                };
                references(&template.text).any(found)
            })
        };
        match self.files.iter().find(|file| !shown(file)) {
            Some(file) => Err(RenderError::of(
                "inline",
                Fault::UnusedInlineFile {
                    name: file.name.clone(),
                },
            )),
            None => Ok(()),
        }
    }
}

/// HTML that says its charset.
fn with_charset(html: Cow<'_, str>) -> Cow<'_, str> {
    let small = html.to_ascii_lowercase();
    if small.contains("charset=") {
        return html;
    }
    // In front of a doctype it would change how the letter is shown.
    let tags = ["<head>", "<head ", "<html>", "<html ", "<!doctype"];
    let open = tags.iter().find_map(|tag| small.find(tag));
    let at = open.and_then(|open| Some(open + small[open..].find('>')? + 1));
    let (before, behind) = html.split_at(at.unwrap_or(0));
    Cow::Owned(format!("{before}<meta charset=\"utf-8\">{behind}"))
}

/// Whether a template may name a file by a variable.
fn computes(template: &str) -> bool {
    let by_variable = [
        "src=\"{",
        "src='{",
        "src={",
        "url({",
        "url('{",
        "url(\"{",
        "background=\"{",
    ];
    references(template).any(|reference| reference.is_computed())
        || by_variable.iter().any(|place| template.contains(place))
}

/// `NUMBER.NAME@DOMAIN`, of what no reader has to escape.
fn content_id(number: usize, name: &str, domain: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let words = name
        .split(|c: char| !allowed(c))
        .filter(|word| !word.is_empty());
    let name: String = words
        .collect::<Vec<_>>()
        .join(".")
        .chars()
        .take(40)
        .collect();
    let name = name.trim_end_matches('.');
    match name {
        "" => format!("{number}@{domain}"),
        name => format!("{number}.{name}@{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Mailbox, Markup};
    use crate::render::sender::Tokens;
    use crate::render::source::{File, TemplateFile};

    fn inline(html: &str, names: &[&str]) -> Result<Inline, RenderError> {
        let from = Mailbox {
            name: None,
            address: Address::parse("news@example.com").unwrap(),
        };
        let file = |name: &&str| File {
            name: (*name).to_owned(),
            content: b"x"[..].into(),
        };
        Inline::new(&LetterSource {
            html: Some((Markup::Html, TemplateFile::new("body.html", html))),
            inline: names.iter().map(file).collect(),
            ..LetterSource::new("c", "u", Tokens::sample(), from, "s")
        })
    }

    #[test]
    fn names_become_ids_wherever_they_stand() {
        let names = ["logo.png", "山 の 図.png", "a&b.gif", "bg.jpg"];
        let html = "<img src=\"cid:logo.png\"><img src='cid:山 の 図.png'><img src=cid:bg.jpg>\
            <img src=\"cid:%E5%B1%B1%20の%20図.png\"><img src=\"cid:a&amp;b.gif\">\
            <td style=\"background:url(cid:bg.jpg)\"><td style='background:url(&quot;cid:bg.jpg&quot;)'>\
            <img srcset=\"cid:logo.png 1x, cid:bg.jpg 2x\"> acid:logo.png, cid:x <IMG SRC=\"CID:logo.png\">";
        let resolved = inline(html, &names).unwrap().resolved(html).into_owned();
        assert_eq!(
            resolved,
            "<img src=\"cid:0.logo.png@example.com\"><img src='cid:1.png@example.com'>\
             <img src=cid:3.bg.jpg@example.com><img src=\"cid:1.png@example.com\">\
             <img src=\"cid:2.a.b.gif@example.com\"><td style=\"background:url(cid:3.bg.jpg@example.com)\">\
             <td style='background:url(&quot;cid:3.bg.jpg@example.com&quot;)'>\
             <img srcset=\"cid:0.logo.png@example.com 1x, cid:3.bg.jpg@example.com 2x\"> acid:logo.png, cid:x \
             <IMG SRC=\"cid:0.logo.png@example.com\">"
        );
    }

    #[test]
    fn what_is_missing_or_never_shown_is_found_at_once() {
        let fault = |html, names: &[&str]| inline(html, names).unwrap_err().fault;
        let name = || "logo.png".to_owned();
        assert_eq!(
            fault("<img src=\"cid:logo.png\">", &[]),
            Fault::NoInlineFile { name: name() }
        );
        assert_eq!(
            fault("<IMG SRC='CID:logo.png'>", &[]),
            Fault::NoInlineFile { name: name() }
        );
        assert_eq!(
            fault("<p>", &["logo.png"]),
            Fault::UnusedInlineFile { name: name() }
        );
        let twice = fault("<img src=\"cid:logo.png\">", &["logo.png", "logo.png"]);
        assert_eq!(twice, Fault::SameName { name: name() });
    }

    #[test]
    fn computed_names_are_checked_when_they_are_there() {
        for html in ["<img src=\"cid:{{ x }}.png\">", "<img src=\"{{ x }}\">"] {
            let inline = inline(html, &["logo.png"]).unwrap();
            assert_eq!(inline.check("<img src=\"cid:logo.png\">"), Ok(()));
            let missing = inline.check("<img src=\"cid:other.png\">");
            assert!(matches!(missing, Err(Fault::NoInlineFile { name }) if name == "other.png"));
        }
    }

    #[test]
    fn every_id_is_an_id() {
        for name in ["", "...", "日本", "a..b", "\"<>@\r\n"] {
            let id = content_id(7, name, "example.com");
            let (local, domain) = id.split_once('@').unwrap();
            assert_eq!(domain, "example.com");
            assert!(local.is_ascii() && !local.contains(".."), "{id}");
            assert!(!local.starts_with('.') && !local.ends_with('.'), "{id}");
        }
    }

    #[test]
    fn a_preview_says_its_charset_once() {
        for (html, expected) in [
            ("<p>é", "<meta charset=\"utf-8\"><p>é"),
            (
                "<!DOCTYPE html><p>",
                "<!DOCTYPE html><meta charset=\"utf-8\"><p>",
            ),
            (
                "<html><HEAD lang=x></head>",
                "<html><HEAD lang=x><meta charset=\"utf-8\"></head>",
            ),
            ("<meta Charset=utf-8><p>", "<meta Charset=utf-8><p>"),
        ] {
            assert_eq!(with_charset(Cow::Borrowed(html)), expected);
        }
    }

    #[test]
    fn a_preview_holds_its_pictures() {
        let html = "<img src=\"cid:a.png\"><img src='https://example.com/cid:a.png'>";
        let inline = inline(html, &["a.png"]).unwrap();
        let held = inline.self_contained(html);
        assert!(
            held.starts_with("<meta charset=\"utf-8\"><img src=\"data:image/png;base64,"),
            "{held}"
        );
        assert!(
            held.ends_with("<img src='https://example.com/cid:a.png'>"),
            "{held}"
        );
    }
}
