//! What an earlier run left on its way does not touch what a later one came to.

use super::{Desk, NOW, PEOPLE, bounce, mail};
use crate::model::{
    InDoubtPolicy, Reason, RecipientId, ReturnedKind, ReturnedMail, State, Timestamp,
};
use crate::render::Purpose;
use crate::store::Again;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Dan expired in the first run, and was delivered to in the second one, a day later.
async fn sent_again() -> Desk {
    let desk = Desk::new().await;
    desk.deliver(desk.campaign, &PEOPLE[3..], State::Expired)
        .await;
    again(&desk, State::Expired, NOW.after(DAY)).await;
    let later = NOW.after(DAY + DAY / 24);
    desk.deliver_at(later, desk.campaign, &PEOPLE[3..], State::Delivered)
        .await;
    desk
}

/// Begins a run of those in a state.
async fn again(desk: &Desk, state: State, begun: Timestamp) {
    let choice = vec![Again {
        state,
        reasons: None,
    }];
    let begun = desk.store.begin_again(desk.campaign, choice, begun);
    begun.await.unwrap();
    desk.store.open_again(desk.campaign).await.unwrap();
}

fn dans_bounce() -> ReturnedMail {
    bounce(PEOPLE[3], Reason::MailboxUnknown)
}

/// Dan's bounce to the return path of a run.
fn to_path_of(desk: &Desk, run: u32) -> ReturnedMail {
    let recipient = RecipientId(desk.first() + 3);
    let token = desk.secret.path_token(desk.campaign, recipient, run);
    let mut mail = dans_bounce();
    mail.traces.sent_to = vec![format!("b-{token}@bounces.example.com")];
    mail
}

/// Dan's bounce that names the message, which is the same one in all runs.
fn by_message(desk: &Desk) -> ReturnedMail {
    let mut mail = dans_bounce();
    let token = desk.token(Purpose::Message, 3);
    mail.traces.message_ids = vec![format!("{token}@example.com")];
    mail
}

async fn applies(mail: ReturnedMail, desk: &Desk) -> bool {
    let effect = desk.take(&mail).await.entries[0].effect;
    assert_ne!(effect.bounced, effect.outdated);
    assert_eq!(effect.suppressed, effect.bounced);
    let state = desk.rows()[3].state;
    assert_eq!(state == State::Bounced, effect.bounced);
    effect.bounced
}

#[tokio::test]
async fn the_return_path_of_an_earlier_run_takes_nothing_back() {
    let desk = sent_again().await;
    assert!(!applies(to_path_of(&desk, 1), &desk).await);
    assert!(desk.suppressions().is_empty() && desk.moved().is_empty());
    let words = "mailbox_unknown: smtp; 550 5.1.1 mailbox_unknown";
    let note = ("earlier_bounce".to_owned(), words.to_owned());
    assert_eq!(desk.notes(), [note]);
    let twice = desk.take(&to_path_of(&desk, 1)).await;
    assert!(!twice.entries[0].effect.noted && twice.is_handled());
    assert!(applies(to_path_of(&desk, 2), &desk).await);
}

#[tokio::test]
async fn without_a_return_path_the_times_tell() {
    let (first, second) = (NOW.after(DAY / 24), NOW.after(DAY + DAY / 24));
    for (sent, reported, bounces) in [
        (Some(first), None, false),
        (Some(second), Some(first), true),
        (None, Some(first), false),
        (None, Some(second), true),
        // A clock that was never set, and none at all.
        (None, Some(Timestamp::from_millis(5)), true),
        (None, None, true),
    ] {
        let desk = sent_again().await;
        let mut mail = by_message(&desk);
        (mail.cover.sent, mail.cover.reported) = (sent, reported);
        let found = applies(mail, &desk).await;
        assert_eq!(found, bounces, "{sent:?} {reported:?}");
    }
}

#[tokio::test]
async fn a_bounce_of_the_later_run_is_not_replaced_by_one_of_the_earlier() {
    let desk = sent_again().await;
    let mut full = to_path_of(&desk, 2);
    full.recipients[0].judgement = bounce("", Reason::SpamContent).recipients[0].judgement;
    desk.take(&full).await;
    let effect = desk.take(&to_path_of(&desk, 1)).await.entries[0].effect;
    assert!(effect.outdated && !effect.suppressed);
    assert_eq!(desk.rows()[3].reason, Some(Reason::SpamContent));
}

#[tokio::test]
async fn who_waits_for_a_later_run_is_known_by_the_earlier_one() {
    let desk = Desk::new().await;
    desk.deliver(desk.campaign, &PEOPLE[3..], State::Expired)
        .await;
    again(&desk, State::Expired, NOW.after(DAY)).await;
    // Nothing newer is known of the address than this.
    let effect = desk.take(&to_path_of(&desk, 1)).await.entries[0].effect;
    assert!(effect.suppressed && !effect.outdated && !effect.bounced);
    assert_eq!(desk.rows()[3].state, State::Pending);
}

#[tokio::test]
async fn a_complaint_counts_whichever_message_it_is_about() {
    let desk = sent_again().await;
    let mut complaint = mail(ReturnedKind::Complaint, PEOPLE[3]);
    complaint.traces.sent_to = to_path_of(&desk, 1).traces.sent_to;
    let effect = desk.take(&complaint).await.entries[0].effect;
    assert!(effect.suppressed && effect.noted && !effect.outdated);
}

/// Dan was being sent to when the first run was killed; what was left of it was settled a day later, a
/// moment before the second one began.
async fn killed_and_sent_again() -> Desk {
    let desk = Desk::new().await;
    let backlog = desk.store.backlog(desk.campaign).await.unwrap();
    let domains = backlog.iter().map(|domain| domain.id).collect();
    let claimed = desk.store.claim(desk.campaign, domains, 10, NOW).await;
    assert_eq!(claimed.unwrap().recipients.len(), 1);
    let (policy, now) = (InDoubtPolicy::Hold, NOW.after(DAY));
    desk.store
        .recover(desk.campaign, policy, now)
        .await
        .unwrap();
    assert_eq!(desk.rows()[3].state, State::InDoubt);
    again(&desk, State::InDoubt, now.after(Duration::from_millis(1))).await;
    desk
}

#[tokio::test]
async fn what_a_killed_run_left_behind_is_of_that_run() {
    let desk = killed_and_sent_again().await;
    let effect = desk.take(&to_path_of(&desk, 1)).await.entries[0].effect;
    assert!(effect.suppressed && !effect.outdated && !effect.bounced);
    assert_eq!(desk.rows()[3].state, State::Pending);
}

#[tokio::test]
async fn the_doubts_of_an_earlier_run_are_no_doubts_of_the_later() {
    let desk = killed_and_sent_again().await;
    let later = NOW.after(DAY + DAY / 24);
    desk.deliver_at(later, desk.campaign, &PEOPLE[3..], State::Deferred)
        .await;
    let mut delivered = mail(ReturnedKind::Delivered, PEOPLE[3]);
    delivered.traces.sent_to = to_path_of(&desk, 2).traces.sent_to;
    let effect = desk.take(&delivered).await.entries[0].effect;
    assert!(effect.noted && !effect.delivered && !effect.outdated);
    let mut full = to_path_of(&desk, 2);
    full.recipients[0].judgement = bounce("", Reason::SpamContent).recipients[0].judgement;
    assert!(!desk.take(&full).await.entries[0].effect.bounced);
    assert_eq!(desk.rows()[3].state, State::Deferred);
    assert!(desk.moved().is_empty());
}
