//! Where tags stand in the lines of a calendar (RFC 5545 section 3.1).
//!
//! A parameter's value has no escapes: outside of quotation marks, a `;`, `,` or `:` of a name would
//! begin another parameter or the value, so that a recipient could write them.

use super::scan::{Kind, tags};

/// What to do about such a tag.
pub(super) const REMEDY: &str = "a value in a parameter of a calendar needs double quotes, as in CN=\"{{ name }}\", or a name with `;` or `:` in it adds parameters";

/// Where the first value stands in a parameter outside of quotes.
pub(super) fn bare_parameter(template: &str) -> Option<usize> {
    let mut line = Line::default();
    let mut done = 0;
    for tag in tags(template) {
        line.read(&template[done..tag.start]);
        match tag.kind {
            Kind::Expression if line.is_bare() => return Some(tag.start),
            Kind::Raw => line.read(tag.code),
            Kind::Expression | Kind::Statement | Kind::Comment => {}
        }
        done = tag.end;
    }
    None
}

/// A content line as far as it was read.
#[derive(Default)]
struct Line {
    /// Whether its value has begun.
    is_value: bool,
    has_parameters: bool,
    is_quoted: bool,
    /// Whether its end was read, which a fold would undo.
    has_ended: bool,
}

impl Line {
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            if std::mem::take(&mut self.has_ended) && !matches!(c, ' ' | '\t' | '\r' | '\n') {
                *self = Self::default();
            }
            match c {
                '\r' | '\n' => self.has_ended = true,
                _ if self.is_value => {}
                '"' => self.is_quoted = !self.is_quoted,
                ';' if !self.is_quoted => self.has_parameters = true,
                ':' if !self.is_quoted => self.is_value = true,
                _ => {}
            }
        }
    }

    fn is_bare(&self) -> bool {
        !self.has_ended && self.has_parameters && !self.is_value && !self.is_quoted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_parameters_need_quotes() {
        for bare in [
            "ATTENDEE;CN={{ name }}:mailto:a@b.example",
            "A:b\r\nATTENDEE;CN=\"{{ x }}\"\r\n ;ROLE={{ role }}:mailto:a",
            "ATTENDEE;RSVP={% if x %}TRUE{% endif %};CN={{ x|upper }}:y",
        ] {
            let at = bare_parameter(bare).unwrap();
            assert!(bare[at..].starts_with("{{ "), "{bare}");
            assert!(!bare[..at].ends_with('"'), "{bare}");
        }
        for fine in [
            "ATTENDEE;CN=\"{{ name }}\";X=\"a:{{ b }}\":mailto:{{ email }}",
            "SUMMARY:a;b={{ name }}",
            "SUMMARY;LANGUAGE=de:x\n{{ lines() }}\nDESCRIPTION:{{ x }};{{ y }}",
            "ATTENDEE;RSVP={% if x %}TRUE{% else %}FALSE{% endif %}:mailto:{{ email }}",
        ] {
            assert_eq!(bare_parameter(fine), None, "{fine}");
        }
    }
}
