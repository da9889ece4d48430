//! Answers that are no reports: of absent people, of guards that want proof of a person, and of
//! readers who want to hear no more.

use super::mime::Head;
use super::outline::Outline;
use super::robots;
use super::words::holds;
use crate::model::ReturnedKind;

/// What an answer is, if it is one that shows itself as such.
pub(super) fn kind(outline: &Outline<'_>) -> Option<ReturnedKind> {
    let subject = outline.subject.to_lowercase();
    let words = own_words(&outline.notice);
    if challenges(outline, &subject, &words) {
        return Some(ReturnedKind::Challenge);
    }
    if subject.trim() == "unsubscribe" {
        return Some(ReturnedKind::Unsubscribe);
    }
    if is_absence(outline, &subject, &words) {
        return Some(ReturnedKind::AutoReply);
    }
    let machine = robots::answers_by_itself(&outline.head) || robots::is_mail_system(&outline.head);
    if !machine && unsubscribes(outline, &subject, &words) {
        return Some(ReturnedKind::Unsubscribe);
    }
    None
}

/// Whether a machine answered, whatever it says.
pub(super) fn is_automatic(head: &Head) -> bool {
    robots::answers_by_itself(head)
}

/// The beginning of what was written, without what it quotes, in lower case.
fn own_words(notice: &str) -> String {
    let mut words = String::new();
    for line in notice
        .lines()
        .filter(|line| !line.trim_start().starts_with('>'))
        .take(60)
    {
        if words.len() > 3000 {
            break;
        }
        words.push_str(&line.to_lowercase().replace('\u{2019}', "'"));
        words.push(' ');
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn challenges(outline: &Outline<'_>, subject: &str, words: &str) -> bool {
    let header = [
        "x-spamarrest-probe",
        "x-boxbe-challenge",
        "x-tmda-confirm",
        "x-challenge",
        "x-asverify",
    ]
    .iter()
    .any(|name| outline.head.get(name).is_some());
    let from = outline
        .head
        .get("from")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let service = holds(
        &from,
        &[
            "spamarrest",
            "boxbe",
            "bluebottle",
            "knowspam",
            "mailblocks",
            "sendio",
            "spamlion",
            "qurb",
            "tmda",
            "challenge-response",
        ],
    );
    header
        || (service && holds(words, CHALLENGE_ACTS))
        || holds(words, CHALLENGES)
        || (holds(subject, CHALLENGE_SUBJECTS) && holds(words, CHALLENGE_ACTS))
}

/// Sentences of guards.
const CHALLENGES: &[&str] = &[
    "challenge/response",
    "challenge-response",
    "confirm that you are a human",
    "verify that you are a human",
    "verify you are a human",
    "prove you are human",
    "prove that you are human",
    "you are a real person",
    "to confirm that you sent",
    "confirm that you sent this",
    "confirm you sent",
    "verify that you sent",
    "confirm the delivery of your message",
    "release your message",
    "release your e-mail",
    "release your email",
    "to have your message delivered",
    "to have your mail delivered",
    "in order for your message to be delivered",
    "before your message is delivered",
    "before your message can be delivered",
    "before it is delivered",
    "your message is being held",
    "message has been held",
    "message is waiting for",
    "is on hold until",
    "added to my approved",
    "added to my list of approved",
    "approved senders list",
    "approved sender list",
    "to be added to my",
    "my guest list",
    "i'm protecting myself from receiving junk",
    "protecting myself from receiving junk",
    "junk mail by using a challenge",
    "awaiting your verification",
    "requires verification",
    "sender verification",
    "this is a one-time",
    "this one time",
    "um ihre nachricht zuzustellen",
    "ihre nachricht wird erst zugestellt",
    "pour que votre message soit",
    "para que su mensaje sea entregado",
    "para que sua mensagem seja entregue",
    "\u{434}\u{43b}\u{44f} \u{43f}\u{43e}\u{434}\u{442}\u{432}\u{435}\u{440}\u{436}\u{434}\u{435}\u{43d}\u{438}\u{44f}",
];

const CHALLENGE_SUBJECTS: &[&str] = &[
    "please confirm",
    "confirm your",
    "confirmation required",
    "confirmation needed",
    "verification required",
    "verify your",
    "action required",
    "your message to",
    "your email to",
    "your mail to",
    "requires verification",
    "authorization required",
    "sender verification",
    "awaiting",
    "approval",
    "authenticate",
    "waitlist",
    "guest list",
];

const CHALLENGE_ACTS: &[&str] = &[
    "click",
    "follow the link",
    "following link",
    "link below",
    "visit",
    "reply to this",
    "simply reply",
    "just reply",
    "klicken",
    "cliquez",
    "haga clic",
    "clique",
    "https://",
    "http://",
];

/// Whether a person's machine says that the person is away, or thanks.
fn is_absence(outline: &Outline<'_>, subject: &str, words: &str) -> bool {
    let subject = subject.trim();
    if ABSENT_STARTS.iter().any(|start| subject.starts_with(start))
        || holds(subject, ABSENT_SUBJECTS)
    {
        return true;
    }
    let automatic = robots::answers_by_itself(&outline.head);
    let system = robots::is_mail_system(&outline.head);
    (automatic || !system) && holds(words, ABSENT_WORDS)
}

/// How subjects of absence begin.
const ABSENT_STARTS: &[&str] = &[
    "auto:",
    "auto-reply",
    "autoreply",
    "auto reply",
    "auto response",
    "auto-response",
    "autoresponse",
    "auto respon",
    "automatic reply",
    "automatic response",
    "automated reply",
    "automated response",
    "out of office",
    "out-of-office",
    "ooo:",
    "on vacation",
    "vacation",
    "thank you for your e",
    "thank you for your m",
    "thanks for your e",
    "away from",
    "i am away",
    "i'm away",
    "absent",
    "abwesen",
    "automatische antwort",
    "automatisch",
    "r\u{e9}ponse automatique",
    "reponse automatique",
    "absence",
    "absent(e)",
    "respuesta autom",
    "fuera de la oficina",
    "fuera de oficina",
    "resposta autom",
    "fora do escrit",
    "ausente",
    "risposta automatica",
    "fuori sede",
    "fuori ufficio",
    "automatisch antwoord",
    "afwezig",
    "automatyczna odpowied",
    "poza biurem",
    "autosvar",
    "automatiskt svar",
    "fr\u{e5}nvar",
    "automaattinen",
    "automatick\u{e1} odpov",
    "automatikus v\u{e1}lasz",
    "otomatik yan",
    "\u{430}\u{432}\u{442}\u{43e}\u{43e}\u{442}\u{432}\u{435}\u{442}",
    "\u{430}\u{432}\u{442}\u{43e}\u{43c}\u{430}\u{442}\u{438}\u{447}\u{435}\u{441}\u{43a}",
    "\u{81ea}\u{52d5}\u{5fdc}\u{7b54}",
    "\u{81ea}\u{52d5}\u{8fd4}\u{4fe1}",
    "\u{4e0d}\u{5728}",
    "\u{81ea}\u{52a8}\u{7b54}\u{590d}",
    "\u{81ea}\u{52a8}\u{56de}\u{590d}",
    "\u{81ea}\u{52d5}\u{56de}\u{8986}",
    "\u{c790}\u{b3d9} \u{c751}\u{b2f5}",
    "\u{c790}\u{b3d9} \u{d68c}\u{c2e0}",
    "\u{bd80}\u{c7ac}",
];

/// What subjects of absence say anywhere.
const ABSENT_SUBJECTS: &[&str] = &[
    "out of office",
    "out of the office",
    "automatic response",
    "automatic reply",
    "autoreply",
    "auto-reply",
    "autoresponder",
    "on vacation",
    "on holiday",
    "abwesenheitsnotiz",
    "abwesenheits",
    "autorespuesta",
    "away until",
    "on leave",
    "maternity leave",
    "\u{81ea}\u{52d5}\u{8fd4}\u{4fe1}",
    "\u{81ea}\u{52d5}\u{5fdc}\u{7b54}",
];

/// What such answers say.
const ABSENT_WORDS: &[&str] = &[
    "out of the office",
    "out of office",
    "on vacation",
    "on holiday",
    "on annual leave",
    "on leave",
    "maternity leave",
    "i am away",
    "i'm away",
    "i will be away",
    "am currently away",
    "will be back on",
    "i will return",
    "limited access to e",
    "limited access to my",
    "upon my return",
    "when i return",
    "auto-reply",
    "automatic reply",
    "automated reply",
    "automated response",
    "automatic response",
    "this is an auto",
    "thank you for your e-mail",
    "thank you for your email",
    "thank you for your message",
    "thank you for contacting",
    "thanks for your email",
    "we have received your",
    "your message has been received",
    "your email has been received",
    "will get back to you",
    "will respond to your",
    "respond to your message",
    "i no longer work",
    "no longer work for",
    "has left the company",
    "is no longer employed",
    "is no longer with",
    "nicht im b\u{fc}ro",
    "nicht im haus",
    "bin im urlaub",
    "im urlaub",
    "abwesend",
    "nicht erreichbar",
    "vielen dank f\u{fc}r ihre",
    "absent du",
    "absente du",
    "en cong\u{e9}",
    "en vacances",
    "de retour le",
    "je suis absent",
    "actuellement absent",
    "merci pour votre message",
    "fuera de la oficina",
    "de vacaciones",
    "estar\u{e9} ausente",
    "gracias por su mensaje",
    "gracias por contactar",
    "estou de f\u{e9}rias",
    "fora do escrit\u{f3}rio",
    "estarei ausente",
    "obrigado pelo seu",
    "fuori ufficio",
    "sono in ferie",
    "sar\u{f2} assente",
    "grazie per",
    "niet op kantoor",
    "met vakantie",
    "afwezig",
    "jestem na urlopie",
    "poza biurem",
    "dzi\u{119}kuj\u{119} za wiadomo",
    "p\u{e5} semester",
    "\u{432} \u{43e}\u{442}\u{43f}\u{443}\u{441}\u{43a}",
    "\u{4e0d}\u{5728}\u{306b}",
    "\u{4f11}\u{6687}",
    "\u{81ea}\u{52d5}\u{8fd4}\u{4fe1}",
    "\u{4e0d}\u{5728}\u{529e}\u{516c}",
    "\u{4f11}\u{5047}",
    "\u{d734}\u{ac00}",
];

/// Whether a reader asks to be left alone: in the subject, in a few words, or by the address that
/// letters name for it.
fn unsubscribes(outline: &Outline<'_>, subject: &str, words: &str) -> bool {
    let subject = subject
        .trim()
        .trim_start_matches("re:")
        .trim_start_matches("aw:")
        .trim();
    let to_address = ["to", "delivered-to", "x-original-to"].iter().any(|name| {
        outline.head.all(name).any(|value| {
            holds(
                &value.to_ascii_lowercase(),
                &[
                    "unsubscribe",
                    "unsub-",
                    "unsub+",
                    "unsub@",
                    "leave-",
                    "optout",
                    "opt-out",
                ],
            )
        })
    });
    let asks = |text: &str| {
        UNSUBSCRIBES.iter().any(|start| text.starts_with(start)) || holds(text, UNSUBSCRIBE_WISHES)
    };
    let answers = outline.head.get("in-reply-to").is_some() || subject.len() < 60;
    to_address
        || UNSUBSCRIBES.iter().any(|start| subject.starts_with(start))
        || super::traces::is_token(subject)
        || subject.split([' ', ':', '=']).any(super::traces::is_token)
        || (answers && !words.is_empty() && asks(super::bounds::cut(words, 160)))
}

const UNSUBSCRIBES: &[&str] = &[
    "unsubscribe",
    "please unsubscribe",
    "pls unsubscribe",
    "un-subscribe",
    "remove me",
    "please remove me",
    "take me off",
    "please take me off",
    "opt out",
    "opt-out",
    "optout",
    "stop sending",
    "stop emailing",
    "abmelden",
    "abmeldung",
    "bitte abmelden",
    "austragen",
    "bitte austragen",
    "d\u{e9}sinscri",
    "desinscri",
    "d\u{e9}sabonn",
    "me d\u{e9}sinscrire",
    "darse de baja",
    "baja",
    "darme de baja",
    "cancelar suscrip",
    "cancelar inscri",
    "descadastr",
    "remover",
    "disiscri",
    "cancellami",
    "annulla iscrizione",
    "uitschrijven",
    "afmelden",
    "wypisz",
    "rezygnuj",
    "avregistrera",
    "avmeld",
    "\u{43e}\u{442}\u{43f}\u{438}\u{441}\u{430}\u{442}\u{44c}",
    "\u{43e}\u{442}\u{43f}\u{438}\u{441}\u{43a}\u{430}",
    "\u{914d}\u{4fe1}\u{505c}\u{6b62}",
    "\u{8cfc}\u{8aad}\u{89e3}\u{9664}",
    "\u{9000}\u{8ba2}",
    "\u{53d6}\u{6d88}\u{8ba2}\u{9605}",
    "\u{53d6}\u{6d88}\u{8a02}\u{95b1}",
    "\u{c218}\u{c2e0}\u{ac70}\u{bd80}",
    "\u{c218}\u{c2e0} \u{ac70}\u{bd80}",
];

const UNSUBSCRIBE_WISHES: &[&str] = &[
    "unsubscribe me",
    "remove me from",
    "take me off your",
    "take me off this",
    "remove my address",
    "remove my email",
    "stop sending me",
    "do not email me",
    "don't email me",
    "do not send me",
    "don't send me",
    "nehmen sie mich",
    "aus dem verteiler",
    "aus ihrem verteiler",
    "keine weiteren mails",
    "keine newsletter mehr",
    "retirez-moi",
    "me retirer de",
    "quiero darme de baja",
    "deseo darme de baja",
    "n\u{e3}o quero receber",
    "non voglio pi\u{f9} ricevere",
    "ik wil mij uitschrijven",
];
