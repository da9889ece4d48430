//! A recipient of a campaign and the states it goes through.

use super::{Address, DomainId, Fields, RecipientId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A recipient that was claimed for sending: everything a message is rendered from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Its row in the ledger.
    pub id: RecipientId,
    /// The domain it is queued under.
    pub domain: DomainId,
    /// Where the message goes.
    pub address: Address,
    /// What the list says of this person.
    pub fields: Fields,
    /// Attempts that have ended before this one.
    pub attempts: u32,
    /// When the first of them was made.
    pub first_attempt: Option<super::Timestamp>,
}

/// Where a recipient of a campaign stands. The names are those of reports and of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not tried yet, or returned untried.
    Pending,
    /// Claimed by a running process; its content may be on the wire.
    Sending,
    /// A server took responsibility for the message.
    Delivered,
    /// Refused for now, or unreachable; has a next attempt.
    Deferred,
    /// Refused for good.
    Bounced,
    /// Given up after deferrals.
    Expired,
    /// The content was on the wire and no answer came; held until somebody decides.
    InDoubt,
    /// On a suppression list.
    Suppressed,
    /// The address or the data of the row cannot be used.
    Invalid,
    /// The campaign was cancelled before this recipient's turn.
    Cancelled,
}

impl State {
    /// Every state, in the order reports list them.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Sending,
        Self::Delivered,
        Self::Deferred,
        Self::Bounced,
        Self::Expired,
        Self::InDoubt,
        Self::Suppressed,
        Self::Invalid,
        Self::Cancelled,
    ];

    /// The name in reports, in JSON and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::Expired => "expired",
            Self::InDoubt => "in_doubt",
            Self::Suppressed => "suppressed",
            Self::Invalid => "invalid",
            Self::Cancelled => "cancelled",
        }
    }

    /// Its number in the store, and its place in [`State::ALL`].
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The state of a number from the store.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether the campaign still has work to do for this recipient. It has finished when no
    /// recipient is open.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Sending | Self::Deferred)
    }

    /// The only table of legal transitions. What is settled stays settled, with two exceptions: a
    /// doubt may be resolved by a person, and a bounce mail may take back a delivery. Two further
    /// doors stand beside it.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending | Self::Deferred => matches!(
                next,
                Self::Sending
                    | Self::Deferred
                    | Self::Expired
                    | Self::Bounced
                    | Self::Suppressed
                    | Self::Invalid
                    | Self::Cancelled
            ),
            Self::Sending => !matches!(next, Self::Sending | Self::Cancelled),
            Self::InDoubt => matches!(next, Self::Pending | Self::Delivered | Self::Cancelled),
            Self::Delivered => matches!(next, Self::Bounced),
            Self::Bounced | Self::Expired | Self::Suppressed | Self::Invalid | Self::Cancelled => {
                false
            }
        }
    }

    /// The other door, which only a person opens: whether a new run of the campaign may take such a
    /// recipient up again, as `pending`. Never one that was delivered to, so that nobody is mailed
    /// twice unknowingly; never one that must not or cannot be mailed; and those still pending need
    /// no door.
    #[must_use]
    pub const fn may_be_sent_again(self) -> bool {
        match self {
            Self::Deferred | Self::Bounced | Self::Expired | Self::InDoubt | Self::Cancelled => {
                true
            }
            Self::Pending | Self::Sending | Self::Delivered | Self::Suppressed | Self::Invalid => {
                false
            }
        }
    }

    /// The third door, which only returned mail opens, and only for a recipient whose message was in
    /// doubt: what comes back about a message tells that a server took it, so that nothing is sent a
    /// second time.
    #[must_use]
    pub const fn may_be_told(self, next: Self) -> bool {
        matches!(self, Self::Pending | Self::Deferred | Self::InDoubt)
            && matches!(next, Self::Delivered | Self::Bounced)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for State {
    type Err = String;

    /// Reads the name that [`State::as_str`] gives; the error lists all of them.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.iter().map(|state| state.as_str()).collect();
                format!("{text:?} is not a state; they are {}", names.join(", "))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_round_trip() {
        for (place, state) in State::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(state.number()), place);
            assert_eq!(State::from_number(state.number()), Some(state));
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert_eq!(State::from_number(10), None);
    }

    #[test]
    fn nothing_reaches_the_wire_without_being_claimed() {
        for state in State::ALL {
            let reaches = state.may_become(State::Delivered);
            assert_eq!(
                reaches,
                matches!(state, State::Sending | State::InDoubt),
                "{state}"
            );
        }
    }

    #[test]
    fn returned_mail_settles_doubts_and_nothing_else() {
        for state in State::ALL {
            let told: Vec<_> = State::ALL
                .into_iter()
                .filter(|next| state.may_be_told(*next))
                .collect();
            let doubtful = matches!(state, State::Pending | State::Deferred | State::InDoubt);
            let expected = if doubtful {
                vec![State::Delivered, State::Bounced]
            } else {
                Vec::new()
            };
            assert_eq!(told, expected, "{state}");
        }
    }

    #[test]
    fn what_was_settled_is_opened_by_a_person_only() {
        for state in State::ALL {
            let by_itself = state.may_become(State::Pending);
            let returned = matches!(state, State::Sending | State::InDoubt);
            assert_eq!(by_itself, returned, "{state}");
        }
        let opened: Vec<_> = State::ALL
            .into_iter()
            .filter(|state| state.may_be_sent_again())
            .collect();
        let expected = [
            State::Deferred,
            State::Bounced,
            State::Expired,
            State::InDoubt,
            State::Cancelled,
        ];
        assert_eq!(opened, expected);
    }
}
