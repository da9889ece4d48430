//! The parts of a mail in their order (RFC 2046 section 5.1), whatever became of its boundaries.

use super::{Head, Media, plain};
use crate::returned::bounds::{DEPTH, PARTS};
use memchr::memmem;
use std::borrow::Cow;

/// A part that holds no parts.
#[derive(Debug)]
pub(in crate::returned) struct Part<'a> {
    pub(in crate::returned) head: Head,
    pub(in crate::returned) media: Media,
    /// Without transfer encoding.
    pub(in crate::returned) octets: Cow<'a, [u8]>,
    /// Whether it is one of several forms of the same words.
    pub(in crate::returned) alternative: bool,
}

/// The parts of a body whose header was read.
pub(in crate::returned) fn parts<'a>(head: &Head, body: &'a [u8]) -> Vec<Part<'a>> {
    let mut found = Vec::new();
    collect(head.clone(), body, 0, false, &mut found);
    found
}

fn collect<'a>(
    head: Head,
    body: &'a [u8],
    depth: usize,
    alternative: bool,
    found: &mut Vec<Part<'a>>,
) {
    if found.len() >= PARTS {
        return;
    }
    let media = Media::of(&head);
    if depth < DEPTH
        && (media.is_multipart() || depth == 0)
        && let Some(pieces) = split(&media, body)
    {
        let alternative = alternative || media.name == "multipart/alternative";
        for piece in pieces {
            // A part without a header begins with an empty line.
            let (head, start) = match piece {
                [b'\n', ..] | [b'\r', b'\n', ..] => (Head::default(), 0),
                _ => Head::parse(piece),
            };
            collect(head, &piece[start..], depth + 1, alternative, found);
        }
        return;
    }
    found.push(Part {
        octets: plain(&head, body),
        head,
        media,
        alternative,
    });
}

/// The pieces between the boundaries; `None` where there are none.
fn split<'a>(media: &Media, body: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    if media.is_multipart()
        && let Some(boundary) = media.boundary.as_deref().filter(|name| !name.is_empty())
    {
        let pieces = between(format!("--{boundary}").as_bytes(), body);
        if !pieces.is_empty() {
            return Some(pieces);
        }
    }
    // A boundary that the header does not name: a line of its own, with a part's header behind it. In
    // a text it must come first: a message that was returned below has boundaries, too.
    let line = guessed_boundary(body, if media.is_multipart() { 40 } else { 4 })?;
    let pieces = between(line, body);
    (!pieces.is_empty()).then_some(pieces)
}

fn between<'a>(mark: &[u8], body: &'a [u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut open: Option<usize> = None;
    for place in memmem::find_iter(body, mark) {
        if place != 0 && body[place - 1] != b'\n' {
            continue;
        }
        let behind = place + mark.len();
        let line_end =
            memchr::memchr(b'\n', &body[behind..]).map_or(body.len(), |n| behind + n + 1);
        let rest = body[behind..line_end].trim_ascii();
        // A longer boundary begins like this one.
        if !rest.is_empty() && rest != b"--" {
            continue;
        }
        if let Some(start) = open.take() {
            pieces.push(
                body[start.min(place)..place]
                    .strip_suffix(b"\n")
                    .unwrap_or(&body[start.min(place)..place]),
            );
        }
        if rest == b"--" || pieces.len() >= PARTS {
            return pieces;
        }
        open = Some(line_end);
    }
    if let Some(start) = open {
        pieces.push(&body[start..]);
    }
    pieces
}

/// A line `--something` right in front of `Content-Type:`, among the first lines.
fn guessed_boundary(body: &[u8], lines: usize) -> Option<&[u8]> {
    let mut before: &[u8] = &[];
    for line in body.split(|octet| *octet == b'\n').take(lines) {
        let names_type = line
            .get(..13)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"content-type:"));
        if names_type && before.starts_with(b"--") && before.len() > 6 && !before.contains(&b' ') {
            return Some(before);
        }
        before = line.trim_ascii_end();
    }
    None
}
