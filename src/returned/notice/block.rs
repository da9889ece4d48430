//! The words that belong to one recipient of a notice.

use super::address::addresses;
use super::choose::Chosen;
use super::place::{SURE, likelihood};
use crate::returned::reply::said;

/// Octets of such words.
const LONGEST: usize = 1500;
/// Lines of such words.
const MOST_LINES: usize = 25;

/// What stands behind a recipient, up to the next one or the end of the paragraph; and what stands
/// in front, where the address ends a sentence.
pub(super) fn about(lines: &[&str], chosen: &Chosen) -> Vec<String> {
    let whole = chosen
        .at
        .and_then(|(number, behind)| paragraph(lines, number, behind, chosen));
    let Some(whole) = whole else {
        return Vec::new();
    };
    // What is said first is said of the cause; the rest is advice.
    let first = (whole.len() > 200 && said(&whole).code.is_none())
        .then(|| first_sentence(&whole))
        .flatten();
    first
        .map(str::to_owned)
        .into_iter()
        .chain([whole])
        .collect()
}

fn first_sentence(text: &str) -> Option<&str> {
    let end = text
        .match_indices(". ")
        .map(|(place, _)| place)
        .find(|place| *place > 30)?;
    Some(&text[..end])
}

fn paragraph(lines: &[&str], number: usize, behind: usize, chosen: &Chosen) -> Option<String> {
    let line = lines.get(number)?;
    let asks =
        line.to_ascii_lowercase().contains("rcpt to:") && line.trim_start().starts_with(['>', '-']);
    if asks {
        // In a session the answer is the next line.
        let answer = lines.get(number + 1).map(|next| next.trim_start());
        return answer
            .filter(|next| next.starts_with('<'))
            .map(str::to_owned);
    }
    let coded = begins_with_code(line);
    let mut text = String::new();
    if !chosen.sure || !starts_line(line, behind) {
        if number > 0 && !chosen.sure {
            push(&mut text, lines[number - 1]);
        }
        push(&mut text, line);
    } else {
        push(
            &mut text,
            line[behind..].trim_start_matches(['>', ')', ']', '"', '\'', ':', '.', ' ']),
        );
    }
    for (place, next) in lines.iter().enumerate().skip(number + 1).take(MOST_LINES) {
        if next.trim().is_empty() {
            if letters(&text) > 8 {
                break;
            }
            continue;
        }
        if coded
            && (begins_with_code(next)
                || next.starts_with(">>>")
                || next.starts_with("While talking"))
        {
            break;
        }
        if text.len() > LONGEST || begins_entry(next, lines[place - 1], &chosen.address) {
            break;
        }
        push(&mut text, next);
    }
    (letters(&text) > 2).then_some(text)
}

fn starts_line(line: &str, behind: usize) -> bool {
    addresses(line).first().is_some_and(|first| {
        first.end == behind && !line[..first.start].contains(char::is_alphabetic)
    }) || !line[..behind].contains('@')
}

/// Whether another recipient's entry begins, or a section.
fn begins_entry(line: &str, before: &str, own: &str) -> bool {
    let rule = line.trim();
    if ["---", "===", "___", "***", "~~~"]
        .iter()
        .any(|sign| rule.starts_with(sign))
    {
        return true;
    }
    let lower = rule.to_ascii_lowercase();
    if ["final-recipient:", "reporting-mta:", "original-recipient:"]
        .iter()
        .any(|name| lower.starts_with(name))
    {
        return true;
    }
    addresses(line).first().is_some_and(|found| {
        !found.text.eq_ignore_ascii_case(own)
            && !line[..found.start].contains(char::is_alphabetic)
            && likelihood(line, found, before) >= SURE
    })
}

/// `554 <a@b>... Remote protocol error`
fn begins_with_code(line: &str) -> bool {
    matches!(
        line.trim_start().as_bytes(),
        [b'4' | b'5', b'0'..=b'9', b'0'..=b'9', b' ', ..]
    )
}

fn letters(text: &str) -> usize {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .take(20)
        .count()
}

fn push(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(line.trim());
}
