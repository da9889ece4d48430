//! What the ledger makes of a mail.

use super::{Desk, PEOPLE, bounce, mail};
use crate::model::{
    Action, Address, Blame, Judgement, Reason, ReportedAction, ReturnedKind, ReturnedMail, Stage,
    State,
};
use crate::render::Purpose;

#[tokio::test]
async fn a_hard_bounce_takes_the_delivery_back_and_suppresses() {
    let desk = Desk::new().await;
    let taken = desk.take(&bounce(PEOPLE[0], Reason::MailboxUnknown)).await;
    let effect = taken.entries[0].effect;
    assert!(effect.bounced && effect.suppressed);
    let row = &desk.rows()[0];
    assert_eq!(row.state, State::Bounced);
    assert_eq!(row.stage, Some(Stage::Async));
    assert_eq!(row.reason, Some(Reason::MailboxUnknown));
    assert_eq!(row.blame, Blame::Recipient);
    assert_eq!(row.code, Some(550));
    assert_eq!(row.enhanced, "5.1.1");
    assert_eq!(row.attempts, 1, "the attempt stays as it was");
    let [gone] = &desk.suppressions()[..] else {
        panic!("one suppression")
    };
    assert_eq!(gone.target, PEOPLE[0]);
    assert_eq!(gone.scope, "everything");
    let why = "mailbox_unknown: smtp; 550 5.1.1 mailbox_unknown";
    assert_eq!(gone.reason, why);
    assert_eq!(gone.source, "returned mail, campaign welcome");
    let tally = desk.reader().tally(desk.campaign).unwrap();
    assert_eq!((tally.counts.delivered, tally.counts.bounced), (2, 1));
    assert_eq!(desk.moved(), [(State::Delivered, State::Bounced, 1)]);
}

#[tokio::test]
async fn what_is_not_the_recipients_matter_suppresses_nobody() {
    let desk = Desk::new().await;
    for (reason, person) in [
        (Reason::SpamContent, 0),
        (Reason::ReputationBlock, 1),
        (Reason::Unreachable, 2),
    ] {
        let mut mail = bounce(PEOPLE[person], reason);
        // Whatever a classifier says of it.
        mail.recipients[0].judgement = Some(Judgement {
            reason,
            blame: reason.blame(),
            action: Action::Suppress,
            retry_after: None,
        });
        let taken = desk.take(&mail).await;
        assert!(taken.entries[0].effect.bounced);
        assert_eq!(desk.rows()[person].reason, Some(reason));
    }
    assert!(desk.suppressions().is_empty());
}

#[tokio::test]
async fn a_full_mailbox_is_a_strike() {
    let desk = Desk::new().await;
    let taken = desk.take(&bounce(PEOPLE[0], Reason::MailboxFull)).await;
    assert!(taken.entries[0].effect.bounced && !taken.entries[0].effect.suppressed);
    assert!(desk.suppressions().is_empty());
}

#[tokio::test]
async fn notes_change_no_state() {
    let desk = Desk::new().await;
    let mut delayed = bounce(PEOPLE[0], Reason::MailboxFull);
    delayed.recipients[0].action = Some(ReportedAction::Delayed);
    let id = format!("{}@example.com", desk.token(Purpose::Message, 0));
    let with_id = |kind| {
        let mut mail = mail(kind, PEOPLE[0]);
        mail.traces.message_ids = vec![id.clone()];
        mail
    };
    let notes = [
        delayed,
        with_id(ReturnedKind::AutoReply),
        with_id(ReturnedKind::Challenge),
        with_id(ReturnedKind::Delivered),
    ];
    for note in &notes {
        let first = desk.take(note).await.entries[0].effect;
        assert!(first.noted && !first.bounced && !first.suppressed);
        assert!(!desk.take(note).await.entries[0].effect.noted, "twice");
    }
    assert_eq!(desk.rows()[0].state, State::Delivered);
    assert!(desk.suppressions().is_empty());
}

#[tokio::test]
async fn a_complaint_suppresses_and_the_delivery_stays() {
    let desk = Desk::new().await;
    let complaint = mail(ReturnedKind::Complaint, PEOPLE[1]);
    let effect = desk.take(&complaint).await.entries[0].effect;
    assert!(effect.noted && effect.suppressed && !effect.bounced);
    assert_eq!(desk.rows()[1].state, State::Delivered);
    assert_eq!(desk.suppressions()[0].reason, "complaint");
    assert_eq!(desk.suppressions()[0].source, "complaint, campaign welcome");
}

fn by_path(desk: &Desk, place: i64) -> ReturnedMail {
    let mut mail = bounce(PEOPLE[3], Reason::MailboxUnknown);
    let token = desk.token(Purpose::ReversePath, place);
    mail.traces.sent_to = vec![format!("b-{token}@bounces.example.com")];
    mail
}

#[tokio::test]
async fn nothing_happens_to_whom_nothing_was_sent() {
    let desk = Desk::new().await;
    let taken = desk.take(&by_path(&desk, 3)).await;
    assert!(taken.entries[0].effect.never_sent);
    let by_address = bounce(PEOPLE[3], Reason::MailboxUnknown);
    assert!(!desk.take(&by_address).await.is_handled());
    assert_eq!(desk.rows()[3].state, State::Pending);
    assert!(desk.suppressions().is_empty());
}

#[tokio::test]
async fn a_mail_that_overtakes_its_outcome_comes_again() {
    let desk = Desk::new().await;
    let backlog = desk.store.backlog(desk.campaign).await.unwrap();
    let domains = backlog.iter().map(|domain| domain.id).collect();
    let claim = desk.store.claim(desk.campaign, domains, 10, super::NOW);
    let claimed = claim.await.unwrap().recipients;
    assert_eq!(claimed.len(), 1);
    let mail = by_path(&desk, 3);
    let taken = desk.take(&mail).await;
    assert!(taken.is_too_early() && !taken.is_handled());
    assert!(desk.suppressions().is_empty());
    let settled = vec![super::outcome(&claimed[0], State::Delivered)];
    desk.store.settle(desk.campaign, settled).await.unwrap();
    assert!(desk.take(&mail).await.entries[0].effect.bounced);
}

#[tokio::test]
async fn a_refusal_of_the_session_stays_what_it_is() {
    let desk = Desk::new().await;
    desk.deliver(desk.campaign, &PEOPLE[3..], State::Bounced)
        .await;
    desk.take(&by_path(&desk, 3)).await;
    let row = &desk.rows()[3];
    assert_eq!((row.stage, row.diagnostic.as_str()), (None, "250 queued"));
}

#[tokio::test]
async fn of_several_campaigns_the_latest_one_is_meant() {
    let desk = Desk::new().await;
    let later = desk
        .store
        .open_campaign("later", super::NOW)
        .await
        .unwrap()
        .id;
    desk.load(later, &PEOPLE[..2]).await;
    desk.deliver(later, &PEOPLE[..1], State::Delivered).await;
    let of = async |person: &str| {
        let taken = desk.take(&bounce(person, Reason::MailboxUnknown)).await;
        taken.entries[0].matched.as_ref().unwrap().campaign.clone()
    };
    assert_eq!(of(PEOPLE[0]).await, "later");
    assert_eq!(of(PEOPLE[1]).await, "welcome", "not tried in the later one");
}

#[tokio::test]
async fn an_address_alone_leads_to_nothing_old() {
    let desk = Desk::new().await;
    let late = super::NOW.after(std::time::Duration::from_secs(40 * 24 * 3600));
    let mail = bounce(PEOPLE[0], Reason::MailboxUnknown);
    let taken = desk.intake.apply(&mail, "test", late).await.unwrap();
    assert!(!taken.is_handled());
}

#[tokio::test]
async fn what_comes_back_about_somebody_erased_is_counted_without_words() {
    let desk = Desk::new().await;
    let local = format!("b-{}", desk.token(Purpose::ReversePath, 0));
    let gone = Address::parse(PEOPLE[0]).unwrap();
    desk.store.erase(vec![gone], super::NOW).await.unwrap();
    for kind in [ReturnedKind::Bounce, ReturnedKind::Complaint] {
        let mut mail = bounce(PEOPLE[0], Reason::MailboxUnknown);
        mail.recipients[0].kind = kind;
        mail.recipients[0].diagnostic = format!("550 5.1.1 <{}> unknown", PEOPLE[0]);
        mail.traces.sent_to = vec![format!("{local}@bounces.example")];
        desk.take(&mail).await;
    }
    let row = &desk.rows()[0];
    assert_eq!((row.state, &*row.diagnostic), (State::Bounced, ""));
    let known = desk.suppressions();
    assert!(known.iter().all(|one| one.target.starts_with('#')));
    for file in std::fs::read_dir(desk.path().parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        let octets = std::fs::read(&path).unwrap_or_default();
        let words = String::from_utf8_lossy(&octets);
        assert!(!words.contains(PEOPLE[0]), "{}", path.display());
    }
}
