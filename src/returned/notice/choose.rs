//! Which of the addresses in a notice are the recipients it is about.

use super::address::{Found, People, addresses};
use super::place::{LIKELY, SURE, likelihood};
use crate::returned::bounds::RECIPIENTS;
use crate::returned::words::{Lower, lists};

/// A recipient and where it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen {
    /// Empty where the notice names nobody.
    pub(super) address: String,
    pub(super) aliases: Vec<String>,
    /// Line, and place behind the address in it; `None` where it stands in a header only.
    pub(super) at: Option<(usize, usize)>,
    /// Whether it begins an entry of its own.
    pub(super) sure: bool,
}

/// An address with its likelihood.
struct Mark {
    chosen: Chosen,
    likelihood: i32,
}

/// The recipients; one without address or place where nothing is found.
pub(super) fn recipients(lines: &[&str], people: &People) -> Vec<Chosen> {
    let marks = marks(lines, people);
    if !people.failed.is_empty() {
        return people
            .failed
            .iter()
            .take(RECIPIENTS)
            .map(|address| of_header(address, &marks))
            .collect();
    }
    let mut sure: Vec<Chosen> = Vec::new();
    for mark in marks.iter().filter(|mark| mark.likelihood >= SURE) {
        add(&mut sure, &mark.chosen);
    }
    // Somebody the original went to stands above those it did not, such as where mail was forwarded.
    if !sure.is_empty() {
        return sure;
    }
    if let Some(chosen) = bare_local(lines, people) {
        return vec![chosen];
    }
    let best =
        marks
            .iter()
            .filter(|mark| mark.likelihood >= LIKELY)
            .fold(None::<&Mark>, |best, mark| match best {
                Some(best) if best.likelihood >= mark.likelihood => Some(best),
                _ => Some(mark),
            });
    if let Some(best) = best {
        return vec![best.chosen.clone()];
    }
    let known = people.only_recipient();
    // Where senders and recipients have one address, the place alone counts.
    if known.is_none()
        && let Some(mark) = marks
            .iter()
            .find(|mark| mark.chosen.sure && mark.likelihood > -8)
    {
        return vec![mark.chosen.clone()];
    }
    // Whoever else is named: better than nobody, where the message does not tell whom it went to.
    let named = || {
        let other = |mark: &&Mark| mark.likelihood > 0;
        marks.iter().find(other).map(|mark| mark.chosen.clone())
    };
    if known.is_none()
        && let Some(chosen) = named()
    {
        return vec![chosen];
    }
    let address = known.unwrap_or_default().to_owned();
    vec![Chosen {
        address,
        ..Chosen::default()
    }]
}

/// Where the notice speaks of a known recipient.
pub(super) fn named(lines: &[&str], address: &str) -> Option<Chosen> {
    let marks = marks(lines, &People::default());
    let mut fitting: Vec<&Mark> = marks
        .iter()
        .filter(|mark| mark.chosen.address.eq_ignore_ascii_case(address))
        .collect();
    fitting.sort_by_key(|mark| std::cmp::Reverse(mark.likelihood));
    fitting.first().map(|mark| mark.chosen.clone())
}

fn of_header(address: &str, marks: &[Mark]) -> Chosen {
    let fitting = marks
        .iter()
        .filter(|mark| mark.chosen.address.eq_ignore_ascii_case(address) && mark.likelihood > 0)
        .max_by_key(|mark| mark.likelihood);
    fitting.map_or_else(
        || Chosen {
            address: address.to_owned(),
            ..Chosen::default()
        },
        |mark| mark.chosen.clone(),
    )
}

fn add(list: &mut Vec<Chosen>, chosen: &Chosen) {
    let known = list.iter().position(|known| {
        known.address.eq_ignore_ascii_case(&chosen.address)
            || known
                .aliases
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(&chosen.address))
    });
    match known {
        Some(place) => list[place].aliases.extend(chosen.aliases.iter().cloned()),
        None if list.len() < RECIPIENTS => list.push(chosen.clone()),
        None => {}
    }
}

fn marks(lines: &[&str], people: &People) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        if !line.contains('@') || is_identifier(line) {
            continue;
        }
        let before = lines[..number]
            .iter()
            .rev()
            .take(3)
            .find(|line| !line.trim().is_empty());
        let before = before.copied().unwrap_or_default();
        for (place, found) in addresses(line).iter().enumerate() {
            let lead = Lower::of(&line[..found.start]);
            // "expanded from", "generated from": another name of the one before.
            let is_alias = lists().alias_leads.is_in(&lead);
            if is_alias && let Some(last) = marks.last_mut() {
                last.chosen.aliases.push(found.text.to_owned());
                continue;
            }
            let mut likelihood = likelihood(line, found, before);
            // Mailboxes of a system may fail, too: where an entry begins with one.
            let entry = likelihood > SURE || (likelihood == SURE && tells_failure(before));
            if is_alias {
                likelihood = SURE;
            }
            // Only the first address of an entry is the recipient.
            if place > 0 && likelihood >= SURE {
                likelihood = SURE - 2;
            }
            marks.push(Mark {
                likelihood: likelihood + whose(found, people, entry),
                chosen: Chosen {
                    address: found.text.to_owned(),
                    aliases: Vec::new(),
                    at: Some((number, found.end)),
                    sure: likelihood >= SURE,
                },
            });
        }
    }
    marks
}

/// What the headers say of an address.
fn whose(found: &Found<'_>, people: &People, entry: bool) -> i32 {
    let local = found
        .text
        .rsplit_once('@')
        .map_or("", |(local, _)| local)
        .to_ascii_lowercase();
    let mut weight = 0;
    if people.is_theirs(found.text) {
        weight += 4;
    } else if people.is_own(found.text) {
        weight -= 12;
    } else if people.is_robot(found.text) {
        weight -= 6;
    }
    let domain = &found.text[local.len().min(found.text.len())..];
    if !domain.contains('.') && !people.is_theirs(found.text) {
        // `W32.Name@mm` is how viruses are called.
        let virus = domain.eq_ignore_ascii_case("@mm") || domain.eq_ignore_ascii_case("@m");
        weight -= if virus { 20 } else { 2 };
    }
    if lists().robot_locals.names(&local) && !entry && !people.is_theirs(found.text) {
        weight -= 6;
    }
    weight
}

/// `<somebody>:` without a domain, as local deliveries have it.
fn bare_local(lines: &[&str], people: &People) -> Option<Chosen> {
    for (number, line) in lines.iter().enumerate() {
        let text = line.trim();
        let inner = text
            .strip_prefix('<')
            .and_then(|rest| rest.split_once(">:"))
            .or_else(|| text.split_once("..."))
            .map(|(inner, _)| inner)
            .or_else(|| {
                // Alone, or as GroupWise writes it: `login (user not found)`.
                let name = text.split_once(" (").map_or(text, |(name, _)| name);
                (line.starts_with([' ', '\t']) && follows_failure(lines, number)).then_some(name)
            });
        let Some(local) = inner.filter(|local| {
            (1..=64).contains(&local.len())
                && !local.contains(['@', ' ', '<'])
                && local.starts_with(char::is_alphanumeric)
        }) else {
            continue;
        };
        let address = people.by_local(local).unwrap_or(local).to_owned();
        return Some(Chosen {
            address,
            aliases: Vec::new(),
            at: Some((number, line.len() - line.trim_start().len() + local.len())),
            sure: true,
        });
    }
    None
}

/// Whether the sentence in front of a line speaks of failure.
fn follows_failure(lines: &[&str], number: usize) -> bool {
    let before = lines[..number]
        .iter()
        .rev()
        .take(4)
        .find(|line| !line.trim().is_empty());
    before.is_some_and(|before| tells_failure(before))
}

fn tells_failure(line: &str) -> bool {
    lists().failure.is_in(&Lower::of(line))
}

/// Message-IDs look like addresses.
fn is_identifier(line: &str) -> bool {
    let lower = line.trim_start().to_ascii_lowercase();
    [
        "final-recipient",
        "original-recipient",
        "message-id",
        "message id",
        "in-reply-to",
        "references",
        "mts-id",
        "content-id",
        "envelope-id",
    ]
    .iter()
    .any(|name| lower.starts_with(name))
}
