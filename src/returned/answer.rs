//! Answers that are no reports: of absent people, of guards that want proof of a person, and of
//! readers who want to hear no more.

use super::mime::Head;
use super::outline::Outline;
use super::robots;
use super::words::{Lower, holds, lists};
use crate::model::ReturnedKind;

/// What an answer is, if it is one that shows itself as such.
pub(super) fn kind(outline: &Outline<'_>) -> Option<ReturnedKind> {
    let subject = outline.title();
    let words = own_words(&outline.notice);
    if challenges(outline, subject, &words) {
        return Some(ReturnedKind::Challenge);
    }
    if subject.as_str().trim() == "unsubscribe" {
        return Some(ReturnedKind::Unsubscribe);
    }
    if is_absence(outline, subject, &words) {
        return Some(ReturnedKind::AutoReply);
    }
    let machine = robots::answers_by_itself(&outline.head) || robots::is_mail_system(&outline.head);
    if !machine && unsubscribes(outline, subject, &words) {
        return Some(ReturnedKind::Unsubscribe);
    }
    None
}

/// Whether a machine answered, whatever it says.
pub(super) fn is_automatic(head: &Head) -> bool {
    robots::answers_by_itself(head)
}

/// The beginning of what was written, without what it quotes, in lower case.
fn own_words(notice: &str) -> Lower {
    let mut words = String::new();
    for line in notice
        .lines()
        .filter(|line| !line.trim_start().starts_with('>'))
        .take(60)
    {
        if words.len() > 3000 {
            break;
        }
        words.push_str(line);
        words.push(' ');
    }
    Lower::spaced(&words)
}

fn challenges(outline: &Outline<'_>, subject: &Lower, words: &Lower) -> bool {
    let lists = lists();
    let header = [
        "x-spamarrest-probe",
        "x-boxbe-challenge",
        "x-tmda-confirm",
        "x-challenge",
        "x-asverify",
    ]
    .iter()
    .any(|name| outline.head.get(name).is_some());
    let from = outline
        .head
        .get("from")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let service = holds(
        &from,
        &[
            "spamarrest",
            "boxbe",
            "bluebottle",
            "knowspam",
            "mailblocks",
            "sendio",
            "spamlion",
            "qurb",
            "tmda",
            "challenge-response",
        ],
    );
    header
        || (service && lists.challenge_acts.is_in(words))
        || lists.challenges.is_in(words)
        || (lists.challenge_subjects.is_in(subject) && lists.challenge_acts.is_in(words))
}

/// Whether a person's machine says that the person is away, or thanks.
fn is_absence(outline: &Outline<'_>, subject: &Lower, words: &Lower) -> bool {
    let lists = lists();
    if lists.absent_starts.begins(subject.as_str().trim()) || lists.absent_subjects.is_in(subject) {
        return true;
    }
    let automatic = robots::answers_by_itself(&outline.head);
    let system = robots::is_mail_system(&outline.head);
    (automatic || !system) && lists.absent_words.is_in(words)
}

/// Whether a reader asks to be left alone: in the subject, in a few words, or by the address that
/// letters name for it.
fn unsubscribes(outline: &Outline<'_>, subject: &Lower, words: &Lower) -> bool {
    let lists = lists();
    let subject = subject
        .as_str()
        .trim()
        .trim_start_matches("re:")
        .trim_start_matches("aw:")
        .trim();
    let to_address = ["to", "delivered-to", "x-original-to"].iter().any(|name| {
        outline.head.all(name).any(|value| {
            holds(
                &value.to_ascii_lowercase(),
                &[
                    "unsubscribe",
                    "unsub-",
                    "unsub+",
                    "unsub@",
                    "leave-",
                    "optout",
                    "opt-out",
                ],
            )
        })
    });
    let asks = |text: &str| {
        lists.unsubscribes.begins(text) || lists.unsubscribe_wishes.is_in(&Lower::of(text))
    };
    let answers = outline.head.get("in-reply-to").is_some() || subject.len() < 60;
    to_address
        || lists.unsubscribes.begins(subject)
        || subject.split([' ', ':', '=']).any(is_surely_token)
        || (answers && !words.as_str().is_empty() && asks(super::bounds::cut(words.as_str(), 160)))
}

/// Whether a word is a token without asking whether it opens: long words of letters alone are not.
fn is_surely_token(word: &str) -> bool {
    super::traces::is_token(word) && word.bytes().any(|octet| octet.is_ascii_digit())
}
