//! Whom a mail is about.

use super::{Desk, PEOPLE, bounce, mail};
use crate::intake::{Envelope, Evidence};
use crate::model::{CampaignId, Domain, Reason, RecipientId, ReturnedKind, ReturnedMail, State};
use crate::render::{Purpose, Secret};
use crate::store::SuppressionScope;

fn sent_to(mut mail: ReturnedMail, local: &str) -> ReturnedMail {
    mail.traces.sent_to = vec![
        "postmaster@example.com".to_owned(),
        format!("{local}@bounces.example.com"),
    ];
    mail
}

#[tokio::test]
async fn each_kind_of_evidence_leads_to_the_recipient() {
    let desk = Desk::new().await;
    let unknown = |person| bounce(person, Reason::MailboxUnknown);
    let verp = desk.token(Purpose::ReversePath, 0);
    let mut by_path = sent_to(unknown(PEOPLE[0]), &format!("B-{}", verp.to_uppercase()));
    by_path.recipients[0].recipient = None;
    let mut by_id = unknown(PEOPLE[1]);
    let id = desk.token(Purpose::Message, 1);
    by_id.traces.message_ids = vec!["x@y".to_owned(), format!("{id}@example.com")];
    let mut by_campaign = unknown("CID@two.example");
    by_campaign.traces.campaign = Some(desk.uid.clone());
    let by_address = unknown("Ann@ONE.example");
    for (mail, person, evidence) in [
        (&by_path, 0, Evidence::ReturnPath),
        (&by_id, 1, Evidence::MessageId),
        (&by_campaign, 2, Evidence::Campaign),
        (&by_address, 0, Evidence::Address),
    ] {
        let taken = desk.take(mail).await;
        let matched = taken.entries[0].matched.as_ref().unwrap();
        assert_eq!(matched.evidence, evidence);
        assert_eq!(matched.campaign, "welcome");
        assert_eq!(
            matched.address.as_ref().unwrap().to_string(),
            PEOPLE[person]
        );
        assert!(taken.is_handled());
    }
    let states: Vec<_> = desk.rows().iter().map(|row| row.state).collect();
    let bounced = State::Bounced;
    assert_eq!(states, [bounced, bounced, bounced, State::Pending]);
}

#[tokio::test]
async fn what_is_forged_or_foreign_leads_nowhere() {
    let desk = Desk::new().await;
    let nobody = "stranger@else.example";
    let foreign = Secret::new(&[9; 32]);
    let (campaign, first) = (desk.campaign, RecipientId(1));
    let forged = [
        foreign.token(Purpose::ReversePath, campaign, first),
        desk.token(Purpose::Message, 0),
        desk.secret
            .token(Purpose::ReversePath, CampaignId(99), first),
        desk.secret
            .token(Purpose::ReversePath, campaign, RecipientId(999)),
    ];
    for token in forged {
        let mail = sent_to(
            bounce(nobody, Reason::MailboxUnknown),
            &format!("b-{token}"),
        );
        let taken = desk.take(&mail).await;
        assert_eq!(taken.entries[0].matched, None, "{token}");
        assert!(!taken.is_handled());
    }
    let mut foreign_campaign = bounce(PEOPLE[0], Reason::MailboxUnknown);
    foreign_campaign.traces.campaign = Some("f".repeat(32));
    assert_eq!(desk.take(&foreign_campaign).await.entries[0].matched, None);
    assert!(desk.suppressions().is_empty());
}

#[tokio::test]
async fn a_forwarders_bounce_is_the_subscribers() {
    let desk = Desk::new().await;
    let local = format!("b-{}", desk.token(Purpose::ReversePath, 2));
    let away = bounce("cids.other@far.example", Reason::MailboxUnknown);
    let taken = desk.take(&sent_to(away, &local)).await;
    let matched = taken.entries[0].matched.as_ref().unwrap();
    assert_eq!(matched.address.as_ref().unwrap().to_string(), PEOPLE[2]);
    let row = &desk.rows()[2];
    assert_eq!(row.state, State::Bounced);
    let words = "(reported for cids.other@far.example)";
    assert!(row.diagnostic.contains(words), "{}", row.diagnostic);
}

#[tokio::test]
async fn a_token_speaks_for_its_own_recipient_only() {
    let desk = Desk::new().await;
    let local = format!("b-{}", desk.token(Purpose::ReversePath, 0));
    let mut mail = sent_to(bounce(PEOPLE[0], Reason::MailboxUnknown), &local);
    for other in [PEOPLE[2], "stranger@else.example"] {
        let entry = bounce(other, Reason::MailboxFull).recipients.remove(0);
        mail.recipients.push(entry);
    }
    let taken = desk.take(&mail).await;
    let who = |place: usize| {
        let matched = taken.entries[place].matched.as_ref();
        matched.map(|matched| matched.address.as_ref().unwrap().to_string())
    };
    assert_eq!(who(0).as_deref(), Some(PEOPLE[0]));
    assert_eq!((who(1), who(2)), (None, None));
    assert_eq!(desk.rows()[2].state, State::Delivered);
}

#[tokio::test]
async fn a_message_that_is_the_same_for_all_names_its_campaign() {
    let desk = Desk::new().await;
    let all = desk
        .secret
        .token(Purpose::Message, desk.campaign, RecipientId(0));
    let mut mail = bounce(PEOPLE[1], Reason::MailboxUnknown);
    mail.traces.message_ids = vec![format!("<{all}@example.com>")];
    let taken = desk.take(&mail).await;
    let matched = taken.entries[0].matched.as_ref().unwrap();
    assert_eq!(matched.evidence, Evidence::MessageId);
    assert_eq!(desk.rows()[1].state, State::Bounced);
}

#[tokio::test]
async fn nobody_unsubscribes_anybody_else() {
    let desk = Desk::new().await;
    let id = format!("{}@example.com", desk.token(Purpose::Message, 0));
    let mut quoted = mail(ReturnedKind::Unsubscribe, "friend@else.example");
    quoted.traces.message_ids = vec![id.clone()];
    assert!(!desk.take(&quoted).await.is_handled());
    assert!(desk.suppressions().is_empty());

    let mut own = mail(ReturnedKind::Unsubscribe, "ANN@one.example");
    own.traces.message_ids = vec![id];
    assert!(desk.take(&own).await.entries[0].effect.suppressed);
    assert!(!desk.take(&own).await.entries[0].effect.suppressed, "twice");

    let mut token = mail(ReturnedKind::Unsubscribe, "friend@else.example");
    let of_bob = desk.token(Purpose::Unsubscribe, 1);
    token.traces.wishes = vec!["unsubscribe".to_owned(), of_bob];
    let taken = desk.take(&token).await;
    let matched = taken.entries[0].matched.as_ref().unwrap();
    assert_eq!(matched.evidence, Evidence::UnsubscribeToken);

    let mut attached = mail(ReturnedKind::Unsubscribe, "friend@else.example");
    attached.traces.tokens = vec![desk.token(Purpose::Unsubscribe, 0)];
    assert!(!desk.take(&attached).await.is_handled(), "quoted");

    let plain = mail(ReturnedKind::Unsubscribe, PEOPLE[2]);
    desk.take(&plain).await;
    let gone: Vec<_> = desk
        .suppressions()
        .into_iter()
        .map(|one| one.target)
        .collect();
    assert_eq!(gone, &PEOPLE[..3]);
}

#[tokio::test]
async fn answers_to_other_mail_are_left_alone() {
    let desk = Desk::new().await;
    for kind in [
        ReturnedKind::AutoReply,
        ReturnedKind::Challenge,
        ReturnedKind::Delivered,
        ReturnedKind::Report,
        ReturnedKind::Other,
    ] {
        let taken = desk.take(&mail(kind, PEOPLE[0])).await;
        assert!(!taken.is_handled(), "{kind}");
    }
}

#[tokio::test]
async fn a_list_is_left_and_not_everything() {
    let desk = Desk::new().await;
    let noted = desk.store.note_list(desk.campaign, Some("weekly")).await;
    noted.unwrap();
    desk.take(&mail(ReturnedKind::Unsubscribe, PEOPLE[0])).await;
    let scope = SuppressionScope::List("weekly".to_owned()).to_string();
    assert_eq!(desk.suppressions()[0].scope, scope);
}

#[tokio::test]
async fn only_our_own_addresses_are_owned() {
    let desk = Desk::new().await;
    let path = desk.token(Purpose::ReversePath, 0);
    let wish = desk.token(Purpose::Unsubscribe, 0);
    let owns = |address: String| desk.intake.owns(&address);
    assert!(owns(format!("b-{path}@bounces.example.com")));
    assert!(owns(format!("unsubscribe+{wish}@bounces.example.com")));
    assert!(owns(format!("{wish}@any.example")));
    for other in [
        "",
        "b-",
        "unsubscribe",
        "b-x@y.example",
        "unsubscribe@y.example",
    ] {
        assert!(!owns(other.to_owned()), "{other:?}");
    }
    let domain = Domain::parse("Bounces.example.com").unwrap();
    let strict = desk.intake.clone().for_domain(Some(domain));
    assert!(strict.owns(&format!("b-{path}@BOUNCES.example.com")));
    assert!(strict.owns("Unsubscribe@bounces.example.com"));
    assert!(!strict.owns(&format!("b-{path}@else.example")));
    assert!(!strict.owns("postmaster@bounces.example.com"));
    let nobody = Envelope::default();
    let taken = desk.intake.take(b"", &nobody, "test", super::NOW);
    assert!(!taken.await.unwrap().is_handled());
}

#[tokio::test]
async fn plain_unsubscribe_mailboxes_are_owned() {
    let desk = Desk::new().await;
    let intake = desk
        .intake
        .with_mailboxes(["Unsubscribe@example.com".to_owned()]);
    assert!(intake.owns("unsubscribe@Example.COM"));
    assert!(intake.owns("unsubscribe@example.com."));
    assert!(!intake.owns("unsubscribe@else.example"));
}

#[tokio::test]
async fn a_mail_without_words_to_a_token_is_a_wish() {
    let desk = Desk::new().await;
    let envelope = |place| Envelope {
        from: Some("writer@else.example".to_owned()),
        to: vec![format!(
            "x+{}@any.example",
            desk.token(Purpose::Unsubscribe, place)
        )],
    };
    let (first, second) = (envelope(0), envelope(1));
    let empty = b"From: writer@else.example\r\n\r\n";
    let taken = desk.intake.take(empty, &first, "test", super::NOW);
    assert!(taken.await.unwrap().entries[0].effect.suppressed);

    // From a mailbox there is no envelope.
    let to = &second.to[0];
    let fetched = format!("From: writer@else.example\r\nTo: {to}\r\n\r\n");
    let nobody = Envelope::default();
    let taken = desk
        .intake
        .take(fetched.as_bytes(), &nobody, "test", super::NOW);
    assert!(taken.await.unwrap().entries[0].effect.suppressed);
}
