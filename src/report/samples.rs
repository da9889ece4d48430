//! Rows that the tests of all formats share.

use super::digest::Digest;
use crate::model::{Blame, Reason, ReportRow, Stage, State, Timestamp};

fn at(second: i64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(1_796_083_200_000 + second * 1000))
}

pub(super) fn delivered() -> ReportRow {
    ReportRow {
        email: "ann@example.com".to_owned(),
        domain: "example.com".to_owned(),
        destination: "mail.example.com".to_owned(),
        state: State::Delivered,
        reason: None,
        blame: Blame::None,
        stage: Some(Stage::Final),
        code: Some(250),
        enhanced: "2.0.0".to_owned(),
        diagnostic: "Ok: queued as 4F2B1".to_owned(),
        attempts: 1,
        first_attempt: at(0),
        last_attempt: at(0),
        next_attempt: None,
        mx: "mx1.example.com".to_owned(),
        remote_ip: "192.0.2.25".to_owned(),
        source_ip: "198.51.100.7".to_owned(),
        tls: "TLSv1.3 TLS13_AES_256_GCM_SHA384 unverified".to_owned(),
        message_id: "h1.k3.9f@example.net".to_owned(),
    }
}

/// One row of most kinds.
pub(super) fn rows() -> Vec<ReportRow> {
    let bounced = ReportRow {
        email: "太郎@例え.example".to_owned(),
        state: State::Bounced,
        reason: Some(Reason::MailboxUnknown),
        blame: Blame::Recipient,
        stage: Some(Stage::Rcpt),
        code: Some(550),
        enhanced: "5.1.1".to_owned(),
        diagnostic: "5.1.1 <太郎@例え.example>: Recipient address rejected:\r\nUser unknown in \
                     virtual mailbox table"
            .to_owned(),
        ..delivered()
    };
    let deferred = ReportRow {
        email: "bob@grey.example".to_owned(),
        destination: "grey.example".to_owned(),
        state: State::Deferred,
        reason: Some(Reason::Greylisted),
        blame: Blame::Receiver,
        stage: Some(Stage::Rcpt),
        code: Some(450),
        enhanced: "4.7.1".to_owned(),
        diagnostic: "Greylisted, \"see\" https://grey.example/".to_owned(),
        next_attempt: at(300),
        ..delivered()
    };
    let in_doubt = ReportRow {
        email: "carol@example.com".to_owned(),
        state: State::InDoubt,
        reason: Some(Reason::Unreachable),
        blame: Blame::Network,
        code: None,
        enhanced: String::new(),
        diagnostic: "connection lost while waiting for the answer to the content".to_owned(),
        ..delivered()
    };
    let invalid = ReportRow {
        email: "=not an address".to_owned(),
        domain: String::new(),
        destination: String::new(),
        state: State::Invalid,
        blame: Blame::None,
        stage: None,
        code: None,
        enhanced: String::new(),
        diagnostic: "it has no @".to_owned(),
        attempts: 0,
        first_attempt: None,
        last_attempt: None,
        mx: String::new(),
        remote_ip: String::new(),
        source_ip: String::new(),
        tls: String::new(),
        message_id: String::new(),
        ..delivered()
    };
    vec![delivered(), bounced, deferred, in_doubt, invalid]
}

/// Delivered in ten minutes, but for three that were greylisted: they are taken a quarter of an hour,
/// three quarters and two hours after the beginning.
pub(super) fn greylisted() -> Digest {
    let first = (0..600).map(|second| ReportRow {
        first_attempt: at(second),
        last_attempt: at(second),
        ..delivered()
    });
    let rest = [15, 45, 120].map(|minute| ReportRow {
        attempts: 2,
        last_attempt: at(minute * 60),
        ..delivered()
    });
    let mut digest = Digest::default();
    first.chain(rest).for_each(|row| digest.add(&row));
    digest
}
