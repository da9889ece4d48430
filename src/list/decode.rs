//! A file's octets as UTF-8, in a stream of flat memory.
//!
//! ASCII is the same in every encoding a list comes in but UTF-16, so a file without a mark is
//! passed on unchanged until the first octet that is not ASCII, wherever that is, and the guess is
//! made by the text that begins there. A list whose first Japanese name is in row 900,000 is
//! read like one that has it in the first.
//!
//! Octets that the encoding does not have become one [`BAD`], which no UTF-8 text holds: the
//! row it is in fails the UTF-8 check that every row goes through. A U+FFFD of the file's own
//! passes.

use super::detect::{self, Start};
use super::error::ListError;
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::io::{self, ErrorKind, Read};

/// Stands for a sequence that the encoding does not have.
pub(super) const BAD: u8 = 0xFF;

/// The shortest buffer [`Decoder::read`] takes: a character and a [`BAD`] always fit.
pub(super) const SHORTEST: usize = 64;

/// How much text a guess is made by.
const WINDOW: usize = 64 * 1024;
/// How much of the ASCII before it helps the guess.
const CONTEXT: usize = 64;

/// Octets of a file to octets of UTF-8.
pub(super) struct Decoder<R> {
    input: R,
    raw: Vec<u8>,
    /// What of `raw` is read and not yet passed on.
    from: usize,
    to: usize,
    ended: bool,
    state: State,
    encoding: &'static Encoding,
}

enum State {
    /// Nothing but ASCII so far.
    Ascii,
    /// Passed on as it is; the rows are checked.
    Utf8,
    /// Through encoding_rs.
    Other(Box<encoding_rs::Decoder>),
    /// All was passed on.
    Finished,
}

impl<R: Read> Decoder<R> {
    /// Begins to read. `encoding` by name, or `None` for a guess.
    ///
    /// # Errors
    /// An unknown name, a file that is no text, one that cannot be read.
    pub(super) fn open(input: R, encoding: Option<&str>) -> Result<Self, ListError> {
        let named = match encoding.filter(|name| !name.eq_ignore_ascii_case("auto")) {
            Some(name) => {
                Some(detect::by_name(name).ok_or_else(|| ListError::UnknownEncoding(name.into()))?)
            }
            None => None,
        };
        let mut decoder = Self {
            input,
            raw: vec![0; WINDOW + CONTEXT],
            from: 0,
            to: 0,
            ended: false,
            state: State::Ascii,
            encoding: UTF_8,
        };
        decoder.fill().map_err(ListError::Read)?;
        let sample = &decoder.raw[..decoder.to];
        let mark = Encoding::for_bom(sample);
        match (named, detect::at_start(sample)) {
            (_, Start::NotText(what)) => return Err(ListError::NotText(what)),
            (Some(encoding), _) => {
                let (encoding, length) = mark
                    .filter(|(marked, _)| *marked == encoding || both_utf16(marked, encoding))
                    .unwrap_or((encoding, 0));
                decoder.from = length;
                decoder.settle(encoding);
            }
            (None, Start::Encoding(encoding, length)) => {
                decoder.from = length;
                decoder.settle(encoding);
            }
            (None, Start::Ascii) => {}
        }
        Ok(decoder)
    }

    /// The encoding; UTF-8 while there was nothing but ASCII.
    pub(super) fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Writes text to the front of `out`, which holds [`SHORTEST`] octets at least, and says how
    /// much. Zero is the end.
    pub(super) fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.from == self.to && !self.ended {
                self.fill()?;
            }
            match &mut self.state {
                State::Finished => return Ok(0),
                State::Utf8 => return Ok(self.pass_on(self.to, out)),
                State::Ascii => {
                    let text = &self.raw[self.from..self.to];
                    match detect::first_telling(text, self.ended) {
                        None => return Ok(self.pass_on(self.to, out)),
                        Some(0) => self.decide()?,
                        Some(ascii) => return Ok(self.pass_on(self.from + ascii, out)),
                    }
                }
                State::Other(_) => {
                    let written = self.decode(out);
                    if written > 0 {
                        return Ok(written);
                    }
                }
            }
        }
    }

    fn settle(&mut self, encoding: &'static Encoding) {
        self.encoding = encoding;
        self.state = if encoding == UTF_8 {
            State::Utf8
        } else {
            State::Other(Box::new(encoding.new_decoder_without_bom_handling()))
        };
    }

    /// Chooses the encoding by a window that begins at the next octet.
    fn decide(&mut self) -> io::Result<()> {
        self.fill()?;
        let window = &self.raw[self.from..self.to];
        // With more text at hand an escape may turn out to be none of ISO-2022-JP's.
        if detect::first_telling(window, self.ended) == Some(0) {
            let context = &self.raw[..self.from];
            self.settle(detect::behind_ascii(context, window, self.ended));
        }
        Ok(())
    }

    fn pass_on(&mut self, until: usize, out: &mut [u8]) -> usize {
        let length = out.len().min(until - self.from);
        out[..length].copy_from_slice(&self.raw[self.from..self.from + length]);
        self.from += length;
        length
    }

    /// Decodes until `out` is full or the octets at hand are used up, which may give nothing.
    fn decode(&mut self, out: &mut [u8]) -> usize {
        let State::Other(decoder) = &mut self.state else {
            return 0;
        };
        let mut written = 0;
        // Room for a BAD is kept free at the end.
        while let Some(room) = out.len().checked_sub(written + 1).filter(|r| *r >= 8) {
            let (result, read, wrote) = decoder.decode_to_utf8_without_replacement(
                &self.raw[self.from..self.to],
                &mut out[written..written + room],
                self.ended,
            );
            self.from += read;
            written += wrote;
            match result {
                DecoderResult::OutputFull => break,
                DecoderResult::Malformed(..) => {
                    out[written] = BAD;
                    written += 1;
                }
                DecoderResult::InputEmpty => {
                    if self.ended {
                        self.state = State::Finished;
                    }
                    break;
                }
            }
        }
        written
    }

    /// Reads until `raw` is full or the file ends, so that what is guessed does not depend on how
    /// the file comes in. The context of a guess stays in front.
    fn fill(&mut self) -> io::Result<()> {
        let keep = self.from.saturating_sub(CONTEXT);
        self.raw.copy_within(keep..self.to, 0);
        self.from -= keep;
        self.to -= keep;
        while !self.ended && self.to < self.raw.len() {
            match self.input.read(&mut self.raw[self.to..]) {
                Ok(0) => self.ended = true,
                Ok(length) => self.to += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// `utf-16` is the name of one byte order, and meant for both: the mark knows.
fn both_utf16(one: &'static Encoding, other: &'static Encoding) -> bool {
    [one, other]
        .iter()
        .all(|e| [UTF_16LE, UTF_16BE].contains(e))
}
