//! A TCP proxy on loopback that makes a link of a chosen round trip of it.
//!
//! ```text
//! race_delay SERVER ROUND_TRIP_IN_MILLISECONDS
//! ```
//!
//! Its only line of output says where it listens; it stops when standard input ends. Everything
//! either side sends arrives half a round trip later, and nothing else is slowed: the line has no
//! bandwidth of its own, no loss and no slow start. The handshake of TCP takes no time, since the
//! kernel completes it before a proxy sees it, and neither does closing; a real link adds one
//! round trip to every new connection.

use hikyaku::net::Clock;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::LocalSet;

/// Octets that are asked of a socket at a time.
const READ: usize = 128 * 1024;
/// Octets that may be on the way in one direction. More than any sender here has unanswered; a
/// sender beyond it waits, as it would for a full pipe.
const ON_THE_WAY: usize = 64 << 20;
/// How late tokio's timer is on average: it counts whole milliseconds and rounds up, and the
/// kernel's poll does the same. What is due is taken up this much earlier, so that the mean of
/// the delays is the one asked for; each may be off by a millisecond.
const LATENESS: Duration = Duration::from_millis(1);

fn main() -> io::Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(server), Some(round_trip)) = (words.next(), words.next()) else {
        return Err(io::Error::other("race_delay SERVER MILLISECONDS"));
    };
    let server: SocketAddr = server.parse().map_err(io::Error::other)?;
    let round_trip: f64 = round_trip.parse().map_err(io::Error::other)?;
    let one_way = Duration::try_from_secs_f64(round_trip / 2000.0).map_err(io::Error::other)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, listen(server, one_way))
}

async fn listen(server: SocketAddr, one_way: Duration) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "{}", listener.local_addr()?)?;
    let mut stopped = end_of_input();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => return Ok(()),
        };
        // A client that gave up before it was served is no trouble of the others.
        if let Ok((client, _)) = accepted {
            tokio::task::spawn_local(async move {
                // An end of a connection that breaks is passed on by dropping the other.
                let _ = join(client, server, one_way).await;
            });
        }
    }
}

/// Resolves when standard input ends: whoever started the proxy is done with it, or gone.
fn end_of_input() -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        // What is said there, or that it cannot be read, makes no difference.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        ended.send(())
    });
    end
}

/// Joins a client to the server until both directions have ended or one is broken.
async fn join(client: TcpStream, server: SocketAddr, one_way: Duration) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = carry(from_client, to_server, one_way);
    let back = carry(from_server, to_client, one_way);
    tokio::try_join!(there, back)?;
    Ok(())
}

/// What is on the way: octets, and when they arrive.
struct Parcel {
    due: Instant,
    octets: Vec<u8>,
}

/// Carries everything from one end to the other, `one_way` later; then its end.
async fn carry<R, W>(mut from: R, to: W, one_way: Duration) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let room = Rc::new(Semaphore::new(ON_THE_WAY));
    let (way, arrivals) = mpsc::unbounded_channel();
    let collect = async {
        let way = way;
        let clock = Clock::system();
        loop {
            let mut octets = Vec::with_capacity(READ);
            let read = from.read_buf(&mut octets).await?;
            let due = clock.instant() + one_way;
            // The end of the stream is an empty parcel; it takes its time as well.
            let ended = read == 0;
            let permits = u32::try_from(read).unwrap_or(u32::MAX);
            if let Ok(taken) = room.acquire_many(permits).await {
                taken.forget();
            }
            octets.shrink_to_fit();
            if way.send(Parcel { due, octets }).is_err() || ended {
                return io::Result::Ok(());
            }
        }
    };
    let deliver = deliver(arrivals, to, &room);
    tokio::try_join!(collect, deliver)?;
    Ok(())
}

/// Hands over what has arrived, all of it that is due in one go.
async fn deliver<W: AsyncWrite + Unpin>(
    mut arrivals: mpsc::UnboundedReceiver<Parcel>,
    mut to: W,
    room: &Semaphore,
) -> io::Result<()> {
    let clock = Clock::system();
    let mut waiting = VecDeque::new();
    loop {
        let next: Parcel = match waiting.pop_front() {
            Some(parcel) => parcel,
            None => match arrivals.recv().await {
                Some(parcel) => parcel,
                None => return Ok(()),
            },
        };
        wait_until(next.due, clock).await;
        let mut octets = next.octets;
        if octets.is_empty() {
            return to.shutdown().await;
        }
        while let Ok(parcel) = arrivals.try_recv() {
            waiting.push_back(parcel);
        }
        let now = clock.instant() + LATENESS;
        while let Some(parcel) = waiting
            .pop_front_if(|parcel: &mut Parcel| parcel.due <= now && !parcel.octets.is_empty())
        {
            octets.extend_from_slice(&parcel.octets);
        }
        to.write_all(&octets).await?;
        room.add_permits(octets.len());
    }
}

async fn wait_until(due: Instant, clock: Clock) {
    let Some(early) = due.checked_sub(LATENESS) else {
        return;
    };
    if early > clock.instant() {
        tokio::time::sleep_until(early.into()).await;
    }
}
