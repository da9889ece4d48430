//! `[[mailbox]]`: where `bounces fetch` and `serve` fetch returned mail.

use super::addresses;
use super::error::{Fault, Faults};
use super::key::Kind::{Address, Duration as Time, Size, Table, Tables, Text, Whole, Words};
use super::key::Shown::{Default as Is, Example};
use super::key::{Key, key, put};
use super::loader::Draft;
use super::relay::{RELAY_TLS, auth};
use super::tables::{read_all, read_one};
use super::value::Value;
use crate::model::{Auth, Handled, MailboxProtocol, MailboxSettings, RelayTls};
use std::ops::RangeInclusive;
use std::time::Duration;
use toml::de::DeValue;

/// From often enough to be a nuisance to once a day.
const POLL: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);
/// A notification's own part fits into the least; the most is what a server may have to hold.
const MAX_SIZE: RangeInclusive<usize> = 64 << 10..=256 << 20;

pub(super) const MAILBOXES: &[Key<Draft>] = &[key(
    "mailbox",
    Tables,
    Example("[[mailbox]]"),
    "mailboxes that returned mail is fetched from",
    |d, v| put(&mut d.settings.mailboxes, mailboxes(v)),
)];

/// A `[[mailbox]]` while it is read.
#[derive(Default)]
pub(super) struct MailboxDraft {
    protocol: Option<MailboxProtocol>,
    host: Option<String>,
    port: Option<u16>,
    tls: Option<RelayTls>,
    auth: Option<Auth>,
    folder: Option<String>,
    handled: Option<Handled>,
    handled_folder: Option<String>,
    poll: Option<Duration>,
    max_size: Option<usize>,
}

pub(super) const MAILBOX: &[Key<MailboxDraft>] = &[
    key(
        "protocol",
        Words(&["imap", "pop3"]),
        Is("\"imap\""),
        "how it is spoken to",
        |d, v| {
            let protocols = [
                ("imap", MailboxProtocol::Imap),
                ("pop3", MailboxProtocol::Pop3),
            ];
            put(&mut d.protocol, v.word(&protocols))
        },
    ),
    key(
        "host",
        Address,
        Example("\"imap.example.com\""),
        "its server's name or address",
        |d, v| put(&mut d.host, v.form(addresses::host)),
    ),
    key(
        "port",
        Whole,
        Is("993"),
        "its server's port; 143 where tls is not implicit, 995 and 110 for pop3",
        |d, v| put(&mut d.port, v.whole::<u16>(1..=65_535)),
    ),
    key(
        "tls",
        Words(&["implicit", "required", "opportunistic", "off"]),
        Is("\"implicit\""),
        "implicit: from the first byte; required: STARTTLS; the certificate is verified in both",
        |d, v| put(&mut d.tls, v.word(RELAY_TLS)),
    ),
    key(
        "auth",
        Table,
        Example("{ username = \"bounces@example.com\", password_env = \"MAILBOX_PASSWORD\" }"),
        "how to log in; the keys are those of route.relay[].auth",
        |d, v| put(&mut d.auth, auth(v)),
    ),
    key(
        "folder",
        Text,
        Is("\"INBOX\""),
        "the folder that is looked through (imap)",
        |d, v| put(&mut d.folder, v.text().map(str::to_owned)),
    ),
    key(
        "handled",
        Words(&["move", "flag", "delete"]),
        Is("\"move\""),
        "what is done with mail that was handled; \"flag\" where pop3. Other mail is never touched",
        |d, v| {
            let ways = [
                ("move", Handled::Move),
                ("flag", Handled::Flag),
                ("delete", Handled::Delete),
            ];
            put(&mut d.handled, v.word(&ways))
        },
    ),
    key(
        "handled_folder",
        Text,
        Is("\"Handled\""),
        "the folder that handled mail is moved to; made where it is missing (imap)",
        |d, v| put(&mut d.handled_folder, v.text().map(str::to_owned)),
    ),
    key(
        "poll",
        Time,
        Is("\"1m\""),
        "how often to ask for new mail where the server does not say by itself that there is some",
        |d, v| put(&mut d.poll, v.duration(POLL)),
    ),
    key(
        "max_size",
        Size,
        Is("\"10MiB\""),
        "octets of a mail that are fetched; of a larger one only its beginning",
        |d, v| put(&mut d.max_size, v.size(MAX_SIZE)),
    ),
];

/// Reads `[[mailbox]]`, or `[mailbox]` where there is one.
fn mailboxes(value: &Value<'_>) -> Result<Vec<MailboxSettings>, Faults> {
    if let DeValue::Table(_) = value.toml {
        return Ok(vec![finish(read_one(value, MAILBOX)?, value)?]);
    }
    read_all(value, MAILBOX, finish)
}

fn finish(draft: MailboxDraft, at: &Value<'_>) -> Result<MailboxSettings, Fault> {
    let protocol = draft.protocol.unwrap_or(MailboxProtocol::Imap);
    let tls = draft.tls.unwrap_or(RelayTls::Implicit);
    let usual = match (protocol, tls) {
        (MailboxProtocol::Imap, RelayTls::Implicit) => 993,
        (MailboxProtocol::Imap, _) => 143,
        (MailboxProtocol::Pop3, RelayTls::Implicit) => 995,
        (MailboxProtocol::Pop3, _) => 110,
    };
    let handled = match (protocol, draft.handled) {
        (MailboxProtocol::Pop3, Some(Handled::Move)) => {
            return Err(at.fault(
                "POP3 has no folders to move mail to",
                "write handled = \"flag\" to leave it there, or \"delete\"",
            ));
        }
        (MailboxProtocol::Pop3, None) => Handled::Flag,
        (MailboxProtocol::Imap, None) => Handled::Move,
        (_, Some(handled)) => handled,
    };
    let folder = draft.folder.unwrap_or_else(|| "INBOX".to_owned());
    let handled_folder = draft.handled_folder.unwrap_or_else(|| "Handled".to_owned());
    if handled == Handled::Move && folder.eq_ignore_ascii_case(&handled_folder) {
        return Err(at.fault(
            "handled_folder is the folder that is looked through",
            "name another folder, or write handled = \"flag\"",
        ));
    }
    Ok(MailboxSettings {
        protocol,
        host: draft
            .host
            .ok_or_else(|| at.missing("host", "\"imap.example.com\""))?,
        port: draft.port.unwrap_or(usual),
        tls,
        auth: draft.auth.ok_or_else(|| {
            let example = "{ username = \"me\", password_env = \"MAILBOX_PASSWORD\" }";
            at.missing("auth", example)
        })?,
        folder,
        handled,
        handled_folder,
        poll: draft.poll.unwrap_or(Duration::from_secs(60)),
        max_size: u32::try_from(draft.max_size.unwrap_or(10 << 20)).unwrap_or(u32::MAX),
    })
}
