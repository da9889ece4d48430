//! A finished message, and how it is put together from shared and personal octets.

use crate::model::Charset;
use bytes::Bytes;

/// A message for one recipient, or for all.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its Message-ID without angle brackets, stable over runs.
    pub message_id: String,
    /// The envelope sender without angle brackets.
    pub reverse_path: String,
    /// Headers and body in wire form (CRLF line ends, the last line included), not dot-stuffed.
    /// Octets that are the same for all recipients are shared.
    pub content: Vec<Bytes>,
    /// The octets of `content`.
    pub size: usize,
    /// What its header and its bodies are written in: UTF-8 also where the letter asks for another
    /// charset and a character of this message is not in it.
    pub charset: Charset,
    /// Whether addresses in its headers, besides the recipient's, can only be written with SMTPUTF8
    /// (RFC 6532).
    pub smtputf8: bool,
}

/// Content while it grows: shared octets are referred to, personal ones are written.
#[derive(Debug)]
pub(in crate::render) struct Content {
    chunks: Vec<Bytes>,
    open: Vec<u8>,
}

impl Content {
    /// Begins with what all messages begin with. `personal` is about how many octets follow.
    pub(in crate::render) fn begin(head: &Bytes, personal: usize) -> Self {
        Self {
            chunks: vec![head.clone()],
            open: Vec::with_capacity(personal),
        }
    }

    /// Where personal octets are written.
    pub(in crate::render) fn open(&mut self) -> &mut Vec<u8> {
        &mut self.open
    }

    /// Personal octets.
    pub(in crate::render) fn push(&mut self, text: &str) {
        self.open.extend_from_slice(text.as_bytes());
    }

    /// Octets that all messages share.
    pub(in crate::render) fn share(&mut self, octets: &Bytes) {
        self.close();
        self.chunks.push(octets.clone());
    }

    /// Ends the last line if it is open.
    pub(in crate::render) fn end_line(&mut self) {
        let last = if self.open.is_empty() {
            self.chunks.last().map_or(&[][..], |chunk| chunk)
        } else {
            &self.open
        };
        if !last.ends_with(b"\r\n") {
            self.open.extend_from_slice(b"\r\n");
        }
    }

    /// The chunks and their length in all.
    pub(in crate::render) fn finish(mut self) -> (Vec<Bytes>, usize) {
        self.close();
        let size = self.chunks.iter().map(Bytes::len).sum();
        (self.chunks, size)
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.chunks.push(std::mem::take(&mut self.open).into());
        }
    }
}
