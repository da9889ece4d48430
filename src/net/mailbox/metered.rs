//! A stream that takes no more from a server than it is allowed to.
//!
//! The IMAP parser makes room for a literal as soon as it is announced (`{400000000}`), and goes on
//! reading as long as something comes. Octets are counted here before it sees them, and announced
//! literals are looked at as they pass.

use crate::net::MailStream;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection with a budget.
#[derive(Debug)]
pub(super) struct Metered {
    stream: MailStream,
    /// Octets that may still be read.
    left: u64,
    literals: Literals,
}

impl Metered {
    /// Nothing may be read before [`Metered::allow`].
    pub(super) fn new(stream: MailStream) -> Self {
        Self {
            stream,
            left: 0,
            literals: Literals::default(),
        }
    }

    /// What the next answer may take: octets in all, and of one literal.
    pub(super) fn allow(&mut self, octets: u64, literal: u64) {
        self.left = octets;
        self.literals.most = literal;
    }

    /// The connection itself. What the parser has read ahead is not in it.
    pub(super) fn into_inner(self) -> MailStream {
        self.stream
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if let Poll::Ready(Ok(())) = read {
            let came = &buffer.filled()[before..];
            let count = u64::try_from(came.len()).unwrap_or(u64::MAX);
            let Some(left) = this.left.checked_sub(count) else {
                return Poll::Ready(Err(too_much("more than an answer can be")));
            };
            this.left = left;
            if !this.literals.pass(came) {
                return Poll::Ready(Err(too_much("a literal larger than was asked for")));
            }
        }
        read
    }
}

fn too_much(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the server sends {what}"),
    )
}

impl AsyncWrite for Metered {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// Follows a stream of IMAP answers and knows its literals (RFC 3501 section 4.3), wherever it is
/// cut.
#[derive(Debug, Default)]
struct Literals {
    most: u64,
    /// Octets of the literal at hand that are still to come.
    rest: u64,
    /// What was announced in the line at hand, if it ends here.
    announced: Announced,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Announced {
    #[default]
    Nothing,
    /// `{` and digits.
    Open(u64),
    /// `{12}`
    Shut(u64),
    /// `{12}` and CR.
    Ends(u64),
}

impl Literals {
    /// Whether what passes is within bounds.
    fn pass(&mut self, mut octets: &[u8]) -> bool {
        while !octets.is_empty() {
            let skipped = usize::try_from(self.rest).unwrap_or(usize::MAX);
            let skipped = skipped.min(octets.len());
            self.rest -= u64::try_from(skipped).unwrap_or(0);
            octets = &octets[skipped..];
            let Some((octet, others)) = octets.split_first() else {
                break;
            };
            octets = others;
            self.announced = match (self.announced, *octet) {
                (_, b'{') => Announced::Open(0),
                (Announced::Open(number), digit @ b'0'..=b'9') => {
                    let digit = u64::from(digit - b'0');
                    Announced::Open(number.saturating_mul(10).saturating_add(digit))
                }
                (Announced::Open(number), b'+') => Announced::Open(number),
                (Announced::Open(number), b'}') => Announced::Shut(number),
                (Announced::Shut(number), b'\r') => Announced::Ends(number),
                (Announced::Ends(number), b'\n') => {
                    if number > self.most {
                        return false;
                    }
                    self.rest = number;
                    Announced::Nothing
                }
                _ => Announced::Nothing,
            };
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(most: u64, text: &str, cut: usize) -> bool {
        let mut literals = Literals {
            most,
            ..Literals::default()
        };
        let (a, b) = text.as_bytes().split_at(cut);
        literals.pass(a) && literals.pass(b)
    }

    #[test]
    fn literals_are_measured_wherever_the_stream_is_cut() {
        let fine = "* 1 FETCH (BODY[] {8}\r\n{99}\r\nxx UID 3)\r\n* OK {5} x\r\n";
        let large = "* 1 FETCH (BODY[] {4}\r\nabcd X {18446744073709551999}\r\n";
        for cut in 0..=fine.len().min(large.len()) {
            assert!(passes(8, fine, cut), "{cut}");
            assert!(!passes(7, fine, cut), "{cut}");
            assert!(!passes(1 << 40, large, cut), "{cut}");
        }
    }
}
