//! Groups of fields with empty lines between them, as delivery and feedback reports have them
//! (RFC 3464 section 2.1, RFC 5965 section 3.1), also with other words around them.

use super::bounds::{RECIPIENTS, VALUE};

/// Fields that stand together; names in lower case.
pub(super) type Group = Vec<(String, String)>;

/// Reads groups out of a text; lines that are no fields end nothing and add nothing.
pub(super) fn groups(text: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut group = Group::new();
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            if !group.is_empty() {
                groups.push(std::mem::take(&mut group));
            }
            if groups.len() > RECIPIENTS {
                break;
            }
            continue;
        }
        let folded = line.starts_with([' ', '\t']) && !group.is_empty();
        match field(line) {
            Some((name, value)) if !folded || is_known(name) => {
                group.push((name.to_ascii_lowercase(), value.to_owned()));
            }
            _ => {
                if let Some((_, value)) = group.last_mut()
                    && value.len() < VALUE
                {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            }
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}

/// The first value of a name.
pub(super) fn value<'a>(group: &'a Group, name: &str) -> Option<&'a str> {
    group
        .iter()
        .find(|(own, value)| own == name && !value.is_empty())
        .map(|(_, value)| value.as_str())
}

/// `Name: value`
pub(super) fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let name = name.trim();
    let proper = (2..=60).contains(&name.len())
        && name
            .bytes()
            .all(|o| o.is_ascii_alphanumeric() || o == b'-' || o == b'_');
    proper.then(|| (name, value.trim()))
}

/// The names of RFC 3464 that also stand behind spaces.
fn is_known(name: &str) -> bool {
    [
        "final-recipient",
        "original-recipient",
        "action",
        "status",
        "diagnostic-code",
        "remote-mta",
        "last-attempt-date",
        "reporting-mta",
    ]
    .iter()
    .any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_and_odd_fields_are_read() {
        let text = "Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; b@c.example\nDiagnostic-Code: smtp; 550 one\n  two: three\n\
                    no field\nStatus : 5.1.1\n\n\nAction:failed\n";
        let groups = groups(text);
        assert_eq!(groups.len(), 3);
        assert_eq!(
            value(&groups[1], "diagnostic-code"),
            Some("smtp; 550 one two: three no field")
        );
        assert_eq!(value(&groups[1], "status"), Some("5.1.1"));
        assert_eq!(value(&groups[2], "action"), Some("failed"));
    }
}
