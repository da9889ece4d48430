//! What the engine shows of itself: a snapshot for faces, and the events themselves for those who
//! want every one.

use crate::model::{Counts, Event, Notice, State, Timestamp};
use crate::progress::Progress;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Folds events and hands them on. It never waits: a slow terminal or a full pipe costs the
/// faces, not the mail.
pub(crate) struct Observer {
    progress: Progress,
    snapshot: watch::Sender<Arc<Progress>>,
    events: Option<mpsc::Sender<Event>>,
    /// Events that the listener was too slow for.
    dropped: u64,
}

impl Observer {
    pub(crate) fn new(
        campaign: &str,
        events: Option<mpsc::Sender<Event>>,
    ) -> (Self, watch::Receiver<Arc<Progress>>) {
        let progress = Progress::new(campaign);
        let (snapshot, watching) = watch::channel(Arc::new(progress.clone()));
        (
            Self {
                progress,
                snapshot,
                events,
                dropped: 0,
            },
            watching,
        )
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.progress.apply(&event);
        if let Some(events) = &self.events
            && events.try_send(event).is_err()
        {
            self.dropped += 1;
        }
    }

    pub(crate) fn notice(&mut self, at: Timestamp, destination: Option<&str>, text: String) {
        tracing::info!(destination, "{text}");
        let destination = destination.map(str::to_owned);
        self.tell(Event::Notice(Notice {
            at,
            destination,
            text,
        }));
    }

    pub(crate) fn moved(&mut self, at: Timestamp, from: State, to: State, count: u64) {
        if count > 0 {
            self.tell(Event::Moved {
                at,
                from,
                to,
                count,
            });
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.progress.counts()
    }

    /// The snapshot as watchers in other terminals read it.
    pub(crate) fn snapshot(&self) -> String {
        // Numbers, texts and times only: nothing in it can fail to be written as JSON.
        serde_json::to_string(&self.progress).unwrap_or_default()
    }

    /// Publishes the snapshot as it is at `now`.
    pub(crate) fn publish(&mut self, now: Timestamp) {
        self.progress.tick(now);
        if std::mem::take(&mut self.dropped) > 0 {
            tracing::warn!("the reader of the event stream is too slow; events were left out");
        }
        self.snapshot.send_replace(Arc::new(self.progress.clone()));
    }
}
