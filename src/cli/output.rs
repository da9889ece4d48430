//! Standard output and standard error, and files that take their place.

use super::fail::Failure;
use std::fmt::{Arguments, Display};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

/// Says what went wrong.
pub(super) fn complain(failure: &Failure) {
    say(format_args!("{failure}"));
}

/// A line for people, on standard error. Where nobody can hear it, nothing is to be done.
pub(super) fn say(line: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes data to a file or, without one, to standard output. A reader that has had enough
/// (`| head`) is no error.
pub(super) fn data(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(path) = path else {
        let mut out = Tolerant {
            inner: BufWriter::new(io::stdout().lock()),
            closed: false,
        };
        write(&mut out)?;
        return out
            .flush()
            .map_err(|error| Failure::new(format_args!("standard output: {error}")));
    };
    let file = File::create(path).map_err(|error| Failure::file(path, &error))?;
    let mut out = BufWriter::new(file);
    write(&mut out).map_err(|failure| failure.about(path))?;
    out.flush().map_err(|error| Failure::file(path, &error))
}

/// An error of writing data; [`data`] adds the file.
pub(super) fn unwritable(error: impl Display) -> Failure {
    Failure::new(error).of_writing()
}

/// The width of the terminal that standard output is, for tables.
pub(super) fn width() -> usize {
    if io::stdout().is_terminal() {
        crate::dash::terminal_width().map_or(100, usize::from)
    } else {
        120
    }
}

/// A writer that goes quiet when its reader has left.
struct Tolerant<W: Write> {
    inner: W,
    closed: bool,
}

impl<W: Write> Tolerant<W> {
    fn forgive<T>(&mut self, result: io::Result<T>, instead: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(instead)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for Tolerant<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(octets.len());
        }
        let result = self.inner.write(octets);
        self.forgive(result, octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.inner.flush();
        self.forgive(result, ())
    }
}
