//! Values in a calendar (RFC 5545): text of the line they stand in, whatever they hold.

use minijinja::Output;
use std::fmt;

/// What the template engine calls this way of escaping.
pub(in crate::render) const CALENDAR: &str = "icalendar";

/// Writes a value as TEXT (section 3.3.11): backslash, semicolon, comma and line ends are escaped.
/// A quotation mark, which TEXT may hold and which would end a quoted parameter (section 3.2), becomes
/// an apostrophe, so that `CN="{{ name }}"` is safe as well; other control characters are dropped.
pub(in crate::render) fn escape(out: &mut Output<'_>, text: &str) -> fmt::Result {
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.write_str("\\\\")?,
            ';' => out.write_str("\\;")?,
            ',' => out.write_str("\\,")?,
            '"' => out.write_str("'")?,
            '\r' => {
                rest.next_if_eq(&'\n');
                out.write_str("\\n")?;
            }
            '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.write_str("\\n")?,
            '\t' => out.write_str(" ")?,
            c if c.is_control() => {}
            c => out.write_str(c.encode_utf8(&mut [0; 4]))?,
        }
    }
    Ok(())
}
