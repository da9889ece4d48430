//! Who is sent to again, and who is not by accident.

use crate::cli::fail::Failure;
use crate::model::{Action, Reason, State};
use crate::store::{Again, Standing};

/// The recipients a person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    taken: Vec<Again>,
    /// Whether those in doubt were asked for, without the consent that it takes.
    doubts_left: bool,
}

impl Choice {
    /// Reads what was typed. Without reasons named, a bounce whose address is to be suppressed
    /// stays bounced: no server is asked about it again by accident. Those in doubt are left out
    /// beside others; asked for alone, they need the consent.
    pub(super) fn of(
        only: &[String],
        reasons: &[String],
        perhaps_twice: bool,
    ) -> Result<Self, Failure> {
        let reasons = named(reasons)?;
        let mut choice: Vec<Again> = Vec::new();
        let states: Vec<State> = only
            .iter()
            .map(|name| named_state(name))
            .collect::<Result<_, _>>()?;
        let consented = perhaps_twice || states.iter().all(|state| *state == State::InDoubt);
        for state in &states {
            let state = *state;
            if state == State::InDoubt && !consented {
                continue;
            }
            may_be_chosen(state, perhaps_twice)?;
            let reasons = match &reasons {
                Some(reasons) => Some(reasons.clone()),
                None if state == State::Bounced => Some(asked_again()),
                None => None,
            };
            if !choice.iter().any(|one| one.state == state) {
                choice.push(Again { state, reasons });
            }
        }
        Ok(Self {
            taken: choice,
            doubts_left: states.contains(&State::InDoubt) && !consented,
        })
    }

    /// Whether these recipients are among them.
    pub(super) fn has(&self, standing: &Standing) -> bool {
        self.taken.iter().any(|one| {
            one.state == standing.state
                && one.reasons.as_ref().is_none_or(|reasons| {
                    standing
                        .reason
                        .is_some_and(|reason| reasons.contains(&reason))
                })
        })
    }

    /// The same for the ledger.
    pub(super) fn again(self) -> Vec<Again> {
        self.taken
    }

    /// Whether these were asked for by their state alone, and need to be asked for in other words.
    pub(super) fn leaves_out(&self, standing: &Standing) -> Option<Unasked> {
        match standing.state {
            State::InDoubt if self.doubts_left => Some(Unasked::InDoubt),
            State::Bounced if self.has_lasting(standing) => Some(Unasked::Lasting),
            _ => None,
        }
    }

    /// Whether it is a bounce that only a reason by its name would have taken in.
    fn has_lasting(&self, standing: &Standing) -> bool {
        let asked = |one: &Again| one.state == State::Bounced && one.reasons == Some(asked_again());
        self.taken.iter().any(asked) && !self.has(standing)
    }
}

/// Why recipients in a state that was asked for are not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unasked {
    /// They may have the message already.
    InDoubt,
    /// The address is at fault, and would be suppressed.
    Lasting,
}

/// Reasons of bounces that are no verdict on the address.
fn asked_again() -> Vec<Reason> {
    let lasting = |reason: &Reason| reason.action(true) != Action::Suppress;
    Reason::ALL.iter().copied().filter(lasting).collect()
}

fn named(reasons: &[String]) -> Result<Option<Vec<Reason>>, Failure> {
    if reasons.is_empty() {
        return Ok(None);
    }
    let read = |name: &String| {
        name.trim().parse().map_err(|_| {
            let words: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
            Failure::usage(format_args!("--reason: {name:?} is none"))
                .hint(format_args!("they are {}", words.join(", ")))
        })
    };
    reasons.iter().map(read).collect::<Result<_, _>>().map(Some)
}

fn named_state(name: &str) -> Result<State, Failure> {
    name.trim()
        .parse()
        .map_err(|error| Failure::usage(format_args!("--only: {error}")))
}

fn may_be_chosen(state: State, perhaps_twice: bool) -> Result<(), Failure> {
    let why = match state {
        State::InDoubt if perhaps_twice => return Ok(()),
        State::InDoubt => {
            let failure = Failure::usage(
                "--only in_doubt: they may have the message already, and would get it twice",
            );
            return Err(failure.hint("--perhaps-twice says that this is what you want"));
        }
        state if state.may_be_sent_again() => return Ok(()),
        State::Delivered => {
            "they have the message, and nobody is mailed twice; another name in campaign.toml makes \
             another campaign"
        }
        State::Suppressed => "they are not to be mailed; see `hikyaku suppress`",
        State::Invalid => "they cannot be mailed; mend the list",
        _ => "they have not been sent to yet; `hikyaku send` goes on",
    };
    Err(Failure::usage(format_args!("--only {state}: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(only: &[&str], reasons: &[&str], twice: bool) -> Result<Choice, String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (only, reasons): (Vec<_>, Vec<_>) = (owned(only), owned(reasons));
        Choice::of(&only, &reasons, twice).map_err(|failure| failure.to_string())
    }

    fn standing(state: State, reason: Option<Reason>) -> Standing {
        Standing {
            state,
            reason,
            count: 1,
        }
    }

    #[test]
    fn what_has_arrived_is_never_sent_again() {
        let refused = choice(&["expired", "delivered"], &[], true).unwrap_err();
        assert!(refused.contains("nobody is mailed twice"), "{refused}");
        for other in ["pending", "sending", "suppressed", "invalid", "nonsense"] {
            assert!(choice(&[other], &[], true).is_err(), "{other}");
        }
    }

    #[test]
    fn a_doubt_has_to_be_consented_to() {
        let refused = choice(&["in_doubt"], &[], false).unwrap_err();
        assert!(refused.contains("--perhaps-twice"), "{refused}");
        let taken = choice(&["in_doubt"], &[], true).unwrap();
        assert!(taken.has(&standing(State::InDoubt, None)));
    }

    #[test]
    fn what_takes_other_words_is_left_out_and_counted() {
        let doubtful = standing(State::InDoubt, None);
        let unknown = standing(State::Bounced, Some(Reason::MailboxUnknown));
        let beside = choice(&["expired", "in_doubt", "bounced"], &[], false).unwrap();
        assert!(!beside.has(&doubtful));
        assert_eq!(beside.leaves_out(&doubtful), Some(Unasked::InDoubt));
        assert_eq!(beside.leaves_out(&unknown), Some(Unasked::Lasting));
        let spam = standing(State::Bounced, Some(Reason::SpamContent));
        assert_eq!(beside.leaves_out(&spam), None);
        let consented = choice(&["expired", "in_doubt"], &[], true).unwrap();
        assert!(consented.has(&doubtful));
        assert_eq!(consented.leaves_out(&doubtful), None);
        assert_eq!(
            consented.leaves_out(&unknown),
            None,
            "nobody asked for bounces"
        );
        let named = choice(&["bounced"], &["spam_content"], false).unwrap();
        assert_eq!(
            named.leaves_out(&unknown),
            None,
            "that is what was asked for"
        );
    }

    #[test]
    fn hard_bounces_need_their_reason_named() {
        let soft = choice(&["bounced"], &[], false).unwrap();
        let unknown = standing(State::Bounced, Some(Reason::MailboxUnknown));
        assert!(!soft.has(&unknown));
        assert!(!soft.has(&standing(State::Bounced, None)));
        assert!(soft.has(&standing(State::Bounced, Some(Reason::SpamContent))));
        let named = choice(&["bounced"], &["mailbox_unknown"], false).unwrap();
        assert!(named.has(&unknown));
        assert!(!named.has(&standing(State::Bounced, Some(Reason::SpamContent))));
        let wrong = choice(&["bounced"], &["mailbox"], false).unwrap_err();
        assert!(wrong.contains("mailbox_full"), "{wrong}");
    }
}
