//! One SMTP connection, moved between the socket and the machine: how long it may take, and how much
//! it may say.

use super::budget::Budget;
use super::policy::{self, Decision, Policy};
use super::tls::TlsFiles;
use crate::net::Clock;
use crate::proto::smtp_server::{Path, Server, ServerConfig};
use crate::serve::client::Client;
use crate::serve::desk::Desk;
use crate::serve::limit::Limiter;
use crate::serve::listener::Guest;
use crate::serve::metrics::Metrics;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// What is said to those that get no seat.
pub(in crate::serve) const TURNED_AWAY: &[u8] = b"421 4.3.2 Too many connections\r\n";

/// How long a client that talks before the greeting is listened for.
const EARLY: Duration = Duration::from_millis(150);
/// Until the next octet comes (RFC 5321 section 4.5.3.2.7), and the same while seats are scarce.
const IDLE: Duration = Duration::from_secs(300);
const IDLE_IN_NEED: Duration = Duration::from_secs(20);
/// From one mail, or the connection, to the end of the next, and the same while seats are scarce.
const MAIL: Duration = Duration::from_secs(900);
const MAIL_IN_NEED: Duration = Duration::from_secs(120);
/// How long a client may take to read what it is told.
const WRITING: Duration = Duration::from_secs(60);
const HANDSHAKE: Duration = Duration::from_secs(30);
/// How long, and for how many octets, what a client still sends is read after the last reply, so
/// that a reset does not take the reply away from it.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_OCTETS: usize = 1 << 20;
/// Octets of answers between two mails that are taken: some thousand commands.
const TALK: usize = 64 << 10;
const RECIPIENTS: usize = 5;
const FAULTS: u32 = 5;

/// What all conversations work with.
pub(in crate::serve) struct Mailroom {
    pub(in crate::serve) desk: Arc<dyn Desk>,
    /// Our name in the greeting.
    pub(in crate::serve) hostname: String,
    /// What we take mail for, lower case.
    pub(in crate::serve) domains: Vec<String>,
    pub(in crate::serve) max_size: u64,
    pub(in crate::serve) budget: Budget,
    pub(in crate::serve) tls: Option<TlsFiles>,
    pub(in crate::serve) strangers: Option<Arc<Limiter>>,
    pub(in crate::serve) metrics: Metrics,
    pub(in crate::serve) clock: Clock,
}

impl Mailroom {
    /// Whether mail for a domain is ours at all.
    pub(super) fn is_ours(&self, domain: &str) -> bool {
        let is = |own: &String| own.eq_ignore_ascii_case(domain.trim_end_matches('.'));
        self.domains.iter().any(is)
    }

    /// Whether it is `postmaster`, bare or at a domain of ours, in any case.
    pub(super) fn is_postmaster(&self, to: &Path) -> bool {
        let ours = to.domain.is_empty() || self.is_ours(&to.domain);
        ours && to.local.eq_ignore_ascii_case("postmaster")
    }

    fn config(&self) -> ServerConfig {
        ServerConfig {
            max_size: self.max_size,
            max_recipients: RECIPIENTS,
            max_faults: FAULTS,
            starttls: self.tls.is_some(),
            ..ServerConfig::new(self.hostname.as_str())
        }
    }
}

/// How a conversation over one stream ended.
enum End {
    /// The last reply was written.
    Closed(&'static str),
    /// A TLS handshake is due.
    StartTls,
}

struct Conversation {
    server: Server,
    policy: Policy,
    room: Arc<Mailroom>,
    stop: CancellationToken,
    leave: CancellationToken,
    in_need: bool,
    /// When the mail has to be there.
    until: Instant,
    /// Octets of answers since the last mail that was taken.
    answered: usize,
}

/// Serves a connection until it ends or has to. Tells how it ended.
pub(in crate::serve) async fn serve(
    guest: Guest,
    room: Arc<Mailroom>,
    stop: CancellationToken,
) -> &'static str {
    let mut stream = guest.stream;
    let leave = guest.seat.leave();
    let client = Client::of(guest.address);
    let mut conversation = Conversation {
        server: Server::new(room.config()),
        policy: Policy::new(Arc::clone(&room), client, guest.seat),
        until: room.clock.instant(),
        room,
        stop,
        leave,
        in_need: guest.in_need,
        answered: 0,
    };
    conversation.grant_time();
    if conversation.talks_early(&stream).await {
        conversation.server.hang_up(&policy::too_early());
    }
    let end = conversation.run(&mut stream).await;
    match end {
        Ok(End::StartTls) => conversation.run_encrypted(stream).await,
        end => conversation.finish(end, &mut stream).await,
    }
}

impl Conversation {
    fn grant_time(&mut self) {
        let time = if self.in_need { MAIL_IN_NEED } else { MAIL };
        self.until = self.room.clock.instant() + time;
    }

    async fn talks_early(&self, stream: &TcpStream) -> bool {
        let peeked = timeout(EARLY, stream.peek(&mut [0])).await;
        matches!(peeked, Ok(Ok(1)))
    }

    async fn run_encrypted(mut self, stream: TcpStream) -> &'static str {
        let Some(tls) = &self.room.tls else {
            return "gone";
        };
        let handshake = timeout(HANDSHAKE, tls.acceptor().accept(stream));
        // A client that cannot shake hands gets nothing more; there is nobody to tell. One that stalls
        // makes room like any other.
        let mut stream = tokio::select! {
            shaken = handshake => match shaken {
                Ok(Ok(stream)) => stream,
                Ok(Err(_)) | Err(_) => return "no_handshake",
            },
            () = self.stop.cancelled() => return "no_handshake",
            () = self.leave.cancelled() => return "made_room",
        };
        self.server.tls_started();
        let end = self.run(&mut stream).await;
        self.finish(end, &mut stream).await
    }

    /// Converses until the end, or until the place is needed.
    async fn run<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<End> {
        let mut buffer = vec![0; 16 * 1024];
        let mut outcome = "served";
        loop {
            if self.events(stream).await? {
                return Ok(End::StartTls);
            }
            if self.answered > TALK && !self.server.is_closed() {
                outcome = "talked";
                self.server.hang_up(&policy::too_much());
            }
            self.flush(stream).await?;
            if self.server.is_closed() {
                return Ok(End::Closed(outcome));
            }
            let read = tokio::select! {
                biased;
                // A mail that is coming may still come: the listener waits a few seconds for it.
                () = self.stop.cancelled(), if !self.policy.is_busy() => {
                    Err(("stopped", policy::closing()))
                }
                () = self.leave.cancelled() => Err(("made_room", policy::closing())),
                read = timeout(self.patience(), stream.read(&mut buffer)) => {
                    read.map_err(|_| ("slow", policy::too_slow()))
                }
            };
            match read {
                Ok(read) => {
                    let read = read?;
                    if read == 0 {
                        return Ok(End::Closed("gone"));
                    }
                    self.server.receive(&buffer[..read]);
                }
                Err((why, reply)) => {
                    outcome = why;
                    self.server.hang_up(&reply);
                }
            }
        }
    }

    /// Until the next octet: as long as may be idled, though not beyond the time for the mail.
    fn patience(&self) -> Duration {
        let idle = if self.in_need { IDLE_IN_NEED } else { IDLE };
        let left = self.until.checked_duration_since(self.room.clock.instant());
        idle.min(left.unwrap_or_default())
    }

    /// Settles all events there are; `true` where a handshake is due.
    async fn events<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<bool> {
        let taken = self.policy.taken;
        while let Some(event) = self.server.poll() {
            match self.policy.decide(event).await {
                Decision::Go => {}
                Decision::Answer(reply) => self.server.answer(&reply),
                Decision::StartTls(reply) => {
                    self.server.answer(&reply);
                    self.flush(stream).await?;
                    return Ok(true);
                }
            }
        }
        if self.policy.taken > taken {
            self.answered = 0;
            self.grant_time();
        }
        Ok(false)
    }

    async fn flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        let output = self.server.take_output();
        if output.is_empty() {
            return Ok(());
        }
        self.answered += output.len();
        let write = async {
            stream.write_all(&output).await?;
            stream.flush().await
        };
        let slow = |_| io::Error::from(io::ErrorKind::TimedOut);
        timeout(WRITING, write).await.map_err(slow)?
    }

    /// Gives up the seat, then lets a client that was answered read the answer.
    async fn finish<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        end: io::Result<End>,
        stream: &mut S,
    ) -> &'static str {
        let stop = self.stop.clone();
        drop(self);
        match end {
            Ok(End::Closed("gone")) | Err(_) => "gone",
            Ok(End::StartTls) => "no_handshake",
            Ok(End::Closed(outcome)) => {
                // However it ends, the connection is over.
                let _ = stop
                    .run_until_cancelled(timeout(LINGER, read_out(stream)))
                    .await;
                outcome
            }
        }
    }
}

/// Ends our side and reads what the client still sends.
async fn read_out<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.shutdown().await?;
    let mut buffer = vec![0; 16 * 1024];
    let mut left = LINGER_OCTETS;
    while left > 0 {
        match stream.read(&mut buffer).await? {
            0 => break,
            read => left = left.saturating_sub(read),
        }
    }
    Ok(())
}
