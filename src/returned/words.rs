//! Words of many languages that tell what a notice is. Data alone; the lists are compared in lower
//! case, anywhere in a text.

/// Whether a lower-case text holds one of the words.
pub(super) fn holds(text: &str, words: &[&str]) -> bool {
    let text = text.as_bytes();
    let search = |word: &&str| memchr::memmem::find(text, word.as_bytes()).is_some();
    if words.len() < 4 {
        return words.iter().any(search);
    }
    let threes = Threes::of(text);
    words
        .iter()
        .any(|word| threes.may_hold(word.as_bytes()) && search(word))
}

/// Which runs of three octets a text has, roughly: most words of a list are told to be absent by
/// this, without a search.
struct Threes([u64; Self::WORDS]);

impl Threes {
    const WORDS: usize = 128;

    fn of(text: &[u8]) -> Self {
        let mut threes = Self([0; Self::WORDS]);
        for three in text.windows(3) {
            let (word, bit) = Self::place(three);
            threes.0[word] |= 1 << bit;
        }
        threes
    }

    /// False where the text cannot hold a word.
    fn may_hold(&self, word: &[u8]) -> bool {
        word.windows(3).all(|three| {
            let (word, bit) = Self::place(three);
            self.0[word] & (1 << bit) != 0
        })
    }

    fn place(three: &[u8]) -> (usize, u32) {
        let number = three
            .iter()
            .fold(0_u32, |n, octet| n << 8 | u32::from(*octet));
        let hash = number.wrapping_mul(0x9e37_79b1);
        ((hash >> 25) as usize % Self::WORDS, (hash >> 19) & 63)
    }
}

/// A message did not reach somebody.
pub(super) const FAILURE: &[&str] = &[
    // English
    "undeliver",
    "not deliver",
    "not be deliver",
    "not been deliver",
    "n't deliver",
    "nondeliver",
    "non-deliver",
    "unable to deliver",
    "unable to send",
    "unable to relay",
    "failed to deliver",
    "failure to deliver",
    "deliver failed",
    "delivery fail",
    "delivery has failed",
    "delivery to ",
    "delivery of your",
    "delivery problem",
    "delivery error",
    "delivery attempts",
    "delivery status",
    "failure notice",
    "failure delivery",
    "delivery report",
    "mail failure",
    "mail failed",
    "mail delivery",
    "message failed",
    "failed mail",
    "failed:",
    "failed delivery",
    "failed recipient",
    "failed address",
    "message not",
    "fatal error",
    "permanent error",
    "permanent failure",
    "permanently",
    "did not reach",
    "not reach",
    "could not be sent",
    "not be sent",
    "could not be found",
    "not found",
    "user unknown",
    "unknown user",
    "unknown recipient",
    "recipient unknown",
    "unknown address",
    "unknown local",
    "no such user",
    "no such",
    "not exist",
    "invalid recipient",
    "invalid address",
    "invalid final",
    "not a valid",
    "invalid user",
    "does not have",
    "doesn't have",
    "mailbox full",
    "mailbox is full",
    "mailbox unavailable",
    "mailbox not",
    "over quota",
    "overquota",
    "exceeds allowed",
    "quota",
    "rejected",
    "refused",
    "returned mail",
    "returned to sender",
    "return to sender",
    "was returned",
    "is being returned",
    "bounced",
    "not accept",
    "denied",
    "unrouteable",
    "unroutable",
    "host unknown",
    "disabled",
    "inactive",
    "discontinued",
    "no longer",
    "not recognized",
    "not listed",
    "unreachable",
    "unavailable",
    "suspended",
    "expired",
    "blocked",
    "could not",
    "cannot be",
    "can't be",
    "had errors",
    "returned an error",
    "error occurred",
    "errors occurred",
    "an error was detected",
    "address error",
    "not known",
    "unknown",
    "recipient(s)",
    "following recipient",
    "following address",
    "has not yet been",
    "delayed",
    "deferred",
    "undelivered",
    "is wrong",
    "bad address",
    // German
    "nicht zugestellt",
    "unzustellbar",
    "konnte nicht",
    "konnten nicht",
    "zustellung",
    "unbekannt",
    "existiert nicht",
    "nicht erreich",
    "fehlgeschlagen",
    "nicht ausgeliefert",
    "voll",
    // French
    "n'a pas pu",
    "n'a pu",
    "non remis",
    "non distribu",
    "n'ont pas pu",
    "n'existe pas",
    "inconnu",
    "impossible de remettre",
    "chec de",
    "échec",
    "pas été",
    "retour de courrier",
    "retourné",
    // Spanish, Portuguese
    "no se pudo",
    "no se ha podido",
    "no entregad",
    "no existe",
    "no pudo ser",
    "error en la entrega",
    "desconocid",
    "no válid",
    "devuelt",
    "não pôde",
    "não foi possível",
    "não entregue",
    "não existe",
    "falha na entrega",
    "falhou",
    "devolvid",
    "nao foi",
    "nao existe",
    "no ha sido",
    // Italian
    "non recapit",
    "impossibile",
    "non è stato",
    "mancato recapito",
    "non esiste",
    "consegna",
    "sconosciut",
    "non consegn",
    // Dutch, Polish, Czech, Scandinavian
    "niet bezorgd",
    "kon niet",
    "niet afgeleverd",
    "onbekend",
    "onbestelbaar",
    "bestaat niet",
    "nie może",
    "nie zosta",
    "niedostarcz",
    "nie istnieje",
    "nie udało",
    "nelze doru",
    "nedoru",
    "kunde inte",
    "kunne ikke",
    "ikke leveres",
    "olevererbar",
    "ei voitu",
    // Russian, Ukrainian
    "не достав",
    "не может быть",
    "не удалось",
    "невозможно",
    "не существует",
    "не было",
    "ошибк",
    "не існу",
    "не вда",
    // Japanese
    "できません",
    "配信",
    "届け",
    "届き",
    "不明",
    "存在し",
    "送信",
    "エラー",
    "失敗",
    "見つかり",
    // Chinese, Korean
    "无法",
    "退信",
    "失败",
    "無法",
    "退回",
    "不存在",
    "未送达",
    "실패",
    "반송",
    "없습니다",
    "전달",
];

/// What ends right in front of a failed recipient.
pub(super) const RECIPIENT_LEADS: &[&str] = &[
    "recipient:",
    "recipients:",
    "recipient address:",
    "error-for:",
    "failed recipient:",
    "failed recipients:",
    "final-recipient:",
    "original-recipient:",
    "recipient(s):",
    "undeliverable to",
    "undeliverable to:",
    "undelivered to:",
    "delivered to:",
    "not be delivered to",
    "unable to deliver message to:",
    "unable to deliver message to",
    "unable to deliver to:",
    "unable to deliver to",
    "delivery failed:",
    "delivery failed to",
    "attempts:",
    "userid:",
    "allowed size:",
    "unknown user:",
    "user unknown:",
    "unknown recipient:",
    "invalid recipient:",
    "this mailing list",
    "mailbox is full:",
    "mailbox full:",
    "addressed to email address :",
    "failed address:",
    "failed addresses:",
    "bad address:",
    "no such user:",
    "user not found:",
    "could not be sent to:",
    "could not deliver to:",
    "originally addressed to",
    "intended recipient:",
    "did not reach",
    "destinatario:",
    "destinataire :",
    "destinataire:",
    "empfänger:",
    "delivery to the following recipient failed permanently:",
    "undeliverable:",
    "address:",
    "cannot be delivered to:",
    "not deliver mail to",
    "failed to deliver to",
    "failed to deliver to:",
    "unknown address:",
    "宛先:",
    "宛先\u{ff1a}",
    "收件人\u{ff1a}",
    "收件人:",
];

/// What stands in front of addresses that are no recipients.
pub(super) const SENDER_LEADS: &[&str] = &[
    "mail from",
    "from:",
    "sender:",
    "reply-to",
    "return-path",
    "f=<",
    "envelope-from",
    "von:",
    "message-id",
    "(from ",
    "sent by",
    "hello ",
    "dear ",
    "sorry ",
    "hi ",
    "x-postfix-sender",
];

/// What makes an address another name of the recipient before it.
pub(super) const ALIAS_LEADS: &[&str] = &[
    "expanded from",
    "generated from",
    "generated by",
    "originally addressed",
    "forwarded from",
    "alias for",
    "aliased from",
];

/// Lines that say whom to ask, not who failed.
pub(super) const ASKS_FOR_HELP: &[&str] = &[
    "contact",
    "assistance",
    "please send",
    "please forward",
    "questions",
    "for help",
    "kontakt",
    "helpdesk",
    "help desk",
    "please call",
    "report this",
    "please notify",
    "please mail",
    "problem report",
    "email us",
    "write to ",
    "support at",
];

/// Local parts that answer for a system.
pub(super) const ROBOT_LOCALS: &[&str] = &[
    "postmaster",
    "mailer-daemon",
    "mailerdaemon",
    "abuse",
    "support",
    "help",
    "helpdesk",
    "hostmaster",
    "webmaster",
    "root",
    "noreply",
    "no-reply",
    "admin",
    "administrator",
    "mail-daemon",
    "daemon",
    "double-bounce",
    "nobody",
    "bounce-handler",
];

/// A message is still being tried.
pub(super) const DELAY: &[&str] = &[
    "has not yet been delivered",
    "not yet been delivered",
    "not been delivered yet",
    "delivery attempts will continue",
    "will be retried",
    "will retry",
    "will continue to",
    "will keep trying",
    "still trying",
    "warning message only",
    "warning only",
    "message delayed",
    "delivery delayed",
    "delayed mail",
    "mail delayed",
    "(delay)",
    "has been delayed",
    "is delayed",
    "was delayed",
    "delivery is delayed",
    "do not need to resend",
    "not need to resend",
    "no action is required",
    "temporarily undeliverable",
    "will try again",
    "will be attempted",
    "could not be delivered for the last",
    "delivery temporarily",
    "warning: could not send",
    "warning: message",
    "could not send message for past",
    "will be tried",
    "trying to deliver",
    "will attempt to deliver",
    "tries to deliver",
    "delay notification",
    "delayed delivery",
    "verzöger",
    "noch nicht zugestellt",
    "retard",
    "différé",
    "retras",
    "em atraso",
    "ritard",
    "vertraag",
    "opóźnion",
    "задерж",
    "遅延",
    "延迟",
];

/// It is not being tried any more, whatever else is said.
pub(super) const GIVEN_UP: &[&str] = &[
    "given up",
    "giving up",
    "gave up",
    "permanent",
    "fatal error",
    "will be deleted from queue",
    "no further",
    "not going to try again",
    "will not be retried",
    "will not retry",
    "has been removed from",
    "expired",
    "returned to sender",
    "is returned",
    "being returned",
    "could not be delivered to one or more",
    "too long",
    "failed permanently",
    "retry timeout exceeded",
    "returned mail:",
    "delivery attempts failed",
    "stop trying",
    "stopped trying",
    "not try again",
    "will not be delivered",
    "undeliverable",
];

/// What a message that was delivered is told of.
pub(super) const DELIVERED: &[&str] = &[
    "successfully delivered",
    "was successfully",
    "has been delivered",
    "been delivered to the following recipient",
    "successfully relayed",
    "(success)",
    "(relay)",
    "(relayed)",
    "successful mail delivery",
    "delivery notification: delivered",
    "message was delivered",
    "mail was delivered",
    "erfolgreich zugestellt",
];

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_short_cut_finds_what_a_search_finds(text in "[abé ]{0,60}", words in proptest::collection::vec("[abé ]{0,5}", 0..8)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            proptest::prop_assert_eq!(holds(&text, &words), words.iter().any(|word| text.contains(word)));
        }
    }
}
