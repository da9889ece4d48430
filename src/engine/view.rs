//! How the destinations stand, for the faces.

use super::destination::Destination;
use super::dispatch::Dispatcher;
use super::ends::TaskEnd;
use super::steer::Wish;
use crate::model::{DestinationView, Event, Timestamp, Waiting};
use std::cmp::Reverse;

impl Dispatcher {
    /// Publishes the snapshot; less often, the picture of the destinations and the copy of the
    /// snapshot that watchers in other terminals read.
    pub(super) fn show(&mut self, now: Timestamp) {
        self.ticks += 1;
        if self.ticks.is_multiple_of(VIEWS_EVERY) {
            self.tell_destinations(now);
        }
        self.observer.publish(now);
        if self.ticks.is_multiple_of(LIVE_EVERY) && !self.showing {
            self.showing = true;
            let snapshot = self.observer.snapshot();
            let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
            self.tasks.spawn(async move {
                TaskEnd::Shown(store.put_live(campaign, snapshot, now).await)
            });
        }
    }

    pub(super) fn tell_destinations(&mut self, at: Timestamp) {
        let (views, total) = (self.views(at), self.destinations.len());
        let connections = self.connections;
        self.observer.tell(Event::Destinations {
            at,
            views,
            total,
            connections,
        });
    }

    /// The destinations that matter most: busy ones, then troubled ones, then the fullest.
    fn views(&self, now: Timestamp) -> Vec<DestinationView> {
        let mut ranked: Vec<Ranked> = self
            .destinations
            .iter()
            .enumerate()
            .map(|(index, destination)| {
                let connected = !destination.connections.is_empty();
                let left = self.queued(destination) + self.deferred(destination);
                (
                    Reverse((connected, destination.rest.is_some(), left)),
                    index,
                )
            })
            .collect();
        if ranked.len() > VIEWS {
            ranked.select_nth_unstable(VIEWS);
            ranked.truncate(VIEWS);
        }
        ranked.sort_unstable();
        ranked
            .into_iter()
            .map(|(_, index)| self.view(&self.destinations[index], now))
            .collect()
    }

    fn view(&self, destination: &Destination, now: Timestamp) -> DestinationView {
        DestinationView {
            name: destination.name.to_string(),
            domains: destination.domains.len(),
            connections: destination.connections.len(),
            connections_limit: destination.connections_limit(),
            rate_limit: destination.rate().map(|rate| rate.per_second),
            queued: self.queued(destination),
            deferred: self.deferred(destination),
            delivered: destination.delivered,
            bounced: destination.bounced,
            waiting: self.waiting(destination, now),
        }
    }

    fn waiting(&self, destination: &Destination, now: Timestamp) -> Waiting {
        if self.wish != Wish::Send {
            return Waiting::Paused;
        }
        if let Some(rest) = destination.rest.as_ref().filter(|rest| rest.until > now) {
            return Waiting::Backoff {
                until: rest.until,
                why: rest.why.clone(),
            };
        }
        if destination.wanting && destination.connections.is_empty() {
            return Waiting::RunConnections;
        }
        let waits = destination.lane.len() > 0;
        if waits && destination.lane.held_by_rate() {
            return match destination.rate() {
                Some(_) => Waiting::Rate,
                None => Waiting::RunRate,
            };
        }
        if waits && !destination.connections.is_empty() {
            return Waiting::Nothing;
        }
        if destination.connections.values().any(|link| !link.idle) {
            return Waiting::Nothing;
        }
        let next = destination
            .domains
            .iter()
            .filter_map(|id| self.domains.next_due(*id))
            .min();
        next.map_or(Waiting::Idle, |until| Waiting::Retry { until })
    }

    fn queued(&self, destination: &Destination) -> u64 {
        let entries = destination
            .domains
            .iter()
            .filter_map(|id| self.domains.get(*id));
        entries.map(|entry| entry.pending).sum()
    }

    fn deferred(&self, destination: &Destination) -> u64 {
        let entries = destination
            .domains
            .iter()
            .filter_map(|id| self.domains.get(*id));
        entries.map(|entry| entry.deferred).sum()
    }
}

/// Connected ones first, then resting ones, then those with the most left.
type Ranked = (Reverse<(bool, bool, u64)>, usize);

/// Ticks between two pictures of the destinations.
const VIEWS_EVERY: u64 = 5;
/// Ticks between two snapshots for watchers.
const LIVE_EVERY: u64 = 10;
/// Destinations shown.
const VIEWS: usize = 100;
