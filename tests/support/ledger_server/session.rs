//! One connection to the ledger server: SMTP as far as a sender needs it, without mercy for what
//! it should not say.

use super::Shared;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// One connection.
pub(super) struct Session<'a> {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    replies: Vec<u8>,
    shared: &'a Shared,
    sender: Option<String>,
    recipients: Vec<String>,
    messages: u32,
    logged_in: bool,
}

/// Whether the connection goes on.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
}

impl<'a> Session<'a> {
    pub(super) fn new(stream: TcpStream, shared: &'a Shared) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            writer: stream.try_clone()?,
            reader: BufReader::with_capacity(64 << 10, stream),
            replies: Vec::new(),
            shared,
            sender: None,
            recipients: Vec::new(),
            messages: 0,
            logged_in: false,
        })
    }

    pub(super) fn run(mut self, busy: bool) -> std::io::Result<()> {
        if busy {
            self.say("421 4.3.2 Too busy");
            return self.flush();
        }
        self.say("220 ledger.test ESMTP");
        loop {
            // Replies to a pipelined group travel together (RFC 2920 section 3.2).
            if self.reader.buffer().is_empty() {
                self.flush()?;
            }
            let mut line = Vec::new();
            if self.reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let line = String::from_utf8_lossy(&line)
                .trim_end_matches(['\r', '\n'])
                .to_owned();
            self.shared.lock().commands.push(line.clone());
            if self.command(&line)? == Then::Close {
                return self.flush();
            }
        }
    }

    fn say(&mut self, reply: &str) {
        self.replies.extend_from_slice(reply.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.writer.write_all(&self.replies)?;
        self.replies.clear();
        Ok(())
    }

    fn command(&mut self, line: &str) -> std::io::Result<Then> {
        let verb = line
            .split([' ', ':'])
            .next()
            .unwrap_or("")
            .to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                self.say("250-ledger.test");
                if self.shared.manners.pipelining {
                    self.say("250-PIPELINING");
                }
                if let Some((mechanisms, _)) = self.shared.manners.auth {
                    self.say(&format!("250-AUTH {mechanisms}"));
                }
                self.say("250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 52428800");
                self.say("250 ENHANCEDSTATUSCODES");
            }
            "HELO" => self.say("250 ledger.test"),
            "AUTH" => return self.login(line),
            "MAIL" if self.shared.manners.auth.is_some() && !self.logged_in => {
                self.say("530 5.7.0 Authentication required");
            }
            "MAIL" => {
                self.sender = Some(path(line));
                self.recipients.clear();
                self.say("250 2.1.0 Ok");
            }
            "RCPT" => self.recipient(path(line)),
            "DATA" if self.recipients.is_empty() => self.say("554 5.5.1 No valid recipients"),
            "DATA" => return self.data(),
            "RSET" => {
                self.sender = None;
                self.recipients.clear();
                self.say("250 2.0.0 Ok");
            }
            "NOOP" => self.say("250 2.0.0 Ok"),
            "QUIT" => {
                self.say("221 2.0.0 Bye");
                return Ok(Then::Close);
            }
            _ => self.say("500 5.5.2 Command not recognized"),
        }
        Ok(Then::GoOn)
    }

    /// AUTH with an initial response.
    fn login(&mut self, line: &str) -> std::io::Result<Then> {
        let Some((_, judge)) = self.shared.manners.auth else {
            self.say("502 5.5.1 Not here");
            return Ok(Then::GoOn);
        };
        let mut words = line.split(' ').skip(1);
        let mechanism = words.next().unwrap_or("");
        let response = words.next().and_then(|text| STANDARD.decode(text).ok());
        let response = String::from_utf8(response.unwrap_or_default()).unwrap_or_default();
        let answer = judge(mechanism, &response);
        self.say(answer);
        if answer.starts_with("334") {
            self.flush()?;
            let mut acknowledgement = Vec::new();
            self.reader.read_until(b'\n', &mut acknowledgement)?;
            self.say("535 5.7.8 The token is not valid");
        }
        self.logged_in = answer.starts_with("235");
        Ok(Then::GoOn)
    }

    fn recipient(&mut self, recipient: String) {
        if self.sender.is_none() {
            return self.say("503 5.5.1 MAIL first");
        }
        let local = recipient.rsplit_once('@').map_or("", |(local, _)| local);
        let before = {
            let mut ledger = self.shared.lock();
            let times = ledger.asked.entry(recipient.clone()).or_default();
            *times += 1;
            *times - 1
        };
        match (self.shared.manners.refuse)(local, before) {
            Some(reply) => self.say(reply),
            None => {
                self.recipients.push(recipient);
                self.say("250 2.1.5 Ok");
            }
        }
    }

    /// From the 354 to the answer behind the final dot.
    fn data(&mut self) -> std::io::Result<Then> {
        self.say("354 End with a dot");
        self.flush()?;
        let mut content = Vec::new();
        loop {
            let start = content.len();
            if self.reader.read_until(b'\n', &mut content)? == 0 {
                return Ok(Then::Close);
            }
            if &content[start..] == b".\r\n" {
                content.truncate(start);
                break;
            }
            if content[start] == b'.' {
                content.remove(start);
            }
        }
        let sender = self.sender.take().unwrap_or_default();
        let recipients = std::mem::take(&mut self.recipients);
        pause(self.shared.manners.delay);
        let number = self.shared.enter(&sender, &recipients, content);
        self.messages += 1;
        if (self.shared.manners.silent_every).is_some_and(|every| number.is_multiple_of(every)) {
            self.replies.clear();
            return Ok(Then::Close);
        }
        self.say("250 2.0.0 Ok: entered");
        if self.shared.manners.goodbye_after == Some(self.messages) {
            self.say("421 4.7.0 Enough messages on this connection");
            return Ok(Then::Close);
        }
        Ok(Then::GoOn)
    }
}

/// What stands between the angle brackets of MAIL or RCPT.
fn path(line: &str) -> String {
    let inside = line
        .split_once('<')
        .and_then(|(_, rest)| rest.rsplit_once('>'));
    inside.map_or("", |(path, _)| path).to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a slow server is what is simulated, on a thread of its own"
)]
fn pause(delay: Duration) {
    if !delay.is_zero() {
        thread::sleep(delay);
    }
}
