//! The keys of `[delivery]`.

use super::key::Kind::{Duration as Time, Durations, Number, Size, Whole, Words};
use super::key::Shown::{Default as Is, Example};
use super::key::{Key, key, put};
use super::loader::Draft;
use crate::model::{InDoubtPolicy, PipelineMode};
use std::ops::RangeInclusive;
use std::time::Duration;

/// From too short to be meant to longer than any server asks for.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(3600);
const RETRY: RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_secs(7 * 24 * 3600);
const GIVE_UP: RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_secs(30 * 24 * 3600);

pub(super) const DELIVERY: &[Key<Draft>] = &[
    key(
        "delivery.retry",
        Durations,
        Is("[\"1m\", \"5m\", \"15m\", \"1h\", \"2h\", \"4h\"]"),
        "the delay before each next attempt; the last one repeats",
        |d, v| {
            let delays = v.list(|v| v.duration(RETRY))?;
            if delays.is_empty() {
                return Err(v
                    .fault("it is empty", "write at least one delay, as in [\"5m\"]")
                    .into());
            }
            d.settings.delivery.retry = delays;
            Ok(())
        },
    ),
    key(
        "delivery.retry_jitter",
        Number,
        Is("0.2"),
        "share of a delay by which it varies, 0 to 0.5",
        |d, v| put(&mut d.settings.delivery.retry_jitter, v.number(0.0..=0.5)),
    ),
    key(
        "delivery.give_up_after",
        Time,
        Is("\"48h\""),
        "from a recipient's first attempt to giving up",
        |d, v| put(&mut d.settings.delivery.give_up_after, v.duration(GIVE_UP)),
    ),
    key(
        "delivery.max_attempts",
        Whole,
        Example("10"),
        "attempts before giving up, if that comes first",
        |d, v| {
            put(
                &mut d.settings.delivery.max_attempts,
                v.whole::<u32>(1..=1000),
            )
        },
    ),
    key(
        "delivery.in_doubt",
        Words(&["resend", "hold"]),
        Is("\"resend\""),
        "a message that was on the wire without an answer: send it again, or hold it",
        |d, v| {
            put(
                &mut d.settings.delivery.in_doubt,
                v.word(&[
                    ("resend", InDoubtPolicy::Resend),
                    ("hold", InDoubtPolicy::Hold),
                ]),
            )
        },
    ),
    key(
        "delivery.pipeline",
        Words(&["auto", "data", "off"]),
        Is("\"auto\""),
        "auto: as far ahead as the server allows; data: without BDAT; off: one command at a time",
        |d, v| {
            put(
                &mut d.settings.delivery.pipeline,
                v.word(&[
                    ("auto", PipelineMode::Auto),
                    ("data", PipelineMode::Data),
                    ("off", PipelineMode::Off),
                ]),
            )
        },
    ),
    key(
        "delivery.window",
        Whole,
        Is("64"),
        "messages sent ahead of the first unanswered one where the server offers CHUNKING, at most",
        |d, v| {
            put(
                &mut d.settings.delivery.window,
                v.whole::<usize>(1..=10_000),
            )
        },
    ),
    key(
        "delivery.window_size",
        Size,
        Is("\"256KiB\""),
        "octets of unanswered content, at most; a larger message goes alone",
        |d, v| {
            let size = v.size(1..=64 << 20).map(|octets| octets as u64);
            put(&mut d.settings.delivery.window_octets, size)
        },
    ),
    key(
        "delivery.chunk",
        Size,
        Is("\"1MiB\""),
        "octets of one BDAT, at most",
        |d, v| put(&mut d.settings.delivery.chunk, v.size(256..=64 << 20)),
    ),
    key(
        "delivery.timeouts.connect",
        Time,
        Is("\"30s\""),
        "TCP, and the TLS handshake",
        |d, v| {
            put(
                &mut d.settings.delivery.timeouts.connect,
                v.duration(TIMEOUT),
            )
        },
    ),
    key(
        "delivery.timeouts.greeting",
        Time,
        Is("\"5m\""),
        "the server's 220 (RFC 5321 section 4.5.3.2, as the next three)",
        |d, v| {
            put(
                &mut d.settings.delivery.timeouts.greeting,
                v.duration(TIMEOUT),
            )
        },
    ),
    key(
        "delivery.timeouts.command",
        Time,
        Is("\"5m\""),
        "the answer to a command",
        |d, v| {
            put(
                &mut d.settings.delivery.timeouts.command,
                v.duration(TIMEOUT),
            )
        },
    ),
    key(
        "delivery.timeouts.data_block",
        Time,
        Is("\"3m\""),
        "progress while content is written; every octet taken adds 2 ms, so a drip does not last",
        |d, v| {
            put(
                &mut d.settings.delivery.timeouts.data_block,
                v.duration(TIMEOUT),
            )
        },
    ),
    key(
        "delivery.timeouts.data_final",
        Time,
        Is("\"10m\""),
        "the answer to the end of the content",
        |d, v| {
            put(
                &mut d.settings.delivery.timeouts.data_final,
                v.duration(TIMEOUT),
            )
        },
    ),
];
