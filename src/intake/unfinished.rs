//! TEMPORARY: what the listener calls, in its least form, until the real thing is here.

use super::Intake;
use crate::model::{Reason, ReturnedKind, Timestamp};
use crate::render::Purpose;
use crate::store::StoreError;

/// How a mail came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The sender; `None` is the null path.
    pub from: Option<String>,
    /// The recipients.
    pub to: Vec<String>,
}

/// What came of one mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// What it said of each recipient it was matched to.
    pub matched: Vec<(ReturnedKind, Option<Reason>)>,
}

impl Intake {
    /// Whether an address is a return path of ours.
    #[must_use]
    pub fn owns(&self, address: &str) -> bool {
        address
            .split_once('@')
            .is_some_and(|(local, _)| self.opens(local))
    }

    /// Takes a mail.
    ///
    /// # Errors
    /// Where the store cannot be written.
    #[expect(clippy::unused_async, reason = "the real one waits for the ledger")]
    pub async fn take(
        &self,
        _octets: &[u8],
        _envelope: &Envelope,
        _source: &str,
        _now: Timestamp,
    ) -> Result<Taken, StoreError> {
        Ok(Taken::default())
    }

    fn opens(&self, local: &str) -> bool {
        let token = local.get(2..).unwrap_or_default();
        self.secret.open(Purpose::ReversePath, token).is_some()
    }
}
