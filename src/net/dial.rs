//! TCP connections to mail servers.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};

/// Connects to `remote`, from `source` where one is configured, within `limit`.
///
/// TCP_NODELAY is always set: small command groups that wait for the acknowledgement of the group
/// before (Nagle against delayed acknowledgement) cost 40 ms each.
///
/// # Errors
/// What the system said; [`io::ErrorKind::TimedOut`] when `limit` has passed.
pub async fn dial(
    remote: SocketAddr,
    source: Option<IpAddr>,
    limit: Duration,
) -> io::Result<TcpStream> {
    let socket = match remote {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_nodelay(true)?;
    if let Some(source) = source {
        socket.bind(SocketAddr::new(source, 0))?;
    }
    match tokio::time::timeout(limit, socket.connect(remote)).await {
        Ok(connected) => connected,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("no connection within {} s", limit.as_secs_f32()),
        )),
    }
}
