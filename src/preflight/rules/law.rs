//! Duties of laws about commercial mail, as far as a letter shows them.

use super::rule::{AskedBy, Rule, rules};
use super::sources::JAPAN_AND_OTHERS;
use crate::model::Severity;
use AskedBy::Law;

rules! {
    LAW_OPT_OUT = "law-opt-out", Error, Law,
        "the letter does not say that and where one can refuse further mail",
        JAPAN_AND_OTHERS,
        "say so in words beside a link with {{ unsubscribe_url }}, or an address for it";
    LAW_OPT_OUT_UNCLEAR = "law-opt-out-unclear", Warning, Law,
        "the letter links to where one can refuse further mail, and has no known word for it",
        JAPAN_AND_OTHERS,
        "say beside the link what it is for; nothing, where the letter does so in words of its own";
    LAW_SENDER_NAME = "law-sender-name", Error, Law,
        "the letter does not name who sends it",
        "特定電子メール法 4条 (Japan), CASL s. 6(2)(a), Directive 2000/31/EC art. 6(b)",
        "set sender.name, and write the name in the letter as it stands there";
    LAW_POSTAL_ADDRESS = "law-postal-address", Error, Law,
        "the sender's postal address is not in the letter",
        "15 U.S.C. 7704(a)(5)(A)(iii) (CAN-SPAM), SOR/2012-36 s. 2 (CASL), 施行規則 9条 (Japan; may be behind a link)",
        "set sender.postal_address, and write it in the letter (Japan: or behind a link)";
    LAW_CONTACT = "law-contact", Error, Law,
        "the letter shows no telephone number, e-mail address or URL to reach the sender",
        "SOR/2012-36 s. 2(1)(d) (CASL), 施行規則 9条 (Japan; may be behind a link)",
        "set sender.contact, and write it in the letter or link to it";
    LAW_TRUTHFUL_SUBJECT = "law-truthful-subject", Error, Law,
        "the subject pretends to be a reply or a forwarded letter",
        "15 U.S.C. 7704(a)(2) (CAN-SPAM)",
        "begin it with what the letter is about";
    LAW_TRACKING_CONSENT = "law-tracking-consent", Warning, Law,
        "an invisible image tells when a person opens the letter, which needs a consent of its own",
        "GDPR art. 6 and 7, ePrivacy Directive art. 5(3); CNIL 2026",
        "leave it out, or send it only to who agreed to that";
    LAW_CONSENT_RECORD = "law-consent-record", Notice, Law,
        "no column of the list looks like a record of consent",
        "GDPR art. 7(1), CASL s. 13, 特定電子メール法 3条2項",
        "keep when and how each person agreed, here or elsewhere";
}
