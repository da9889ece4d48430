//! The words of the servers: what large and small mailbox providers really say, shortened.

use crate::model::{EnhancedCode, Reply};
use std::net::IpAddr;

/// A reply with an enhanced code.
fn reply(code: u16, enhanced: (u8, u16, u16), text: impl Into<String>) -> Reply {
    let (class, subject, detail) = enhanced;
    Reply {
        code,
        enhanced: Some(EnhancedCode {
            class,
            subject,
            detail,
        }),
        text: text.into(),
    }
}

fn plain(code: u16, text: impl Into<String>) -> Reply {
    Reply {
        code,
        enhanced: None,
        text: text.into(),
    }
}

pub(super) fn greeting() -> Reply {
    plain(220, "ESMTP sandbox, not a real mailbox provider")
}

pub(super) fn hello(client: IpAddr) -> Reply {
    plain(250, format!("at your service, [{client}]"))
}

pub(super) fn sender_ok() -> Reply {
    reply(250, (2, 1, 0), "Sender OK")
}

pub(super) fn recipient_ok() -> Reply {
    reply(250, (2, 1, 5), "Recipient OK")
}

pub(super) fn go_ahead() -> Reply {
    plain(354, "End data with <CR><LF>.<CR><LF>")
}

pub(super) fn accepted(queue_id: u64) -> Reply {
    reply(250, (2, 0, 0), format!("OK: queued as {queue_id:012X}"))
}

pub(super) fn ready_for_tls() -> Reply {
    reply(220, (2, 0, 0), "Ready to start TLS")
}

pub(super) fn too_many_connections(client: IpAddr) -> Reply {
    reply(
        421,
        (4, 7, 0),
        format!("Too many concurrent SMTP connections from [{client}]; please try again later"),
    )
}

pub(super) fn too_many_messages() -> Reply {
    reply(
        421,
        (4, 7, 0),
        "Too many messages for this connection, closing transmission channel; please reconnect",
    )
}

/// Two ways to ask for less.
pub(super) fn slow_down(second: bool) -> Reply {
    if second {
        reply(
            451,
            (4, 7, 1),
            "Resources temporarily unavailable: rate limit reached, please slow down",
        )
    } else {
        reply(
            450,
            (4, 7, 1),
            "Your messages are being rate limited: too many messages too fast, please slow down",
        )
    }
}

pub(super) fn greylisted(recipient: &str) -> Reply {
    reply(
        450,
        (4, 2, 0),
        format!("<{recipient}>: Recipient address rejected: Greylisted, try again in 1 seconds"),
    )
}

pub(super) fn unknown_user(recipient: &str) -> Reply {
    reply(
        550,
        (5, 1, 1),
        format!("<{recipient}>: Recipient address rejected: User unknown in virtual mailbox table"),
    )
}

pub(super) fn blocked_sender() -> Reply {
    reply(
        550,
        (5, 7, 1),
        "Service refused: the sending address is on our block list; see https://block.example/why",
    )
}

pub(super) fn full_for_now(recipient: &str) -> Reply {
    reply(
        452,
        (4, 2, 2),
        format!("<{recipient}>: Mailbox full: the account is over quota, try again later"),
    )
}

pub(super) fn full(recipient: &str) -> Reply {
    reply(
        552,
        (5, 2, 2),
        format!("<{recipient}>: Mailbox full: the account that you tried to reach is over quota"),
    )
}

pub(super) fn spam() -> Reply {
    reply(
        554,
        (5, 7, 1),
        "Message rejected: its content was classified as spam",
    )
}

pub(super) fn cannot_store() -> Reply {
    reply(
        451,
        (4, 3, 0),
        "Local error in processing: queue file write error",
    )
}

pub(super) fn idle() -> Reply {
    reply(
        421,
        (4, 4, 2),
        "Timeout exceeded, closing transmission channel",
    )
}

pub(super) fn shutting_down() -> Reply {
    reply(421, (4, 3, 2), "The system is going down")
}
