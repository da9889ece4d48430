//! One letter made for the preflight: the only place that knows how the renderer hands it out.

use crate::model::{Address, Charset, Fields, RecipientId, Timestamp};
use crate::preflight::{Rendered, Unmade, Who};
use crate::render::{Addressee, Fault, Inspection, Letter, RenderError};

/// The texts of one recipient's letter.
pub(super) struct Made {
    inspection: Inspection,
    /// The one that the campaign wants.
    charset: Charset,
}

impl Made {
    /// Renders a recipient's letter.
    pub(super) fn of(letter: &Letter, addressee: &Addressee<'_>) -> Result<Self, RenderError> {
        Ok(Self {
            inspection: letter.inspect(addressee)?,
            charset: letter.charset(),
        })
    }

    /// What the rules look at.
    pub(super) fn rendered<'m>(&'m self, who: Who<'m>) -> Rendered<'m> {
        let Inspection {
            preview,
            charset,
            blank,
            ..
        } = &self.inspection;
        Rendered {
            who,
            subject: &preview.subject,
            preheader: None,
            html: preview.html.as_deref(),
            text: preview.text.as_deref(),
            empty: blank,
            other_charset: *charset != self.charset,
            size: self.size(),
        }
    }

    /// About how many octets its message has.
    pub(super) fn size(&self) -> u64 {
        self.inspection.octets as u64
    }
}

/// Nobody has a number in the ledger yet; the row's serves, which differs for each of them too.
pub(super) fn addressee<'a>(row: u64, address: &'a Address, fields: &'a Fields) -> Addressee<'a> {
    Addressee {
        id: RecipientId(i64::try_from(row).unwrap_or(i64::MAX)),
        address,
        fields,
    }
}

/// A recipient's message as it would go on the wire, and its Message-ID.
pub(super) fn message(
    letter: &Letter,
    addressee: &Addressee<'_>,
    now: Timestamp,
) -> Result<(Vec<u8>, String), RenderError> {
    let message = letter.render(addressee, now)?;
    Ok((message.content.concat(), message.message_id))
}

/// Which rule a letter that cannot be made breaks, and how that is told.
pub(super) fn unmade(error: &RenderError) -> (Unmade, String) {
    let why = match &error.fault {
        Fault::EmptySubject => Unmade::Subject,
        // The address itself differs from recipient to recipient; what is wrong with it does not.
        Fault::Unsubscribe { why, .. } => {
            return (Unmade::Unsubscribe, format!("{}: {why}", error.template));
        }
        _ => Unmade::Template,
    };
    let hint = error
        .hint()
        .map_or_else(String::new, |hint| format!("; {hint}"));
    (why, format!("{error}{hint}"))
}
