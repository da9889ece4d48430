//! How many connections a listener holds, and who makes room.
//!
//! A client that opens connections and says nothing would keep others out if seats were given in the
//! order of asking only. So where all are taken the oldest connection that has shown nothing leaves
//! to make room: clients that do what they came for are gone in milliseconds, and what is old is
//! slow. A connection that has shown a token or a return path of ours stays.

use super::client::Client;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// The seats of one listener. Clones are the same seats.
#[derive(Clone)]
pub(super) struct Seats {
    room: Arc<Mutex<Room>>,
    most: usize,
    most_of_one: usize,
}

#[derive(Default)]
struct Room {
    /// By the order of arrival.
    taken: BTreeMap<u64, Taken>,
    of_one: HashMap<Client, usize>,
    arrived: u64,
}

struct Taken {
    client: Option<Client>,
    earned: bool,
    leave: CancellationToken,
}

/// A connection's seat, given back when it is dropped.
pub(super) struct Seat {
    seats: Seats,
    number: u64,
    leave: CancellationToken,
}

/// Why there is no seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The client has as many as one may have.
    Client,
    /// All are taken by clients that are to stay.
    Everywhere,
}

impl Seats {
    /// So many seats, and so many of them for one client.
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        Self {
            room: Arc::default(),
            most,
            most_of_one,
        }
    }

    /// A seat for a client; `None` is somebody who speaks for many and is not counted.
    pub(super) fn take(&self, client: Option<Client>) -> Result<Seat, Full> {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        let own = client.map_or(0, |client| room.of_one.get(&client).copied().unwrap_or(0));
        if own >= self.most_of_one {
            return Err(Full::Client);
        }
        if room.taken.len() >= self.most && !room.make_room() {
            return Err(Full::Everywhere);
        }
        room.arrived += 1;
        let number = room.arrived;
        let leave = CancellationToken::new();
        if let Some(client) = client {
            *room.of_one.entry(client).or_default() += 1;
        }
        let taken = Taken {
            client,
            earned: false,
            leave: leave.clone(),
        };
        room.taken.insert(number, taken);
        Ok(Seat {
            seats: self.clone(),
            number,
            leave,
        })
    }

    /// Whether more than half of the seats are taken, so that patience should be short.
    pub(super) fn are_scarce(&self) -> bool {
        self.taken() * 2 > self.most
    }

    /// Seats that are taken.
    pub(super) fn taken(&self) -> usize {
        let room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.taken.len()
    }
}

impl Room {
    /// Asks the oldest that has shown nothing to leave; its seat is free at once.
    fn make_room(&mut self) -> bool {
        let oldest = self.taken.iter().find(|(_, taken)| !taken.earned);
        let Some(number) = oldest.map(|(number, _)| *number) else {
            return false;
        };
        self.free(number);
        true
    }

    fn free(&mut self, number: u64) {
        let Some(taken) = self.taken.remove(&number) else {
            return;
        };
        taken.leave.cancel();
        if let Some(client) = taken.client
            && let Some(own) = self.of_one.get_mut(&client)
        {
            *own -= 1;
            if *own == 0 {
                self.of_one.remove(&client);
            }
        }
    }
}

impl Seat {
    /// The connection has shown what it is for, or (`false`) is done with that.
    pub(super) fn earn(&self, earned: bool) {
        let room = &self.seats.room;
        let mut room = room.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = room.taken.get_mut(&self.number) {
            taken.earned = earned;
        }
    }

    /// Ends when the connection has to make room.
    pub(super) fn leave(&self) -> CancellationToken {
        self.leave.clone()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let room = &self.seats.room;
        let mut room = room.lock().unwrap_or_else(PoisonError::into_inner);
        room.free(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn client(number: u32) -> Option<Client> {
        Some(Client::of(IpAddr::V4(Ipv4Addr::from_bits(number))))
    }

    #[test]
    fn the_oldest_that_showed_nothing_makes_room() {
        let seats = Seats::new(3, 3);
        let held: Vec<Seat> = (0..3).map(|n| seats.take(client(n)).unwrap()).collect();
        held[0].earn(true);
        let next = seats.take(client(9)).unwrap();
        let left: Vec<bool> = held
            .iter()
            .map(|seat| seat.leave().is_cancelled())
            .collect();
        assert_eq!(left, [false, true, false]);
        assert_eq!(seats.taken(), 3);
        drop((held, next));
        assert_eq!(
            seats.taken(),
            0,
            "a seat that was lost is not given back twice"
        );
    }

    #[test]
    fn who_is_to_stay_stays() {
        let seats = Seats::new(1, 1);
        let held = seats.take(client(1)).unwrap();
        held.earn(true);
        assert_eq!(seats.take(client(2)).err(), Some(Full::Everywhere));
        held.earn(false);
        assert!(seats.take(client(2)).is_ok());
        assert!(held.leave().is_cancelled());
    }

    #[test]
    fn one_client_does_not_take_all() {
        let seats = Seats::new(10, 2);
        let held = [
            seats.take(client(1)).unwrap(),
            seats.take(client(1)).unwrap(),
        ];
        assert_eq!(seats.take(client(1)).err(), Some(Full::Client));
        assert!(seats.take(client(2)).is_ok());
        let proxies: Vec<Seat> = (0..5).map(|_| seats.take(None).unwrap()).collect();
        drop((held, proxies));
        assert!(seats.take(client(1)).is_ok());
        let room = seats.room.lock().unwrap();
        assert!(room.of_one.is_empty(), "clients that left are forgotten");
    }
}
