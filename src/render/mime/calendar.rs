//! Invitations (RFC 5545, RFC 5546): a rendered calendar in wire form, and what mail programs need
//! to show its buttons.

use crate::render::error::Fault;

/// The methods of RFC 5546 section 1.4.
const METHODS: [&str; 8] = [
    "PUBLISH",
    "REQUEST",
    "REPLY",
    "ADD",
    "CANCEL",
    "REFRESH",
    "COUNTER",
    "DECLINECOUNTER",
];
/// A line's octets without its end (RFC 5545 section 3.1).
const LONGEST_LINE: usize = 75;

/// A calendar that mail programs take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) struct Invitation {
    /// The calendar, folded, its lines ending in CRLF.
    pub(in crate::render) text: String,
    /// What it asks for, as METHOD says it.
    pub(in crate::render) method: &'static str,
}

impl Invitation {
    /// Reads what a template made. Blank lines, which tags leave behind, are dropped.
    ///
    /// # Errors
    /// Where it is no calendar, or lacks what the standard or mail programs insist on.
    pub(in crate::render) fn read(rendered: &str) -> Result<Self, Fault> {
        let mut lines = unfolded(rendered);
        lines.iter_mut().for_each(without_escapes);
        let method = checked(&lines).map_err(Fault::Calendar)?;
        let mut text = String::with_capacity(rendered.len() + rendered.len() / 32);
        for line in &lines {
            fold(&mut text, line);
        }
        Ok(Self { text, method })
    }
}

/// Content lines without their folds.
fn unfolded(rendered: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in rendered.split(['\n', '\r']) {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            _ if line.trim().is_empty() => {}
            (Some(rest), Some(last)) => last.push_str(rest),
            (_, _) => lines.push(line.trim_start().to_owned()),
        }
    }
    lines
}

/// Properties whose values are URIs (RFC 5545 section 3.3.13), which have no escapes.
const ADDRESSES: [&str; 7] = [
    "ATTACH",
    "ATTENDEE",
    "CONFERENCE",
    "IMAGE",
    "ORGANIZER",
    "TZURL",
    "URL",
];

/// Takes away the escapes of TEXT where none are known: in parameters, and in addresses. Templates
/// write them into all values alike.
fn without_escapes(line: &mut String) {
    if !line.contains('\\') {
        return;
    }
    let mut quoted = false;
    let colon = line.bytes().position(|octet| {
        quoted ^= octet == b'"';
        octet == b':' && !quoted
    });
    let Some(colon) = colon else { return };
    let (head, value) = line.split_at(colon);
    let name = head.split(';').next().unwrap_or_default();
    let is_address = ADDRESSES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name));
    let value = match is_address {
        true => plain(value, ""),
        false => value.to_owned(),
    };
    *line = plain(head, " ") + &value;
}

/// A text without the escapes of TEXT, and with `end` for those of line ends.
fn plain(text: &str, end: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, rest.clone().next()) {
            ('\\', Some(escaped @ ('\\' | ';' | ','))) => out.push(escaped),
            ('\\', Some('n' | 'N')) => out.push_str(end),
            _ => {
                out.push(c);
                continue;
            }
        }
        rest.next();
    }
    out
}

/// Appends a line, folded between characters.
fn fold(text: &mut String, line: &str) {
    let mut rest = line;
    let mut room = LONGEST_LINE;
    loop {
        let (now, later) = rest.split_at(rest.floor_char_boundary(room));
        text.push_str(now);
        text.push_str("\r\n");
        if later.is_empty() {
            return;
        }
        text.push(' ');
        rest = later;
        room = LONGEST_LINE - 1;
    }
}

/// The method of a calendar without faults.
fn checked(lines: &[String]) -> Result<&'static str, String> {
    let begins = |line: &String| line.eq_ignore_ascii_case("BEGIN:VCALENDAR");
    if !lines.first().is_some_and(begins) {
        return Err("it does not begin with BEGIN:VCALENDAR".to_owned());
    }
    let mut reading = Reading::default();
    for line in lines {
        reading.take(line)?;
    }
    match (reading.open.last(), reading.method) {
        (Some(component), _) => Err(format!("END:{} is missing", component.name)),
        (None, Some(method)) => Ok(method),
        (None, None) => Err("METHOD is missing".to_owned()),
    }
}

/// A calendar while it is read.
#[derive(Default)]
struct Reading {
    /// The components around the next line.
    open: Vec<Component>,
    method: Option<&'static str>,
    has_begun: bool,
}

impl Reading {
    fn take(&mut self, line: &str) -> Result<(), String> {
        let (name, value) = property(line)?;
        let may_begin = !self.open.is_empty() || !self.has_begun;
        match (name.as_str(), self.open.last_mut()) {
            ("BEGIN", _) if may_begin => {
                self.has_begun = true;
                self.open.push(Component::new(value));
            }
            ("END", Some(component)) if component.name.eq_ignore_ascii_case(value) => {
                component.complete(self.method)?;
                let ended = self.open.pop().map(|component| component.name);
                if let Some(outer) = self.open.last_mut() {
                    outer.properties.extend(ended);
                }
            }
            ("BEGIN" | "END", _) | (_, None) => {
                return Err(format!(
                    "{line:?} does not belong where it stands: every BEGIN needs its END"
                ));
            }
            (_, Some(component)) => {
                if name == "METHOD" && component.name == "VCALENDAR" {
                    self.method = Some(known_method(value)?);
                }
                component.properties.push(name);
            }
        }
        Ok(())
    }
}

/// A line's name in capitals, and its value.
fn property(line: &str) -> Result<(String, &str), String> {
    let wrong = || format!("{line:?} is no line of a calendar: NAME:VALUE is");
    let mut quoted = false;
    let colon = line.bytes().position(|octet| {
        quoted ^= octet == b'"';
        octet == b':' && !quoted
    });
    let (head, value) = line.split_at(colon.ok_or_else(wrong)?);
    let name = head.split(';').next().unwrap_or_default();
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(wrong());
    }
    if line.chars().any(|c| c.is_control() && c != '\t') {
        return Err(format!("{name} holds a control character"));
    }
    Ok((name.to_ascii_uppercase(), value[1..].trim_end()))
}

fn known_method(value: &str) -> Result<&'static str, String> {
    let known = METHODS
        .iter()
        .find(|method| method.eq_ignore_ascii_case(value));
    known.copied().ok_or_else(|| {
        format!("METHOD:{value} is none; REQUEST invites, CANCEL calls off, PUBLISH tells")
    })
}

/// A component while it is read.
struct Component {
    name: String,
    /// The names of its properties, and of what it contains.
    properties: Vec<String>,
}

impl Component {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_ascii_uppercase(),
            properties: Vec::new(),
        }
    }

    /// Sees that it has what RFC 5545 section 3.6 and RFC 5546 section 3.2 insist on.
    fn complete(&self, method: Option<&str>) -> Result<(), String> {
        let needed: &[&str] = match (self.name.as_str(), method) {
            ("VCALENDAR", _) => &["VERSION", "PRODID", "METHOD"],
            ("VEVENT", Some("REQUEST")) => &[
                "UID",
                "DTSTAMP",
                "DTSTART",
                "SUMMARY",
                "ORGANIZER",
                "ATTENDEE",
            ],
            ("VEVENT", Some("CANCEL")) => &["UID", "DTSTAMP", "ORGANIZER"],
            ("VEVENT", _) => &["UID", "DTSTAMP", "DTSTART"],
            _ => &[],
        };
        let has = |name: &str| self.properties.iter().any(|property| property == name);
        if let Some(name) = needed.iter().find(|name| !has(name)) {
            return Err(format!("{} lacks {name}", self.name));
        }
        let events = ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"];
        if self.name == "VCALENDAR" && !events.iter().any(|name| has(name)) {
            return Err("VCALENDAR holds no VEVENT".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVENT: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//a//b\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1\n\
        DTSTAMP:20261201T000000Z\nDTSTART:20261201T000000Z\nSUMMARY:x\nORGANIZER;CN=\"A: b\":mailto:a@b.example\n\
        ATTENDEE:mailto:c@d.example\nEND:VEVENT\nEND:VCALENDAR\n";

    #[test]
    fn a_whole_invitation_is_taken() {
        let invitation = Invitation::read(EVENT).unwrap();
        assert_eq!(invitation.method, "REQUEST");
        assert_eq!(invitation.text, EVENT.replace('\n', "\r\n"));
        assert_eq!(Invitation::read(&invitation.text), Ok(invitation));
    }

    #[test]
    fn faults_are_named() {
        for (from, to, said) in [
            ("BEGIN:VCALENDAR\n", "", "does not begin"),
            ("METHOD:REQUEST\n", "", "lacks METHOD"),
            ("METHOD:REQUEST", "METHOD:INVITE", "METHOD:INVITE is none"),
            ("END:VEVENT\n", "", "every BEGIN"),
            ("END:VCALENDAR\n", "", "END:VCALENDAR is missing"),
            ("UID:1\n", "", "VEVENT lacks UID"),
            ("ATTENDEE:", "X-ATTENDEE:", "lacks ATTENDEE"),
            ("SUMMARY:x", "a word", "NAME:VALUE"),
            ("SUMMARY:x", "SUMMARY:\u{7}", "control"),
            ("END:VCALENDAR\n", "END:VCALENDAR\nX:1\n", "does not belong"),
        ] {
            let fault = Invitation::read(&EVENT.replace(from, to)).unwrap_err();
            assert!(fault.to_string().contains(said), "{fault}");
        }
        assert!(Invitation::read("").is_err());
    }

    proptest! {
        #[test]
        fn folded_lines_are_short_and_read_the_same(summary in "[ -~ぁ-ん😀]{1,200}") {
            let text = EVENT.replace("SUMMARY:x", &format!("SUMMARY:x{summary}"));
            let once = Invitation::read(&text).unwrap();
            for line in once.text.split("\r\n") {
                prop_assert!(line.len() <= LONGEST_LINE);
            }
            prop_assert_eq!(once.text.replace("\r\n ", "").replace("\r\n", "\n"), text);
        }

        #[test]
        fn nothing_is_too_odd(text in any::<String>()) {
            let _ = Invitation::read(&text);
            let _ = Invitation::read(&EVENT.replace("SUMMARY:x", &text));
        }
    }
}
