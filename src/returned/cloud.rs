//! Notifications of Amazon SES as JSON, plain or within those of SNS, as they are mailed and stored.

use super::bounds::RECIPIENTS;
use super::finding::{Finding, one_line};
use super::outline::Outline;
use super::reply::enhanced;
use super::status;
use crate::model::{Judge, ReportedAction, Returned, ReturnedKind};
use serde_json::Value;

/// What a notification says; `None` where the mail is none.
pub(super) fn entries(outline: &Outline<'_>, judge: &dyn Judge) -> Option<Vec<Returned>> {
    let event = event(&outline.notice)?;
    let kind = text(&event, "notificationType").or_else(|| text(&event, "eventType"))?;
    let found: Vec<Returned> = match kind.to_ascii_lowercase().as_str() {
        "bounce" => bounced(&event, ReportedAction::Failed, judge),
        "deliverydelay" => bounced(&event, ReportedAction::Delayed, judge),
        "delivery" => strings(&event["delivery"]["recipients"])
            .map(|address| {
                plain(
                    ReturnedKind::Delivered,
                    address,
                    &event["delivery"]["smtpResponse"],
                )
            })
            .collect(),
        "complaint" => recipients(&event["complaint"]["complainedRecipients"])
            .filter_map(|recipient| text(recipient, "emailAddress"))
            .map(|address| plain(ReturnedKind::Complaint, address, &Value::Null))
            .collect(),
        _ => return None,
    };
    (!found.is_empty()).then_some(found)
}

/// The Message-ID of the message it is about, without brackets.
pub(super) fn message_id(notice: &str) -> Option<String> {
    let event = event(notice)?;
    let id = event["mail"]["commonHeaders"]["messageId"].as_str()?;
    Some(id.trim_matches(['<', '>']).to_owned())
}

fn event(notice: &str) -> Option<Value> {
    let start = notice.find('{')?;
    // Only what begins with it, so that no letter is searched for JSON.
    if !notice[..start].trim().is_empty()
        || !(notice.contains("otificationType") || notice.contains("eventType"))
    {
        return None;
    }
    let value = first_value(&notice[start..])?;
    match value["Message"].as_str() {
        Some(inner) => first_value(inner),
        None => Some(value),
    }
}

/// The first value of a text; line ends within it are those of the mail, broken where it was too long
/// (`!` at the end is Sendmail's).
fn first_value(text: &str) -> Option<Value> {
    let text = text.replace("!\n ", "").replace('\n', "");
    serde_json::Deserializer::from_str(&text)
        .into_iter()
        .next()?
        .ok()
}

fn bounced(event: &Value, implied: ReportedAction, judge: &dyn Judge) -> Vec<Returned> {
    let (what, list) = if implied == ReportedAction::Failed {
        (&event["bounce"], "bouncedRecipients")
    } else {
        (&event["deliveryDelay"], "delayedRecipients")
    };
    let sub_type = text(what, "bounceSubType")
        .or_else(|| text(what, "delayType"))
        .unwrap_or_default();
    recipients(&what[list])
        .map(|recipient| {
            let mut texts: Vec<String> = text(recipient, "diagnosticCode")
                .map(|code| code.trim_start_matches("smtp;").trim().to_owned())
                .into_iter()
                .collect();
            texts.extend(meaning(sub_type).map(str::to_owned));
            Finding {
                recipient: text(recipient, "emailAddress").map(str::to_owned),
                action: text(recipient, "action")
                    .and_then(status::action)
                    .or(Some(implied)),
                status: text(recipient, "status").and_then(enhanced),
                texts,
                ..Finding::default()
            }
            .returned(judge)
        })
        .collect()
}

/// SES's words for a bounce, in a server's.
fn meaning(sub_type: &str) -> Option<&'static str> {
    match sub_type {
        "NoEmail" | "OnAccountSuppressionList" | "Suppressed" => Some("user unknown"),
        "MailboxFull" => Some("mailbox full"),
        "MessageTooLarge" => Some("message too large"),
        "ContentRejected" => Some("content rejected"),
        "AttachmentRejected" => Some("illegal attachment"),
        "SpamDetected" => Some("message detected as spam"),
        "IPFailure" => Some("client host blocked for its reputation"),
        _ => None,
    }
}

fn plain(kind: ReturnedKind, address: &str, said: &Value) -> Returned {
    Returned {
        kind,
        recipient: Some(address.to_owned()),
        aliases: Vec::new(),
        action: (kind == ReturnedKind::Delivered).then_some(ReportedAction::Delivered),
        status: said
            .as_str()
            .and_then(|said| said.split_whitespace().find_map(enhanced)),
        judgement: None,
        diagnostic: one_line(said.as_str().unwrap_or_default()),
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value[key].as_str().filter(|text| !text.is_empty())
}

fn recipients(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten().take(RECIPIENTS)
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    recipients(value).filter_map(Value::as_str)
}
