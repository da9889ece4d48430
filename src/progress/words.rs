//! States, reasons, numbers and times in the words and signs that people see.
//!
//! A state is never shown by colour alone: each has a sign and a word.

use crate::model::{Reason, RunState, State, Timestamp};
use std::time::Duration;

/// A state's sign, one column wide.
#[must_use]
pub const fn state_sign(state: State) -> &'static str {
    match state {
        State::Pending => "·",
        State::Sending => "›",
        State::Delivered => "✓",
        State::Deferred => "↻",
        State::Bounced => "✗",
        State::Expired => "⊘",
        State::InDoubt => "?",
        State::Suppressed => "⊝",
        State::Invalid => "!",
        State::Cancelled => "–",
    }
}

/// A state in words.
#[must_use]
pub const fn state(state: State) -> &'static str {
    match state {
        State::InDoubt => "in doubt",
        other => other.as_str(),
    }
}

/// A run's sign, one column wide.
#[must_use]
pub const fn run_sign(state: RunState) -> &'static str {
    match state {
        RunState::Loading => "…",
        RunState::Scheduled => "◷",
        RunState::Running => "►",
        RunState::Paused => "‖",
        RunState::Draining => "▽",
        RunState::Finished => "✓",
        RunState::Stopped => "■",
        RunState::Cancelled => "✗",
        RunState::Braked => "!",
    }
}

/// How a run stands, in a word or two.
#[must_use]
pub const fn run(state: RunState) -> &'static str {
    match state {
        RunState::Loading => "loading",
        RunState::Scheduled => "scheduled",
        RunState::Running => "sending",
        RunState::Paused => "paused",
        RunState::Draining => "draining",
        RunState::Finished => "finished",
        RunState::Stopped => "stopped",
        RunState::Cancelled => "cancelled",
        RunState::Braked => "stopped by the brake",
    }
}

/// A reason in a few words.
#[must_use]
pub const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::MailboxUnknown => "no such mailbox",
        Reason::MailboxInactive => "mailbox disabled",
        Reason::DomainUnknown => "no such domain",
        Reason::MailboxFull => "mailbox full",
        Reason::RecipientRefused => "recipient refused",
        Reason::RelayDenied => "relaying denied",
        Reason::Unknown => "no reason given",
        Reason::Greylisted => "greylisted",
        Reason::RateLimited => "too much, too fast",
        Reason::ServerError => "server trouble",
        Reason::Unreachable => "unreachable",
        Reason::ReputationBlock => "sender block-listed",
        Reason::SpamContent => "looks like spam",
        Reason::Virus => "virus found",
        Reason::ContentRejected => "content refused",
        Reason::MessageTooBig => "message too big",
        Reason::AuthFailed => "SPF/DKIM/DMARC failed",
        Reason::SenderDns => "sender's DNS is wrong",
        Reason::PolicyRejected => "refused by policy",
        Reason::ProtocolError => "protocol refused",
    }
}

/// What a person does about a reason.
#[must_use]
pub const fn remedy(reason: Reason) -> &'static str {
    match reason {
        Reason::MailboxUnknown | Reason::MailboxInactive | Reason::DomainUnknown => {
            "take the address off the list"
        }
        Reason::MailboxFull => "try again another day",
        Reason::RecipientRefused => "they do not want it: take the address off the list",
        Reason::RelayDenied => "check the domain's MX records: this server does not serve it",
        Reason::Unknown => "read the server's words",
        Reason::Greylisted => "nothing: it is retried when the server allows",
        Reason::RateLimited => "lower the destination's rate or connections",
        Reason::ServerError => "nothing: it is retried; send again later if it expired",
        Reason::Unreachable => "check network and DNS, then send again",
        Reason::ReputationBlock => "ask the block list named in the answer for delisting",
        Reason::SpamContent => "change content and links, check consent of the list",
        Reason::Virus => "check what is attached and linked",
        Reason::ContentRejected => "change the message's form or attachments",
        Reason::MessageTooBig => "make the message smaller",
        Reason::AuthFailed => "mend SPF, DKIM or DMARC of the From domain",
        Reason::SenderDns => "mend PTR, HELO name and the From domain's DNS",
        Reason::PolicyRejected => "read the server's words, slow down, ask its postmaster",
        Reason::ProtocolError => "check TLS, credentials and route settings",
    }
}

/// A number with its thousands apart: `12,345`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut apart = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// A number in at most six columns: `98,765`, `1.23M`.
#[must_use]
pub fn short_count(number: u64) -> String {
    let scaled = |unit: f64, sign| {
        let value = number as f64 / unit;
        let decimals = if value < 10.0 {
            2
        } else {
            usize::from(value < 100.0)
        };
        format!("{value:.decimals$}{sign}")
    };
    match number {
        0..100_000 => count(number),
        100_000..1_000_000 => format!("{}k", number / 1000),
        1_000_000..1_000_000_000 => scaled(1e6, "M"),
        _ => scaled(1e9, "G"),
    }
}

/// A span of time in its two largest units: `42s`, `3m 05s`, `2h 10m`, `3d 04h`.
#[must_use]
pub fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{days}d {:02}h", hours % 24)
    } else if hours > 0 {
        format!("{hours}h {:02}m", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m {:02}s", seconds % 60)
    } else {
        format!("{seconds}s")
    }
}

/// A time in UTC to the second: `2026-12-01T00:00:00Z`.
#[must_use]
pub fn time(at: Timestamp) -> String {
    let exact = at.to_string();
    exact
        .split_once('.')
        .map_or_else(|| exact.clone(), |(whole, _)| format!("{whole}Z"))
}

/// Messages a second, or a minute where they are few: `1,234/s`, `2.5/s`, `12/min`, `0/s`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    match per_second {
        r if !r.is_finite() || r <= 0.0 => "0/s".to_owned(),
        r if r >= 9.95 => format!("{}/s", count(r.round() as u64)),
        r if r >= 0.95 && (r - r.round()).abs() < 0.05 => format!("{}/s", r.round()),
        r if r >= 0.95 => format!("{r:.1}/s"),
        r if r * 60.0 >= 0.95 => format!("{:.0}/min", r * 60.0),
        r => format!("{:.1}/h", r * 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::text;

    #[test]
    fn signs_take_one_column() {
        for one in State::ALL {
            assert_eq!(text::width(state_sign(one)), 1, "{one}");
        }
        for one in [
            RunState::Loading,
            RunState::Scheduled,
            RunState::Running,
            RunState::Paused,
            RunState::Draining,
            RunState::Finished,
            RunState::Stopped,
            RunState::Cancelled,
            RunState::Braked,
        ] {
            assert_eq!(text::width(run_sign(one)), 1, "{one:?}");
        }
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(short_count(99_999), "99,999");
        assert_eq!(short_count(123_456), "123k");
        assert_eq!(short_count(1_234_567), "1.23M");
        assert_eq!(short_count(45_600_000), "45.6M");
        let spans = [0, 42, 185, 7_800, 273_600].map(|s| duration(Duration::from_secs(s)));
        assert_eq!(spans, ["0s", "42s", "3m 05s", "2h 10m", "3d 04h"]);
        let rates = [0.0, f64::NAN, 1234.4, 9.96, 2.5, 5.0, 0.2, 0.001].map(rate);
        assert_eq!(
            rates,
            [
                "0/s", "0/s", "1,234/s", "10/s", "2.5/s", "5/s", "12/min", "3.6/h"
            ]
        );
    }
}
