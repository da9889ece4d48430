//! Rules about what the sender's domain publishes, and whose name the mail bears.

use super::rule::{AskedBy, Rule, rules};
use super::sources::{BULK, GMAIL, GMAIL_YAHOO};
use crate::model::Severity;
use crate::preflight::Receiver::{self, Apple, Docomo, Gmail, Outlook, Yahoo};
use AskedBy::{AnyReceiver, Nobody, Receivers};

/// Who asks for SPF, DKIM, DMARC and alignment of bulk senders.
const AUTHENTICATED: &[Receiver] = &[Gmail, Yahoo, Outlook, Apple];
/// docomo looks SPF up as well.
const SPF: &[Receiver] = &[Gmail, Yahoo, Outlook, Apple, Docomo];
const PTR: &[Receiver] = &[Gmail, Yahoo, Apple];

rules! {
    FROM_DOMAIN_RESERVED = "from-domain-reserved", Warning, Nobody,
        "the domain of From is reserved for examples and tests: nobody owns it, and what it publishes is not checked",
        "RFC 2606, RFC 6761",
        "write an address of a domain of your own before the letter goes to anybody";
    FROM_DOMAIN_UNKNOWN = "from-domain-unknown", Error, AnyReceiver,
        "the domain of From has neither MX records nor an address: nobody can answer",
        "RFC 5321 section 5.1; docomo refuses such mail (docomo.ne.jp/info/spam_mail)",
        "publish an MX record, or write From an address of a domain that has one";
    FROM_DOMAIN_REFUSES_MAIL = "from-domain-refuses-mail", Error, AnyReceiver,
        "the domain of From says that it takes no mail (null MX)",
        "RFC 7505 section 4.2",
        "write From an address of a domain that takes mail";
    FROM_AT_MAILBOX_PROVIDER = "from-at-mailbox-provider", Error, Receivers(AUTHENTICATED),
        "From is an address of a mailbox provider, whose DMARC policy has others' mail refused",
        GMAIL,
        "send from a domain of your own";
    FROM_NOT_ALIGNED = "from-not-aligned", Error, Receivers(AUTHENTICATED),
        "neither a DKIM domain nor the return path belongs to the organisation of From",
        "RFC 7489 section 3.1; Gmail 4.7.32",
        "sign with a [[dkim]] key of From's domain, or use identity.bounce_domain below it";
    RETURN_PATH_UNREACHABLE = "return-path-unreachable", Error, AnyReceiver,
        "the domain of the return path takes no mail: bounces are lost, and the sender is refused",
        "RFC 5321 section 4.5.5; Yahoo: the domain of MAIL FROM must resolve",
        "publish an MX record for identity.bounce_domain";
    DKIM_MISSING = "dkim-missing", Error, Receivers(AUTHENTICATED),
        "the messages are not signed with DKIM",
        BULK,
        "`hikyaku dkim new` makes a key and shows the record to publish; name it in [[dkim]]";
    DKIM_LEFT_TO_RELAY = "dkim-left-to-relay", Notice, Nobody,
        "the messages leave here without a DKIM signature: the relay has to sign them",
        BULK,
        "make sure that the relay signs with a domain of From's organisation, List-Unsubscribe included";
    DKIM_UNPUBLISHED = "dkim-unpublished", Error, AnyReceiver,
        "there is no record for a signing key: every signature fails",
        "RFC 6376 section 3.6.2",
        "publish what `hikyaku dkim show` prints";
    DKIM_REVOKED = "dkim-revoked", Error, AnyReceiver,
        "the record of a signing key says that the key is revoked (an empty p=)",
        "RFC 6376 section 3.6.1",
        "publish what `hikyaku dkim show` prints, or use another selector";
    DKIM_SEVERAL_RECORDS = "dkim-several-records", Error, AnyReceiver,
        "a selector has several DKIM records: which of them counts is left to chance",
        "RFC 6376 section 3.6.2.2",
        "remove all but the one of this key";
    DKIM_MISMATCH = "dkim-mismatch", Error, AnyReceiver,
        "the published record does not belong to the key that signs: every signature fails",
        "RFC 6376 section 3.6.1",
        "publish what `hikyaku dkim show` prints, or name the right key_file";
    DKIM_TESTING = "dkim-testing", Warning, Nobody,
        "the record of a signing key says that it is only tested (t=y): receivers may treat the mail as unsigned",
        "RFC 6376 section 3.6.1",
        "publish what `hikyaku dkim show` prints, which has no t=y";
    SPF_MISSING = "spf-missing", Error, Receivers(SPF),
        "the domain of the return path has no SPF record",
        BULK,
        "publish \"v=spf1 … -all\" with the addresses that send its mail";
    SPF_MISSING_FOR_FROM = "spf-missing-for-from", Error, Receivers(&[Docomo]),
        "the domain of From has no SPF record; docomo looks there too, and not only at the return path",
        "docomo (docomo.ne.jp/info/spam_mail)",
        "publish \"v=spf1 … -all\" at the domain of From as well";
    SPF_SEVERAL_RECORDS = "spf-several-records", Error, Receivers(SPF),
        "the domain has more than one SPF record, which is an error for all of them",
        "RFC 7208 section 4.5",
        "join them into one record";
    SPF_INVALID = "spf-invalid", Error, Receivers(SPF),
        "the SPF record cannot be used",
        "RFC 7208 section 4.6",
        "mend the record";
    SPF_TOO_MANY_LOOKUPS = "spf-too-many-lookups", Error, Receivers(SPF),
        "the SPF record takes more than 10 DNS look-ups, which is an error",
        "RFC 7208 section 4.6.4",
        "replace include: of services you do not use any more, or name addresses with ip4:";
    SPF_SOURCE_NOT_COVERED = "spf-source-not-covered", Error, Receivers(SPF),
        "the SPF record does not allow an address that we send from",
        "RFC 7208 section 2.6; Gmail 4.7.27",
        "add it to the record: ip4:ADDRESS";
    SPF_USES_PTR = "spf-uses-ptr", Notice, Nobody,
        "the SPF record uses ptr, which is slow and which some receivers pass over",
        "RFC 7208 section 5.5: it should not be published",
        "name the addresses with ip4:, ip6: or a: instead";
    SPF_ALLOWS_EVERYBODY = "spf-allows-everybody", Warning, Nobody,
        "the SPF record allows everybody, or networks of millions, so that it proves nothing",
        "RFC 7208 section 5.1; filters take it for a spammer's",
        "end it in ~all or -all, and name only networks of your own";
    DMARC_MISSING = "dmarc-missing", Error, Receivers(AUTHENTICATED),
        "the domain of From has no DMARC record",
        BULK,
        "publish \"v=DMARC1; p=none; rua=mailto:…\" at _dmarc of the domain";
    DMARC_SEVERAL_RECORDS = "dmarc-several-records", Error, Receivers(AUTHENTICATED),
        "there is more than one DMARC record, so that none counts",
        "RFC 7489 section 6.6.3",
        "remove all but one";
    DMARC_INVALID = "dmarc-invalid", Error, Receivers(AUTHENTICATED),
        "the DMARC record cannot be used",
        "RFC 7489 section 6.3",
        "write v=DMARC1 first, then p=none, quarantine or reject";
    DMARC_ONLY_MONITORS = "dmarc-only-monitors", Notice, Nobody,
        "the DMARC policy is none: who forges the domain is not stopped",
        "RFC 7489 section 6.3; M3AAWG recommends p=quarantine or reject",
        "raise it to quarantine once the reports show only your own mail";
    DMARC_WITHOUT_REPORTS = "dmarc-without-reports", Notice, Nobody,
        "the DMARC record asks for no reports (rua=), so that failures stay unseen",
        "RFC 7489 section 7.2",
        "add rua=mailto:… to the record";
    PTR_MISSING = "ptr-missing", Error, Receivers(PTR),
        "an address that we send from has no name (PTR record)",
        GMAIL_YAHOO,
        "ask who gave you the address for a PTR record with the name of this machine";
    PTR_MISMATCH = "ptr-mismatch", Error, Receivers(PTR),
        "the name of an address that we send from does not lead back to it",
        "RFC 1912 section 2.1; Gmail 4.7.23",
        "publish an A or AAAA record for the name in the PTR record";
    DNS_UNANSWERED = "dns-unanswered", Warning, Nobody,
        "name servers gave no answer, so that rules about it could not be checked",
        "RFC 2308 section 7",
        "try again later; dns.servers names others to ask, --offline leaves DNS out";
}
