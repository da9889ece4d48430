//! Whether words tell of a message that did not arrive, and whether it still may.

use super::bounds::cut;
use super::outline::Outline;
use super::robots;
use super::words::{self, holds};
use crate::model::ReportedAction;

/// Whether a mail without a readable report tells of a failed delivery. No one sign is enough: people
/// write about failed mail, too.
pub(super) fn is_failure(outline: &Outline<'_>) -> bool {
    let head = &outline.head;
    let mut weight = 0;
    let (system, null_path) = (robots::is_mail_system(head), robots::has_null_path(head));
    if system {
        weight += 3;
    }
    if null_path {
        weight += 2;
    }
    // A machine that sends a message back has not delivered it.
    if (system || null_path) && !outline.originals.is_empty() {
        weight += 2;
    } else if !outline.originals.is_empty() {
        weight += 1;
    }
    if ["x-failed-recipients", "x-failed-recipient"]
        .iter()
        .any(|name| head.get(name).is_some())
    {
        weight += 6;
    }
    if outline.media.report_type.as_deref() == Some("delivery-status") || !outline.status.is_empty()
    {
        weight += 5;
    }
    let subject = outline.subject.to_lowercase();
    let answers = !system && !null_path && subject.starts_with("re:") && quotes(&outline.notice);
    if !answers && holds(&subject, SUBJECTS) {
        weight += 3;
    }
    let words = lower(cut(&outline.notice, 6000));
    if holds(&words, SENTENCES) {
        weight += 3;
    }
    if holds(&words, words::FAILURE) {
        weight += 1;
    }
    if holds(&words, MACHINES) {
        weight += 2;
    }
    if quotes_refusal(&outline.notice) {
        weight += 2;
    }
    // Parcels are undeliverable, too: a report names somebody, or shows what it returns.
    let names_nobody = !outline.notice.contains('@') && outline.originals.is_empty();
    if names_nobody && !system && !null_path {
        weight -= 4;
    }
    weight >= if system { 4 } else { 5 }
}

/// What programs say of themselves and of their work, and people hardly do.
const MACHINES: &[&str] = &[
    "this is the qmail",
    "this is the mail system",
    "this is the mail delivery",
    "this is the postfix",
    "postfix program at",
    "qmail-send program",
    "mta program at",
    "mail delivery agent",
    "mail delivery software",
    "i'm afraid i wasn't able to deliver",
    "i'm sorry to have to inform you",
    "i've given up",
    "message log follows",
    "session log follows",
    "transcript of session",
    "remote host said",
    "error message below",
    "error message follows",
    "the following address",
    "the following recipient",
    "following recipient(s)",
    "failed recipient",
    "failed address",
    "undeliverable address",
    "one or more recipients",
    "one or more addresses",
    "message returned below",
    "unable to deliver your message to",
    "being returned to sender",
];

/// Whether somebody quotes what is answered.
fn quotes(notice: &str) -> bool {
    notice
        .lines()
        .take(300)
        .any(|line| line.starts_with('>') || line.starts_with("-----Original Message"))
}

/// Whether a disposition notification tells of a rejection.
pub(super) fn tells_of_rejection(outline: &Outline<'_>) -> bool {
    let words = lower(cut(&outline.notice, 3000));
    let subject = outline.subject.to_lowercase();
    holds(&words, &["rejected", "quota exceeded", "refused"])
        && holds(&subject, &["reject", "undeliver", "refus"])
}

/// Whether nothing but a success is told.
pub(super) fn is_success(outline: &Outline<'_>) -> bool {
    let words = lower(cut(&outline.notice, 3000));
    let subject = outline.subject.to_lowercase();
    (holds(&words, words::DELIVERED) || holds(&subject, words::DELIVERED))
        && !holds(&words, SENTENCES)
        && (robots::is_mail_system(&outline.head) || robots::has_null_path(&outline.head))
}

/// Whether the message is still being tried, by the words of a notice.
pub(super) fn action(subject: &str, notice: &str) -> ReportedAction {
    let words = lower(cut(notice, 6000));
    let subject = subject.to_lowercase();
    let delayed = holds(&words, words::DELAY)
        || holds(&subject, words::DELAY)
        || subject.starts_with("warning: could not send");
    if holds(&words, NO_MORE) {
        return ReportedAction::Failed;
    }
    if delayed && !holds(&words, words::GIVEN_UP) && !holds(&subject, words::GIVEN_UP) {
        return ReportedAction::Delayed;
    }
    // Whoever says that it goes on trying means it, whatever template surrounds it.
    if holds(&words, GOES_ON) || holds(&subject, GOES_ON) {
        return ReportedAction::Delayed;
    }
    ReportedAction::Failed
}

/// The same words, denied.
const NO_MORE: &[&str] = &[
    "not continue to try",
    "not continue trying",
    "not continue to attempt",
    "not continue attempting",
    "not keep trying",
    "no longer trying",
    "not still trying",
];

/// Words that no final report has.
const GOES_ON: &[&str] = &[
    "delivery attempts will continue",
    "will be retried until",
    "message will be retried",
    "will keep trying",
    "this is a warning message only",
    "do not need to resend your message",
    "has not yet been delivered",
    "still trying",
    "continue to try",
    "continue trying",
    "continue to attempt",
    "keep trying",
    "keeps trying",
    "will continue attempting",
    "just a warning",
    "only a warning",
    "a warning only",
    "warning message only",
    "needn't resend",
    "need not resend",
    "no need to resend",
    "don't need to resend",
    "not need to re-send",
    "only a temporary failure",
    "temporary failure report",
    "message delayed",
    "notification (delay)",
    "no further action is required",
    "will try again",
    "will be tried again",
];

/// The words of a notice that may say why, without those that are in every notice.
pub(super) fn telling_words(subject: &str, notice: &str) -> String {
    let mut words = without_title(subject).to_owned();
    for line in notice.lines() {
        let line = without_request(line.trim());
        let lower = line.to_lowercase();
        let says_nothing = lower.is_empty()
            || lower == "the mail system"
            || words::asks_for_help(&lower)
            || holds(&lower, COURTESIES)
            || ["subject:", "date:", "from:", "sent:", "to:", "message-id:"]
                .iter()
                .any(|name| lower.starts_with(name));
        if says_nothing {
            continue;
        }
        words.push_str(". ");
        words.push_str(line);
        if words.len() > 2800 {
            break;
        }
    }
    words
}

/// A Subject, unless it is a template's title, which names no cause.
fn without_title(subject: &str) -> &str {
    const TITLES: &[&str] = &["mail system error", "mail error", "error during delivery"];
    if holds(&subject.to_lowercase(), TITLES) {
        return "";
    }
    subject
}

/// A line up to what it asks the reader to do: `address unknown (please check the spelling)`.
fn without_request(line: &str) -> &str {
    const SHORTEST: usize = 12;
    [
        "(please ",
        ". Please ",
        "; please ",
        ". You may ",
        ". If you ",
    ]
    .iter()
    .filter_map(|request| line.find(request))
    .filter(|place| *place >= SHORTEST)
    .min()
    .map_or(line, |place| &line[..place])
}

/// Sentences of templates that name no cause.
const COURTESIES: &[&str] = &[
    "i'm sorry to have to inform",
    "i'm afraid i wasn't able",
    "this is a permanent error; i've given up",
    "this is the mail system",
    "could not be delivered to one or more",
    "below could not be delivered",
    "your own text from",
    "created automatically by mail delivery",
    "a message that you sent",
    "this is an automatically generated",
    "delivery to the following recipient",
    "do not reply",
    "it's attached below",
    "please verify",
    "please check",
    "please try",
    "double-check",
    "no action is required",
    "recipients. this is a permanent error",
    "original message was received",
    "the following address(es) failed",
];

/// Whether a line begins with a refusal, or quotes one.
fn quotes_refusal(notice: &str) -> bool {
    notice.lines().take(300).any(|line| {
        let line = line
            .trim()
            .trim_start_matches(['<', '>', '*', '#', '-', ' ']);
        let octets = line.as_bytes();
        matches!(
            octets,
            [b'4' | b'5', b'0'..=b'7', b'0'..=b'9', b' ' | b'-', ..]
        ) || memchr::memchr2_iter(b'4', b'5', octets)
            .any(|place| place > 0 && is_refusal(octets[place - 1], &octets[place..]))
    })
}

/// Whether an answer stands here: `said: 550 no`, `550 5.1.1`, `550-5.1.1`.
fn is_refusal(before: u8, here: &[u8]) -> bool {
    let [class, b'0'..=b'7', b'0'..=b'9', b' ' | b'-', rest @ ..] = here else {
        return false;
    };
    let quoted = matches!(
        before,
        b' ' | b'\'' | b'"' | b'(' | b'[' | b':' | b'#' | b';'
    );
    let enhanced = matches!(rest, [own, b'.', b'0'..=b'9', b'.', b'0'..=b'9', ..] if own == class)
        || matches!(rest, [own, b'.', b'0'..=b'9', b'0'..=b'9', b'.', ..] if own == class)
        || matches!(rest, [b'#', own, b'.', ..] if own == class);
    quoted && enhanced
}

fn lower(text: &str) -> String {
    let lower = text.to_lowercase().replace('\u{2019}', "'");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Subjects under which failures are told.
const SUBJECTS: &[&str] = &[
    "undeliver",
    "returned mail",
    "returned message",
    "return to sender",
    "returned to sender",
    "returned email",
    "mail returned",
    "message returned",
    "delivery failure",
    "delivery failed",
    "delivery has failed",
    "delivery problem",
    "delivery error",
    "delivery status",
    "delivery notification",
    "delivery report",
    "delivery fail",
    "delivery delay",
    "delivery warning",
    "failed delivery",
    "failed mail",
    "failure delivery",
    "failure notice",
    "mail failure",
    "mail failed",
    "mail could not be",
    "message could not be",
    "message not delivered",
    "could not be delivered",
    "not be delivered",
    "not delivered",
    "non-delivery",
    "nondeliverable",
    "non deliver",
    "non-remise",
    "nondelivery",
    "non delivery",
    "mail delivery",
    "mail system error",
    "mail error",
    "error sending",
    "unable to deliver",
    "user unknown",
    "unknown user",
    "mailbox full",
    "over quota",
    "overquota",
    "quota exceeded",
    "bounced",
    "rejected",
    "message delayed",
    "mail delayed",
    "delayed mail",
    "warning: could not",
    "warning: message",
    "message status - undeliverable",
    "permanent delivery",
    "blocked by",
    "you sent blocked",
    "was blocked",
    "message blocked",
    "failure:",
    "delivery notice",
    "dsn:",
    "error in mail",
    "error de entrega",
    "undelivered",
    "automatically rejected",
    "are not member",
    "not a member",
    "duplicated message",
    "undelivrable",
    "not delivrable",
    "delivery unsuccessful",
    "unsuccessful delivery",
    "could not send",
    "couldn't send",
    "not sent",
    "cannot send message",
    "can not send message",
    "returning message",
    "returning to sender",
    "message returned",
    "returned:",
    "[bounce]",
    "bounce:",
    "bounce message",
    "bounce notification",
    "mail bounce",
    "nack",
    "delivery refused",
    "message refused",
    "mail refused",
    "address unknown",
    "unknown address",
    "no such user",
    "user not found",
    "invalid address",
    "invalid recipient",
    "unknown recipient",
    "recipient unknown",
    "delivery attempt",
    "email failure",
    "e-mail failure",
    "message failure",
    "message failed",
    "failed message",
    "email error",
    "e-mail error",
    "message error",
    "smtp error",
    "send error",
    "sending error",
    "quota",
    "virus in",
    "virus found",
    "virus detected",
    "viruses detected",
    "virus alert",
    "infected",
    "banned",
    "unsolicited bulk",
    "content violation",
    "policy violation",
    "message quarantined",
    "attachment removed",
    "attachment blocked",
    "attachment rejected",
    "エラー通知",
    "エラーメール",
    "配送エラー",
    "配送でき",
    "届きません",
    "宛先不明",
    "nicht zugestellt",
    "unzustellbar",
    "zustellung",
    "unzustell",
    "fehler bei der übermittlung",
    "non remis",
    "non distribu",
    "retour de courrier",
    "échec",
    "echec",
    "retourné",
    "notification d'état",
    "no entregad",
    "devuelto",
    "no se puede entregar",
    "no se pudo",
    "error en la entrega",
    "falha",
    "devolvid",
    "não entregue",
    "não foi",
    "mancato recapito",
    "non recapitabil",
    "non consegnat",
    "impossibile recapitare",
    "onbestelbaar",
    "niet bezorgd",
    "niet afgeleverd",
    "niedostarcz",
    "nie dostarcz",
    "zwrot",
    "nedoruč",
    "olevererbar",
    "kan ikke leveres",
    "kunde inte levereras",
    "não pode ser entregue",
    "не достав",
    "недостав",
    "ошибка достав",
    "配信不能",
    "配信でき",
    "送信でき",
    "送信エラー",
    "未配信",
    "配信エラー",
    "退信",
    "未送达",
    "投递失败",
    "無法",
    "无法",
    "配信失敗",
    "배달 실패",
    "전송 실패",
    "전달되지",
    "반송",
];

/// Sentences by which failures are told.
const SENTENCES: &[&str] = &[
    "could not be delivered",
    "cannot be delivered",
    "can not be delivered",
    "not delivered to",
    "not be delivered",
    "nondeliverable",
    "not deliverable",
    "non-deliverable",
    "couldn't deliver",
    "cannot deliver",
    "can not deliver",
    "can't deliver",
    "failed to send",
    "failed recipient",
    "failed address",
    "returned mail",
    "bounced back",
    "no valid recipients",
    "not listed in",
    "account is disabled",
    "mailbox is disabled",
    "account has been disabled",
    "not in our user",
    "unknown address",
    "address unknown",
    "address does not exist",
    "user does not exist",
    "mailbox does not exist",
    "recipient does not exist",
    "quota exceeded",
    "exceeded quota",
    "exceeded its quota",
    "exceeded the quota",
    "delivery of the email was stopped",
    "delivery was stopped",
    "has been quarantined",
    "contained a virus",
    "contains a virus",
    "contained the virus",
    "will not have been delivered",
    "will not be delivered",
    "can't be delivered",
    "couldn't be delivered",
    "was not delivered",
    "has not been delivered",
    "not been delivered",
    "not yet been delivered",
    "unable to deliver",
    "wasn't able to deliver",
    "was unable to deliver",
    "not able to deliver",
    "failed to deliver",
    "delivery to the following",
    "delivery has failed",
    "delivery failed",
    "could not deliver",
    "did not reach",
    "didn't reach",
    "undeliverable",
    "undelivered",
    "permanent fatal errors",
    "had delivery problems",
    "delivery errors",
    "transcript of session follows",
    "user unknown",
    "unknown user",
    "no such user",
    "unknown recipient",
    "not a valid user",
    "user not known",
    "does not exist here",
    "address is unknown",
    "mailbox is full",
    "mailbox full",
    "exceeds allowed size",
    "over quota",
    "returned to sender",
    "was rejected by",
    "been rejected",
    "were rejected",
    "could not be sent",
    "delivery problems",
    "did not receive a copy",
    "invalid final delivery",
    "no user by that name",
    "could not be reached",
    "error has occurred while attempting to deliver",
    "following recipients",
    "not accepting mail",
    "will be returned",
    "is being returned",
    "being returned to you",
    "returning your message",
    "message was not accepted",
    "undeliverable mail",
    "delivery attempts failed",
    "cannot be sent",
    "has been blocked",
    "was blocked",
    "did not exactly match",
    "automatically rejected",
    "not a member of this mailing list",
    "duplicated message-id",
    "nicht zugestellt werden",
    "konnte nicht zugestellt",
    "konnte nicht",
    "nicht zustell",
    "n'a pas pu être",
    "n'a pu etre",
    "n'a pu être",
    "impossible de remettre",
    "n'a pas été remis",
    "n'existe pas",
    "no se pudo entregar",
    "no se ha podido entregar",
    "no ha podido ser entregad",
    "no pudo ser entregad",
    "não pôde ser entregue",
    "não foi possível entregar",
    "non è stato recapitato",
    "non è stato possibile",
    "impossibile recapitare",
    "kon niet worden",
    "niet worden bezorgd",
    "nie może zostać",
    "nie została dostarczona",
    "nie udało się",
    "nelze doručit",
    "kunde inte levereras",
    "не может быть достав",
    "не доставлен",
    "не удалось достав",
    "配信できません",
    "配信することができ",
    "送信できません",
    "お届けでき",
    "届けられ",
    "存在しません",
    "見つかりません",
    "无法投递",
    "无法送达",
    "投递失败",
    "被退回",
    "無法傳送",
    "無法送達",
    "배달되지",
    "전송되지",
    "전달할 수 없",
];
