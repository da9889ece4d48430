//! From what a mail says of a recipient to what the ledger is told.

use super::taken::action_of;
use crate::classify::{Consequence, consequence};
use crate::model::{
    Action, Blame, Cover, Judgement, Reason, ReportedAction, Returned, ReturnedKind, Stage,
    SuppressionPolicy,
};
use crate::store::{Remembered, ReturnedNews};

/// What the ledger is told; `None` where there is nothing to tell. `forwarded_to` is the address
/// the mail names where that is not our recipient's, `cover` what stands outside on the mail.
pub(super) fn news(
    returned: &Returned,
    forwarded_to: Option<&str>,
    cover: &Cover,
    policy: &SuppressionPolicy,
) -> Option<ReturnedNews> {
    let diagnostic = match forwarded_to {
        Some(other) => format!("{} (reported for {other})", returned.diagnostic),
        None => returned.diagnostic.clone(),
    };
    let diagnostic = diagnostic.trim().to_owned();
    let noted = |kind| {
        Some(ReturnedNews::Noted {
            kind,
            detail: diagnostic.clone(),
        })
    };
    match returned.kind {
        ReturnedKind::Bounce => match action_of(returned) {
            ReportedAction::Failed => {
                let judgement = returned.judgement.unwrap_or(UNEXPLAINED);
                Some(ReturnedNews::Bounced {
                    judgement,
                    code: code(&returned.diagnostic),
                    enhanced: returned.status,
                    diagnostic,
                    remembered: remembered(&judgement, policy),
                })
            }
            ReportedAction::Delayed => noted("delayed"),
            ReportedAction::Delivered => noted("delivered"),
        },
        ReturnedKind::Complaint => Some(ReturnedNews::Complained { detail: diagnostic }),
        ReturnedKind::Unsubscribe => Some(ReturnedNews::Unsubscribed),
        ReturnedKind::Delivered => noted("delivered"),
        ReturnedKind::AutoReply => noted("auto_reply"),
        ReturnedKind::Challenge => noted("challenge"),
        // Its words are nobody's business here; who wrote about what is enough to look for it.
        ReturnedKind::Report => letter("report", cover),
        ReturnedKind::Other => letter("other", cover),
    }
}

fn letter(kind: &'static str, cover: &Cover) -> Option<ReturnedNews> {
    let from = cover.from.as_deref().unwrap_or("nobody");
    Some(ReturnedNews::Noted {
        kind,
        detail: format!("from {from}: {}", cover.subject),
    })
}

/// What a final refusal means for the address.
fn remembered(judgement: &Judgement, policy: &SuppressionPolicy) -> Remembered {
    match consequence(judgement, Stage::Async) {
        Consequence::None => Remembered::Nothing,
        Consequence::Strike => Remembered::Strike(policy.soft_bounces),
        Consequence::Suppress if policy.hard_bounces => Remembered::Suppression,
        Consequence::Suppress => Remembered::Nothing,
    }
}

/// A bounce without words blames nobody.
const UNEXPLAINED: Judgement = Judgement {
    reason: Reason::Unknown,
    blame: Blame::None,
    action: Action::Fix,
    retry_after: None,
};

/// The first reply code in a server's words: `550` in `smtp; 550-5.1.1 no such user`.
fn code(diagnostic: &str) -> Option<u16> {
    let word = |word: &str| {
        let word = word.trim_start_matches(['<', '(', '"', '\'']);
        let digits = word.get(..3)?;
        let ends = word[3..]
            .chars()
            .next()
            .is_none_or(|c| !c.is_alphanumeric());
        let is_code = digits.starts_with(['4', '5']) && ends && !word[3..].starts_with('.');
        is_code.then(|| digits.parse().ok())?
    };
    diagnostic.split_whitespace().take(8).find_map(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_code_is_found_in_a_servers_words() {
        for (words, found) in [
            ("550 5.1.1 no such user", Some(550)),
            ("smtp; 452-4.2.2 full", Some(452)),
            ("said: \"554 delivery error\"", Some(554)),
            ("5.1.1 unknown", None),
            ("user 5501 unknown", None),
            ("250 fine", None),
            ("ü55 é", None),
            ("", None),
        ] {
            assert_eq!(code(words), found, "{words:?}");
        }
    }
}
