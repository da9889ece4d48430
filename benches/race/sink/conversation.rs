//! One SMTP conversation (RFC 5321, 2920, 3030, 3207) with a client that means well: the order of
//! commands is checked, their arguments are not.

use crate::tally::{Taken, Tally};
use bytes::{Buf, BytesMut};
use memchr::memmem;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Octets that are asked of the socket at a time.
const READ: usize = 256 * 1024;
/// A command line longer than this ends the conversation; RFC 5321 allows 512 octets.
const LONGEST_LINE: usize = 4096;
/// The end of DATA's content (RFC 5321 section 4.1.1.4).
const END: &[u8] = b"\r\n.\r\n";

/// What the sink offers besides what it always does.
pub(crate) struct Offer {
    /// STARTTLS, where there is a certificate.
    pub(crate) tls: Option<TlsAcceptor>,
}

/// Serves one client to its end.
pub(crate) async fn serve(mut stream: TcpStream, offer: &Offer, tally: &Tally) -> io::Result<()> {
    let mut conversation = Conversation::new(tally, offer.tls.is_some());
    conversation.say(b"220 sink.example ESMTP\r\n");
    conversation.run(&mut stream).await?;
    let (true, Some(tls)) = (conversation.upgrading, &offer.tls) else {
        return Ok(());
    };
    let mut stream = tls.accept(stream).await?;
    // Nothing said in the clear holds any longer (RFC 3207 section 4.2).
    let mut conversation = Conversation::new(tally, false);
    conversation.encrypted = true;
    conversation.run(&mut stream).await
}

/// What the octets to come are.
enum Phase {
    Command,
    /// DATA's content.
    Data,
    /// Octets of a chunk still to come, and whether it is the last.
    Chunk {
        left: usize,
        last: bool,
    },
}

struct Conversation<'a> {
    tally: &'a Tally,
    phase: Phase,
    input: BytesMut,
    output: Vec<u8>,
    /// Whether MAIL was taken.
    mail: bool,
    /// RCPT's arguments, one a line.
    recipients: Vec<u8>,
    octets: u64,
    encrypted: bool,
    offers_tls: bool,
    upgrading: bool,
    over: bool,
}

impl<'a> Conversation<'a> {
    fn new(tally: &'a Tally, offers_tls: bool) -> Self {
        Self {
            tally,
            phase: Phase::Command,
            input: BytesMut::with_capacity(READ),
            output: Vec::new(),
            mail: false,
            recipients: Vec::new(),
            octets: 0,
            encrypted: false,
            offers_tls,
            upgrading: false,
            over: false,
        }
    }

    /// Until the client quits, is gone or asks for TLS. Answers go out together when nothing
    /// more waits to be read.
    async fn run<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        loop {
            while !self.over && !self.upgrading && self.step()? {}
            if !self.output.is_empty() {
                stream.write_all(&self.output).await?;
                stream.flush().await?;
                self.output.clear();
            }
            if self.over || self.upgrading {
                return Ok(());
            }
            self.input.reserve(READ);
            if stream.read_buf(&mut self.input).await? == 0 {
                return Ok(());
            }
        }
    }

    /// One step through the input; `false` where more of it is needed.
    fn step(&mut self) -> io::Result<bool> {
        match self.phase {
            Phase::Command => Ok(self.line()),
            Phase::Data => self.data(),
            Phase::Chunk { left, last } => self.chunk(left, last),
        }
    }

    fn line(&mut self) -> bool {
        let Some(end) = memchr::memchr(b'\n', &self.input) else {
            self.over = self.input.len() > LONGEST_LINE;
            return false;
        };
        let line = self.input.split_to(end + 1);
        self.command(line.trim_ascii_end());
        true
    }

    fn command(&mut self, line: &[u8]) {
        let (verb, arguments) = match line.iter().position(|octet| *octet == b' ') {
            Some(space) => (&line[..space], &line[space + 1..]),
            None => (line, &b""[..]),
        };
        match verb.to_ascii_uppercase().as_slice() {
            b"MAIL" if !self.mail => {
                self.mail = true;
                self.say(b"250 2.1.0 Ok\r\n");
            }
            b"RCPT" if self.mail => {
                self.recipients.extend_from_slice(arguments);
                self.recipients.push(b'\n');
                self.say(b"250 2.1.5 Ok\r\n");
            }
            b"DATA" if !self.recipients.is_empty() => {
                self.phase = Phase::Data;
                self.say(b"354 End data with <CR><LF>.<CR><LF>\r\n");
            }
            b"BDAT" => self.bdat(arguments),
            b"EHLO" | b"HELO" => self.hello(),
            b"RSET" => {
                self.reset();
                self.say(b"250 2.0.0 Ok\r\n");
            }
            b"NOOP" => self.say(b"250 2.0.0 Ok\r\n"),
            b"STARTTLS" if self.offers_tls => {
                self.upgrading = true;
                self.say(b"220 2.0.0 Ready\r\n");
            }
            b"QUIT" => {
                self.over = true;
                self.say(b"221 2.0.0 Bye\r\n");
            }
            _ => self.say(b"503 5.5.1 Not now, or never\r\n"),
        }
    }

    fn hello(&mut self) {
        self.reset();
        self.say(b"250-sink.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-SIZE 104857600\r\n");
        if self.offers_tls {
            self.say(b"250-STARTTLS\r\n");
        }
        self.say(b"250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n");
    }

    fn bdat(&mut self, arguments: &[u8]) {
        let text = String::from_utf8_lossy(arguments).to_ascii_uppercase();
        let (octets, last) = match text.trim().strip_suffix("LAST") {
            Some(octets) => (octets, true),
            None => (text.as_str(), false),
        };
        match octets.trim().parse() {
            Ok(left) => self.phase = Phase::Chunk { left, last },
            Err(_) => {
                // Where the chunk would end is unknown.
                self.over = true;
                self.say(b"501 5.5.4 No length\r\n");
            }
        }
    }

    fn data(&mut self) -> io::Result<bool> {
        // The line end of DATA itself may be the one before the dot.
        if self.octets == 0 && self.input.starts_with(&END[2..]) {
            self.input.advance(END.len() - 2);
            return self.taken(false);
        }
        if let Some(end) = memmem::find(&self.input, END) {
            self.octets += end as u64 + 2;
            self.input.advance(end + END.len());
            return self.taken(false);
        }
        // Of what was searched, the last four octets may be the beginning of the end.
        let done = self.input.len().saturating_sub(END.len() - 1);
        self.octets += done as u64;
        self.input.advance(done);
        Ok(false)
    }

    fn chunk(&mut self, left: usize, last: bool) -> io::Result<bool> {
        let here = left.min(self.input.len());
        self.input.advance(here);
        self.octets += here as u64;
        self.phase = Phase::Chunk {
            left: left - here,
            last,
        };
        if here < left {
            return Ok(false);
        }
        self.phase = Phase::Command;
        if self.recipients.is_empty() {
            self.say(b"503 5.5.1 Nobody to take it\r\n");
            return Ok(true);
        }
        if last {
            return self.taken(true);
        }
        self.say(b"250 2.0.0 Ok\r\n");
        Ok(true)
    }

    /// The message is complete.
    fn taken(&mut self, chunked: bool) -> io::Result<bool> {
        self.tally.taken(&Taken {
            recipients: &self.recipients,
            octets: self.octets,
            chunked,
            encrypted: self.encrypted,
        })?;
        self.reset();
        self.say(b"250 2.0.0 Ok\r\n");
        Ok(true)
    }

    fn reset(&mut self) {
        self.phase = Phase::Command;
        self.mail = false;
        self.recipients.clear();
        self.octets = 0;
    }

    fn say(&mut self, reply: &[u8]) {
        self.output.extend_from_slice(reply);
    }
}
