//! The figures that matter, at the top of the page.

use super::page::{PageFacts, share};
use crate::model::State;
use crate::progress::words;
use crate::report::digest::Digest;

/// All of them. Those that count nothing are pale, and the rare ones are left out then.
pub(super) fn figures(digest: &Digest, facts: &PageFacts) -> String {
    let counts = &digest.counts;
    let total = counts.total();
    let mut list = String::from("<dl class=\"figures\">\n");
    let duplicates = match facts.duplicates {
        0 => String::new(),
        count => format!("{} duplicates left out", words::count(count)),
    };
    list.push_str(&figure("Recipients", counts.total(), &duplicates));
    for state in [
        State::Delivered,
        State::Bounced,
        State::Expired,
        State::Deferred,
        State::InDoubt,
        State::Suppressed,
        State::Invalid,
    ] {
        let title = capital(words::state(state));
        list.push_str(&figure(&title, counts[state], &share(counts[state], total)));
    }
    for state in [State::Pending, State::Sending, State::Cancelled] {
        if counts[state] > 0 {
            let title = capital(words::state(state));
            list.push_str(&figure(&title, counts[state], &share(counts[state], total)));
        }
    }
    let back = facts.came_back;
    let of_delivered = |count| format!("{} of delivered", share(count, counts.delivered));
    for (title, count) in [
        ("Complaints", back.complaints),
        ("Unsubscribes", back.unsubscribes),
    ] {
        list.push_str(&figure(title, count, &of_delivered(count)));
    }
    let returned = back.returned.max(digest.returned);
    if returned > 0 {
        list.push_str(&figure("Came back", returned, "of the bounced, by mail"));
    }
    list + "</dl>\n"
}

fn figure(title: &str, count: u64, more: &str) -> String {
    let class = if count == 0 { " class=\"none\"" } else { "" };
    let more = if count == 0 { "" } else { more };
    format!(
        "<div{class}><dt>{title}</dt><dd>{}<small>{more}</small></dd></div>\n",
        words::count(count)
    )
}

/// A word with a capital letter; ours are ASCII.
pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + letters.as_str()
    })
}
