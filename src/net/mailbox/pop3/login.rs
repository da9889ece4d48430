//! STLS and the login.

use super::conversation::{Conversation, within};
use super::incoming::Status;
use crate::model::{MailboxSettings, RelayTls};
use crate::net::MailStream;
use crate::net::mailbox::error::MailboxError;
use crate::net::mailbox::login::{LogIn, Plan, answer, conclude, initial};
use crate::net::mailbox::open::Way;
use crate::proto::sasl::{Channel, Exchange};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// Octets of a list of capabilities.
const CAPABILITIES: usize = 16 << 10;
/// Octets of a command line, its end included (RFC 2449 section 4).
const LINE: usize = 255;

/// Reaches the server and logs in.
pub(super) async fn enter(
    settings: &MailboxSettings,
    secret: &SecretString,
    way: &Way,
) -> Result<Conversation, MailboxError> {
    let (mut talk, channel) = greet(settings, way).await?;
    let login = LogIn {
        auth: &settings.auth,
        secret,
        server: (&settings.host, settings.port),
        channel,
    };
    within("the login", way.patience.command, log_in(&mut talk, &login)).await?;
    ask_capabilities(&mut talk, way).await?;
    Ok(talk)
}

async fn greet(
    settings: &MailboxSettings,
    way: &Way,
) -> Result<(Conversation, Channel), MailboxError> {
    let (host, tls) = (settings.host.as_str(), settings.tls);
    let tcp = way.dial(host, settings.port).await?;
    if tls == RelayTls::Implicit {
        let (stream, channel) = way.encrypt(tcp, host, tls).await?;
        let mut talk = Conversation::new(stream);
        talk.greeting(way.patience.greeting).await?;
        ask_capabilities(&mut talk, way).await?;
        return Ok((talk, channel));
    }
    let mut talk = Conversation::new(MailStream::Plain(tcp));
    talk.greeting(way.patience.greeting).await?;
    ask_capabilities(&mut talk, way).await?;
    let offered = talk.can("STLS");
    match tls {
        RelayTls::Required if !offered => Err(MailboxError::Unreachable {
            host: host.to_owned(),
            why: "it offers no STLS; a proxy on the way may hide it".to_owned(),
        }),
        RelayTls::Required | RelayTls::Opportunistic if offered => {
            talk.command("STLS", "STLS", way.patience.command).await?;
            let MailStream::Plain(tcp) = talk.into_stream()? else {
                return Err(MailboxError::Closed);
            };
            let (stream, channel) = way.encrypt(tcp, host, tls).await?;
            let mut talk = Conversation::new(stream);
            ask_capabilities(&mut talk, way).await?;
            Ok((talk, channel))
        }
        _ => Ok((talk, Channel::Clear)),
    }
}

/// Old servers know no CAPA; they have USER and nothing else.
async fn ask_capabilities(talk: &mut Conversation, way: &Way) -> Result<(), MailboxError> {
    let asked = talk.text("CAPA", "CAPA", way.patience.command, CAPABILITIES);
    talk.capabilities = match asked.await {
        Ok(text) => {
            let text = String::from_utf8_lossy(&text).to_ascii_uppercase();
            text.lines().map(str::to_owned).collect()
        }
        Err(MailboxError::Refused { .. }) => vec!["USER".to_owned()],
        Err(error) => return Err(error),
    };
    Ok(())
}

async fn log_in(talk: &mut Conversation, login: &LogIn<'_>) -> Result<(), MailboxError> {
    let sasl = talk.capabilities.iter();
    let sasl = sasl.filter_map(|line| line.strip_prefix("SASL "));
    let offered: Vec<String> = sasl
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    match login.plan(&offered, talk.can("USER"))? {
        Plan::Sasl(exchange) => authenticate(talk, login, *exchange).await,
        Plan::Own => {
            let (user, password) = (&login.auth.username, login.secret.expose_secret());
            for (word, text) in [("USER", user.as_str()), ("PASS", password)] {
                if text.contains(['\r', '\n', '\0']) {
                    let why = "name or password hold characters that no line can say";
                    return Err(MailboxError::LogIn(why.to_owned()));
                }
                let line = Zeroizing::new(format!("{word} {text}"));
                talk.send(&line).await?;
                match talk.status().await? {
                    Status::Ok(_) => {}
                    Status::Err(said) => return Err(login.refused(&said)),
                    Status::Challenge(_) => {
                        let why = "it asks for more of USER and PASS";
                        return Err(MailboxError::Nonsense(why.to_owned()));
                    }
                }
            }
            Ok(())
        }
    }
}

async fn authenticate(
    talk: &mut Conversation,
    login: &LogIn<'_>,
    mut exchange: Exchange,
) -> Result<(), MailboxError> {
    let name = exchange.mechanism().name();
    let mut first = initial(&mut exchange);
    let at_once = first.take_if(|first| !first.is_empty() && first.len() + name.len() + 8 < LINE);
    let line = match at_once {
        Some(first) => Zeroizing::new(format!("AUTH {name} {}", *first)),
        None => Zeroizing::new(format!("AUTH {name}")),
    };
    talk.send(&line).await?;
    loop {
        match talk.status().await? {
            Status::Ok(_) => return conclude(&exchange),
            Status::Err(said) => {
                let complaint = exchange.complaint().unwrap_or_default();
                return Err(login.refused(format!("{said} {complaint}").trim()));
            }
            Status::Challenge(challenge) => {
                let said = match first.take() {
                    Some(first) => first,
                    None => answer(&mut exchange, &challenge)?,
                };
                talk.send(&said).await?;
            }
        }
    }
}
