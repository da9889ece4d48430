//! Recipients that are settled together without an attempt, because their destination, or their
//! domain, cannot be served.

use super::dispatch::Dispatcher;
use super::domains::Place;
use super::ends::TaskEnd;
use crate::model::{CampaignId, DomainId, Reason, Stage, State, Timestamp};
use crate::pace::{Next, next_attempt};
use crate::store::{Deferral, DomainMoves, Moved, Rejection, Store, StoreError};
use std::sync::Arc;

/// What became of the recipients of some domains that were settled together.
pub(super) struct Sweep {
    destination: Arc<str>,
    why: String,
    moves: Vec<DomainMoves>,
}

/// Why domains cannot be served now, or ever.
pub(super) struct Obstacle {
    pub(super) stage: Stage,
    pub(super) reason: Reason,
    /// Whether nothing will ever change it.
    pub(super) permanent: bool,
    pub(super) why: String,
}

impl Dispatcher {
    /// Settles everything that is due of some domains without trying it.
    pub(super) fn sweep(
        &mut self,
        domains: Vec<DomainId>,
        destination: Arc<str>,
        obstacle: Obstacle,
    ) {
        if domains.is_empty() {
            return;
        }
        let at = self.clock.now();
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        let delivery = self.setup.settings.delivery.clone();
        let patience = self.setup.settings.suppression.soft_bounces;
        let dice = self.dice.fraction();
        self.writing += 1;
        self.tasks.spawn(async move {
            let Obstacle {
                stage,
                reason,
                permanent,
                why,
            } = obstacle;
            let (blame, name) = (reason.blame(), Arc::clone(&destination));
            let moves = if permanent {
                let diagnostic = why.clone();
                let rejection = Rejection {
                    at,
                    reason,
                    blame,
                    stage,
                    diagnostic,
                    destination: name,
                    patience,
                };
                bounce(&store, campaign, domains, rejection).await
            } else {
                let next = move |attempts, first| match next_attempt(
                    &delivery, attempts, first, at, None, dice,
                ) {
                    Next::At(at) => Some(at),
                    Next::GiveUp => None,
                };
                let next = Arc::new(next);
                let diagnostic = why.clone();
                let deferral = Deferral {
                    at,
                    reason,
                    blame,
                    stage,
                    diagnostic,
                    destination: name,
                    next,
                };
                store.defer_domains(campaign, domains, deferral).await
            };
            TaskEnd::Swept(moves.map(|moves| Sweep {
                destination,
                why,
                moves,
            }))
        });
    }

    pub(super) fn swept(&mut self, sweep: Sweep) {
        let now = self.clock.now();
        for DomainMoves {
            domain,
            moved,
            next_due,
        } in sweep.moves
        {
            let mut settled = 0;
            for Moved { from, to, count } in moved {
                self.domains.moved(domain, from, to, count);
                self.observer.moved(now, from, to, count);
                settled += if to == State::Deferred { 0 } else { count };
            }
            if settled > 0 {
                let text = format!(
                    "{settled} recipients settled without an attempt: {}",
                    sweep.why
                );
                self.observer.notice(now, Some(&sweep.destination), text);
            }
            self.sleep_or_queue(domain, next_due, now);
        }
    }

    /// After a sweep: what became due meanwhile queues, the rest waits for its time.
    fn sleep_or_queue(&mut self, domain: DomainId, next_due: Option<Timestamp>, now: Timestamp) {
        match next_due {
            Some(at) if at > now => self.domains.defer(domain, at),
            Some(_) => self.due(domain),
            None => {}
        }
    }

    /// The answer of DNS was of no use: it is asked again when the recipients are due.
    pub(super) fn unroutable(&mut self, domain: DomainId, obstacle: Obstacle) {
        let Some(entry) = self.domains.get_mut(domain) else {
            return;
        };
        entry.place = Place::Unknown;
        let name: Arc<str> = entry.name.as_str().into();
        self.sweep(vec![domain], name, obstacle);
    }
}

async fn bounce(
    store: &Store,
    campaign: CampaignId,
    domains: Vec<DomainId>,
    rejection: Rejection,
) -> Result<Vec<DomainMoves>, StoreError> {
    let mut moves = Vec::with_capacity(domains.len());
    for domain in domains {
        let moved = store
            .bounce_domain(campaign, domain, rejection.clone())
            .await?;
        moves.push(DomainMoves {
            domain,
            moved,
            next_due: None,
        });
    }
    Ok(moves)
}
