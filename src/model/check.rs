//! What the preflight is asked to look for, and what it finds: words for its rules, its settings
//! and its findings.

use serde::Serialize;

/// `[check]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// The laws whose duties are looked for.
    pub laws: Vec<Law>,
    /// Rules that are not reported, by name; every one of them is in [`CHECK_RULES`].
    pub ignore: Vec<&'static str>,
}

/// `[sender]`: who answers for the mail, as laws want it told in the letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The name of the person or the organisation.
    pub name: Option<String>,
    /// Where letters on paper reach it.
    pub postal_address: Option<String>,
    /// An e-mail address, a telephone number or a URL for complaints and questions.
    pub contact: Option<String>,
}

/// A law about commercial mail, checked only where it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Law {
    /// Japan: 特定電子メール法.
    Japan,
    /// USA: CAN-SPAM Act.
    CanSpam,
    /// Canada: CASL.
    Casl,
    /// European Union: GDPR and the national laws on electronic mail.
    Gdpr,
}

impl Law {
    /// All of them with their names in `check.laws`.
    pub const NAMED: &[(&str, Self)] = &[
        ("japan", Self::Japan),
        ("can-spam", Self::CanSpam),
        ("casl", Self::Casl),
        ("gdpr", Self::Gdpr),
    ];
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Mail will fail, or break a rule that somebody enforces.
    Error,
    /// It costs readers, or reputation.
    Warning,
    /// Good to know.
    Notice,
}

/// Whose rule it is, which decides when an error stops a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// No receiver at all could take or read the message.
    Letter,
    /// It is wrong towards everybody in the world, though not in a rehearsal.
    Sender,
    /// Some receivers ask for it.
    Receivers,
    /// A law that the sender named asks for it.
    Law,
    /// Nobody enforces it.
    Advice,
}

/// What one rule found in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's stable name.
    pub rule: &'static str,
    /// How bad it is in this campaign.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub summary: &'static str,
    /// How many letters, rows or things it was found in.
    pub count: u64,
    /// Among how many letters or rows it was looked for; `None` where it is about the campaign.
    pub among: Option<u64>,
    /// What exactly and where; a few of many.
    pub details: Vec<Detail>,
    /// How often it was found beyond these details.
    pub omitted: u64,
    /// The receivers that ask for it, where it is a receivers' rule.
    pub receivers: Vec<&'static str>,
    /// How many recipients of the campaign it concerns, where that can be told.
    pub concerns: Option<u64>,
    /// Where the rule is written.
    pub source: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Whose rule it is.
    #[serde(skip)]
    pub scope: Scope,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// In words: a link, a template's line, a domain. May hold text of other people.
    pub text: String,
    /// How often.
    pub count: u64,
    /// The first recipients that show it.
    pub examples: Vec<Example>,
}

/// A recipient that shows something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Example {
    /// The data row, the first is 1.
    pub row: u64,
    /// The address, or the text that is none.
    pub recipient: String,
}

impl Finding {
    /// Whether a run must not begin with it. A rehearsal, or a run that sends everything to one
    /// configured server and asks nothing of DNS, is stopped only by what no receiver could take;
    /// another one not by what only receivers ask for whom no recipient is with.
    #[must_use]
    pub fn stops(&self, rehearsal: bool) -> bool {
        let applies = match self.scope {
            Scope::Letter => true,
            Scope::Receivers => !rehearsal && self.concerns != Some(0),
            Scope::Sender | Scope::Law | Scope::Advice => !rehearsal,
        };
        self.severity == Severity::Error && applies
    }
}

/// The names of all rules, in the order in which they are reported.
pub const CHECK_RULES: &[&str] = &[
    "template-error",
    "subject-empty",
    "unsubscribe-unusable",
    "header-missing",
    "header-repeated",
    "header-invalid",
    "line-too-long",
    "mime-broken",
    "message-id-shared",
    "empty-variable",
    "placeholder-left",
    "note-left",
    "subject-long",
    "subject-looks-like-reply",
    "subject-shouting",
    "preheader-missing",
    "preheader-long",
    "text-missing",
    "text-thin",
    "style-sheet-kept",
    "charset-left",
    "html-clipped",
    "message-too-large",
    "message-large",
    "image-without-alt",
    "image-not-https",
    "image-embedded-data",
    "link-not-https",
    "link-broken",
    "link-to-app",
    "link-shows-other-domain",
    "link-shortened",
    "link-to-ip-address",
    "html-active-content",
    "html-mostly-images",
    "html-without-language",
    "tracking-pixel",
    "unsubscribe-missing",
    "unsubscribe-not-one-click",
    "unsubscribe-not-signed",
    "unsubscribe-not-in-body",
    "from-domain-reserved",
    "from-domain-unknown",
    "from-domain-refuses-mail",
    "from-at-mailbox-provider",
    "from-not-aligned",
    "return-path-unreachable",
    "dkim-missing",
    "dkim-left-to-relay",
    "dkim-unpublished",
    "dkim-revoked",
    "dkim-several-records",
    "dkim-mismatch",
    "dkim-testing",
    "spf-missing",
    "spf-missing-for-from",
    "spf-several-records",
    "spf-invalid",
    "spf-too-many-lookups",
    "spf-source-not-covered",
    "spf-uses-ptr",
    "spf-allows-everybody",
    "dmarc-missing",
    "dmarc-several-records",
    "dmarc-invalid",
    "dmarc-only-monitors",
    "dmarc-without-reports",
    "ptr-missing",
    "ptr-mismatch",
    "dns-unanswered",
    "no-recipients",
    "invalid-rows",
    "duplicate-recipients",
    "role-addresses",
    "old-carrier-addresses",
    "full-hour",
    "law-opt-out",
    "law-opt-out-unclear",
    "law-sender-name",
    "law-postal-address",
    "law-contact",
    "law-truthful-subject",
    "law-tracking-consent",
    "law-consent-record",
];
