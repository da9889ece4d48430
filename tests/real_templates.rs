//! Templates that nobody here wrote: every `.mjml` and `.html` file below a folder is compiled,
//! rendered and held against its source.
//!
//! Fill a folder, for example with what `npm pack foundation-emails bootstrap-email gulp-mjml` fetches
//! and with the test data in the source distribution of PyPI's `mjml`, unpack it, and run
//! `HIKYAKU_TEMPLATES=folder cargo test --test real_templates -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use hikyaku::model::{Address, CampaignId, Fields, Mailbox, Markup};
use hikyaku::render::{Addressee, Letter, LetterSource, Secret, TemplateFile};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::{env, fs};

#[test]
#[ignore = "needs templates of others: set HIKYAKU_TEMPLATES to a folder of them (see the file's head)"]
fn templates_of_others_survive() {
    let folder = env::var_os("HIKYAKU_TEMPLATES").expect("HIKYAKU_TEMPLATES names a folder");
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    let (mut failures, mut counts) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for file in &files {
        let Ok(text) = fs::read_to_string(file) else {
            continue;
        };
        let markup = match file.extension().is_some_and(|ending| ending == "mjml") {
            true => Markup::Mjml,
            false => Markup::Html,
        };
        if markup == Markup::Mjml && !text.contains("<mjml") {
            // A part that others include.
            continue;
        }
        let name = file.display().to_string();
        *counts
            .entry(if markup == Markup::Mjml {
                "mjml"
            } else {
                "html"
            })
            .or_default() += 1;
        match survives(&name, &text, markup, file) {
            Ok(notes) if notes.is_empty() => *counts.entry("as they should").or_default() += 1,
            Ok(notes) => {
                *counts.entry("with notes").or_default() += 1;
                println!("{name}: {}", notes.join("; "));
            }
            Err(why) if is_foreign(&why) => {
                *counts.entry("refused").or_default() += 1;
                println!("{why}");
            }
            Err(why) => failures.push(format!("{name}: {why}")),
        }
    }
    println!("{counts:?}, {} failed", failures.len());
    assert!(!files.is_empty(), "no templates in the folder");
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Whether it wants what there is not: elements of its author's own, and files on other hosts.
fn is_foreign(why: &str) -> bool {
    why.contains("there is no element") || why.contains("there is no template `http")
}

/// Compiles, renders and compares; gives the letter's notes.
fn survives(name: &str, text: &str, markup: Markup, file: &Path) -> Result<Vec<String>, String> {
    let letter = Letter::compile(&source(name, text, markup, file)).map_err(|e| e.to_string())?;
    let address = Address::parse("ann@example.com").unwrap();
    let fields: Fields = [("marker", "m4rk3r")].into_iter().collect();
    let preview = letter
        .preview(&Addressee::unknown(&address, &fields))
        .map_err(|error| error.to_string())?;
    let html = preview.html.unwrap_or_default();
    if html.contains(['\u{FDD0}', '\u{FDD1}', '\u{FDD2}', '\u{FDD3}']) {
        return Err("a mark was left in".to_owned());
    }
    if markup == Markup::Mjml && html.contains("<mj-") {
        return Err("MJML was left in".to_owned());
    }
    let mut there = counted(&html);
    for (word, count) in counted(text) {
        let found = there.remove(&word).unwrap_or(0);
        if found < count && !(markup == Markup::Mjml && word.starts_with("mj")) {
            return Err(format!(
                "the text `{word}` was there {count} times and is {found} times"
            ));
        }
    }
    for query in text.match_indices("@media").map(|(at, _)| &text[at..]) {
        let query: String = query
            .chars()
            .take_while(|c| *c != '{')
            .filter(|c| !c.is_whitespace())
            .collect();
        let squeezed: String = html.chars().filter(|c| !c.is_whitespace()).collect();
        if !squeezed.contains(&query) {
            return Err(format!("`{query}` is gone"));
        }
    }
    Ok(letter.notes().to_vec())
}

/// The template with foreign tags out of the way, as an author would write them.
fn source(name: &str, text: &str, markup: Markup, file: &Path) -> LetterSource {
    let from = Mailbox {
        name: None,
        address: Address::parse("news@example.com").unwrap(),
    };
    let tokens = Secret::new(&[7; 32]).tokens(CampaignId(1));
    let library = fs::read_dir(file.parent().unwrap())
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?.to_owned();
            Some((
                name.clone(),
                TemplateFile::new(name, foreign(&fs::read_to_string(&path).ok()?)),
            ))
        })
        .collect();
    LetterSource {
        html: Some((markup, TemplateFile::new(name, foreign(text)))),
        library,
        ..LetterSource::new("c", "uid", tokens, from, "Hello")
    }
}

fn foreign(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = ["{{", "{%", "{#"]
        .iter()
        .filter_map(|tag| rest.find(tag))
        .min()
    {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        out.push_str("{% raw %}");
        out.push_str(&after[..2]);
        out.push_str("{% endraw %}");
        rest = &after[2..];
    }
    out + rest
}

/// How often each word stands in the text of a document, markup, comments and style sheets left
/// out.
fn counted(html: &str) -> HashMap<String, usize> {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        text.push(' ');
        rest = &rest[at..];
        let until = |mark: &str| rest.find(mark).map_or("", |end| &rest[end + mark.len()..]);
        let is = |name: &str| {
            rest[1..]
                .get(..name.len())
                .is_some_and(|n| n.eq_ignore_ascii_case(name))
        };
        rest = if is("!--") {
            until("-->")
        } else if is("style") {
            until("</style>")
        } else if is("mj-style") && !rest.starts_with("<mj-style />") {
            until("</mj-style>")
        } else if is("script") {
            until("</script>")
        } else {
            let mut quote = None;
            let end = rest.char_indices().find(|(_, c)| {
                match (quote, *c) {
                    (Some(open), c) if open == c => quote = None,
                    (None, '"' | '\'') => quote = Some(*c),
                    (None, '>') => return true,
                    _ => {}
                }
                false
            });
            end.map_or("", |(at, _)| &rest[at + 1..])
        };
    }
    text.push_str(rest);
    let mut counts = HashMap::new();
    for word in without_entities(&text).split(|c: char| !c.is_alphanumeric()) {
        if word.len() > 3 && word.chars().all(|c| c.is_ascii_alphabetic()) {
            *counts.entry(word.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// A text in which `&nbsp;` is no word.
fn without_entities(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        out.push(' ');
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '#');
        rest = match end {
            Some(end) if after[end..].starts_with(';') => &after[end..],
            _ => after,
        };
    }
    out + rest
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|ending| ending == "mjml" || ending == "html")
        {
            files.push(path);
        }
    }
    files.sort();
}
