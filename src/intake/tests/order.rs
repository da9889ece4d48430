//! Neither order nor repetition of mails changes what comes out.

use super::{Desk, PEOPLE, bounce, mail};
use crate::model::{Reason, ReportRow, ReportedAction, ReturnedKind, ReturnedMail};
use crate::render::Purpose;
use crate::store::Moved;
use proptest::prelude::*;

/// Mails of all kinds about two people, by several kinds of evidence.
fn mails(desk: &Desk) -> Vec<ReturnedMail> {
    let reasons = [
        Reason::MailboxUnknown,
        Reason::MailboxFull,
        Reason::SpamContent,
        Reason::Unknown,
    ];
    let mut all = Vec::new();
    for (place, person) in (0..).zip(&PEOPLE[..2]) {
        let id = format!("{}@example.com", desk.token(Purpose::Message, place));
        for reason in reasons {
            all.push(bounce(person, reason));
            let mut signed = bounce("other@far.example", reason);
            signed.traces.message_ids = vec![id.clone()];
            all.push(signed);
        }
        let mut delayed = bounce(person, Reason::MailboxFull);
        delayed.recipients[0].action = Some(ReportedAction::Delayed);
        all.push(delayed);
        all.push(mail(ReturnedKind::Complaint, person));
        all.push(mail(ReturnedKind::Unsubscribe, person));
        let mut away = mail(ReturnedKind::AutoReply, person);
        away.traces.message_ids = vec![id];
        all.push(away);
    }
    all
}

/// Everything in the ledger that mails can change, besides why and when it was changed first.
async fn outcome(desk: &Desk) -> (Vec<ReportRow>, Vec<(String, String)>, Vec<Moved>) {
    let gone = desk.suppressions().into_iter();
    let gone = gone.map(|one| (one.target, one.scope)).collect();
    let moved = desk.reader().moved_outside(desk.campaign).unwrap();
    (desk.rows(), gone, moved)
}

/// What these mails come to in this order.
#[tokio::main(flavor = "current_thread")]
async fn come_to(order: Vec<usize>) -> (Vec<ReportRow>, Vec<(String, String)>, Vec<Moved>) {
    let desk = Desk::new().await;
    let mails = mails(&desk);
    for place in order {
        desk.take(&mails[place % mails.len()]).await;
    }
    outcome(&desk).await
}

/// The same mails in two orders, with repetitions.
fn orders() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    proptest::collection::vec(0..24_usize, 0..8).prop_flat_map(|first| {
        let mut repeated = first.clone();
        repeated.extend(first.iter().take(3));
        (Just(first), Just(repeated).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_order_comes_to_the_same((first, second) in orders()) {
        let [a, b] = [first, second].map(come_to);
        prop_assert_eq!(a, b);
    }
}
