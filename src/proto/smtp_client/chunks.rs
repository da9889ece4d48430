//! The content of a message as BDAT wants it: counted, in chunks, as it is (RFC 3030 section 2).
//!
//! Nothing is copied and nothing is changed: a chunk is so many octets of the content, cut from
//! its segments wherever it ends.

use bytes::{BufMut, Bytes, BytesMut};
use std::vec::IntoIter;

/// What is left to send of a message, in chunks.
#[derive(Debug)]
pub(super) struct Chunks {
    segments: IntoIter<Bytes>,
    /// What is left of the segment at hand.
    rest: Bytes,
    /// Octets left of the chunk at hand.
    chunk: usize,
    /// Octets left behind the chunk at hand.
    behind: usize,
    /// Octets of a chunk, at most.
    most: usize,
}

impl Chunks {
    /// Reads `content` as one sequence of octets, in chunks of `most` (at least one).
    pub(super) fn new(content: Vec<Bytes>, most: usize) -> Self {
        Self {
            behind: content.iter().map(Bytes::len).sum(),
            segments: content.into_iter(),
            rest: Bytes::new(),
            chunk: 0,
            most: most.max(1),
        }
    }

    /// Says `BDAT` for the next chunk, and tells whether it is the last one. To be called at
    /// first, and when [`Chunks::next_slice`] has come to the end of one and it is not
    /// [`Chunks::is_done`].
    pub(super) fn announce(&mut self, out: &mut BytesMut) -> bool {
        self.chunk = self.behind.min(self.most);
        self.behind -= self.chunk;
        let last = self.behind == 0;
        out.put_slice(b"BDAT ");
        out.put_slice(self.chunk.to_string().as_bytes());
        out.put_slice(if last { b" LAST\r\n" } else { b"\r\n" });
        last
    }

    /// Octets of the chunk at hand that were not given out.
    pub(super) const fn left_of_chunk(&self) -> usize {
        self.chunk
    }

    /// Whether the last chunk was announced and given out.
    pub(super) const fn is_done(&self) -> bool {
        self.chunk == 0 && self.behind == 0
    }

    /// The next slice of the chunk at hand, never empty; `None` at its end.
    pub(super) fn next_slice(&mut self) -> Option<Bytes> {
        if self.chunk == 0 {
            return None;
        }
        while self.rest.is_empty() {
            self.rest = self.segments.next()?;
        }
        let slice = self.rest.split_to(self.rest.len().min(self.chunk));
        self.chunk -= slice.len();
        Some(slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All of it, as it goes over the wire.
    fn sent(content: &[Vec<u8>], most: usize) -> (Vec<u8>, Vec<usize>) {
        let segments = content.iter().cloned().map(Bytes::from).collect();
        let mut chunks = Chunks::new(segments, most);
        let (mut octets, mut sizes) = (Vec::new(), Vec::new());
        loop {
            let mut line = BytesMut::new();
            let last = chunks.announce(&mut line);
            let size = chunks.left_of_chunk();
            let end = if last { " LAST" } else { "" };
            assert_eq!(line, format!("BDAT {size}{end}\r\n").as_bytes());
            sizes.push(size);
            while let Some(slice) = chunks.next_slice() {
                assert!(!slice.is_empty());
                octets.extend_from_slice(&slice);
            }
            if last {
                return (octets, sizes);
            }
        }
    }

    #[test]
    fn an_empty_message_is_one_empty_chunk() {
        assert_eq!(sent(&[], 10), (Vec::new(), vec![0]));
    }

    proptest! {
        #[test]
        fn every_octet_is_in_exactly_one_chunk(
            content in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..6),
            most in 1usize..30,
        ) {
            let (octets, sizes) = sent(&content, most);
            prop_assert_eq!(&octets, &content.concat());
            prop_assert_eq!(sizes.iter().sum::<usize>(), octets.len());
            let (last, full) = sizes.split_last().unwrap();
            prop_assert!(full.iter().all(|size| *size == most) && *last <= most);
        }
    }
}
