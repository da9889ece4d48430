//! Rules about leaving the list.

use super::rule::{AskedBy, Rule, rules};
use super::sources::{GMAIL_YAHOO, RFC_8058};
use crate::model::Severity;
use crate::preflight::Receiver::{self, Apple, Gmail, Outlook, Yahoo};
use AskedBy::Receivers;

const ONE_CLICK: &[Receiver] = &[Gmail, Yahoo];

rules! {
    UNSUBSCRIBE_MISSING = "unsubscribe-missing", Error, Receivers(&[Gmail, Yahoo, Outlook, Apple]),
        "the messages have no List-Unsubscribe header",
        GMAIL_YAHOO,
        "set `unsubscribe` in campaign.toml: \"https://…/{{ token }}\"";
    UNSUBSCRIBE_NOT_ONE_CLICK = "unsubscribe-not-one-click", Error, Receivers(ONE_CLICK),
        "nobody can unsubscribe with one click: it needs an https address and List-Unsubscribe-Post",
        RFC_8058,
        "set `unsubscribe` to an https:// address that takes a POST";
    UNSUBSCRIBE_NOT_SIGNED = "unsubscribe-not-signed", Error, Receivers(ONE_CLICK),
        "a DKIM signature does not cover List-Unsubscribe and List-Unsubscribe-Post",
        "RFC 8058 section 4",
        "sign here with [[dkim]], or let the relay sign both header fields";
    UNSUBSCRIBE_NOT_IN_BODY = "unsubscribe-not-in-body", Warning, Receivers(&[Gmail, Yahoo, Outlook, Apple]),
        "the letter itself shows no way to unsubscribe",
        GMAIL_YAHOO,
        "put {{ unsubscribe_url }} behind a link that says so";
}
