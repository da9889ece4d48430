//! Layouts and partials resolved: from templates that extend and include one another to one flat
//! template without blocks, which renders to the same text.
//!
//! Only names that are known now are resolved. A template whose structure depends on a recipient
//! (`{% extends column %}`, `{{ self.title() }}`) is left to the engine, which finds the others in
//! the library while it renders.

use super::flat::Flat;
use super::library::Library;
use super::nodes::{Block, Node, nodes};
use super::tags::{Origin, Piece, mark};
use crate::render::error::{Fault, RenderError};
use crate::render::source::TemplateFile;
use crate::render::template::scan::Kind;
use std::collections::HashMap;
use std::rc::Rc;

/// Templates within templates.
const DEEPEST: usize = 50;
/// Octets of a flat template.
const LONGEST: usize = 8 << 20;

/// Makes one template of a template and what it calls; `None` where it cannot be known before
/// rendering what it calls.
///
/// # Errors
/// Where it calls what is not there or itself, or its blocks do not end.
pub(super) fn flatten(
    entry: &TemplateFile,
    library: &mut Library<'_>,
) -> Result<Option<Flat>, RenderError> {
    let pieces = library.pieces(entry)?;
    let Some(entry) = nodes(pieces, library)? else {
        return Ok(None);
    };
    let mut flattener = Flattener {
        library,
        known: HashMap::new(),
        flat: Flat::default(),
        is_dynamic: false,
    };
    flattener.template(entry, 0)?;
    Ok((!flattener.is_dynamic).then_some(flattener.flat))
}

/// A layout with one of its blocks filled.
///
/// # Errors
/// As [`flatten`], and where the layout has no such block.
pub(super) fn within(
    layout: &TemplateFile,
    block: &str,
    content: &str,
    at: Origin,
    library: &mut Library<'_>,
) -> Result<Flat, RenderError> {
    let pieces = library.pieces(layout)?;
    let Some(layout) = nodes(pieces, library)? else {
        let words = "this layout depends on the recipient, so that Markdown has no place in it";
        return Err(library.error(at, Fault::Include(words.to_owned())));
    };
    let filled = Block {
        name: block.into(),
        is_required: false,
        origin: at,
        nodes: Rc::new([Node::Text(at, content.into())]),
    };
    let name: Rc<str> = "".into();
    let child = Rc::new([
        Node::Extends(Rc::clone(&name), at),
        Node::Block(Rc::new(filled)),
    ]);
    let mut flattener = Flattener {
        library,
        known: HashMap::from([(name, Some(layout))]),
        flat: Flat::default(),
        is_dynamic: false,
    };
    flattener.template(child, 0)?;
    let flat = flattener.flat;
    if !content.is_empty() && !flat.text.contains(content) {
        let words = format!("the layout has no block `{block}` for the letter to stand in");
        return Err(library.error(at, Fault::Include(words)));
    }
    Ok(flat)
}

/// A template as it stands, tags protected, for those that cannot be made flat.
///
/// # Errors
/// Where a tag has no end.
pub(super) fn as_it_stands(
    entry: &TemplateFile,
    library: &mut Library<'_>,
) -> Result<Flat, RenderError> {
    let mut flat = Flat::default();
    for piece in library.pieces(entry)? {
        match piece {
            Piece::Text(origin, text) => flat.push(origin, &text),
            Piece::Tag(number) => {
                let origin = library.tags.get(number).map(|tag| tag.origin);
                flat.push(origin.unwrap_or_default(), &mark(number));
            }
        }
    }
    Ok(flat)
}

/// A block's definitions, the outermost child's first.
type Blocks = HashMap<Box<str>, Vec<Rc<Block>>>;

struct Flattener<'a, 'b> {
    library: &'b mut Library<'a>,
    known: HashMap<Rc<str>, Option<Rc<[Node]>>>,
    flat: Flat,
    is_dynamic: bool,
}

/// Where in the structure nodes are written.
struct Frame<'a> {
    blocks: &'a Blocks,
    /// The block that is being written, and which of its definitions.
    within: Option<(&'a str, usize)>,
    depth: usize,
}

impl Flattener<'_, '_> {
    /// Writes a template, with the layouts it extends.
    fn template(&mut self, entry: Rc<[Node]>, depth: usize) -> Result<(), RenderError> {
        let mut blocks = Blocks::new();
        let mut chain = vec![entry];
        loop {
            let last = Rc::clone(chain.last().unwrap_or(&chain[0]));
            self.collect(&last, &mut blocks)?;
            let Some((name, origin)) = last.iter().find_map(extended) else {
                break;
            };
            if depth + chain.len() > DEEPEST {
                let words = format!("the templates extend one another without end, here `{name}`");
                return Err(self.library.error(origin, Fault::Include(words)));
            }
            let Some(parent) = self.load(&name, origin)? else {
                self.is_dynamic = true;
                return Ok(());
            };
            chain.push(parent);
        }
        let base = chain.pop();
        let frame = Frame {
            blocks: &blocks,
            within: None,
            depth: depth + 1,
        };
        for child in &chain {
            let extends = |node: &Node| matches!(node, Node::Extends(..));
            let at = child.iter().position(extends).unwrap_or(child.len());
            self.nodes(&child[..at], &frame)?;
            self.hoist(&child[at..], &frame)?;
        }
        self.nodes(&base.unwrap_or_else(|| Rc::new([])), &frame)
    }

    /// Notes a template's blocks, which stand behind those of its children.
    fn collect(&self, nodes: &[Node], blocks: &mut Blocks) -> Result<(), RenderError> {
        let mut seen: Vec<Rc<Block>> = Vec::new();
        let mut left: Vec<&Node> = nodes.iter().collect();
        while let Some(node) = left.pop() {
            if let Node::Block(block) = node {
                if seen.iter().any(|other| other.name == block.name) {
                    let words = format!("there are two blocks `{}`", block.name);
                    return Err(self.library.error(block.origin, Fault::Syntax(words)));
                }
                seen.push(Rc::clone(block));
                left.extend(block.nodes.iter());
            }
        }
        for block in seen {
            blocks.entry(block.name.clone()).or_default().push(block);
        }
        Ok(())
    }

    fn load(&mut self, name: &Rc<str>, at: Origin) -> Result<Option<Rc<[Node]>>, RenderError> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let template = self.library.get(name, at)?;
        let pieces = self.library.pieces(template)?;
        let read = nodes(pieces, self.library)?;
        self.known.insert(Rc::clone(name), read.clone());
        Ok(read)
    }

    /// Writes what a child says outside of its blocks as far as it has an effect: what it sets,
    /// imports and defines.
    fn hoist(&mut self, nodes: &[Node], frame: &Frame<'_>) -> Result<(), RenderError> {
        let mut capturing = 0_usize;
        for node in nodes {
            let (mut is_statement, mut ends, mut begins) = (false, false, false);
            if let Node::Tag(number) = node
                && let Some(tag) = self.library.tags.get(*number)
            {
                let code = tag.code.as_deref().unwrap_or_default();
                is_statement = tag.kind == Kind::Statement;
                ends = ["endset", "endmacro", "endcall", "endfilter"].contains(&code);
                begins = is_statement && captures(code);
            }
            match node {
                Node::Include {
                    name,
                    origin,
                    ignore_missing,
                } if capturing == 0 => {
                    self.hoist_include(name, *ignore_missing, *origin, frame)?;
                }
                _ if is_statement || capturing > 0 => {
                    self.nodes(std::slice::from_ref(node), frame)?;
                }
                _ => {}
            }
            capturing = capturing.saturating_sub(usize::from(ends)) + usize::from(begins);
        }
        Ok(())
    }

    /// Writes what an included template sets where nobody sees what it says.
    fn hoist_include(
        &mut self,
        name: &Rc<str>,
        ignore_missing: bool,
        at: Origin,
        frame: &Frame<'_>,
    ) -> Result<(), RenderError> {
        self.check_depth(frame, at)?;
        let inner = Frame {
            depth: frame.depth + 1,
            ..*frame
        };
        let mut next = Some((Rc::clone(name), at));
        let mut templates = 0;
        while let Some((name, at)) = next {
            templates += 1;
            if (ignore_missing && self.library.find(&name).is_none()) || templates > DEEPEST {
                return Ok(());
            }
            let Some(nodes) = self.load(&name, at)? else {
                self.is_dynamic = true;
                return Ok(());
            };
            self.hoist(&nodes, &inner)?;
            next = nodes.iter().find_map(extended);
        }
        Ok(())
    }

    fn nodes(&mut self, nodes: &[Node], frame: &Frame<'_>) -> Result<(), RenderError> {
        for node in nodes {
            match node {
                Node::Text(origin, text) => self.flat.push(*origin, text),
                Node::Tag(number) => {
                    let origin = self.library.tags.get(*number).map(|tag| tag.origin);
                    self.flat.push(origin.unwrap_or_default(), &mark(*number));
                }
                Node::Extends(..) => {}
                Node::Block(block) => self.block(&block.name, 0, block.origin, frame)?,
                Node::Super(origin) => match frame.within {
                    Some((name, level)) => self.block(name, level + 1, *origin, frame)?,
                    None => {
                        let words = "`super()` stands in no block".to_owned();
                        return Err(self.library.error(*origin, Fault::Syntax(words)));
                    }
                },
                Node::Include {
                    name,
                    ignore_missing,
                    origin,
                } => self.include(name, *ignore_missing, *origin, frame)?,
            }
            if self.flat.text.len() > LONGEST {
                let limit = LONGEST;
                let at = self.flat.origin(self.flat.text.len());
                return Err(self.library.error(at, Fault::TooLong { limit }));
            }
        }
        Ok(())
    }

    fn block(
        &mut self,
        name: &str,
        level: usize,
        at: Origin,
        frame: &Frame<'_>,
    ) -> Result<(), RenderError> {
        self.check_depth(frame, at)?;
        let definitions = frame.blocks.get(name).map_or(&[][..], Vec::as_slice);
        let Some(block) = definitions.get(level) else {
            let words = format!("no layout has a block `{name}` that `super()` could stand for");
            return Err(self.library.error(at, Fault::Syntax(words)));
        };
        if block.is_required {
            let words = format!("the block `{name}` has to be written, and is not");
            return Err(self.library.error(at, Fault::Syntax(words)));
        }
        let inner = Frame {
            blocks: frame.blocks,
            within: Some((name, level)),
            depth: frame.depth + 1,
        };
        let nodes = Rc::clone(&block.nodes);
        self.scoped(&nodes, block.origin, |this| this.nodes(&nodes, &inner))
    }

    fn include(
        &mut self,
        name: &Rc<str>,
        ignore_missing: bool,
        at: Origin,
        frame: &Frame<'_>,
    ) -> Result<(), RenderError> {
        self.check_depth(frame, at)?;
        if ignore_missing && self.library.find(name).is_none() {
            return Ok(());
        }
        let Some(nodes) = self.load(name, at)? else {
            self.is_dynamic = true;
            return Ok(());
        };
        let depth = frame.depth + 1;
        // What an included template sets stays set, as the engine has it.
        self.template(nodes, depth)
    }

    fn check_depth(&self, frame: &Frame<'_>, at: Origin) -> Result<(), RenderError> {
        if frame.depth < DEEPEST {
            return Ok(());
        }
        let words = "templates call one another without end here".to_owned();
        Err(self.library.error(at, Fault::Include(words)))
    }

    /// Writes what has variables of its own so that they end with it.
    fn scoped(
        &mut self,
        nodes: &[Node],
        at: Origin,
        write: impl FnOnce(&mut Self) -> Result<(), RenderError>,
    ) -> Result<(), RenderError> {
        let sets = nodes.iter().any(|node| match node {
            Node::Include { .. } => true,
            Node::Tag(number) => (self.library.tags.get(*number))
                .and_then(|tag| tag.code.as_deref())
                .is_some_and(assigns),
            _ => false,
        });
        if !sets {
            return write(self);
        }
        let scope = |this: &mut Self, text: &str| {
            let number = this.library.tags.add(text.to_owned(), Kind::Statement, at);
            this.flat.push(at, &mark(number));
        };
        scope(self, "{% with %}");
        write(self)?;
        scope(self, "{% endwith %}");
        Ok(())
    }
}

/// The template that is extended, and where that is said.
fn extended(node: &Node) -> Option<(Rc<str>, Origin)> {
    match node {
        Node::Extends(name, origin) => Some((Rc::clone(name), *origin)),
        _ => None,
    }
}

/// Whether a tag makes a variable that outlives it.
fn assigns(code: &str) -> bool {
    let word = code.split_whitespace().next().unwrap_or_default();
    ["set", "macro", "import", "from"].contains(&word)
}

/// Whether a tag takes the text behind it for itself.
fn captures(code: &str) -> bool {
    let word = code
        .split(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default();
    match word {
        "macro" | "call" | "filter" => true,
        "set" => !code.contains('='),
        _ => false,
    }
}
