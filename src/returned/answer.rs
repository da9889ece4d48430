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
    "для подтверждения",
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
    "réponse automatique",
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
    "frånvar",
    "automaattinen",
    "automatická odpov",
    "automatikus válasz",
    "otomatik yan",
    "автоответ",
    "автоматическ",
    "自動応答",
    "自動返信",
    "不在",
    "自动答复",
    "自动回复",
    "自動回覆",
    "자동 응답",
    "자동 회신",
    "부재",
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
    "自動返信",
    "自動応答",
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
    "nicht im büro",
    "nicht im haus",
    "bin im urlaub",
    "im urlaub",
    "abwesend",
    "nicht erreichbar",
    "vielen dank für ihre",
    "absent du",
    "absente du",
    "en congé",
    "en vacances",
    "de retour le",
    "je suis absent",
    "actuellement absent",
    "merci pour votre message",
    "fuera de la oficina",
    "de vacaciones",
    "estaré ausente",
    "gracias por su mensaje",
    "gracias por contactar",
    "estou de férias",
    "fora do escritório",
    "estarei ausente",
    "obrigado pelo seu",
    "fuori ufficio",
    "sono in ferie",
    "sarò assente",
    "grazie per",
    "niet op kantoor",
    "met vakantie",
    "afwezig",
    "jestem na urlopie",
    "poza biurem",
    "dziękuję za wiadomo",
    "på semester",
    "в отпуск",
    "不在に",
    "休暇",
    "自動返信",
    "不在办公",
    "休假",
    "휴가",
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
        || subject.split([' ', ':', '=']).any(is_surely_token)
        || (answers && !words.is_empty() && asks(super::bounds::cut(words, 160)))
}

/// Whether a word is a token without asking whether it opens: long words of letters alone are not.
fn is_surely_token(word: &str) -> bool {
    super::traces::is_token(word) && word.bytes().any(|octet| octet.is_ascii_digit())
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
    "désinscri",
    "desinscri",
    "désabonn",
    "me désinscrire",
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
    "отписать",
    "отписка",
    "配信停止",
    "購読解除",
    "退订",
    "取消订阅",
    "取消訂閱",
    "수신거부",
    "수신 거부",
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
    "não quero receber",
    "non voglio più ricevere",
    "ik wil mij uitschrijven",
];
