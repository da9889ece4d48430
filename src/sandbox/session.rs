//! One SMTP connection, moved between the socket and the machine.

use super::dice::Dice;
use super::policy::{Decision, Policy};
use super::provider::Provider;
use super::replies;
use crate::proto::smtp_server::{Server, ServerConfig};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// How long a client may take for a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// How long, and for how many octets, what a client still sends is read after the last reply, so
/// that a reset does not take the reply away from it.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_OCTETS: usize = 4 << 20;

/// How a conversation over one stream ended.
enum End {
    /// The last reply was written.
    Closed,
    /// The client is gone.
    Gone,
    /// To be dropped without a word.
    Dropped,
    /// A TLS handshake is due.
    StartTls,
}

struct Session {
    server: Server,
    policy: Policy,
    provider: Arc<Provider>,
    dice: Dice,
    stop: CancellationToken,
}

/// Serves one connection of `host` until it ends or `stop` is cancelled.
pub(super) async fn serve(
    mut stream: TcpStream,
    client: IpAddr,
    host: &'static str,
    provider: Arc<Provider>,
    tls: TlsAcceptor,
    stop: CancellationToken,
) {
    let seat = provider.seat();
    let policy = Policy::new(Arc::clone(&provider), seat, client);
    let seed = provider.options.seed ^ policy.number();
    let mut session = Session {
        server: Server::new(config(host, &provider)),
        policy,
        provider,
        dice: Dice::new(seed),
        stop,
    };
    match session.run(&mut stream).await {
        End::StartTls => {
            // A client that cannot shake hands gets nothing more; there is nobody to tell.
            let stop = session.stop.clone();
            let handshake = timeout(HANDSHAKE, tls.accept(stream));
            let Some(Ok(Ok(mut stream))) = stop.run_until_cancelled(handshake).await else {
                return;
            };
            session.server.tls_started();
            let end = session.run(&mut stream).await;
            if matches!(end, End::Dropped) {
                session.reset(stream.get_ref().0);
            }
            session.finish(end, &mut stream).await;
        }
        end => {
            if matches!(end, End::Dropped) {
                session.reset(&stream);
            }
            session.finish(end, &mut stream).await;
        }
    }
}

fn config(host: &str, provider: &Provider) -> ServerConfig {
    let manners = provider.manners;
    ServerConfig {
        extended: manners.extended,
        enhanced_codes: manners.extended,
        starttls: manners.starttls,
        ..ServerConfig::new(host)
    }
}

impl Session {
    async fn run<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut S) -> End {
        let stop = self.stop.clone();
        let end = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            end = self.converse(stream) => Some(end),
        };
        match end {
            Some(Ok(end)) => end,
            Some(Err(_)) => End::Gone,
            None => {
                self.server.hang_up(&replies::shutting_down());
                // It is leaving anyway; a client that does not read does not hold it up.
                let _ = timeout(LINGER, self.flush(stream)).await;
                End::Gone
            }
        }
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
    ) -> io::Result<End> {
        let slow = self.provider.manners.reads;
        let mut buffer = vec![0; if slow.is_some() { 2048 } else { 64 * 1024 }];
        loop {
            if let Some(end) = self.events(stream).await? {
                return Ok(end);
            }
            self.flush(stream).await?;
            if self.server.is_closed() {
                return Ok(End::Closed);
            }
            let Ok(read) = timeout(self.provider.options.idle, stream.read(&mut buffer)).await
            else {
                self.server.hang_up(&replies::idle());
                continue;
            };
            let octets = &buffer[..read?];
            if octets.is_empty() {
                return Ok(End::Gone);
            }
            if let Some(rate) = slow {
                let time =
                    Duration::from_secs(1).mul_f64(octets.len() as f64 / f64::from(rate.max(1)));
                self.pause(time).await;
            }
            self.server.receive(octets);
        }
    }

    /// Settles all events there are; `Some` where the conversation over this stream is over.
    async fn events<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<Option<End>> {
        while let Some(event) = self.server.poll() {
            match self.policy.decide(event) {
                Decision::Go => {}
                Decision::Answer(reply) => {
                    self.dawdle(stream).await?;
                    self.server.answer(&reply);
                }
                Decision::StartTls(reply) => {
                    self.server.answer(&reply);
                    self.flush(stream).await?;
                    return Ok(Some(End::StartTls));
                }
                Decision::Drop => {
                    // What was answered before was on its way.
                    self.flush(stream).await?;
                    return Ok(Some(End::Dropped));
                }
            }
        }
        Ok(None)
    }

    /// Lets the client wait for its next reply, as slow servers do.
    async fn dawdle<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        let Some((least, most)) = self.provider.manners.delay else {
            return Ok(());
        };
        self.flush(stream).await?;
        let millis = self.dice.between(least, most);
        self.pause(Duration::from_millis(millis)).await;
        Ok(())
    }

    async fn pause(&self, time: Duration) {
        let time = self.provider.options.scaled(time);
        if !time.is_zero() {
            sleep(time).await;
        }
    }

    async fn flush<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> io::Result<()> {
        let output = self.server.take_output();
        if !output.is_empty() {
            stream.write_all(&output).await?;
            stream.flush().await?;
        }
        Ok(())
    }

    /// Makes every other dropped connection a reset instead of an orderly end.
    fn reset(&mut self, stream: &TcpStream) {
        if self.dice.roll().is_multiple_of(2) {
            // Without it, the connection merely ends in the other way.
            let _ = stream.set_zero_linger();
        }
    }

    /// Gives up the connection's place, then lets a client that was answered read the answer.
    async fn finish<S: AsyncRead + AsyncWrite + Unpin>(self, end: End, stream: &mut S) {
        if self.server.ran_ahead() {
            let word = self.provider.manners.word;
            self.provider
                .book
                .count(word, |counts| counts.ran_ahead += 1);
        }
        let stop = self.stop.clone();
        drop(self);
        if matches!(end, End::Closed) {
            // However it ends, the connection is over.
            let _ = stop
                .run_until_cancelled(timeout(LINGER, read_out(stream)))
                .await;
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
