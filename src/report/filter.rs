//! Which recipients a report is about, by why they were not delivered to.

use crate::model::{Action, Blame, Reason, ReportRow, State};

/// Recipients by reason, by whose matter it is, by what is to be done. What is empty lets all
/// through; what is not has to hold together with the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowFilter {
    /// One of these reasons.
    pub reasons: Vec<Reason>,
    /// Blamed on one of these.
    pub blames: Vec<Blame>,
    /// One of these is to be done.
    pub actions: Vec<Action>,
}

impl RowFilter {
    /// Whether it lets all rows through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty() && self.blames.is_empty() && self.actions.is_empty()
    }

    /// Whether a row is let through. Only recipients that were not delivered to have a reason, a
    /// blame and an action.
    #[must_use]
    pub fn has(&self, row: &ReportRow) -> bool {
        if self.is_empty() {
            return true;
        }
        let among = |reason| self.reasons.contains(&reason);
        is_failed(row)
            && (self.reasons.is_empty() || row.reason.is_some_and(among))
            && (self.blames.is_empty() || self.blames.contains(&row.blame))
            && (self.actions.is_empty()
                || action_of(row).is_some_and(|action| self.actions.contains(&action)))
    }
}

/// Whether something went wrong with this recipient: what is open counts once it was refused.
pub(super) fn is_failed(row: &ReportRow) -> bool {
    match row.state {
        State::Deferred | State::Bounced | State::Expired | State::InDoubt => true,
        State::Pending | State::Sending => row.reason.is_some(),
        State::Delivered | State::Suppressed | State::Invalid | State::Cancelled => false,
    }
}

/// What is to be done about this recipient's reason. Of those in doubt a person decides.
pub(super) fn action_of(row: &ReportRow) -> Option<Action> {
    let permanent = row.state == State::Bounced;
    row.reason
        .filter(|_| is_failed(row) && row.state != State::InDoubt)
        .map(|reason| reason.action(permanent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn filters_hold_together() {
        let rows = samples::rows();
        let let_through = |filter: &RowFilter| {
            let rows = rows.iter().filter(|row| filter.has(row));
            rows.map(|row| row.state).collect::<Vec<_>>()
        };
        assert_eq!(let_through(&RowFilter::default()).len(), rows.len());
        let suppress = RowFilter {
            actions: vec![Action::Suppress],
            ..RowFilter::default()
        };
        assert_eq!(let_through(&suppress), [State::Bounced]);
        let both = RowFilter {
            reasons: vec![Reason::Greylisted, Reason::MailboxUnknown],
            blames: vec![Blame::Receiver],
            ..RowFilter::default()
        };
        assert_eq!(let_through(&both), [State::Deferred]);
        let doubt = RowFilter {
            blames: vec![Blame::Network],
            actions: vec![Action::Retry],
            ..RowFilter::default()
        };
        assert_eq!(let_through(&doubt), []);
    }
}
