//! Whatever comes back about a message tells that a server took it.

use super::{Desk, NOW, PEOPLE, bounce, mail};
use crate::intake::Evidence;
use crate::model::{
    InDoubtPolicy, Reason, ReportedAction, ReturnedKind, ReturnedMail, Stage, State,
};
use crate::render::Purpose;

/// Dan's message left, and no answer came.
async fn in_doubt(policy: InDoubtPolicy) -> Desk {
    let desk = Desk::new().await;
    claim(&desk).await;
    desk.store
        .recover(desk.campaign, policy, NOW)
        .await
        .unwrap();
    desk
}

/// Who is claimed now.
async fn claim(desk: &Desk) -> Vec<String> {
    let backlog = desk.store.backlog(desk.campaign).await.unwrap();
    let domains = backlog.iter().map(|domain| domain.id).collect();
    let claimed = desk.store.claim(desk.campaign, domains, 10, NOW).await;
    let claimed = claimed.unwrap().recipients.into_iter();
    claimed.map(|one| one.address.to_string()).collect()
}

fn about_dan(desk: &Desk, mut mail: ReturnedMail) -> ReturnedMail {
    let token = desk.token(Purpose::ReversePath, 3);
    mail.traces.sent_to = vec![format!("b-{token}@bounces.example.com")];
    mail
}

#[tokio::test]
async fn a_bounce_settles_the_doubt_and_nothing_is_sent_again() {
    for (policy, from) in [
        (InDoubtPolicy::Hold, State::InDoubt),
        (InDoubtPolicy::Resend, State::Deferred),
    ] {
        let desk = in_doubt(policy).await;
        let mail = about_dan(&desk, bounce(PEOPLE[3], Reason::MailboxUnknown));
        let effect = desk.take(&mail).await.entries[0].effect;
        assert!(effect.bounced && effect.suppressed && !effect.delivered);
        let row = &desk.rows()[3];
        assert_eq!(row.state, State::Bounced);
        assert_eq!(
            (row.reason, row.stage),
            (Some(Reason::MailboxUnknown), Some(Stage::Async))
        );
        assert_eq!(desk.moved(), [(from, State::Bounced, 1)]);
        assert!(claim(&desk).await.is_empty());
        assert!(!desk.take(&mail).await.entries[0].effect.bounced, "twice");
    }
}

#[tokio::test]
async fn anything_else_that_comes_back_tells_that_it_arrived() {
    let mut delayed = bounce(PEOPLE[3], Reason::MailboxFull);
    delayed.recipients[0].action = Some(ReportedAction::Delayed);
    let others = [
        ReturnedKind::Delivered,
        ReturnedKind::AutoReply,
        ReturnedKind::Challenge,
        ReturnedKind::Complaint,
    ];
    let others = others.map(|kind| mail(kind, PEOPLE[3]));
    for policy in [InDoubtPolicy::Hold, InDoubtPolicy::Resend] {
        for mail in others.iter().chain([&delayed]) {
            let desk = in_doubt(policy).await;
            let mail = about_dan(&desk, mail.clone());
            assert!(
                desk.take(&mail).await.entries[0].effect.delivered,
                "{mail:?}"
            );
            assert_eq!(desk.rows()[3].state, State::Delivered);
            assert!(claim(&desk).await.is_empty());
            assert!(!desk.take(&mail).await.entries[0].effect.delivered, "twice");
        }
    }
}

#[tokio::test]
async fn a_delivery_that_was_learned_of_can_be_taken_back() {
    let desk = in_doubt(InDoubtPolicy::Resend).await;
    let delivered = about_dan(&desk, mail(ReturnedKind::Delivered, PEOPLE[3]));
    desk.take(&delivered).await;
    let bounced = about_dan(&desk, bounce(PEOPLE[3], Reason::MailboxFull));
    assert!(desk.take(&bounced).await.entries[0].effect.bounced);
    assert!(!desk.take(&delivered).await.entries[0].effect.delivered);
    assert_eq!(desk.rows()[3].state, State::Bounced);
}

#[tokio::test]
async fn who_is_being_sent_to_is_decided_by_the_ledger_once() {
    let desk = in_doubt(InDoubtPolicy::Resend).await;
    let mail = about_dan(&desk, bounce(PEOPLE[3], Reason::MailboxUnknown));
    assert_eq!(claim(&desk).await, [PEOPLE[3]]);
    let taken = desk.take(&mail).await;
    assert!(taken.is_too_early() && desk.suppressions().is_empty());
    assert_eq!(desk.rows()[3].state, State::Sending);
}

#[tokio::test]
async fn who_was_refused_for_now_is_in_no_doubt() {
    let desk = Desk::new().await;
    desk.deliver(desk.campaign, &PEOPLE[3..], State::Deferred)
        .await;
    let delivered = about_dan(&desk, mail(ReturnedKind::Delivered, PEOPLE[3]));
    let effect = desk.take(&delivered).await.entries[0].effect;
    assert!(effect.noted && !effect.delivered);
    let bounced = about_dan(&desk, bounce(PEOPLE[3], Reason::SpamContent));
    assert!(!desk.take(&bounced).await.entries[0].effect.bounced);
    assert_eq!(desk.rows()[3].state, State::Deferred);
    assert!(desk.moved().is_empty());
}

#[tokio::test]
async fn what_only_an_address_leads_to_settles_no_doubt() {
    let bounced = bounce(PEOPLE[3], Reason::MailboxUnknown);
    let mut delayed = bounce(PEOPLE[3], Reason::MailboxFull);
    delayed.recipients[0].action = Some(ReportedAction::Delayed);
    for (policy, state) in [
        (InDoubtPolicy::Hold, State::InDoubt),
        (InDoubtPolicy::Resend, State::Deferred),
    ] {
        for mail in [&bounced, &delayed] {
            let desk = in_doubt(policy).await;
            let entry = desk.take(mail).await.entries.remove(0);
            let matched = entry.matched.unwrap();
            assert_eq!(matched.evidence, Evidence::Address);
            assert!(!entry.effect.bounced && !entry.effect.delivered);
            assert_eq!(desk.rows()[3].state, state, "{mail:?}");
            assert!(desk.moved().is_empty());
        }
    }
}

#[tokio::test]
async fn the_name_of_the_message_settles_it() {
    for policy in [InDoubtPolicy::Hold, InDoubtPolicy::Resend] {
        let desk = in_doubt(policy).await;
        let mut mail = bounce(PEOPLE[3], Reason::MailboxUnknown);
        let token = desk.token(Purpose::Message, 3);
        mail.traces.message_ids = vec![format!("{token}@example.com")];
        assert!(desk.take(&mail).await.entries[0].effect.bounced);
        assert_eq!(desk.rows()[3].state, State::Bounced);
    }
}
