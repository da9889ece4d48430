//! Every recipient's letter is made once, on all cores, while the list is read once.

use super::made::{Made, addressee, message, unmade};
use crate::cli::fail::Failure;
use crate::engine::{Origin, Row, each_row};
use crate::model::{Address, Fields, Timestamp};
use crate::preflight::{self, Audience, Chosen, Fate, Findings, Sample, Sending, Who};
use crate::render::Letter;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Whether the pass over the list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Watching {
    /// With a bar, where standard error is a terminal.
    Bar,
    /// Not at all.
    Nothing,
}

/// What the pass over the list came to.
pub(super) struct Letters {
    pub(super) audience: Audience,
    pub(super) findings: Findings,
    pub(super) columns: Vec<String>,
    /// The smallest, the average and the largest letter, in octets of its bodies.
    pub(super) sizes: Option<(u64, u64, u64)>,
    /// The smallest and the largest message of those read closely, in octets on the wire.
    pub(super) messages: Option<(u64, u64)>,
    /// Letters read closely.
    pub(super) samples: u64,
    /// Letters that were made.
    pub(super) made: u64,
}

/// A recipient that gets a letter.
type Recipient = (u64, Address, Fields);

/// Makes all letters of a list and judges them. Blocks.
pub(super) fn all(
    letter: &Letter,
    origin: &Origin,
    mut audience: Audience,
    (sending, now): (&Sending, Timestamp),
    watching: Watching,
) -> Result<Letters, Failure> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (hand_on, parts) = sync_channel::<Vec<Recipient>>(cores * 2);
    let parts = Mutex::new(parts);
    let bar = bar(watching);
    let mut findings = Findings::default();
    preflight::notes(letter.notes(), &mut findings);
    let (read, seen) = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|_| scope.spawn(|| worker(letter, &parts, &bar)))
            .collect();
        let read = rows(origin, &hand_on, &mut audience, &mut findings);
        drop(hand_on);
        let mut seen = Seen::new();
        for worker in workers {
            match worker.join() {
                Ok(other) => seen.join(other),
                Err(panicked) => std::panic::resume_unwind(panicked),
            }
        }
        (read, seen)
    });
    bar.finish_and_clear();
    let columns = read?;
    findings.join(seen.findings);
    audience.judge(&mut findings);
    let (made, sizes) = (seen.sample.seen(), seen.sample.sizes());
    let chosen = seen.sample.chosen(SAMPLES_OCTETS);
    let messages = closely(letter, &chosen, sending, now, &mut findings);
    Ok(Letters {
        audience,
        findings,
        columns,
        sizes,
        messages,
        samples: chosen.len() as u64,
        made,
    })
}

/// Reads the list and hands its recipients on in parts.
fn rows(
    origin: &Origin,
    hand_on: &SyncSender<Vec<Recipient>>,
    audience: &mut Audience,
    findings: &mut Findings,
) -> Result<Vec<String>, Failure> {
    let (mut part, mut octets) = (Vec::with_capacity(PART), 0);
    let columns = each_row(origin, |row| {
        octets += row.octets();
        match row {
            Row::Invalid { row, text, why } => audience.reject(row, &text, &why, findings),
            Row::Valid {
                row,
                address,
                fields,
            } => {
                if audience.address(row, &address, findings) == Fate::Recipient {
                    part.push((row, address, fields));
                }
            }
        }
        if part.len() >= PART || octets >= PART_OCTETS {
            octets = 0;
            let full = std::mem::replace(&mut part, Vec::with_capacity(PART));
            // The workers leave only when one of them has panicked, which is told at their end.
            return Ok::<_, Failure>(hand_on.send(full).is_ok());
        }
        Ok(true)
    })?;
    let _ = hand_on.send(part);
    Ok(columns)
}

/// What one thread saw.
struct Seen {
    findings: Findings,
    sample: Sample<(Address, Fields)>,
}

impl Seen {
    fn new() -> Self {
        Self {
            findings: Findings::default(),
            sample: Sample::new(SAMPLES),
        }
    }

    fn join(&mut self, other: Self) {
        self.findings.join(other.findings);
        self.sample.join(other.sample);
    }

    /// Makes and judges a letter; its size, where it can be made.
    fn look(&mut self, letter: &Letter, (row, address, fields): &Recipient) -> Option<u64> {
        let recipient = address.to_string();
        let who = Who {
            row: *row,
            recipient: &recipient,
        };
        match Made::of(letter, &addressee(*row, address, fields)) {
            Ok(made) => {
                preflight::glance(&made.rendered(who), &mut self.findings);
                let size = made.size();
                self.sample
                    .consider(*row, size, || (address.clone(), fields.clone()));
                Some(size)
            }
            Err(error) => {
                let (why, what) = unmade(&error);
                preflight::unmade(why, what, who, &mut self.findings);
                None
            }
        }
    }
}

fn worker(letter: &Letter, parts: &Mutex<Receiver<Vec<Recipient>>>, bar: &ProgressBar) -> Seen {
    let mut seen = Seen::new();
    loop {
        // The lock is let go before the part is worked on.
        let part = parts.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(part) = part else {
            return seen;
        };
        for (place, recipient) in part.iter().enumerate() {
            let size = seen.look(letter, recipient);
            if let (Some(size), true) = (size, place + 1 == part.len()) {
                let (row, address, fields) = recipient;
                seen.sample
                    .consider_last(*row, size, || (address.clone(), fields.clone()));
            }
        }
        bar.inc(part.len() as u64);
    }
}

/// Reads the chosen letters closely. Gives the sizes of the smallest and the largest message.
fn closely(
    letter: &Letter,
    chosen: &[Chosen<(Address, Fields)>],
    sending: &Sending,
    now: Timestamp,
    findings: &mut Findings,
) -> Option<(u64, u64)> {
    let mut sizes: Option<(u64, u64)> = None;
    let mut ids = Vec::new();
    for Chosen {
        row,
        what: (address, fields),
        ..
    } in chosen
    {
        let recipient = address.to_string();
        let who = Who {
            row: *row,
            recipient: &recipient,
        };
        let addressee = addressee(*row, address, fields);
        let made = Made::of(letter, &addressee)
            .and_then(|made| Ok((made, message(letter, &addressee, now)?)));
        match made {
            Ok((made, (octets, id))) => {
                preflight::read(&made.rendered(who), &octets, sending, findings);
                let size = octets.len() as u64;
                let (least, most) = sizes.unwrap_or((size, size));
                sizes = Some((least.min(size), most.max(size)));
                ids.push((*row, id));
            }
            // It was made before: only a date or a key can have failed since.
            Err(error) => {
                let (why, what) = unmade(&error);
                preflight::unmade(why, what, who, findings);
            }
        }
    }
    let shared = ids.iter().map(|(row, id)| {
        (
            Who {
                row: *row,
                recipient: "",
            },
            id.as_str(),
        )
    });
    preflight::shared_ids(shared, findings);
    sizes
}

fn bar(watching: Watching) -> ProgressBar {
    let target = match watching {
        Watching::Bar => ProgressDrawTarget::stderr(),
        Watching::Nothing => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} checking {human_pos} letters, {per_sec}")
    {
        bar.set_style(style);
    }
    bar
}

/// Letters that are read closely, besides the first, last, largest and smallest.
const SAMPLES: usize = 200;
/// Octets of those that are spread over the list: beyond that, a preflight is waited for.
const SAMPLES_OCTETS: u64 = 64 << 20;
/// Recipients that a thread takes at a time.
const PART: usize = 500;
/// Octets of one part, for lists with very long cells.
const PART_OCTETS: usize = 4 << 20;
