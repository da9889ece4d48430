//! Mails that came back against a real ledger.

mod doubts;
mod effects;
mod letters;
mod order;
mod runs;
mod whose;

use super::{Intake, Taken};
use crate::model::{
    Address, Blame, CampaignId, EnhancedCode, Fields, Judgement, Reason, RecipientId, ReportRow,
    ReportedAction, Returned, ReturnedKind, ReturnedMail, State, SuppressionPolicy, Timestamp,
};
use crate::render::{Purpose, Secret};
use crate::store::{LoadSummary, NewRecipient, Reader, Settlement, Store, SuppressionRecord};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A ledger with a campaign of four: three that were delivered to, the last one not tried yet.
pub(super) struct Desk {
    folder: TempDir,
    pub(super) store: Store,
    pub(super) secret: Secret,
    pub(super) intake: Intake,
    pub(super) campaign: CampaignId,
    pub(super) uid: String,
}

pub(super) const PEOPLE: [&str; 4] = [
    "ann@one.example",
    "bob@one.example",
    "cid@two.example",
    "dan@two.example",
];

impl Desk {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let secret = Secret::new(&store.secret().await.unwrap());
        let record = store.open_campaign("welcome", NOW).await.unwrap();
        let intake = Intake::new(store.clone(), secret.clone(), SuppressionPolicy::default());
        let desk = Self {
            folder,
            store,
            secret,
            intake,
            campaign: record.id,
            uid: record.uid,
        };
        desk.load(record.id, &PEOPLE).await;
        desk.deliver(record.id, &PEOPLE[..3], State::Delivered)
            .await;
        desk
    }

    pub(super) async fn load(&self, campaign: CampaignId, people: &[&str]) {
        self.store.begin_load(campaign).await.unwrap();
        let rows = (1..).zip(people).map(|(row, email)| NewRecipient::Valid {
            row,
            address: Address::parse(email).unwrap(),
            fields: Fields::new(),
        });
        self.store.enqueue(campaign, rows.collect()).await.unwrap();
        let summary = LoadSummary::default();
        self.store.loaded(campaign, summary).await.unwrap();
    }

    /// Claims everybody and settles these; the others are given back.
    pub(super) async fn deliver(&self, campaign: CampaignId, people: &[&str], state: State) {
        self.deliver_at(NOW, campaign, people, state).await;
    }

    /// The same, at another time.
    pub(super) async fn deliver_at(
        &self,
        at: Timestamp,
        campaign: CampaignId,
        people: &[&str],
        state: State,
    ) {
        let backlog = self.store.backlog(campaign).await.unwrap();
        let domains = backlog.iter().map(|domain| domain.id).collect();
        let claimed = self.store.claim(campaign, domains, 100, at).await.unwrap();
        let (mut settled, mut back) = (Vec::new(), Vec::new());
        for recipient in claimed.recipients {
            if people.contains(&recipient.address.to_string().as_str()) {
                settled.push(Settlement {
                    at,
                    doubt: state == State::InDoubt,
                    ..outcome(&recipient, state)
                });
            } else {
                back.push((recipient.domain, recipient.id));
            }
        }
        self.store.settle(campaign, settled).await.unwrap();
        self.store.release(campaign, back).await.unwrap();
    }

    /// The token of the person at this place of [`PEOPLE`].
    pub(super) fn token(&self, purpose: Purpose, place: i64) -> String {
        let first = self.first();
        let recipient = RecipientId(first + place);
        self.secret.token(purpose, self.campaign, recipient)
    }

    /// The number of the campaign's first recipient.
    pub(super) fn first(&self) -> i64 {
        let found = (0..100).find(|id| {
            let mailed = self.reader().mailed(self.campaign, RecipientId(*id));
            mailed.unwrap().is_some()
        });
        found.unwrap()
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("state.db")
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }

    pub(super) async fn take(&self, mail: &ReturnedMail) -> Taken {
        self.intake.apply(mail, "test", NOW).await.unwrap()
    }

    /// Kind and words of all notes.
    pub(super) fn notes(&self) -> Vec<(String, String)> {
        let notes = self.reader().notes(Some(self.campaign)).unwrap();
        let notes = notes.map(Result::unwrap);
        notes.map(|note| (note.kind, note.detail)).collect()
    }

    /// What a running campaign would hear of.
    pub(super) fn moved(&self) -> Vec<(State, State, u64)> {
        let moved = self.reader().moved_outside(self.campaign).unwrap();
        let moved = moved.iter().map(|one| (one.from, one.to, one.count));
        moved.collect()
    }

    /// The report's rows, in the order of [`PEOPLE`].
    pub(super) fn rows(&self) -> Vec<ReportRow> {
        let rows = self.reader().report(self.campaign, &[]).unwrap();
        rows.map(Result::unwrap).collect()
    }

    pub(super) fn suppressions(&self) -> Vec<SuppressionRecord> {
        let rows = self.reader().suppressions().unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn outcome(recipient: &crate::model::Recipient, state: State) -> Settlement {
    Settlement {
        id: recipient.id,
        domain: recipient.domain,
        state,
        reason: None,
        blame: Blame::None,
        stage: None,
        code: Some(250),
        enhanced: None,
        diagnostic: String::from("250 queued"),
        peer: None,
        message_id: String::new(),
        destination: Arc::from("mx.example"),
        at: NOW,
        next_attempt: None,
        doubt: false,
        lasting: None,
        counts_attempt: true,
    }
}

/// A mail that names a recipient, and nothing that leads anywhere.
pub(super) fn mail(kind: ReturnedKind, recipient: &str) -> ReturnedMail {
    ReturnedMail {
        recipients: vec![Returned {
            kind,
            recipient: Some(recipient.to_owned()),
            aliases: Vec::new(),
            action: None,
            status: None,
            judgement: None,
            diagnostic: String::new(),
        }],
        ..ReturnedMail::default()
    }
}

/// A final bounce.
pub(super) fn bounce(recipient: &str, reason: Reason) -> ReturnedMail {
    let mut mail = mail(ReturnedKind::Bounce, recipient);
    let entry = &mut mail.recipients[0];
    entry.action = Some(ReportedAction::Failed);
    entry.status = EnhancedCode::parse("5.1.1");
    entry.judgement = Some(judgement(reason));
    entry.diagnostic = format!("smtp; 550 5.1.1 {reason}");
    mail
}

/// A judgement as the classifier would come to it.
fn judgement(reason: Reason) -> Judgement {
    use crate::model::Action;
    Judgement {
        reason,
        blame: reason.blame(),
        action: match reason {
            Reason::MailboxUnknown | Reason::MailboxInactive | Reason::DomainUnknown => {
                Action::Suppress
            }
            Reason::MailboxFull => Action::Retry,
            _ => Action::Fix,
        },
        retry_after: None,
    }
}
