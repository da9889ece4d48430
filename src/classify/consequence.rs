//! What a refusal means for the address beyond this campaign.

use crate::model::{Action, Blame, Judgement, Reason, Stage};

/// What becomes of an address that was given up in one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing: the matter was the sender's, the content's or the network's.
    None,
    /// It counts against the address; so many within so many days suppress it.
    Strike,
    /// The address is never mailed again.
    Suppress,
}

/// What a final refusal means for the address. `stage` is where it was decided.
///
/// What our own name servers say counts only as a strike: a resolver that answers "no such domain" to
/// everything would empty a whole list otherwise.
#[must_use]
pub fn consequence(judgement: &Judgement, stage: Stage) -> Consequence {
    let theirs = judgement.blame == Blame::Recipient;
    match (judgement.action, judgement.reason) {
        (Action::Suppress, _) if theirs && stage == Stage::Resolve => Consequence::Strike,
        (Action::Suppress, _) if theirs => Consequence::Suppress,
        (
            _,
            Reason::MailboxUnknown
            | Reason::MailboxInactive
            | Reason::DomainUnknown
            | Reason::MailboxFull
            | Reason::RecipientRefused
            | Reason::RelayDenied
            | Reason::Unknown,
        ) => Consequence::Strike,
        _ => Consequence::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Classifier;
    use crate::model::Reply;

    fn of(code: u16, text: &str, stage: Stage) -> Consequence {
        let reply = Reply {
            code,
            enhanced: None,
            text: text.to_owned(),
        };
        consequence(&Classifier::builtin().judge(&reply, Some(stage), ""), stage)
    }

    #[test]
    fn only_the_recipients_own_matters_last() {
        let rcpt = |code, text| of(code, text, Stage::Rcpt);
        assert_eq!(rcpt(550, "5.1.1 User unknown"), Consequence::Suppress);
        assert_eq!(rcpt(552, "5.2.2 Mailbox full"), Consequence::Strike);
        assert_eq!(rcpt(450, "4.1.1 User unknown"), Consequence::Strike);
        assert_eq!(
            rcpt(550, "5.7.1 blocked using zen.spamhaus.org"),
            Consequence::None
        );
        assert_eq!(rcpt(451, "4.3.0 internal error"), Consequence::None);
        assert_eq!(
            of(550, "5.1.2 no such domain", Stage::Resolve),
            Consequence::Strike
        );
    }

    #[test]
    fn nobody_is_burnt_for_what_others_did() {
        let both = Reason::ALL
            .iter()
            .flat_map(|reason| [Action::Fix, Action::Suppress].map(|action| (reason, action)));
        for (reason, action) in both {
            let judgement = Judgement {
                reason: *reason,
                blame: reason.blame(),
                action,
                retry_after: None,
            };
            let theirs = matches!(
                judgement.blame,
                Blame::Sender | Blame::Content | Blame::Network
            );
            let consequence = consequence(&judgement, Stage::Final);
            assert!(!theirs || consequence == Consequence::None, "{reason}");
        }
    }
}
