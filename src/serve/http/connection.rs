//! One HTTP connection: how long it may take for what.

use crate::serve::seats::Seat;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// From one request, or the connection, to the end of the next request's header.
const HEADER: Duration = Duration::from_secs(10);
/// The same, while more than half of the seats are taken.
const HEADER_IN_NEED: Duration = Duration::from_secs(3);
/// After so long a connection ends with the request it is at, whatever it did.
const LIFE: Duration = Duration::from_secs(90);
/// How long that last request may take.
const LAST: Duration = Duration::from_secs(25);
/// How long an open request may take when the program ends.
const FAREWELL: Duration = Duration::from_secs(4);
/// Octets of a request's header, its line among them.
const HEADER_OCTETS: usize = 16 << 10;
const HEADERS: usize = 64;

/// The other end of a connection.
pub(super) struct Peer {
    pub(super) address: IpAddr,
    pub(super) seat: Seat,
}

/// Serves a connection until it ends or has to. Tells how it ended.
pub(in crate::serve) async fn serve(
    stream: TcpStream,
    address: IpAddr,
    (seat, in_need): (Seat, bool),
    routes: Router,
    stop: CancellationToken,
) -> &'static str {
    let leave = seat.leave();
    let peer = Arc::new(Peer { address, seat });
    let service = TowerToHyperService::new(routes.layer(Extension(peer)));
    let patience = if in_need { HEADER_IN_NEED } else { HEADER };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_buf_size(HEADER_OCTETS)
        .max_header_size(HEADER_OCTETS)
        .max_headers(HEADERS)
        // A client that has said all it wants may end its side before it is answered.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let last = tokio::select! {
        ended = connection.as_mut() => return outcome(&ended),
        () = leave.cancelled() => return "made_room",
        () = stop.cancelled() => FAREWELL,
        () = sleep(LIFE) => LAST,
    };
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        ended = timeout(last, connection) => ended.map_or("cut", |ended| outcome(&ended)),
        () = leave.cancelled() => "made_room",
    }
}

fn outcome(ended: &Result<(), hyper::Error>) -> &'static str {
    match ended {
        Ok(()) => "served",
        Err(error) if error.is_timeout() => "slow",
        Err(error) if error.is_parse() => "malformed",
        Err(_) => "gone",
    }
}
