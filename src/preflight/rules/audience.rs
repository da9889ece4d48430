//! Rules about the list and the hour.

use super::rule::{AskedBy, Rule, rules};
use crate::model::Severity;
use crate::preflight::Receiver::Docomo;
use AskedBy::{Nobody, Receivers};

rules! {
    NO_RECIPIENTS = "no-recipients", Warning, Nobody,
        "nobody would get the letter",
        "the campaign's list",
        "look at `recipients` or `list` in campaign.toml, and at `hikyaku suppress list`";
    INVALID_ROWS = "invalid-rows", Warning, Nobody,
        "rows of the list have no usable address; nothing is sent for them",
        "RFC 5321 section 4.1.2",
        "mend or remove the rows; `hikyaku import --rejects FILE` writes them all down";
    DUPLICATE_RECIPIENTS = "duplicate-recipients", Notice, Nobody,
        "rows name an address again; it gets one letter, the first row's",
        "the campaign's list",
        "nothing, unless the later rows were meant";
    ROLE_ADDRESSES = "role-addresses", Warning, Nobody,
        "addresses belong to a function and not to a person, who could have agreed",
        "RFC 2142; M3AAWG Sender Best Common Practices section 5",
        "mail them only where somebody confirmed the subscription";
    OLD_CARRIER_ADDRESSES = "old-carrier-addresses", Warning, Nobody,
        "old addresses of Japanese carriers have dots that RFC 5321 wants quoted; relays may refuse them",
        "docomo and au issued them until about 2009 (RFC 5321 section 4.1.2)",
        "nothing where mail goes to the carriers directly; through a relay, try one first";
    FULL_HOUR = "full-hour", Warning, Receivers(&[Docomo]),
        "the schedule starts on the full hour, when everybody's mail arrives at the carrier",
        "docomo asks senders to avoid it (docomo.ne.jp/info/spam_mail)",
        "start some minutes later";
}
