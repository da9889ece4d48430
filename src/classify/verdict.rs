//! What becomes of a recipient after an attempt.

use super::classifier::Classifier;
use crate::model::{InDoubtPolicy, Judgement, Outcome, Reason, Reply, Stage, Verdict};

/// Decides what becomes of a recipient. `provider` is the server's or the provider's name and may be
/// empty.
///
/// - 2yz: delivered. 4yz: tried again.
/// - 5yz: bounced, but tried again where it says "slow down" or "come back later", which some large
///   servers say with 5yz.
/// - What was refused before the recipient was named, in DNS, at the greeting, in TLS or at login, is
///   never a recipient's bounce; nor does what was said of the sender blame the recipient.
#[must_use]
pub fn verdict(outcome: &Outcome, provider: &str, in_doubt: InDoubtPolicy) -> Verdict {
    match outcome {
        Outcome::Accepted(_) => Verdict::Delivered,
        Outcome::Refused { stage, reply } => {
            let judgement = judge(reply, *stage, provider);
            if reply.is_permanent() && names_recipient(*stage) && !passes(judgement.reason) {
                Verdict::Bounce(judgement)
            } else {
                Verdict::Defer(lasting_nothing(judgement))
            }
        }
        Outcome::Unsendable { reason, .. } if passes(*reason) => Verdict::Defer(of(*reason, false)),
        Outcome::Unsendable { reason, .. } => Verdict::Bounce(of(*reason, true)),
        Outcome::Lost { stage, reply, .. } => Verdict::Defer(match reply {
            Some(reply) if !reply.is_positive() => lasting_nothing(judge(reply, *stage, provider)),
            Some(_) | None => of(Reason::Unreachable, false),
        }),
        Outcome::InDoubt { .. } => match in_doubt {
            InDoubtPolicy::Resend => Verdict::ResendInDoubt,
            InDoubtPolicy::Hold => Verdict::HoldInDoubt,
        },
    }
}

/// Reads a reply; where no recipient had been named, the reason cannot be the recipient's.
fn judge(reply: &Reply, stage: Stage, provider: &str) -> Judgement {
    let judgement = Classifier::builtin().judge(reply, Some(stage), provider);
    let about_recipient = judgement.blame == crate::model::Blame::Recipient;
    if !about_recipient || (names_recipient(stage) && stage != Stage::Mail) {
        return judgement;
    }
    let reason = if reply.is_permanent() {
        Reason::PolicyRejected
    } else {
        Reason::ServerError
    };
    Judgement {
        retry_after: judgement.retry_after,
        ..of(reason, reply.is_permanent())
    }
}

/// The judgement of a reason that no reply gave.
fn of(reason: Reason, permanent: bool) -> Judgement {
    Judgement {
        reason,
        blame: reason.blame(),
        action: reason.action(permanent),
        retry_after: None,
    }
}

/// A deferral is not final, so it suppresses nobody.
fn lasting_nothing(judgement: Judgement) -> Judgement {
    Judgement {
        action: judgement.reason.action(false),
        ..judgement
    }
}

/// Whether the reason passes by itself, whatever code came with it.
fn passes(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::RateLimited | Reason::Greylisted | Reason::Unreachable
    )
}

/// Whether a refusal at this stage decides about this message. Before it, the connection was refused,
/// and the message has not been looked at.
fn names_recipient(stage: Stage) -> bool {
    match stage {
        Stage::Resolve | Stage::Connect | Stage::Tls | Stage::Auth => false,
        Stage::Mail | Stage::Rcpt | Stage::Data | Stage::Final | Stage::Async => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, Blame};
    use proptest::prelude::*;

    fn reply(code: u16, text: &str) -> Reply {
        Reply {
            code,
            enhanced: None,
            text: text.to_owned(),
        }
    }

    fn refused(stage: Stage, code: u16, text: &str) -> Verdict {
        let outcome = Outcome::Refused {
            stage,
            reply: reply(code, text),
        };
        verdict(&outcome, "", InDoubtPolicy::Resend)
    }

    #[test]
    fn a_permanent_refusal_bounces_and_a_transient_one_waits() {
        let bounced = refused(Stage::Rcpt, 550, "5.1.1 User unknown");
        assert!(matches!(bounced, Verdict::Bounce(j) if j.action == Action::Suppress));
        let waits = refused(Stage::Rcpt, 450, "4.1.1 User unknown");
        assert!(matches!(waits, Verdict::Defer(j) if j.action == Action::Retry));
    }

    #[test]
    fn slow_down_is_never_a_bounce() {
        let waits = refused(Stage::Rcpt, 550, "5.2.1 too many messages, slow down");
        assert!(
            matches!(waits, Verdict::Defer(j) if j.reason == Reason::RateLimited),
            "{waits:?}"
        );
    }

    #[test]
    fn a_refused_connection_burns_no_address() {
        for stage in [Stage::Resolve, Stage::Connect, Stage::Tls, Stage::Auth] {
            let waits = refused(stage, 550, "User unknown");
            assert!(
                matches!(waits, Verdict::Defer(j) if j.blame != Blame::Recipient),
                "{stage}"
            );
        }
        let sender = refused(Stage::Mail, 550, "mailbox unavailable");
        assert!(matches!(sender, Verdict::Bounce(j) if j.blame == Blame::Sender));
    }

    #[test]
    fn doubt_follows_the_policy() {
        let doubt = Outcome::InDoubt { why: String::new() };
        assert_eq!(
            verdict(&doubt, "", InDoubtPolicy::Resend),
            Verdict::ResendInDoubt
        );
        assert_eq!(
            verdict(&doubt, "", InDoubtPolicy::Hold),
            Verdict::HoldInDoubt
        );
    }

    #[test]
    fn what_cannot_be_sent_bounces_with_its_reason() {
        let outcome = Outcome::Unsendable {
            stage: Stage::Resolve,
            reason: Reason::DomainUnknown,
            why: "null MX".to_owned(),
        };
        let bounced = verdict(&outcome, "", InDoubtPolicy::Resend);
        assert!(matches!(bounced, Verdict::Bounce(j) if j.action == Action::Suppress));
    }

    proptest! {
        #[test]
        fn only_a_bounce_suppresses(code in 200_u16..600, text in ".{0,60}", stage in 0_usize..9) {
            let refused = refused(Stage::ALL[stage], code, &text);
            if let Verdict::Defer(judgement) = refused {
                prop_assert_ne!(judgement.action, Action::Suppress);
            }
            if code / 100 != 5 {
                prop_assert!(!matches!(refused, Verdict::Bounce(_)));
            }
        }
    }
}
