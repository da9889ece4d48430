//! STARTTLS and the login (RFC 3501 section 6.2, SASL-IR of RFC 4959).

use super::answer::{Answer, Kind};
use super::conversation::{Conversation, Terms};
use super::words::quoted;
use crate::model::{MailboxSettings, RelayTls};
use crate::net::MailStream;
use crate::net::mailbox::error::MailboxError;
use crate::net::mailbox::login::{LogIn, Plan, answer, conclude, initial};
use crate::net::mailbox::open::Way;
use crate::proto::sasl::{Channel, Exchange};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// Reaches the server and logs in.
pub(super) async fn enter(
    settings: &MailboxSettings,
    secret: &SecretString,
    way: &Way,
) -> Result<Conversation, MailboxError> {
    let (mut talk, channel, is_in) = greet(settings, way).await?;
    let time = way.patience.command;
    if !is_in {
        let login = LogIn {
            auth: &settings.auth,
            secret,
            server: (&settings.host, settings.port),
            channel,
        };
        let silent = MailboxError::Silent {
            what: "the login",
            limit: time,
        };
        let done = tokio::time::timeout(time, log_in(&mut talk, &login)).await;
        done.map_err(|_| silent)??;
    }
    // A server that is ours by now may do more than it said before.
    talk.ask_capabilities(time).await?;
    Ok(talk)
}

/// The connection up to the point where a login is possible.
async fn greet(
    settings: &MailboxSettings,
    way: &Way,
) -> Result<(Conversation, Channel, bool), MailboxError> {
    let (host, tls) = (settings.host.as_str(), settings.tls);
    let patience = way.patience;
    let tcp = way.dial(host, settings.port).await?;
    if tls == RelayTls::Implicit {
        let (stream, channel) = way.encrypt(tcp, host, tls).await?;
        let mut talk = Conversation::new(stream);
        let is_in = talk.greeting(patience.greeting).await?;
        talk.ask_capabilities(patience.command).await?;
        return Ok((talk, channel, is_in));
    }
    let mut talk = Conversation::new(MailStream::Plain(tcp));
    let is_in = talk.greeting(patience.greeting).await?;
    talk.ask_capabilities(patience.command).await?;
    let offered = talk.can("STARTTLS") && !is_in;
    match tls {
        RelayTls::Required if !offered => Err(MailboxError::Unreachable {
            host: host.to_owned(),
            why: "it offers no STARTTLS; a proxy on the way may hide it".to_owned(),
        }),
        RelayTls::Required | RelayTls::Opportunistic if offered => {
            let terms = Terms::small("STARTTLS", patience.command);
            talk.command("STARTTLS", terms, |_| ()).await?;
            let MailStream::Plain(tcp) = talk.into_stream() else {
                return Err(MailboxError::Closed);
            };
            let (stream, channel) = way.encrypt(tcp, host, tls).await?;
            let mut talk = Conversation::new(stream);
            talk.ask_capabilities(patience.command).await?;
            Ok((talk, channel, false))
        }
        _ => Ok((talk, Channel::Clear, is_in)),
    }
}

async fn log_in(talk: &mut Conversation, login: &LogIn<'_>) -> Result<(), MailboxError> {
    let offered = talk.capabilities.iter();
    let offered = offered.filter_map(|known| known.strip_prefix("AUTH="));
    let offered: Vec<String> = offered.map(str::to_owned).collect();
    match login.plan(&offered, !talk.can("LOGINDISABLED"))? {
        Plan::Sasl(exchange) => authenticate(talk, login, *exchange).await,
        Plan::Own => {
            let word = |text: &str| {
                let why = "name or password hold characters that LOGIN cannot say";
                quoted(text).ok_or_else(|| MailboxError::LogIn(why.to_owned()))
            };
            let user = word(&login.auth.username)?;
            let password = Zeroizing::new(word(login.secret.expose_secret())?);
            let line = Zeroizing::new(format!("LOGIN {user} {}", *password));
            let tag = talk.send(&line).await?;
            verdict(talk, login, &tag, None).await
        }
    }
}

async fn authenticate(
    talk: &mut Conversation,
    login: &LogIn<'_>,
    mut exchange: Exchange,
) -> Result<(), MailboxError> {
    let name = exchange.mechanism().name();
    let first = initial(&mut exchange);
    let (line, later) = match first {
        Some(first) if talk.can("SASL-IR") => {
            // An empty response is said with a sign of its own (RFC 4959 section 3).
            let said = if first.is_empty() {
                "="
            } else {
                first.as_str()
            };
            let line = Zeroizing::new(format!("AUTHENTICATE {name} {said}"));
            (line, None)
        }
        first => (Zeroizing::new(format!("AUTHENTICATE {name}")), first),
    };
    let tag = talk.send(&line).await?;
    verdict(talk, login, &tag, Some((&mut exchange, later))).await?;
    conclude(&exchange)
}

/// Answers challenges until the server has decided.
async fn verdict(
    talk: &mut Conversation,
    login: &LogIn<'_>,
    tag: &str,
    mut sasl: Option<(&mut Exchange, Option<Zeroizing<String>>)>,
) -> Result<(), MailboxError> {
    loop {
        match talk.read().await? {
            Answer::Continue(challenge) => {
                let Some((exchange, first)) = &mut sasl else {
                    return Err(MailboxError::Nonsense("it asks on after LOGIN".to_owned()));
                };
                let said = match first.take() {
                    Some(first) => first,
                    None => answer(exchange, &challenge)?,
                };
                let line = Zeroizing::new(format!("{}\r\n", *said));
                talk.send_raw(&line).await?;
            }
            Answer::Done(done, condition) if done == tag => {
                if condition.kind == Kind::Ok {
                    return Ok(());
                }
                let complaint = sasl.as_ref();
                let complaint = complaint.and_then(|(exchange, _)| exchange.complaint());
                let said = format!("{} {}", condition.words, complaint.unwrap_or_default());
                return Err(login.refused(said.trim()));
            }
            other => talk.note(&other),
        }
    }
}
