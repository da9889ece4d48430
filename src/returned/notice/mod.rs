//! Notices for people: which recipients they speak of, and what they say of each.
//!
//! No list of programs stands behind this. Where an address stands tells what it is for: alone on a
//! line, in front of a colon, in a server's answer, in a sentence that speaks of failure.

pub(super) mod address;
mod block;
mod choose;
mod place;
mod transcript;

use super::failure;
use super::finding::Finding;
use super::outline::Outline;
use address::People;

/// What a notice says, recipient by recipient.
pub(super) fn findings(outline: &Outline<'_>) -> Vec<Finding> {
    let people = People::of(outline);
    let whole = words(outline);
    let action = failure::action(outline.title(), &whole);
    let lines: Vec<&str> = whole.lines().take(MOST_LINES).collect();
    let chosen = choose::recipients(&lines, &people);
    let names: Vec<String> = chosen.iter().map(|chosen| chosen.address.clone()).collect();
    let places: Vec<usize> = chosen
        .iter()
        .filter_map(|chosen| chosen.at)
        .map(|at| at.0)
        .collect();
    let session = transcript::answers(&lines);
    chosen
        .into_iter()
        .map(|chosen| {
            let mut texts = block::about(&lines, &chosen);
            let behind = places
                .iter()
                .filter(|place| Some(**place) < chosen.at.map(|at| at.0))
                .max();
            let fitting = session.iter().filter(|answer| {
                answer.may_be_for(&chosen.address, &names)
                    && answer.stands_for(&chosen, behind, session.first())
            });
            texts.extend(fitting.map(|answer| answer.text.clone()));
            Finding {
                recipient: (!chosen.address.is_empty()).then_some(chosen.address),
                aliases: chosen.aliases,
                action: Some(action),
                texts,
                subject: outline.subject.clone(),
                notice: whole.clone(),
                ..Finding::default()
            }
        })
        .collect()
}

/// What a notice adds to the recipients of a delivery report.
pub(super) fn add_to(finding: &mut Finding, outline: &Outline<'_>, others: &[String]) {
    let alone = others.len() < 2;
    let whole = words(outline);
    let lines: Vec<&str> = whole.lines().take(MOST_LINES).collect();
    if let Some(address) = finding.recipient.clone() {
        let chosen = choose::named(&lines, &address);
        if let Some(chosen) = chosen {
            finding.texts.extend(block::about(&lines, &chosen));
            for alias in chosen.aliases {
                if !alias.eq_ignore_ascii_case(&address) && !finding.aliases.contains(&alias) {
                    finding.aliases.push(alias);
                }
            }
        }
        let session = transcript::answers(&lines);
        // Beside others, what the report itself says of this one stands above answers to anybody.
        let told = !alone && !finding.texts.is_empty();
        let fitting = session.iter().filter(|answer| {
            answer.is_about(&address) || (!told && answer.may_be_for(&address, others))
        });
        finding
            .texts
            .extend(fitting.map(|answer| answer.text.clone()));
    }
    if alone {
        finding.subject.clone_from(&outline.subject);
        finding.notice = whole;
    }
}

/// Gives a recipient that a report names by a file, a login or a program the address that was mailed.
pub(super) fn find_address(finding: &mut Finding, outline: &Outline<'_>) {
    let Some(name) = finding
        .recipient
        .as_deref()
        .filter(|name| !address::valid(name))
    else {
        return;
    };
    let people = People::of(outline);
    let known = finding
        .aliases
        .iter()
        .find(|alias| address::valid(alias))
        .cloned();
    let whole = words(outline);
    let lines: Vec<&str> = whole.lines().take(MOST_LINES).collect();
    let told = choose::recipients(&lines, &people)
        .into_iter()
        .map(|chosen| chosen.address);
    let known = known.or_else(|| told.into_iter().find(|told| address::valid(told)));
    let address = known
        .or_else(|| people.by_local(name).map(str::to_owned))
        .or_else(|| people.only_recipient().map(str::to_owned));
    if let Some(address) = address {
        finding.aliases.retain(|alias| *alias != address);
        finding.aliases.extend(finding.recipient.replace(address));
    }
}

/// The first text, or where it says nothing the others too.
fn words(outline: &Outline<'_>) -> String {
    if outline.further.is_empty() || outline.notice.len() > 400 && outline.notice.contains('@') {
        return outline.notice.clone();
    }
    format!("{}\n{}", outline.notice, outline.further)
}

const MOST_LINES: usize = 1500;
