//! The book of recipient domains: what each still has to do, and where its mail goes.

use crate::model::{Domain, DomainId, Recipient, State, Timestamp};
use crate::store::DomainBacklog;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Every domain of the campaign that has work left. A domain is one small entry and no task, so
/// fifty thousand of them cost a few megabytes.
#[derive(Default)]
pub(crate) struct Domains {
    entries: HashMap<DomainId, Entry>,
    /// When deferred recipients of which domain are due. May hold times that have been overtaken.
    timers: BinaryHeap<Reverse<(Timestamp, DomainId)>>,
}

/// One domain.
pub(crate) struct Entry {
    pub(crate) name: Domain,
    pub(crate) place: Place,
    /// Recipients that are due now.
    pub(crate) pending: u64,
    /// Recipients with a later time.
    pub(crate) deferred: u64,
    /// When the next of them is due.
    next_due: Option<Timestamp>,
    /// Whether it stands in a queue.
    pub(crate) queue: Queue,
    /// Where its MTA-STS policy could not be found out: from when on that may be tried again.
    pub(crate) ask_again: Option<Timestamp>,
}

/// Where a domain with something due stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    /// In none.
    Out,
    /// In the queue of its destination, or of DNS.
    In,
    /// A claim asks for it. `again`: something more became due meanwhile.
    Asked { again: bool },
}

/// Where a domain's mail goes, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nobody has asked DNS yet, or the answer has been used up.
    Unknown,
    /// DNS is being asked.
    Asking,
    /// A destination's index.
    At(usize),
}

impl Domains {
    /// Enters what the ledger says is left, and returns the domains that have something due,
    /// largest first: the largest take longest.
    pub(crate) fn enter(&mut self, backlog: Vec<DomainBacklog>, place: Place) -> Vec<DomainId> {
        let mut due: Vec<(u64, DomainId)> = Vec::new();
        for DomainBacklog {
            id,
            domain,
            pending,
            deferred,
            next_due,
        } in backlog
        {
            if pending > 0 {
                due.push((pending, id));
            }
            if let Some(at) = next_due {
                self.timers.push(Reverse((at, id)));
            }
            let entry = Entry {
                name: domain,
                place,
                pending,
                deferred,
                next_due,
                queue: Queue::Out,
                ask_again: None,
            };
            self.entries.insert(id, entry);
        }
        due.sort_unstable_by_key(|&(pending, id)| (Reverse(pending), id));
        due.into_iter().map(|(_, id)| id).collect()
    }

    pub(crate) fn get(&self, id: DomainId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: DomainId) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    /// Takes over what the ledger says now of domains that are known, and returns those that have
    /// something due.
    pub(crate) fn refresh(&mut self, backlog: Vec<DomainBacklog>) -> Vec<DomainId> {
        let mut due = Vec::new();
        for DomainBacklog {
            id,
            pending,
            deferred,
            next_due,
            ..
        } in backlog
        {
            let Some(entry) = self.entries.get_mut(&id) else {
                continue;
            };
            (entry.pending, entry.deferred) = (pending, deferred);
            if pending > 0 {
                due.push(id);
            }
            if let Some(at) = next_due {
                self.defer(id, at);
            }
        }
        due
    }

    /// A recipient of the domain got a next attempt.
    pub(crate) fn defer(&mut self, id: DomainId, at: Timestamp) {
        if let Some(entry) = self.entries.get_mut(&id)
            && entry.next_due.is_none_or(|next| at < next)
        {
            entry.next_due = Some(at);
            self.timers.push(Reverse((at, id)));
        }
    }

    /// Recipients were claimed. Returns how many of them were in which state.
    pub(crate) fn claimed<'a>(
        &mut self,
        recipients: impl Iterator<Item = &'a Recipient>,
    ) -> [(State, u64); 2] {
        let (mut pending, mut deferred) = (0, 0);
        for recipient in recipients {
            let entry = self.entries.get_mut(&recipient.domain);
            let (total, own) = match waited_as(recipient) {
                State::Deferred => (&mut deferred, entry.map(|entry| &mut entry.deferred)),
                _ => (&mut pending, entry.map(|entry| &mut entry.pending)),
            };
            *total += 1;
            if let Some(own) = own {
                *own = own.saturating_sub(1);
            }
        }
        [(State::Pending, pending), (State::Deferred, deferred)]
    }

    /// A claimed recipient has a new state.
    pub(crate) fn settled(&mut self, id: DomainId, state: State) {
        if let Some(entry) = self.entries.get_mut(&id)
            && state == State::Deferred
        {
            entry.deferred += 1;
        }
    }

    /// A claimed recipient is back in the queue, in the state that is returned.
    pub(crate) fn released(&mut self, recipient: &Recipient) -> State {
        let state = waited_as(recipient);
        if let Some(entry) = self.entries.get_mut(&recipient.domain) {
            match state {
                State::Deferred => entry.deferred += 1,
                _ => entry.pending += 1,
            }
        }
        state
    }

    /// Recipients of the domain went from one state to another without being claimed.
    pub(crate) fn moved(&mut self, id: DomainId, from: State, to: State, count: u64) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        match from {
            State::Pending => entry.pending = entry.pending.saturating_sub(count),
            State::Deferred => entry.deferred = entry.deferred.saturating_sub(count),
            _ => {}
        }
        if to == State::Deferred {
            entry.deferred += count;
        }
    }

    /// Nothing of the domain is due any more; `next` is when something will be.
    pub(crate) fn sleep(&mut self, id: DomainId, next: Option<Timestamp>) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.pending = 0;
        match next {
            Some(at) => self.defer(id, at),
            None => entry.deferred = 0,
        }
    }

    /// The domains whose deferred recipients have become due. What exactly is due only the ledger
    /// knows; the whole domain counts as due until a claim finds nothing more.
    pub(crate) fn wake(&mut self, now: Timestamp) -> Vec<DomainId> {
        let mut woken = Vec::new();
        while let Some(&Reverse((at, id))) = self.timers.peek() {
            if at > now {
                break;
            }
            self.timers.pop();
            if let Some(entry) = self.entries.get_mut(&id)
                && entry.next_due == Some(at)
            {
                entry.next_due = None;
                woken.push(id);
            }
        }
        woken
    }

    /// When the next deferred recipient of this domain is due.
    pub(crate) fn next_due(&self, id: DomainId) -> Option<Timestamp> {
        self.entries.get(&id).and_then(|entry| entry.next_due)
    }
}

/// The state a claimed recipient was in: one that was attempted before was deferred.
fn waited_as(recipient: &Recipient) -> State {
    if recipient.attempts > 0 {
        State::Deferred
    } else {
        State::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backlog(id: i64, pending: u64, next_due: Option<i64>) -> DomainBacklog {
        DomainBacklog {
            id: DomainId(id),
            domain: Domain::parse(&format!("d{id}.example")).unwrap(),
            pending,
            deferred: u64::from(next_due.is_some()),
            next_due: next_due.map(Timestamp::from_millis),
        }
    }

    #[test]
    fn the_largest_domain_comes_first_and_deferred_ones_wait() {
        let mut domains = Domains::default();
        let lists = vec![
            backlog(1, 2, None),
            backlog(2, 9, Some(50)),
            backlog(3, 0, Some(70)),
        ];
        assert_eq!(
            domains.enter(lists, Place::Unknown),
            [DomainId(2), DomainId(1)]
        );
        assert_eq!(domains.wake(Timestamp::from_millis(49)), []);
        assert_eq!(
            domains.wake(Timestamp::from_millis(70)),
            [DomainId(2), DomainId(3)]
        );
        assert_eq!(domains.wake(Timestamp::MAX), []);
    }

    #[test]
    fn an_earlier_time_overtakes_a_later_one_and_wakes_once() {
        let mut domains = Domains::default();
        domains.enter(vec![backlog(1, 0, Some(90))], Place::Unknown);
        domains.defer(DomainId(1), Timestamp::from_millis(40));
        domains.defer(DomainId(1), Timestamp::from_millis(60));
        assert_eq!(
            domains.next_due(DomainId(1)),
            Some(Timestamp::from_millis(40))
        );
        assert_eq!(domains.wake(Timestamp::from_millis(45)), [DomainId(1)]);
        // What is due later, the claim that follows the waking says.
        domains.sleep(DomainId(1), Some(Timestamp::from_millis(60)));
        assert_eq!(domains.wake(Timestamp::from_millis(95)), [DomainId(1)]);
    }

    #[test]
    fn counts_follow_recipients_through_claim_release_and_settlement() {
        let mut domains = Domains::default();
        domains.enter(vec![backlog(1, 5, Some(10))], Place::Unknown);
        let recipient = |attempts| Recipient {
            id: crate::model::RecipientId(1),
            domain: DomainId(1),
            address: crate::model::Address::parse("ann@d1.example").unwrap(),
            fields: crate::model::Fields::new(),
            attempts,
            first_attempt: None,
        };
        let (fresh, retried) = (recipient(0), recipient(2));
        let moved = domains.claimed([&fresh, &retried].into_iter());
        assert_eq!(moved, [(State::Pending, 1), (State::Deferred, 1)]);
        assert_eq!(domains.released(&retried), State::Deferred);
        domains.settled(DomainId(1), State::Deferred);
        domains.moved(DomainId(1), State::Pending, State::Deferred, 2);
        let entry = domains.get(DomainId(1)).unwrap();
        assert_eq!((entry.pending, entry.deferred), (2, 4));
    }
}
