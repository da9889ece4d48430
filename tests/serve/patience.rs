//! How long a mail client may take, on a clock that stands still otherwise.

use crate::place::Place;
use hikyaku::net::Clock;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// A client that says one piece after the other, each so long after the one before: what it is told
/// at last, and after how long.
async fn told(to: SocketAddr, pieces: &[&str], pause: Duration) -> (String, Duration) {
    let clock = Clock::system();
    let begun = clock.instant();
    let mut stream = TcpStream::connect(to).await.unwrap();
    // The system's own patience with small pieces is no matter of this clock.
    stream.set_nodelay(true).unwrap();
    let (mut reading, mut writing) = stream.split();
    let mut said = String::new();
    let say = async {
        for piece in pieces {
            sleep(pause).await;
            if writing.write_all(piece.as_bytes()).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        // A reset behind the last words is an end too.
        _ = reading.read_to_string(&mut said) => {}
        () = say => {}
    }
    let last = said.lines().last().unwrap_or_default();
    (last.to_owned(), clock.instant() - begun)
}

const SLOW: &str = "421 4.4.2 Too slow, goodbye";

fn about(took: Duration, seconds: u64) -> bool {
    took.abs_diff(Duration::from_secs(seconds)) < Duration::from_secs(10)
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_has_five_minutes() {
    let place = Place::new().await;
    let (said, took) = told(place.address("smtp"), &[], Duration::ZERO).await;
    assert_eq!(said, SLOW);
    assert!(about(took, 300), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn who_drips_has_a_quarter_of_an_hour_for_a_mail() {
    let place = Place::new().await;
    let drops = ["EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b-1@bounces.test>\r\nDATA\r\n"];
    let drops: Vec<&str> = drops.into_iter().chain(["x"; 100]).collect();
    let (said, took) = told(place.address("smtp"), &drops, Duration::from_secs(60)).await;
    assert_eq!(said, SLOW);
    assert!(about(took, 900), "{took:?}");
    assert!(place.notes.mails.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn while_seats_are_scarce_patience_is_short() {
    let place = Place::with(|serve| serve.connections = 3).await;
    let to = place.address("smtp");
    let mut others = Vec::new();
    for _ in 0..2 {
        let mut other = TcpStream::connect(to).await.unwrap();
        other.read_u8().await.unwrap();
        others.push(other);
    }
    let (said, took) = told(to, &[], Duration::ZERO).await;
    assert_eq!(said, SLOW);
    assert!(about(took, 20), "{took:?}");
}
