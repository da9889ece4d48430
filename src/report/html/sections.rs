//! The charts: outcomes, time, destinations, reasons; and the runs.

use super::escape::Esc;
use super::figures::capital;
use super::page::{clock, share};
use super::{chart, scale, shape};
use crate::model::{Blame, State, Timestamp};
use crate::progress::{text, words};
use crate::report::FurtherRun;
use crate::report::digest::{Digest, Parts, Place};
use std::fmt::Write;
use std::time::Duration;

/// Destinations that get a line of their own.
const DESTINATIONS: usize = 15;
/// Columns of a destination's name that are shown; names of real servers are shorter.
const NAME: usize = 60;

/// Where all recipients stand.
pub(super) fn outcomes(digest: &Digest) -> String {
    let counts = &digest.counts;
    let total = counts.total();
    let order = [
        State::Delivered,
        State::Sending,
        State::Deferred,
        State::Bounced,
        State::Expired,
        State::InDoubt,
        State::Pending,
        State::Cancelled,
        State::Suppressed,
        State::Invalid,
    ];
    let parts: Vec<_> = order.map(|state| (state, counts[state])).into();
    let mut rows = String::new();
    for (state, count) in parts.iter().filter(|(_, count)| *count > 0) {
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\"><span class=\"swatch {state}\"></span>\
             <span class=\"sign\" aria-hidden=\"true\">{}</span>{}</th><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td></tr>",
            words::state_sign(*state),
            words::state(*state),
            words::count(*count),
            share(*count, total)
        );
    }
    if rows.is_empty() {
        return section("outcomes", "Outcomes", "<p>There are no recipients.</p>\n");
    }
    let body = format!(
        "{}\n<table><thead><tr><th scope=\"col\">State</th><th scope=\"col\" class=\"n\">Recipients</th>\
         <th scope=\"col\" class=\"n\">Share</th></tr></thead>\n<tbody>\n{rows}</tbody></table>\n",
        shape::stacked(&parts, "all")
    );
    section("outcomes whole", "Outcomes", &body)
}

/// What was delivered and refused over time.
pub(super) fn over_time(digest: &Digest) -> String {
    let parts = digest.timeline.parts();
    if parts.stretches.is_empty() {
        let body = "<p>Nothing has been attempted yet.</p>\n";
        return section("throughput", "Throughput", body);
    }
    let quiet = match parts.stretches.len() {
        1 => "",
        _ => "<li><span class=\"swatch quiet\"></span>nobody's last attempt, however long</li>",
    };
    let body = format!(
        "<p class=\"note\">Recipients per {} by the time of their last attempt (UTC). On average \
         {} delivered{}; {} attempts in all.</p>\n<ul class=\"legend\"><li><span class=\"swatch \
         delivered\"></span>delivered</li><li><span class=\"swatch bounced\"></span>refused, for now \
         or for good</li>{quiet}</ul>\n<figure class=\"chart\">{}</figure>\n<details><summary>The \
         numbers</summary>\n<table><thead><tr><th scope=\"col\">From</th><th scope=\"col\" \
         class=\"n\">Delivered</th><th scope=\"col\" class=\"n\">Refused</th></tr></thead>\n\
         <tbody>\n{}</tbody></table></details>\n",
        scale::width(parts.width),
        words::rate(digest.rate()),
        while_active(digest),
        words::count(digest.attempts),
        chart::over_time(&parts),
        numbers(&parts),
    );
    section("throughput whole", "Throughput", &body)
}

/// What an average leaves out.
fn while_active(digest: &Digest) -> String {
    match digest.quiet() {
        Duration::ZERO => String::new(),
        quiet => format!(
            " in the {} in which recipients had their first or last attempt ({} between, as in waiting \
             for retries or for a further run, are left out)",
            words::duration(digest.active()),
            words::duration(quiet)
        ),
    }
}

/// The rows of the table below the chart.
fn numbers(parts: &Parts) -> String {
    let mut rows = String::new();
    for stretch in &parts.stretches {
        for (place, bucket) in (0_i64..).zip(&stretch.buckets) {
            if bucket.all() == 0 {
                continue;
            }
            let second = stretch.start + place * parts.width;
            let _ = writeln!(
                rows,
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                clock(Timestamp::from_millis(second.saturating_mul(1000))),
                words::count(bucket.delivered),
                words::count(bucket.refused)
            );
        }
    }
    rows
}

/// Outcomes by destination, the largest first.
pub(super) fn destinations(digest: &Digest) -> String {
    let ranked = digest.places.ranked();
    if ranked.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for (name, place) in ranked.iter().take(DESTINATIONS) {
        rows.push_str(&destination(&text::cut(name, NAME), place));
    }
    let more = ranked.len().saturating_sub(DESTINATIONS);
    if more > 0 {
        let rest = ranked.iter().skip(DESTINATIONS);
        let rest = rest.fold(Place::default(), |sum, (_, place)| sum.plus(place));
        let name = format!("{} more", words::count(more as u64));
        rows.push_str(&destination(&name, &rest));
    }
    let crowded = match digest.places.is_crowded() {
        true => "<p class=\"note\">Rare destinations were counted together as “others”.</p>\n",
        false => "",
    };
    let body = format!(
        "<table class=\"fold\"><caption>Domains that share mail servers are one destination. The bar: \
         delivered, deferred, bounced, expired, in doubt, others.</caption>\n<thead><tr><th \
         scope=\"col\">Destination</th><th scope=\"col\" class=\"wide\">Outcomes</th><th scope=\"col\" \
         class=\"n\">Recipients</th><th scope=\"col\" class=\"n\">Delivered</th><th \
         scope=\"col\">Main reason</th></tr></thead>\n<tbody>\n{rows}</tbody></table>\n\
         {crowded}"
    );
    section("destinations", "Destinations", &body)
}

fn destination(name: &str, place: &Place) -> String {
    let parts = [
        (State::Delivered, place.delivered),
        (State::Deferred, place.deferred),
        (State::Bounced, place.bounced),
        (State::Expired, place.expired),
        (State::InDoubt, place.in_doubt),
        (State::Suppressed, place.rest),
    ];
    format!(
        "<tr><th scope=\"row\"><bdi>{}</bdi></th><td class=\"wide\">{}</td>\
         <td class=\"n\" data-of=\"recipients\">{}</td><td class=\"n\" data-of=\"delivered\">{}</td>\
         <td class=\"why\">{}</td></tr>\n",
        Esc(name),
        shape::stacked(&parts, "bar"),
        words::count(place.total()),
        share(place.delivered, place.mailable()),
        place.main_reason().map_or("", words::reason)
    )
}

/// Why recipients were not delivered to, and whose matter that is.
pub(super) fn reasons(digest: &Digest) -> String {
    let ranked = digest.reasons.ranked();
    let Some((largest, _)) = ranked.first() else {
        return String::new();
    };
    let mut rows = String::new();
    for (sum, _) in &ranked {
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td class=\"wide\">{}</td><td class=\"n\" data-of=\"recipients\">{}</td>\
             <td class=\"n\">{}</td><td class=\"why\">{}, {}</td></tr>",
            sum.reason.map_or("no reason given", words::reason),
            shape::bar(sum.recipients, largest.recipients),
            words::count(sum.recipients),
            share(sum.recipients, digest.counts.total()),
            sum.blame,
            sum.action.map_or("decide", |action| action.as_str())
        );
    }
    let body = format!(
        "<table class=\"fold\"><caption>Why recipients were not delivered to, whose matter it is, and \
         what follows.</caption>\n<thead><tr><th scope=\"col\">Reason</th><th scope=\"col\" \
         class=\"wide\">Recipients</th><th scope=\"col\" class=\"n\"></th><th scope=\"col\" \
         class=\"n\">Share</th><th scope=\"col\">Blame, action</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table>\n"
    );
    section("reasons", "Reasons", &body) + &blame(digest)
}

/// Whose matter it was.
fn blame(digest: &Digest) -> String {
    let mut ranked: Vec<(Blame, u64)> = Blame::ALL
        .iter()
        .copied()
        .zip(digest.blames)
        .filter(|(_, count)| *count > 0)
        .collect();
    ranked.sort_by_key(|(blame, count)| (std::cmp::Reverse(*count), *blame));
    let largest = ranked.first().map_or(0, |(_, count)| *count);
    let failed: u64 = digest.blames.iter().sum();
    let mut rows = String::new();
    for (blame, count) in ranked {
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td class=\"wide\">{}</td><td class=\"n\" data-of=\"recipients\">{}</td>\
             <td class=\"n\">{}</td><td class=\"why\">{}</td></tr>",
            capital(blame.as_str()),
            shape::bar(count, largest),
            words::count(count),
            share(count, failed),
            whose(blame)
        );
    }
    let body = format!(
        "<table class=\"fold\"><caption>Shares are of those that were not delivered to.</caption>\n\
         <thead><tr><th scope=\"col\">Blame</th><th scope=\"col\" class=\"wide\">Recipients</th><th \
         scope=\"col\" class=\"n\"></th><th scope=\"col\" class=\"n\">Share</th><th \
         scope=\"col\">That is</th></tr></thead>\n<tbody>\n{rows}</tbody></table>\n"
    );
    section("blame whole", "Whose matter it is", &body)
}

const fn whose(blame: Blame) -> &'static str {
    match blame {
        Blame::Recipient => "the address or its mailbox",
        Blame::Sender => "your reputation, authentication, rate or DNS",
        Blame::Content => "the message itself",
        Blame::Receiver => "the receiving system",
        Blame::Network => "the way there",
        Blame::None => "nobody’s, or not known",
    }
}

/// The further runs.
pub(super) fn runs(runs: &[FurtherRun]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for run in runs {
        let states: Vec<_> = run.states.iter().map(|one| words::state(*one)).collect();
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"n\">{}</td></tr>",
            run.number,
            clock(run.begun),
            states.join(", "),
            words::count(run.recipients)
        );
    }
    let body = format!(
        "<table><thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Begun</th><th \
         scope=\"col\">To those that were</th><th scope=\"col\" class=\"n\">Recipients</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table>\n"
    );
    section("runs whole", "Sent again", &body)
}

/// A part of the page with its heading.
pub(super) fn section(class: &str, title: &str, body: &str) -> String {
    format!("<section class=\"{class}\">\n<h2>{title}</h2>\n{body}</section>\n")
}
