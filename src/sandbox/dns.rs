//! The DNS server's sockets.

use super::zone::Zone;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Octets a UDP answer may always have (RFC 1035 section 4.2.1).
const UDP: u16 = 512;
/// How long a TCP client may be silent.
const IDLE: Duration = Duration::from_secs(10);
/// Free ports that are tried until one is free for UDP and TCP.
const TRIES: usize = 16;

/// A UDP and a TCP socket on the same port of 127.0.0.1.
pub(super) struct DnsSockets {
    udp: UdpSocket,
    tcp: TcpListener,
    address: SocketAddr,
}

impl DnsSockets {
    pub(super) async fn bind(port: u16) -> io::Result<Self> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match Self::bind_both(port).await {
                Err(error) if port == 0 && tries > 0 && taken(&error) => {}
                Err(error) => {
                    let text = format!("the sandbox's DNS server on 127.0.0.1:{port}: {error}");
                    return Err(io::Error::new(error.kind(), text));
                }
                sockets => return sockets,
            }
        }
    }

    async fn bind_both(port: u16) -> io::Result<Self> {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = tcp.local_addr()?;
        let udp = UdpSocket::bind(address).await?;
        Ok(Self { udp, tcp, address })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is cancelled.
    pub(super) fn serve(self, zone: &Arc<Zone>, tasks: &TaskTracker, stop: &CancellationToken) {
        let (udp, tcp) = (self.udp, self.tcp);
        let (for_udp, for_tcp) = (Arc::clone(zone), Arc::clone(zone));
        let stopped = stop.clone();
        tasks.spawn(async move {
            stopped
                .run_until_cancelled(answer_udp(&udp, &for_udp))
                .await;
        });
        let (stopped, children) = (stop.clone(), tasks.clone());
        tasks.spawn(async move {
            let accepting = accept_tcp(&tcp, &for_tcp, &children, &stopped);
            stopped.run_until_cancelled(accepting).await;
        });
    }
}

fn taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

async fn answer_udp(socket: &UdpSocket, zone: &Zone) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // An error here is an earlier answer's: the asker's port is closed. The socket lives on.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            tokio::task::yield_now().await;
            continue;
        };
        if let Some(answer) = zone.answer(&buffer[..length], Some(UDP)) {
            // Lost answers are a part of UDP.
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

async fn accept_tcp(
    listener: &TcpListener,
    zone: &Arc<Zone>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let (zone, stop) = (Arc::clone(zone), stop.clone());
        tasks.spawn(async move {
            // A client that breaks off has what it wanted.
            let _ = stop.run_until_cancelled(answer_tcp(stream, &zone)).await;
        });
    }
}

async fn answer_tcp(mut stream: TcpStream, zone: &Zone) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::new();
    loop {
        let length = usize::from(timeout(IDLE, stream.read_u16()).await??);
        request.resize(length, 0);
        timeout(IDLE, stream.read_exact(&mut request)).await??;
        let Some(answer) = zone.answer(&request, None) else {
            return Ok(());
        };
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        stream
            .write_all(&[&length.to_be_bytes()[..], &answer].concat())
            .await?;
    }
}
