//! `[[route.relay]]`, and how we log in there.

use super::addresses;
use super::error::{Fault, Faults};
use super::key::Kind::{Address, Flag, Path, Table, Text, Whole, Words};
use super::key::Shown::{Default as Is, Example};
use super::key::{Key, key, put};
use super::tables::{read_all, read_one};
use super::value::Value;
use crate::model::{Auth, Relay, RelayTls, SaslMechanism, Secret, SecretKind};

/// A `[[route.relay]]` while it is read.
#[derive(Default)]
pub(super) struct RelayDraft {
    host: Option<String>,
    port: Option<u16>,
    tls: Option<RelayTls>,
    auth: Option<Auth>,
    weight: Option<u32>,
}

pub(super) const RELAY_TLS: &[(&str, RelayTls)] = &[
    ("implicit", RelayTls::Implicit),
    ("required", RelayTls::Required),
    ("opportunistic", RelayTls::Opportunistic),
    ("off", RelayTls::Off),
];

pub(super) const RELAY: &[Key<RelayDraft>] = &[
    key(
        "host",
        Address,
        Example("\"smtp.example.com\""),
        "its name or address",
        |d, v| put(&mut d.host, v.form(addresses::host)),
    ),
    key(
        "port",
        Whole,
        Is("587"),
        "its port; 465 where tls is implicit",
        |d, v| put(&mut d.port, v.whole::<u16>(1..=65_535)),
    ),
    key(
        "tls",
        Words(&["implicit", "required", "opportunistic", "off"]),
        Is("\"required\""),
        "implicit: from the first byte; required: STARTTLS, and the certificate verified",
        |d, v| put(&mut d.tls, v.word(RELAY_TLS)),
    ),
    key(
        "auth",
        Table,
        Example("{ mechanism = \"auto\", username = \"me\", password_env = \"SMTP_PASSWORD\" }"),
        "how to log in",
        |d, v| put(&mut d.auth, auth(v)),
    ),
    key(
        "weight",
        Whole,
        Is("1"),
        "its share of the connections beside other relays; 0: only when those fail",
        |d, v| put(&mut d.weight, v.whole::<u32>(0..=1_000)),
    ),
];

/// Reads `[[route.relay]]`.
pub(super) fn relays(value: &Value<'_>) -> Result<Vec<Relay>, Faults> {
    read_all(value, RELAY, |draft: RelayDraft, at| {
        let host = draft
            .host
            .ok_or_else(|| at.missing("host", "\"smtp.example.com\""))?;
        let tls = draft.tls.unwrap_or(RelayTls::Required);
        let usual = if tls == RelayTls::Implicit { 465 } else { 587 };
        Ok(Relay {
            host,
            port: draft.port.unwrap_or(usual),
            tls,
            auth: draft.auth,
            weight: draft.weight.unwrap_or(1),
        })
    })
}

/// A relay's `auth` while it is read.
#[derive(Default)]
pub(super) struct AuthDraft {
    mechanism: Option<SaslMechanism>,
    username: Option<String>,
    password: Vec<Secret>,
    token: Vec<Secret>,
    allow_plaintext: bool,
}

const MECHANISM_WORDS: &[&str] = &[
    "auto",
    "plain",
    "login",
    "cram-md5",
    "scram-sha-256",
    "xoauth2",
    "oauthbearer",
];
const MECHANISMS: &[(&str, Option<SaslMechanism>)] = &[
    ("auto", None),
    ("plain", Some(SaslMechanism::Plain)),
    ("login", Some(SaslMechanism::Login)),
    ("cram-md5", Some(SaslMechanism::CramMd5)),
    ("scram-sha-256", Some(SaslMechanism::ScramSha256)),
    ("xoauth2", Some(SaslMechanism::Xoauth2)),
    ("oauthbearer", Some(SaslMechanism::OauthBearer)),
];

pub(super) const AUTH: &[Key<AuthDraft>] = &[
    key(
        "mechanism",
        Words(MECHANISM_WORDS),
        Is("\"auto\""),
        "the SASL mechanism; auto: the best one offered for the secret at hand",
        |d, v| put(&mut d.mechanism, v.word(MECHANISMS)),
    ),
    key(
        "username",
        Text,
        Example("\"me\""),
        "who logs in",
        |d, v| put(&mut d.username, v.text().map(str::to_owned)),
    ),
    key(
        "password_env",
        Text,
        Example("\"SMTP_PASSWORD\""),
        "the environment variable that holds the password",
        |d, v| add(&mut d.password, env(v)),
    ),
    key(
        "password_file",
        Path,
        Example("\"smtp.password\""),
        "a file whose first line is the password",
        |d, v| add(&mut d.password, v.path().map(Secret::File)),
    ),
    key(
        "password_command",
        Text,
        Example("\"pass show smtp\""),
        "a command whose first line of output is the password",
        |d, v| add(&mut d.password, command(v)),
    ),
    key(
        "token_env",
        Text,
        Example("\"SMTP_TOKEN\""),
        "the same for the token of xoauth2 and oauthbearer",
        |d, v| add(&mut d.token, env(v)),
    ),
    key(
        "token_file",
        Path,
        Example("\"smtp.token\""),
        "a file whose first line is the token",
        |d, v| add(&mut d.token, v.path().map(Secret::File)),
    ),
    key(
        "token_command",
        Text,
        Example("\"get-token smtp\""),
        "a command whose first line of output is the token",
        |d, v| add(&mut d.token, command(v)),
    ),
    key(
        "allow_plaintext",
        Flag,
        Is("false"),
        "whether the secret may go to a server that has not proved by TLS who it is",
        |d, v| put(&mut d.allow_plaintext, v.flag()),
    ),
];

fn env(value: &Value<'_>) -> Result<Secret, Fault> {
    value.text().map(|name| Secret::Env(name.to_owned()))
}

fn command(value: &Value<'_>) -> Result<Secret, Fault> {
    value.text().map(|line| Secret::Command(line.to_owned()))
}

fn add(secrets: &mut Vec<Secret>, secret: Result<Secret, Fault>) -> Result<(), Faults> {
    secrets.push(secret?);
    Ok(())
}

/// Reads the `auth` of a relay or a mailbox.
pub(super) fn auth(value: &Value<'_>) -> Result<Auth, Faults> {
    for (name, kind) in [("password", "password"), ("token", "token")] {
        // The secret itself in a file is a mistake worth its own words.
        if value.table()?.contains_key(name) {
            return Err(value
                .fault(
                    format!("a {kind} does not stand in a configuration file"),
                    format!("write {name}_env, {name}_file or {name}_command instead"),
                )
                .into());
        }
    }
    let draft = read_one(value, AUTH)?;
    let username = draft
        .username
        .ok_or_else(|| value.missing("username", "\"me\""))?;
    let kind = match draft.mechanism {
        Some(mechanism) => mechanism.takes(),
        None if draft.password.is_empty() && !draft.token.is_empty() => SecretKind::Token,
        None => SecretKind::Password,
    };
    let (takes, secrets, others) = match kind {
        SecretKind::Token => ("token", draft.token, draft.password),
        SecretKind::Password => ("password", draft.password, draft.token),
    };
    if !others.is_empty() {
        let what = match draft.mechanism {
            Some(mechanism) => {
                let name = mechanism.name().to_ascii_lowercase();
                format!("{name} takes a {takes}, and it has the other")
            }
            None => "it has a password and a token".to_owned(),
        };
        return Err(value.fault(
            what,
            "a password goes with plain, login, cram-md5 and scram-sha-256, a token with xoauth2 and oauthbearer",
        ).into());
    }
    let mut secrets = secrets.into_iter();
    match (secrets.next(), secrets.next()) {
        (Some(secret), None) => Ok(Auth {
            mechanism: draft.mechanism,
            username,
            kind,
            secret,
            allow_plaintext: draft.allow_plaintext,
        }),
        (None, _) => Err(value
            .missing(&format!("{takes}_env"), "\"SMTP_SECRET\"")
            .into()),
        (Some(_), Some(_)) => Err(value
            .fault(
                format!("it names the {takes} twice"),
                format!("keep one of {takes}_env, {takes}_file, {takes}_command"),
            )
            .into()),
    }
}
