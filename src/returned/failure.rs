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
    if robots::is_mail_system(head) {
        weight += 3;
    }
    if robots::has_null_path(head) {
        weight += 2;
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
    if holds(&outline.subject.to_lowercase(), SUBJECTS) {
        weight += 3;
    }
    let words = lower(cut(&outline.notice, 6000));
    if holds(&words, SENTENCES) {
        weight += 3;
    }
    if holds(&words, words::FAILURE) {
        weight += 1;
    }
    if quotes_refusal(&outline.notice) {
        weight += 2;
    }
    weight >= 5
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
    if delayed && !holds(&words, words::GIVEN_UP) && !holds(&subject, words::GIVEN_UP) {
        return ReportedAction::Delayed;
    }
    // Whoever says that it goes on trying means it, whatever template surrounds it.
    if holds(&words, GOES_ON) {
        return ReportedAction::Delayed;
    }
    ReportedAction::Failed
}

/// Words that no final report has.
const GOES_ON: &[&str] = &[
    "delivery attempts will continue",
    "will be retried until",
    "message will be retried",
    "will keep trying",
    "this is a warning message only",
    "do not need to resend your message",
    "has not yet been delivered",
    "still trying to deliver",
];

/// The words of a notice that may say why, without those that are in every notice.
pub(super) fn telling_words(subject: &str, notice: &str) -> String {
    let mut words = subject.to_owned();
    for line in notice.lines() {
        let lower = line.trim().to_lowercase();
        let says_nothing = lower.is_empty()
            || holds(&lower, words::ASKS_FOR_HELP)
            || holds(&lower, COURTESIES)
            || ["subject:", "date:", "from:", "sent:", "to:", "message-id:"]
                .iter()
                .any(|name| lower.starts_with(name));
        if says_nothing {
            continue;
        }
        words.push_str(". ");
        words.push_str(line.trim());
        if words.len() > 2800 {
            break;
        }
    }
    words
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
    "may not exist",
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
        ) || line.contains(" said: 5")
            || line.contains(" said: 4")
    })
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
    "\u{30a8}\u{30e9}\u{30fc}\u{901a}\u{77e5}",
    "nicht zugestellt",
    "unzustellbar",
    "zustellung",
    "unzustell",
    "fehler bei der \u{fc}bermittlung",
    "non remis",
    "non distribu",
    "retour de courrier",
    "\u{e9}chec",
    "echec",
    "retourn\u{e9}",
    "notification d'\u{e9}tat",
    "no entregad",
    "devuelto",
    "no se puede entregar",
    "no se pudo",
    "error en la entrega",
    "falha",
    "devolvid",
    "n\u{e3}o entregue",
    "n\u{e3}o foi",
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
    "nedoru\u{10d}",
    "olevererbar",
    "kan ikke leveres",
    "kunde inte levereras",
    "n\u{e3}o pode ser entregue",
    "\u{43d}\u{435} \u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}",
    "\u{43d}\u{435}\u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}",
    "\u{43e}\u{448}\u{438}\u{431}\u{43a}\u{430} \u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}",
    "\u{914d}\u{4fe1}\u{4e0d}\u{80fd}",
    "\u{914d}\u{4fe1}\u{3067}\u{304d}",
    "\u{9001}\u{4fe1}\u{3067}\u{304d}",
    "\u{9001}\u{4fe1}\u{30a8}\u{30e9}\u{30fc}",
    "\u{672a}\u{914d}\u{4fe1}",
    "\u{914d}\u{4fe1}\u{30a8}\u{30e9}\u{30fc}",
    "\u{9000}\u{4fe1}",
    "\u{672a}\u{9001}\u{8fbe}",
    "\u{6295}\u{9012}\u{5931}\u{8d25}",
    "\u{7121}\u{6cd5}",
    "\u{65e0}\u{6cd5}",
    "\u{914d}\u{4fe1}\u{5931}\u{6557}",
    "\u{bc30}\u{b2ec} \u{c2e4}\u{d328}",
    "\u{c804}\u{c1a1} \u{c2e4}\u{d328}",
    "\u{c804}\u{b2ec}\u{b418}\u{c9c0}",
    "\u{bc18}\u{c1a1}",
];

/// Sentences by which failures are told.
const SENTENCES: &[&str] = &[
    "could not be delivered",
    "cannot be delivered",
    "can not be delivered",
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
    "n'a pas pu \u{ea}tre",
    "n'a pu etre",
    "n'a pu \u{ea}tre",
    "impossible de remettre",
    "n'a pas \u{e9}t\u{e9} remis",
    "n'existe pas",
    "no se pudo entregar",
    "no se ha podido entregar",
    "no ha podido ser entregad",
    "no pudo ser entregad",
    "n\u{e3}o p\u{f4}de ser entregue",
    "n\u{e3}o foi poss\u{ed}vel entregar",
    "non \u{e8} stato recapitato",
    "non \u{e8} stato possibile",
    "impossibile recapitare",
    "kon niet worden",
    "niet worden bezorgd",
    "nie mo\u{17c}e zosta\u{107}",
    "nie zosta\u{142}a dostarczona",
    "nie uda\u{142}o si\u{119}",
    "nelze doru\u{10d}it",
    "kunde inte levereras",
    "\u{43d}\u{435} \u{43c}\u{43e}\u{436}\u{435}\u{442} \u{431}\u{44b}\u{442}\u{44c} \u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}",
    "\u{43d}\u{435} \u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}\u{43b}\u{435}\u{43d}",
    "\u{43d}\u{435} \u{443}\u{434}\u{430}\u{43b}\u{43e}\u{441}\u{44c} \u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}",
    "\u{914d}\u{4fe1}\u{3067}\u{304d}\u{307e}\u{305b}\u{3093}",
    "\u{914d}\u{4fe1}\u{3059}\u{308b}\u{3053}\u{3068}\u{304c}\u{3067}\u{304d}",
    "\u{9001}\u{4fe1}\u{3067}\u{304d}\u{307e}\u{305b}\u{3093}",
    "\u{304a}\u{5c4a}\u{3051}\u{3067}\u{304d}",
    "\u{5c4a}\u{3051}\u{3089}\u{308c}",
    "\u{5b58}\u{5728}\u{3057}\u{307e}\u{305b}\u{3093}",
    "\u{898b}\u{3064}\u{304b}\u{308a}\u{307e}\u{305b}\u{3093}",
    "\u{65e0}\u{6cd5}\u{6295}\u{9012}",
    "\u{65e0}\u{6cd5}\u{9001}\u{8fbe}",
    "\u{6295}\u{9012}\u{5931}\u{8d25}",
    "\u{88ab}\u{9000}\u{56de}",
    "\u{7121}\u{6cd5}\u{50b3}\u{9001}",
    "\u{7121}\u{6cd5}\u{9001}\u{9054}",
    "\u{bc30}\u{b2ec}\u{b418}\u{c9c0}",
    "\u{c804}\u{c1a1}\u{b418}\u{c9c0}",
    "\u{c804}\u{b2ec}\u{d560} \u{c218} \u{c5c6}",
];
