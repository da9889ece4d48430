//! Bytes to and from a server, both ways at once.
//!
//! Reading goes on while writing: two sides that both only write fill each other's buffers and
//! wait forever. And reading goes on after a write has failed, because answers that the server
//! sent before it closed say which messages it has taken.

use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A byte stream with a queue of what is to be written.
#[derive(Debug)]
pub struct Wire<S> {
    stream: S,
    out: VecDeque<Bytes>,
    /// Written to the stream but maybe still in its buffer (TLS records).
    unflushed: bool,
    /// The first write error. From then on the wire only reads.
    broken: Option<String>,
    input: Box<[u8]>,
}

/// What one [`Wire::turn`] achieved; at least one of the fields says something.
#[derive(Debug, Default)]
pub struct Turn {
    /// Octets that the stream took.
    pub written: usize,
    /// What was read.
    pub read: Read,
}

/// What came from the other side.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Read {
    /// Nothing yet.
    #[default]
    Nothing,
    /// So many octets, to be had from [`Wire::input`].
    Data(usize),
    /// The end, in order.
    Eof,
    /// The end, with the system's words.
    Failed(String),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// A wire over a connected stream.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            out: VecDeque::new(),
            unflushed: false,
            broken: None,
            input: vec![0; INPUT].into_boxed_slice(),
        }
    }

    /// Queues octets behind what is queued already.
    pub fn send(&mut self, octets: Bytes) {
        if !octets.is_empty() && self.broken.is_none() {
            self.out.push_back(octets);
        }
    }

    /// The first octets of the last read.
    #[must_use]
    pub fn input(&self, len: usize) -> &[u8] {
        &self.input[..len.min(self.input.len())]
    }

    /// The words of the write error, once there was one.
    #[must_use]
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Takes the stream back, for TLS. What was queued and not written is gone.
    pub fn into_stream(self) -> S {
        self.stream
    }

    /// Waits until something was written or read. Cancel-safe: what was not reported has not
    /// happened.
    pub async fn turn(&mut self) -> Turn {
        poll_fn(|cx| self.poll_turn(cx)).await
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        let mut turn = Turn {
            written: self.poll_out(cx),
            read: Read::Nothing,
        };
        let mut buffer = ReadBuf::new(&mut self.input);
        turn.read = match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Read::Eof,
            Poll::Ready(Ok(())) => Read::Data(buffer.filled().len()),
            Poll::Ready(Err(error)) => Read::Failed(error.to_string()),
            Poll::Pending => Read::Nothing,
        };
        if turn.written == 0 && turn.read == Read::Nothing {
            Poll::Pending
        } else {
            Poll::Ready(turn)
        }
    }

    /// Writes as much as the stream takes; errors are kept for later.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> usize {
        let mut written = 0;
        while self.broken.is_none() && !self.out.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut used = 0;
            for (slice, octets) in slices.iter_mut().zip(&self.out) {
                *slice = IoSlice::new(octets);
                used += 1;
            }
            match Pin::new(&mut self.stream).poll_write_vectored(cx, &slices[..used]) {
                Poll::Ready(Ok(0)) => self.break_off(&io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => {
                    self.advance(count);
                    self.unflushed = true;
                    written += count;
                }
                Poll::Ready(Err(error)) => self.break_off(&error),
                Poll::Pending => break,
            }
        }
        if self.unflushed && self.broken.is_none() {
            match Pin::new(&mut self.stream).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(error)) => self.break_off(&error),
                Poll::Pending => {}
            }
        }
        written
    }

    fn break_off(&mut self, error: &io::Error) {
        self.broken = Some(error.to_string());
        self.out.clear();
    }

    fn advance(&mut self, mut count: usize) {
        while let Some(first) = self.out.front_mut() {
            if count < first.len() {
                first.advance(count);
                return;
            }
            count -= first.len();
            self.out.pop_front();
        }
    }
}

/// Octets read at once: hundreds of answers, and little enough for thousands of connections.
const INPUT: usize = 8 * 1024;
/// Slices of one vectored write, which over TLS becomes full records: the kernel takes 1024, a
/// message has about ten, and commands are short.
const SLICES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn reads_while_the_other_side_does_not() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut wire = Wire::new(ours);
        wire.send(Bytes::from(vec![b'x'; 1000]));
        theirs.write_all(b"250 early\r\n").await.unwrap();
        let (mut written, mut read) = (0, 0);
        while read == 0 {
            let turn = wire.turn().await;
            written += turn.written;
            if let Read::Data(count) = turn.read {
                assert_eq!(wire.input(count), b"250 early\r\n");
                read = count;
            }
        }
        let mut taken = vec![0; 1000];
        let (_, result) = tokio::join!(
            async {
                while written < 1000 {
                    written += wire.turn().await.written;
                }
            },
            theirs.read_exact(&mut taken)
        );
        result.unwrap();
        assert_eq!(taken, vec![b'x'; 1000]);
    }

    #[tokio::test]
    async fn answers_are_read_after_a_write_has_failed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = tokio::net::TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (mut theirs, _) = listener.accept().await.unwrap();
        theirs.write_all(b"250 taken\r\n").await.unwrap();
        theirs.shutdown().await.unwrap();
        let mut wire = Wire::new(stream);
        wire.send(Bytes::from_static(b"MAIL FROM:<>\r\n"));
        let mut all = Vec::new();
        loop {
            match wire.turn().await.read {
                Read::Data(count) => all.extend_from_slice(wire.input(count)),
                Read::Eof | Read::Failed(_) => break,
                Read::Nothing => {}
            }
        }
        assert_eq!(all, b"250 taken\r\n");
    }
}
