//! Races over a network of numbers, in tokio's paused time, and one over real sockets.

use super::*;
use crate::net::TcpDial;
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::Mutex;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// A network in which each port behaves in its own way.
#[derive(Default)]
struct Network {
    manners: HashMap<u16, Manner>,
    /// When each port was dialled, in order.
    dialled: Mutex<Vec<(u16, Duration)>>,
    /// Attempts that are under way.
    open: Mutex<usize>,
    began: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
enum Manner {
    Answers(Duration),
    Refuses(Duration),
    /// Says nothing until the dialler's time-out.
    Swallows,
}

/// The time-out of the network's dialler.
const LIMIT: Duration = Duration::from_secs(30);

struct Open<'a>(&'a Mutex<usize>);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap() -= 1;
    }
}

impl Dial for Network {
    type Stream = u16;

    async fn dial(&self, remote: SocketAddr) -> io::Result<u16> {
        let port = remote.port();
        let at = Clock::system().instant() - self.began.unwrap();
        self.dialled.lock().unwrap().push((port, at));
        *self.open.lock().unwrap() += 1;
        let _open = Open(&self.open);
        match self.manners[&port] {
            Answers(after) => {
                tokio::time::sleep(after).await;
                Ok(port)
            }
            Refuses(after) => {
                tokio::time::sleep(after).await;
                Err(io::ErrorKind::ConnectionRefused.into())
            }
            Swallows => {
                tokio::time::sleep(LIMIT).await;
                Err(io::ErrorKind::TimedOut.into())
            }
        }
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A race to ports 0, 1, 2 … of these ranks and manners.
fn network(field: &[(u32, Manner)]) -> (Network, Vec<Start>) {
    let mut network = Network {
        began: Some(Clock::system().instant()),
        ..Network::default()
    };
    let mut course = Vec::new();
    for (port, (rank, manner)) in (0..).zip(field) {
        network.manners.insert(port, *manner);
        course.push(Start {
            address: SocketAddr::from(([192, 0, 2, 1], port)),
            rank: *rank,
        });
    }
    (network, course)
}

/// Runs it until somebody connects or all have failed: who, when, who was overtaken, who failed.
async fn first(field: &[(u32, Manner)]) -> (Option<usize>, Duration, Vec<usize>, Vec<usize>) {
    let (network, course) = network(field);
    let mut race = Race::new(&network, course, Clock::system());
    let mut failed = Vec::new();
    let passed = || Clock::system().instant() - network.began.unwrap();
    while let Some(step) = race.next().await {
        match step {
            Step::Failed { index, .. } => failed.push(index),
            Step::Connected {
                index, overtaken, ..
            } => {
                assert_eq!(*network.open.lock().unwrap(), 0, "losers are dropped");
                return (Some(index), passed(), overtaken, failed);
            }
        }
    }
    (None, passed(), Vec::new(), failed)
}

use Manner::{Answers, Refuses, Swallows};

#[tokio::test(start_paused = true)]
async fn a_black_hole_costs_a_quarter_of_a_second() {
    let end = first(&[(1, Swallows), (1, Answers(ms(40)))]).await;
    assert_eq!(end, (Some(1), ms(290), vec![0], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_costs_nothing() {
    let end = first(&[(1, Refuses(ms(0))), (1, Answers(ms(40)))]).await;
    assert_eq!(end, (Some(1), ms(40), vec![], vec![0]));
    let end = first(&[(1, Refuses(ms(5))), (2, Answers(ms(40)))]).await;
    assert_eq!(end, (Some(1), ms(45), vec![], vec![0]));
}

#[tokio::test(start_paused = true)]
async fn the_first_wins_when_it_is_only_slow() {
    let end = first(&[(1, Answers(ms(400))), (1, Answers(ms(400)))]).await;
    assert_eq!(end, (Some(0), ms(400), vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_worse_preference_waits_until_the_better_ones_had_their_chance() {
    let end = first(&[(10, Answers(ms(1_900))), (20, Answers(ms(1)))]).await;
    assert_eq!(end.0, Some(0), "a backup is not taken for being nearer");
    let end = first(&[(10, Swallows), (20, Answers(ms(40)))]).await;
    assert_eq!(end, (Some(1), ms(2_040), vec![0], vec![]));
    // The second address of the better host had its two seconds too.
    let end = first(&[(10, Swallows), (10, Swallows), (20, Answers(ms(40)))]).await;
    assert_eq!(end, (Some(2), ms(2_290), vec![0, 1], vec![]));
    // A refusal of one better address does not take the other's chance away.
    let end = first(&[(10, Swallows), (10, Refuses(ms(1))), (20, Answers(ms(1)))]).await;
    assert_eq!(end, (Some(2), ms(2_251), vec![0], vec![1]));
}

#[tokio::test(start_paused = true)]
async fn all_black_holes_together_cost_one_time_out() {
    let end = first(&[(1, Swallows); 8]).await;
    assert_eq!(end.0, None);
    assert_eq!(end.1, LIMIT + 7 * STAGGER);
    assert_eq!(end.3.len(), 8);
}

#[tokio::test(start_paused = true)]
async fn when_the_winner_is_of_no_use_the_others_run_again() {
    let field = [
        (1, Answers(ms(600))),
        (1, Answers(ms(10))),
        (2, Answers(ms(10))),
    ];
    let (network, course) = network(&field);
    let mut race = Race::new(&network, course, Clock::system());
    let mut winners = Vec::new();
    while let Some(step) = race.next().await {
        let Step::Connected { index, .. } = step else {
            panic!("nobody fails here");
        };
        winners.push(index);
    }
    assert_eq!(winners, [1, 0, 2]);
}

/// A loopback address whose queue of connections is full, so that it answers no SYN, and what
/// keeps it so.
async fn black_hole() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(filler) = tokio::time::timeout(ms(100), TcpStream::connect(address)).await {
        held.push(filler.unwrap());
        assert!(held.len() < 16, "the queue does not fill up");
    }
    (address, held, listener)
}

#[tokio::test]
async fn a_real_black_hole_is_passed_by() {
    let (hole, _held, _listener) = black_hole().await;
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let course = [hole, server.local_addr().unwrap()]
        .map(|address| Start { address, rank: 1 })
        .to_vec();
    let dialer = TcpDial {
        source: None,
        limit: LIMIT,
        unacknowledged: LIMIT,
    };
    let mut race = Race::new(&dialer, course, Clock::system());
    let began = Clock::system().instant();
    let Some(Step::Connected {
        index, overtaken, ..
    }) = race.next().await
    else {
        panic!("nobody connected");
    };
    assert_eq!((index, overtaken), (1, vec![0]));
    let took = Clock::system().instant() - began;
    assert!(took >= STAGGER && took < LIMIT / 3, "{took:?}");
}

fn manner() -> impl Strategy<Value = Manner> {
    prop_oneof![
        (0_u64..3_000).prop_map(|after| Answers(ms(after))),
        (0_u64..3_000).prop_map(|after| Refuses(ms(after))),
        Just(Swallows),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the network does: all start in order, each comes to one end, and those that
    /// answer are the ones connected to.
    #[test]
    fn every_address_gets_its_turn(mut field in prop::collection::vec((0_u32..3, manner()), 1..8)) {
        field.sort_by_key(|(rank, _)| *rank);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let (steps, dialled) = runtime.block_on(async {
            let (network, course) = network(&field);
            let mut race = Race::new(&network, course, Clock::system());
            let mut steps = Vec::new();
            while let Some(step) = race.next().await {
                match step {
                    Step::Failed { index, .. } => steps.push((index, false)),
                    Step::Connected { index, .. } => steps.push((index, true)),
                }
            }
            drop(race);
            (steps, network.dialled.into_inner().unwrap())
        });
        let mut ended: Vec<usize> = steps.iter().map(|(index, _)| *index).collect();
        ended.sort_unstable();
        prop_assert_eq!(ended, (0..field.len()).collect::<Vec<_>>());
        for (index, connected) in &steps {
            prop_assert_eq!(matches!(field[*index].1, Answers(_)), *connected);
        }
        let mut seen = Vec::new();
        for (port, _) in &dialled {
            if !seen.contains(port) {
                seen.push(*port);
            }
        }
        prop_assert!(seen.is_sorted(), "{:?}", seen);
    }
}
