//! The keys of `[suppression]`: when refusals of one campaign keep an address out of the next.

use super::key::Kind::{Duration as Time, Flag, Whole};
use super::key::Shown::Default as Is;
use super::key::{Key, key, put};
use super::loader::Draft;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const WINDOW: RangeInclusive<Duration> = DAY..=Duration::from_secs(3_660 * 86_400);

pub(super) const SUPPRESSION: &[Key<Draft>] = &[
    key(
        "suppression.hard_bounces",
        Flag,
        Is("true"),
        "whether an address is suppressed at once when it is refused for good for a reason of its own: unknown, disabled",
        |d, v| put(&mut d.settings.suppression.hard_bounces, v.flag()),
    ),
    key(
        "suppression.soft_bounces",
        Whole,
        Is("5"),
        "campaigns that may be refused for a reason that may pass (mailbox full, domain not found) before the address is suppressed; 0: any number",
        |d, v| {
            let count = v.whole::<u32>(0..=1000).map(NonZeroU32::new);
            put(&mut d.settings.suppression.soft_bounces.count, count)
        },
    ),
    key(
        "suppression.soft_window",
        Time,
        Is("\"90d\""),
        "the time within which those refusals count",
        |d, v| {
            put(
                &mut d.settings.suppression.soft_bounces.window,
                v.duration(WINDOW),
            )
        },
    ),
];
