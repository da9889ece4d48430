//! Source addresses that fare differently at a destination.

use super::dispatch::Dispatcher;
use super::relays::Relays;
use super::trouble::Way;
use crate::model::{Reply, Stage, Timestamp};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

impl Dispatcher {
    /// The source addresses that would have failed as this one did. What a server says it says to
    /// one of them; a network that does not get through is the same for all of one family; and DNS
    /// is the same for all.
    pub(super) fn sources_like(
        &self,
        source: usize,
        stage: Stage,
        reply: Option<&Reply>,
    ) -> Vec<usize> {
        let sources = &self.setup.settings.route.sources;
        let family = |source: usize| sources.get(source).map(|source| source.ip.is_ipv4());
        let all = 0..sources.len().max(1);
        match (reply, stage) {
            (Some(_), _) => vec![source],
            (None, Stage::Resolve) => all.collect(),
            (None, _) => all
                .filter(|other| family(*other) == family(source))
                .collect(),
        }
    }

    /// A relay has no address of the family of a source address. Tells whether it may have one for
    /// others: the two are not brought together again in this run. Where none of them is left, it
    /// is the relay's fault after all.
    pub(super) fn stands_apart(&mut self, lane: usize, way: Way, why: &str) -> bool {
        let sources = &self.setup.settings.route.sources;
        let destination = &mut self.destinations[lane];
        let record = Relays::at_mut(&mut destination.relays, way.berth);
        let (Some(record), Some(source)) = (record, sources.get(way.source)) else {
            return false;
        };
        let alike = |other: &IpAddr| other.is_ipv4() == source.ip.is_ipv4();
        let kin = sources
            .iter()
            .enumerate()
            .filter(|(_, other)| alike(&other.ip));
        let known = record.apart.contains(&way.source);
        record.apart.extend(kin.map(|(at, _)| at));
        if record.apart.len() >= sources.len() {
            record.apart.clear();
            return false;
        }
        if !known {
            let label = Arc::clone(&record.label);
            let now = self.clock.now();
            self.observer.notice(now, Some(&label), why.to_owned());
        }
        true
    }

    /// The rate of a source address lets nothing pass before this time: no connection waits for it.
    pub(super) fn pause_source(&mut self, lane: usize, source: usize, until: Instant) {
        let wait = until.saturating_duration_since(self.clock.instant());
        let until = self.clock.now().after(wait);
        self.destinations[lane].outlets[source].pause(until);
        self.resting.insert((until, lane));
        self.shed(lane);
    }

    /// A connection was turned away while others from the same source address live: so many the
    /// server bears.
    pub(super) fn turned_away(&mut self, lane: usize, source: usize, why: &str) {
        let (now, instant) = (self.clock.now(), self.clock.instant());
        let destination = &mut self.destinations[lane];
        let held = destination.up_from(source);
        let throttle = &mut destination.outlets[source].throttle;
        if let Some(change) = throttle.turned_away(held, instant, why) {
            self.tell_change(lane, source, now, change);
        }
    }

    /// Source addresses that do not get through where others do, or may, are left out for a while.
    pub(super) fn leave_out(&mut self, lane: usize, sources: &[usize], why: &str) {
        let now = self.clock.now();
        for source in sources {
            let dice = self.dice.fraction();
            let delivery = &self.setup.settings.delivery;
            let outlet = &mut self.destinations[lane].outlets[*source];
            if outlet.resting(now) {
                continue;
            }
            let (until, news) = outlet.put_to_rest(now, delivery, dice);
            self.resting.insert((until, lane));
            if news {
                let seconds = until.since(now).as_secs_f64();
                let from = self.source_name(*source);
                let text = format!("{why}; goes on without {from} for {seconds:.1} s");
                let name = Arc::clone(&self.destinations[lane].name);
                self.observer.notice(now, Some(&name), text);
            }
        }
        self.shed(lane);
    }

    /// The limits of a source address at a destination are others now.
    pub(super) fn tell_change(
        &mut self,
        lane: usize,
        source: usize,
        now: Timestamp,
        change: String,
    ) {
        let destination = &self.destinations[lane];
        // The slowest of those that share the rate: one that recovers does not speed up what
        // another was just told to slow down.
        let kin = destination.kin.iter().map(|kin| &self.destinations[*kin]);
        let sharing = kin.filter(|kin| kin.limits == destination.limits);
        let rates = sharing
            .chain([destination])
            .filter_map(|one| one.outlets[source].rate());
        let rate = rates.min_by(|one, other| one.per_second.total_cmp(&other.per_second));
        destination.lane.set_rate(source, rate);
        let name = Arc::clone(&destination.name);
        let text = if destination.outlets.len() > 1 {
            format!("{}: {change}", self.source_name(source))
        } else {
            change
        };
        self.observer.notice(now, Some(&name), text);
        self.shed(lane);
    }

    /// A source address, for people.
    fn source_name(&self, source: usize) -> String {
        let source = self.setup.settings.route.sources.get(source);
        source.map_or_else(|| "this machine".to_owned(), |source| source.ip.to_string())
    }
}
