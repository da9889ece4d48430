//! What is to be done about what went wrong, in plain words.

use super::escape::{Esc, shell};
use super::figures::capital;
use super::page::{PageFacts, share};
use super::sections::section;
use crate::model::{Action, Reason};
use crate::progress::{text, words};
use crate::report::digest::{Digest, ReasonSum, remedy};

/// Columns of a destination's name that are shown.
const NAME: usize = 60;
/// In the order in which a person should look at them.
const ORDER: [Option<Action>; 5] = [
    Some(Action::Fix),
    Some(Action::SlowDown),
    Some(Action::Suppress),
    Some(Action::Retry),
    None,
];

/// By action: each reason with its remedy and what servers said.
pub(super) fn what_to_do(digest: &Digest, facts: &PageFacts) -> String {
    let campaign = named(facts);
    let ranked = digest.reasons.ranked();
    if ranked.is_empty() {
        return String::new();
    }
    let mut body = String::new();
    for action in ORDER {
        let sums: Vec<_> = ranked
            .iter()
            .map(|(sum, _)| *sum)
            .filter(|sum| sum.action == action)
            .collect();
        if !sums.is_empty() {
            body.push_str(&group(action, &sums, digest, &campaign));
        }
    }
    section("do", "What to do", &body)
}

/// The campaign, as commands take it.
fn named(facts: &PageFacts) -> String {
    let sandbox = if facts.sandbox { " --sandbox" } else { "" };
    format!("{}{sandbox}", shell(&facts.campaign))
}

fn group(action: Option<Action>, sums: &[&ReasonSum], digest: &Digest, campaign: &str) -> String {
    let recipients: u64 = sums.iter().map(|sum| sum.recipients).sum();
    let (title, advice) = advice(action);
    let command = command(action, sums, campaign);
    let mut group = format!(
        "<div class=\"todo\"><h3>{title}: {} {}</h3>\n<p>{advice}</p>\n<code class=\"command\">{}</code>\n",
        words::count(recipients),
        if recipients == 1 {
            "recipient"
        } else {
            "recipients"
        },
        command
            .lines()
            .map(|line| Esc(line).to_string())
            .collect::<Vec<_>>()
            .join("\n")
    );
    for sum in sums {
        group.push_str(&card(sum, digest));
    }
    group + "</div>\n"
}

const fn advice(action: Option<Action>) -> (&'static str, &'static str) {
    match action {
        Some(Action::Fix) => (
            "Mend on the sending side",
            "No address is at fault. When it is mended, send to them again:",
        ),
        Some(Action::SlowDown) => (
            "Slow down",
            "Rates fall by themselves when a server asks for it; lower its limits for the next \
             campaign. Send to them again:",
        ),
        Some(Action::Suppress) => (
            "Take off the list",
            "These addresses will not come back, and mailing them again harms your reputation. List \
             them:",
        ),
        Some(Action::Retry) => (
            "Try again",
            "It may well work another time. Send to them again:",
        ),
        None => (
            "Decide",
            "No reason is known, or it is in doubt whether the message arrived. List them:",
        ),
    }
}

/// The commands that go on from here, a line each.
fn command(action: Option<Action>, sums: &[&ReasonSum], campaign: &str) -> String {
    match action {
        Some(Action::Fix | Action::SlowDown) => format!(
            "hikyaku resend {campaign} --only bounced,expired,deferred --reason {}",
            reasons(sums, |_| true)
        ),
        Some(Action::Suppress) => {
            format!("hikyaku report {campaign} --action suppress --format csv")
        }
        Some(Action::Retry) => again(sums, campaign),
        None => format!("hikyaku report {campaign} --only in_doubt,bounced,expired --format csv"),
    }
}

/// Those that were given up or put off, and those that bounced for a reason that passes: the latter
/// by their reasons, because other bounces are another matter.
fn again(sums: &[&ReasonSum], campaign: &str) -> String {
    let mut lines = Vec::new();
    if sums.iter().any(|sum| sum.recipients > sum.bounced) {
        lines.push(format!("hikyaku resend {campaign} --only expired,deferred"));
    }
    let bounced = reasons(sums, |sum| sum.bounced > 0);
    if !bounced.is_empty() {
        lines.push(format!(
            "hikyaku resend {campaign} --only bounced --reason {bounced}"
        ));
    }
    lines.join("\n")
}

/// The names of some reasons, as options take them.
fn reasons(sums: &[&ReasonSum], which: impl Fn(&ReasonSum) -> bool) -> String {
    let named: Vec<_> = sums
        .iter()
        .filter(|sum| which(sum))
        .filter_map(|sum| sum.reason.map(Reason::as_str))
        .collect();
    named.join(",")
}

fn card(sum: &ReasonSum, digest: &Digest) -> String {
    let remedy = match sum.action {
        Some(_) => (sum.reason).map_or("", |reason| remedy(reason, sum.action)),
        None => "a person decides: sending again may mean sending twice",
    };
    let places = match sum.destinations() {
        0 => String::new(),
        1 => ", at 1 destination".to_owned(),
        many => format!(", at {} destinations", words::count(many as u64)),
    };
    let mut card = format!(
        "<div class=\"card\"><h4>{}</h4>\n<p class=\"note\">{} recipients, {}{places}; blame: {}</p>\n\
         <p>{}.</p>\n",
        capital(sum.reason.map_or("no reason given", words::reason)),
        words::count(sum.recipients),
        share(sum.recipients, digest.counts.total()),
        sum.blame,
        capital(remedy)
    );
    for example in &sum.examples {
        let place = match example.destination.as_str() {
            "" => String::new(),
            name => format!("<bdi>{}</bdi>: ", Esc(&text::cut(name, NAME))),
        };
        card.push_str(&format!(
            "<blockquote>{place}<code><bdi>{}</bdi></code></blockquote>\n",
            Esc(&example.words)
        ));
    }
    card + "</div>\n"
}

/// Who may or may not have the message.
pub(super) fn in_doubt(digest: &Digest, facts: &PageFacts) -> String {
    let held = digest.counts.in_doubt;
    let mut body = String::new();
    if held > 0 {
        let names: Vec<_> = digest
            .in_doubt
            .iter()
            .map(|email| format!("<li><bdi>{}</bdi></li>", Esc(email)))
            .collect();
        let more = match held.saturating_sub(names.len() as u64) {
            0 => String::new(),
            more => format!("<p class=\"note\">and {} more</p>\n", words::count(more)),
        };
        body.push_str(&format!(
            "<p>The content was sent and no answer came, so these {} may have the message, or not. \
             Nobody is sent it twice unless you say so:</p>\n<code class=\"command\">{}</code>\n\
             <ul class=\"names\">{}</ul>\n{more}",
            words::count(held),
            Esc(&format!(
                "hikyaku resend {} --only in_doubt --perhaps-twice",
                named(facts)
            )),
            names.join("\n")
        ));
    }
    if facts.resent_in_doubt > 0 {
        body.push_str(&format!(
            "<p>Sent again after a doubt, so perhaps twice: {}.</p>\n",
            words::count(facts.resent_in_doubt)
        ));
    }
    if body.is_empty() {
        return body;
    }
    section("doubt", "In doubt", &body)
}
