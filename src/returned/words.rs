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
    "\u{e9}chec",
    "pas \u{e9}t\u{e9}",
    "retour de courrier",
    "retourn\u{e9}",
    // Spanish, Portuguese
    "no se pudo",
    "no se ha podido",
    "no entregad",
    "no existe",
    "no pudo ser",
    "error en la entrega",
    "desconocid",
    "no v\u{e1}lid",
    "devuelt",
    "n\u{e3}o p\u{f4}de",
    "n\u{e3}o foi poss\u{ed}vel",
    "n\u{e3}o entregue",
    "n\u{e3}o existe",
    "falha na entrega",
    "falhou",
    "devolvid",
    "nao foi",
    "nao existe",
    "no ha sido",
    // Italian
    "non recapit",
    "impossibile",
    "non \u{e8} stato",
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
    "nie mo\u{17c}e",
    "nie zosta",
    "niedostarcz",
    "nie istnieje",
    "nie uda\u{142}o",
    "nelze doru",
    "nedoru",
    "kunde inte",
    "kunne ikke",
    "ikke leveres",
    "olevererbar",
    "ei voitu",
    // Russian, Ukrainian
    "\u{43d}\u{435} \u{434}\u{43e}\u{441}\u{442}\u{430}\u{432}",
    "\u{43d}\u{435} \u{43c}\u{43e}\u{436}\u{435}\u{442} \u{431}\u{44b}\u{442}\u{44c}",
    "\u{43d}\u{435} \u{443}\u{434}\u{430}\u{43b}\u{43e}\u{441}\u{44c}",
    "\u{43d}\u{435}\u{432}\u{43e}\u{437}\u{43c}\u{43e}\u{436}\u{43d}\u{43e}",
    "\u{43d}\u{435} \u{441}\u{443}\u{449}\u{435}\u{441}\u{442}\u{432}\u{443}\u{435}\u{442}",
    "\u{43d}\u{435} \u{431}\u{44b}\u{43b}\u{43e}",
    "\u{43e}\u{448}\u{438}\u{431}\u{43a}",
    "\u{43d}\u{435} \u{456}\u{441}\u{43d}\u{443}",
    "\u{43d}\u{435} \u{432}\u{434}\u{430}",
    // Japanese
    "\u{3067}\u{304d}\u{307e}\u{305b}\u{3093}",
    "\u{914d}\u{4fe1}",
    "\u{5c4a}\u{3051}",
    "\u{5c4a}\u{304d}",
    "\u{4e0d}\u{660e}",
    "\u{5b58}\u{5728}\u{3057}",
    "\u{9001}\u{4fe1}",
    "\u{30a8}\u{30e9}\u{30fc}",
    "\u{5931}\u{6557}",
    "\u{898b}\u{3064}\u{304b}\u{308a}",
    // Chinese, Korean
    "\u{65e0}\u{6cd5}",
    "\u{9000}\u{4fe1}",
    "\u{5931}\u{8d25}",
    "\u{7121}\u{6cd5}",
    "\u{9000}\u{56de}",
    "\u{4e0d}\u{5b58}\u{5728}",
    "\u{672a}\u{9001}\u{8fbe}",
    "\u{c2e4}\u{d328}",
    "\u{bc18}\u{c1a1}",
    "\u{c5c6}\u{c2b5}\u{b2c8}\u{b2e4}",
    "\u{c804}\u{b2ec}",
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
    "empf\u{e4}nger:",
    "delivery to the following recipient failed permanently:",
    "undeliverable:",
    "address:",
    "cannot be delivered to:",
    "not deliver mail to",
    "failed to deliver to",
    "failed to deliver to:",
    "unknown address:",
    "\u{5b9b}\u{5148}:",
    "\u{5b9b}\u{5148}\u{ff1a}",
    "\u{6536}\u{4ef6}\u{4eba}\u{ff1a}",
    "\u{6536}\u{4ef6}\u{4eba}:",
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
    "verz\u{f6}ger",
    "noch nicht zugestellt",
    "retard",
    "diff\u{e9}r\u{e9}",
    "retras",
    "em atraso",
    "ritard",
    "vertraag",
    "op\u{f3}\u{17a}nion",
    "\u{437}\u{430}\u{434}\u{435}\u{440}\u{436}",
    "\u{9045}\u{5ef6}",
    "\u{5ef6}\u{8fdf}",
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
        fn the_short_cut_finds_what_a_search_finds(text in "[ab\u{e9} ]{0,60}", words in proptest::collection::vec("[ab\u{e9} ]{0,5}", 0..8)) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            proptest::prop_assert_eq!(holds(&text, &words), words.iter().any(|word| text.contains(word)));
        }
    }
}
