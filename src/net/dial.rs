//! TCP connections to mail servers: the one place where their sockets are made.

use socket2::{SockRef, TcpKeepalive};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};

/// Makes connections. The seam between whoever wants one and the network: tests and rehearsals put
/// a network of their own behind it.
pub trait Dial: Sync {
    /// What a connection is.
    type Stream: Send;

    /// Connects to `remote`, or says why not, in bounded time. Dropping the future gives the
    /// attempt up.
    fn dial(&self, remote: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// Dials TCP.
#[derive(Debug, Clone, Copy)]
pub struct TcpDial {
    /// The address to connect from; the system's choice where there is none.
    pub source: Option<IpAddr>,
    /// How long one attempt may take.
    pub limit: Duration,
    /// How long octets that were sent may stay without acknowledgement, or wait for a receiver
    /// whose window is shut, before the connection counts as lost (TCP_USER_TIMEOUT, RFC 5482;
    /// on Linux). Without it the system goes on for a quarter of an hour.
    pub unacknowledged: Duration,
}

impl Dial for TcpDial {
    type Stream = TcpStream;

    /// TCP_NODELAY is always set: small command groups that wait for the acknowledgement of the
    /// group before (Nagle against delayed acknowledgement) cost 40 ms each.
    async fn dial(&self, remote: SocketAddr) -> io::Result<TcpStream> {
        let socket = self.socket(remote)?;
        match tokio::time::timeout(self.limit, socket.connect(remote)).await {
            Ok(connected) => connected,
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no connection within {} s", self.limit.as_secs_f32()),
            )),
        }
    }
}

impl TcpDial {
    fn socket(&self, remote: SocketAddr) -> io::Result<TcpSocket> {
        let socket = match remote {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_nodelay(true)?;
        notice_silence(&socket, self.unacknowledged)?;
        if let Some(source) = self.source {
            socket.bind(SocketAddr::new(source, 0)).map_err(|error| {
                io::Error::new(error.kind(), format!("cannot send from {source}: {error}"))
            })?;
        }
        Ok(socket)
    }
}

/// Has the system find out when the peer is gone, though we only wait: its host was switched off,
/// or a NAT on the way has forgotten the connection. Probes keep such a NAT's memory alive as well.
fn notice_silence(socket: &TcpSocket, unacknowledged: Duration) -> io::Result<()> {
    let socket = SockRef::from(socket);
    let probes = TcpKeepalive::new()
        .with_time(PROBE_AFTER)
        .with_interval(PROBE_EVERY);
    #[cfg(not(any(target_os = "openbsd", target_os = "windows")))]
    let probes = probes.with_retries(PROBES);
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(unacknowledged))?;
    #[cfg(not(target_os = "linux"))]
    let _ = unacknowledged;
    Ok(())
}

/// Whether connections can be made from `source`: it is an address of this machine, and one of its
/// own.
///
/// # Errors
/// What the system said, [`io::ErrorKind::AddrNotAvailable`] where this machine has no such
/// address.
pub fn can_send_from(source: IpAddr) -> io::Result<()> {
    if source.is_unspecified() || source.is_multicast() {
        return Err(io::Error::new(
            io::ErrorKind::AddrNotAvailable,
            "it is not the address of one interface",
        ));
    }
    let socket = match source {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.bind(SocketAddr::new(source, 0))
}

/// Silence after which the peer is asked whether it is there. NATs forget connections after some
/// minutes; RFC 5382 asks for two hours and few grant them.
const PROBE_AFTER: Duration = Duration::from_secs(60);
/// Between two such questions.
const PROBE_EVERY: Duration = Duration::from_secs(15);
/// Questions without an answer after which it is gone.
#[cfg(not(any(target_os = "openbsd", target_os = "windows")))]
const PROBES: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(source: Option<&str>) -> TcpDial {
        TcpDial {
            source: source.map(|source| source.parse().unwrap()),
            limit: Duration::from_secs(5),
            unacknowledged: Duration::from_secs(90),
        }
    }

    #[tokio::test]
    async fn a_connection_comes_from_its_source_and_will_notice_silence() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let remote = listener.local_addr().unwrap();
        let stream = dial(Some("127.0.0.3")).dial(remote).await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer.ip().to_string(), "127.0.0.3");
        assert!(stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        {
            assert_eq!(socket.tcp_keepalive_time().unwrap(), PROBE_AFTER);
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), PROBE_EVERY);
            assert_eq!(socket.tcp_keepalive_retries().unwrap(), PROBES);
            let unacknowledged = socket.tcp_user_timeout().unwrap();
            assert_eq!(unacknowledged, Some(Duration::from_secs(90)));
        }
    }

    #[tokio::test]
    async fn an_address_of_another_machine_cannot_be_sent_from() {
        for source in ["192.0.2.1", "2001:db8::1", "0.0.0.0", "::", "224.0.0.1"] {
            let error = can_send_from(source.parse().unwrap()).unwrap_err();
            let absent = matches!(
                error.kind(),
                io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported
            );
            assert!(absent, "{source}: {error}");
        }
        can_send_from("127.0.0.2".parse().unwrap()).unwrap();
        let remote = "127.0.0.1:9".parse().unwrap();
        let error = dial(Some("192.0.2.1")).dial(remote).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
        assert!(error.to_string().contains("192.0.2.1"), "{error}");
    }

    #[tokio::test]
    async fn a_family_that_this_machine_does_not_have_fails_at_once() {
        // Discard-only addresses (RFC 6666): no route, or nobody there.
        let remote = "[100::1]:25".parse().unwrap();
        let dial = TcpDial {
            limit: Duration::from_millis(200),
            ..dial(None)
        };
        assert!(dial.dial(remote).await.is_err());
    }
}
