//! What is counted while it happens.

use crate::serve::desk::Came;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Names and values of a series.
pub(super) type Labels = Vec<(&'static str, String)>;

/// The counters. Clones count together.
#[derive(Clone, Default)]
pub(in crate::serve) struct Metrics {
    requests: Family<Labels, Counter>,
    connections: Family<Labels, Counter>,
    unsubscribes: Family<Labels, Counter>,
    recipients: Family<Labels, Counter>,
    mails: Family<Labels, Counter>,
    returned: Family<Labels, Counter>,
}

impl Metrics {
    /// Names the counters in a registry.
    pub(in crate::serve) fn register(&self, registry: &mut Registry) {
        let families = [
            (
                "http_requests",
                "HTTP requests by route, method and status",
                &self.requests,
            ),
            (
                "connections",
                "Connections by listener and outcome",
                &self.connections,
            ),
            (
                "unsubscribes",
                "Wishes to be left alone, by way",
                &self.unsubscribes,
            ),
            (
                "smtp_recipients",
                "RCPT commands by outcome",
                &self.recipients,
            ),
            ("smtp_mails", "Mails by outcome", &self.mails),
            (
                "returned_mail",
                "What mails said of recipients, by kind and reason",
                &self.returned,
            ),
        ];
        for (name, help, family) in families {
            registry.register(name, help, family.clone());
        }
    }

    pub(in crate::serve) fn request(&self, route: &str, method: &str, status: u16) {
        count(
            &self.requests,
            &[
                ("route", route),
                ("method", method),
                ("status", &status.to_string()),
            ],
        );
    }

    /// A connection to a listener, and what became of it.
    pub(in crate::serve) fn connection(&self, listener: &str, outcome: &str) {
        count(
            &self.connections,
            &[("listener", listener), ("outcome", outcome)],
        );
    }

    /// Somebody was unsubscribed by a way: `one-click`, `page`.
    pub(in crate::serve) fn unsubscribed(&self, way: &str) {
        count(&self.unsubscribes, &[("way", way)]);
    }

    pub(in crate::serve) fn recipient(&self, outcome: &str) {
        count(&self.recipients, &[("outcome", outcome)]);
    }

    pub(in crate::serve) fn mail(&self, outcome: &str) {
        count(&self.mails, &[("outcome", outcome)]);
    }

    pub(in crate::serve) fn came(&self, came: &[Came]) {
        for Came { kind, reason } in came {
            count(&self.returned, &[("kind", kind), ("reason", reason)]);
        }
    }
}

fn count(family: &Family<Labels, Counter>, labels: &[(&'static str, &str)]) {
    let labels: Labels = labels
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    family.get_or_create(&labels).inc();
}
