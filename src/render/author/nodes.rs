//! The structure of a template: which template it extends, its blocks, and what it includes.

use super::library::Library;
use super::tags::{Origin, Piece, Tag};
use crate::render::error::{Fault, RenderError};
use crate::render::template::identifiers;
use crate::render::template::scan::Kind;
use std::rc::Rc;

/// A part of a template.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(Origin, Rc<str>),
    /// A tag that is about a recipient.
    Tag(usize),
    Extends(Rc<str>, Origin),
    Block(Rc<Block>),
    Super(Origin),
    Include {
        name: Rc<str>,
        ignore_missing: bool,
        origin: Origin,
    },
}

/// A block.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) name: Box<str>,
    pub(super) is_required: bool,
    pub(super) origin: Origin,
    pub(super) nodes: Rc<[Node]>,
}

/// Reads pieces as nodes; `None` where the structure depends on what only rendering knows, as in
/// `{% extends column %}`.
///
/// # Errors
/// Where blocks do not end.
pub(super) fn nodes(
    pieces: Vec<Piece>,
    library: &Library<'_>,
) -> Result<Option<Rc<[Node]>>, RenderError> {
    let mut open: Vec<(Option<Opening>, Vec<Node>)> = vec![(None, Vec::new())];
    // Inside of conditions and loops a template may extend another one or not.
    let mut conditions = 0_usize;
    for piece in pieces {
        let node = match piece {
            Piece::Text(origin, text) => Node::Text(origin, text.into()),
            Piece::Tag(number) => {
                let Some(tag) = library.tags.get(number) else {
                    continue;
                };
                conditions = deeper(tag, conditions);
                match meaning(tag) {
                    Meaning::Node(Node::Extends(..)) if conditions > 0 || open.len() > 1 => {
                        return Ok(None);
                    }
                    Meaning::Dynamic => return Ok(None),
                    Meaning::Runtime => Node::Tag(number),
                    Meaning::Node(node) => node,
                    Meaning::Block(opening) => {
                        open.push((Some(opening), Vec::new()));
                        continue;
                    }
                    Meaning::EndBlock(name) => match close(&mut open, &name) {
                        Some(node) => node,
                        None => {
                            let words = format!("`{{% endblock {name}%}}` ends no such block");
                            return Err(library.error(tag.origin, Fault::Syntax(words)));
                        }
                    },
                }
            }
        };
        if let Some((_, nodes)) = open.last_mut() {
            nodes.push(node);
        }
    }
    match open.pop() {
        Some((Some(opening), _)) => {
            let words = format!("the block `{}` is not ended", opening.name);
            Err(library.error(opening.origin, Fault::Syntax(words)))
        }
        Some((None, nodes)) => Ok(Some(nodes.into())),
        None => Ok(Some(Rc::new([]))),
    }
}

/// How many conditions and loops are open behind a tag.
fn deeper(tag: &Tag, conditions: usize) -> usize {
    let code = tag.code.as_deref().unwrap_or_default();
    match code.split_whitespace().next() {
        Some("if" | "for") if tag.kind == Kind::Statement => conditions + 1,
        Some("endif" | "endfor") => conditions.saturating_sub(1),
        _ => conditions,
    }
}

fn close(open: &mut Vec<(Option<Opening>, Vec<Node>)>, name: &str) -> Option<Node> {
    let fits = matches!(open.last(), Some((Some(opening), _)) if name.is_empty() || *opening.name == *name);
    let (opening, nodes) = if fits { open.pop()? } else { return None };
    let opening = opening?;
    Some(Node::Block(Rc::new(Block {
        name: opening.name,
        is_required: opening.is_required,
        origin: opening.origin,
        nodes: nodes.into(),
    })))
}

struct Opening {
    name: Box<str>,
    is_required: bool,
    origin: Origin,
}

enum Meaning {
    /// It is left for rendering.
    Runtime,
    /// The structure cannot be known before.
    Dynamic,
    Node(Node),
    Block(Opening),
    EndBlock(String),
}

fn meaning(tag: &Tag) -> Meaning {
    let Some(code) = tag.code.as_deref() else {
        return Meaning::Runtime;
    };
    let origin = tag.origin;
    if tag.kind == Kind::Expression {
        if code.strip_prefix("super").is_some_and(is_call) {
            return Meaning::Node(Node::Super(origin));
        }
        return plain(code);
    }
    let (word, rest) = code.split_once(char::is_whitespace).unwrap_or((code, ""));
    let rest = rest.trim();
    match word {
        "extends" => match literal(rest) {
            Some((name, "")) => Meaning::Node(Node::Extends(name.into(), origin)),
            _ => Meaning::Dynamic,
        },
        "block" => {
            let mut words = rest.split_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some(name), flag @ (None | Some("required")), None) => Meaning::Block(Opening {
                    name: name.into(),
                    is_required: flag.is_some(),
                    origin,
                }),
                _ => Meaning::Dynamic,
            }
        }
        "endblock" => Meaning::EndBlock(rest.to_owned()),
        "include" => match literal(rest) {
            Some((name, flag @ ("" | "ignore missing"))) => Meaning::Node(Node::Include {
                name: name.into(),
                ignore_missing: !flag.is_empty(),
                origin,
            }),
            _ => Meaning::Runtime,
        },
        _ => plain(code),
    }
}

fn is_call(rest: &str) -> bool {
    let rest = rest.trim();
    let inside = rest
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    inside.is_some_and(|inside| inside.trim().is_empty())
}

/// A tag that only talks of values, unless it talks of blocks as values.
fn plain(code: &str) -> Meaning {
    match identifiers(code).any(|word| word == "super" || word == "self") {
        true => Meaning::Dynamic,
        false => Meaning::Runtime,
    }
}

/// A name in quotes, and what follows it.
fn literal(code: &str) -> Option<(&str, &str)> {
    let quote = code.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let (name, rest) = code[1..].split_once(quote)?;
    (!name.contains('\\')).then_some((name, rest.trim()))
}
