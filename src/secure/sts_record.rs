//! The TXT record that announces an MTA-STS policy (RFC 8461 section 3.1).

/// The identity of the policy that the TXT records of `_mta-sts.DOMAIN` announce; `None` where
/// they announce none.
///
/// Records that do not begin with `v=STSv1` are none of MTA-STS and are passed over. Of the others
/// there has to be exactly one, and it has to follow the grammar; a domain that breaks this has no
/// policy. Each text is a whole record, its character strings joined.
#[must_use]
pub fn policy_id<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut ours = texts.into_iter().filter(|text| is_ours(text));
    match (ours.next(), ours.next()) {
        (Some(only), None) => id(only),
        _ => None,
    }
}

fn is_ours(text: &str) -> bool {
    text.strip_prefix(VERSION)
        .is_some_and(|rest| rest.trim_start_matches(WHITE).starts_with(';'))
}

/// The first `id` of a record all of whose fields are well formed.
fn id(record: &str) -> Option<&str> {
    let mut found = None;
    let fields: Vec<&str> = record.split(';').map(|f| f.trim_matches(WHITE)).collect();
    let (_version, fields) = fields.split_first()?;
    // One delimiter may stand behind the last field.
    let fields = match fields {
        [fields @ .., ""] => fields,
        fields => fields,
    };
    for field in fields {
        let (name, value) = field.split_once('=')?;
        if name == "id" {
            if !is_id(value) {
                return None;
            }
            found.get_or_insert(value);
        } else if !is_extension(name, value) {
            return None;
        }
    }
    found
}

fn is_id(value: &str) -> bool {
    (1..=32).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_extension(name: &str, value: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let visible = |b: u8| b.is_ascii_graphic() && b != b'=' && b != b';';
    (1..=32).contains(&name.len())
        && name.as_bytes()[0].is_ascii_alphanumeric()
        && name.bytes().all(inner)
        && !value.is_empty()
        && value.bytes().all(visible)
}

const VERSION: &str = "v=STSv1";
const WHITE: [char; 2] = [' ', '\t'];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_announces_its_id() {
        for record in [
            "v=STSv1; id=20160831085700Z;",
            "v=STSv1;id=20160831085700Z",
            "v=STSv1 ;\tid=20160831085700Z ; ",
            "v=STSv1; id=20160831085700Z; x-extra=1",
            "v=STSv1; id=20160831085700Z; id=second",
        ] {
            assert_eq!(policy_id([record]), Some("20160831085700Z"), "{record:?}");
        }
    }

    #[test]
    fn what_breaks_the_grammar_announces_nothing() {
        let long = format!("v=STSv1; id={};", "1".repeat(33));
        for record in [
            "",
            "v=STSv1",
            "v=STSv1;",
            "v=STSv1; id=",
            "v=STSv1; id=a b",
            "v=STSv1; id=1-2",
            "v=STSv1; ID=1",
            "v=STSv1; ; id=1",
            "v=STSv1; id=1; nonsense",
            "v=STSv10; id=1",
            "V=STSv1; id=1",
            " v=STSv1; id=1",
            &long,
        ] {
            assert_eq!(policy_id([record]), None, "{record:?}");
        }
    }

    #[test]
    fn other_records_are_passed_over_and_two_of_ours_are_none() {
        let spf = "v=spf1 -all";
        let ours = "v=STSv1; id=1;";
        assert_eq!(policy_id([spf, ours, "text"]), Some("1"));
        assert_eq!(policy_id([ours, "v=STSv1; id=2;"]), None);
        assert_eq!(policy_id([spf]), None);
        assert_eq!(policy_id([]), None);
    }

    proptest! {
        #[test]
        fn any_text_is_borne(text in "(v=STSv1)?[ ;]{0,3}.{0,60}") {
            if let Some(id) = policy_id([text.as_str()]) {
                prop_assert!(is_id(id));
            }
        }
    }
}
