//! A desk that writes down what it is handed.

use hikyaku::intake::Envelope;
use hikyaku::model::{CampaignId, RecipientId};
use hikyaku::serve::{Answer, Came, Desk, MayWrite, Unavailable};
use hikyaku::store::Reader;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tokens are `reader` and a number; 0 is a sample, and from 1000 on nobody is left of that number.
/// Addresses are ours that begin with `b-`; mail to `b-mailbox` is a letter.
#[derive(Default)]
pub(crate) struct Notes {
    /// Token and way.
    pub(crate) unsubscribed: Mutex<Vec<(String, &'static str)>>,
    pub(crate) mails: Mutex<Vec<(Envelope, Vec<u8>)>>,
    /// Nothing can be written.
    pub(crate) broken: AtomicBool,
    /// There is no room for letters.
    pub(crate) full: AtomicBool,
    /// The ledger for metrics.
    pub(crate) ledger: Option<PathBuf>,
}

impl Notes {
    fn work(&self) -> Result<(), Unavailable> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(Unavailable("state.db: the disk is full".to_owned()));
        }
        Ok(())
    }

    pub(crate) fn wishes(&self) -> Vec<(String, &'static str)> {
        self.unsubscribed.lock().unwrap().clone()
    }
}

impl Desk for Notes {
    fn peek(&self, token: &str) -> Option<(CampaignId, RecipientId)> {
        let number = token.strip_prefix("reader")?.parse().ok()?;
        Some((CampaignId(7), RecipientId(number)))
    }

    fn owns(&self, address: &str) -> bool {
        address.starts_with("b-")
    }

    fn unsubscribe<'a>(&'a self, token: &'a str, how: &'static str) -> Answer<'a, bool> {
        Box::pin(async move {
            self.work()?;
            let whose = self.peek(token);
            let mut wishes = self.unsubscribed.lock().unwrap();
            wishes.push((token.to_owned(), how));
            Ok(whose.is_some_and(|(_, recipient)| recipient.0 < 1000))
        })
    }

    fn take<'a>(
        &'a self,
        octets: &'a [u8],
        envelope: &'a Envelope,
        may_write: MayWrite<'a>,
    ) -> Answer<'a, Vec<Came>> {
        Box::pin(async move {
            self.work()?;
            let is_letter = envelope.to.iter().any(|to| to.starts_with("b-mailbox@"));
            if is_letter && !may_write() {
                return Err(Unavailable("too many".to_owned()));
            }
            let mut mails = self.mails.lock().unwrap();
            mails.push((envelope.clone(), octets.to_vec()));
            Ok(vec![Came {
                kind: "bounce",
                reason: "user_unknown",
            }])
        })
    }

    fn keeps_letters(&self) -> Answer<'_, bool> {
        Box::pin(async { Ok(!self.full.load(Ordering::Relaxed)) })
    }

    fn check(&self) -> Answer<'_, ()> {
        Box::pin(async { self.work() })
    }

    fn reader(&self) -> Result<Reader, Unavailable> {
        let path = self.ledger.as_deref();
        let path = path.ok_or_else(|| Unavailable("no ledger".to_owned()))?;
        Reader::open(path).map_err(|error| Unavailable(error.to_string()))
    }
}
