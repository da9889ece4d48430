//! Names of columns: what they are compared by, and what templates call them.

use crate::model::{fold_width, trim};

/// Words that template expressions are made of, so no variable can be called that.
const RESERVED: &[&str] = &[
    "true", "True", "false", "False", "none", "None", "loop", "self", "and", "or", "not", "in",
    "is", "if", "else",
];

/// The longest field name in characters; a header line that is really a row of text makes longer.
const LONGEST: usize = 64;

/// What column names are compared by: letters and digits only, narrow, in lower case.
pub(super) fn comparable(name: &str) -> String {
    fold_width(trim(name))
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether two columns have the same name but for case, width and signs.
#[must_use]
pub fn alike(one: &str, other: &str) -> bool {
    comparable(one) == comparable(other)
}

/// Whether two columns have the same name but for case, width and the spaces around it.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| fold_width(trim(name)).to_lowercase();
    plain(one) == plain(other)
}

/// The name a template can use for a column: an identifier of minijinja's, which is one of
/// Unicode's (UAX 31). `First name` becomes `First_name`, `氏名（漢字）` becomes `氏名_漢字`.
/// `None` where no letter or digit is left.
pub(super) fn identifier(name: &str) -> Option<String> {
    let mut identifier = String::new();
    let mut gap = false;
    for c in fold_width(trim(name)).chars().take(LONGEST) {
        if !is_continue(c) {
            gap = !identifier.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) && !identifier.ends_with('_') {
            identifier.push('_');
        }
        if identifier.is_empty() && !is_start(c) {
            identifier.push('_');
        }
        identifier.push(c);
    }
    if RESERVED.contains(&identifier.as_str()) {
        identifier.push('_');
    }
    identifier.chars().any(|c| c != '_').then_some(identifier)
}

/// Whether a template can use this name as it is.
pub(super) fn is_identifier(name: &str) -> bool {
    identifier(name).as_deref() == Some(name)
}

fn is_start(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

fn is_continue(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_continue(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_can_use_them() {
        for (header, name) in [
            ("name", Some("name")),
            ("First name", Some("First_name")),
            ("  Zip / city ", Some("Zip_city")),
            ("e-mail", Some("e_mail")),
            ("2nd", Some("_2nd")),
            ("氏名", Some("氏名")),
            ("氏名（漢字）", Some("氏名_漢字")),
            ("ＮＡＭＥ", Some("NAME")),
            ("prénom", Some("prénom")),
            ("in", Some("in_")),
            ("_x", Some("_x")),
            ("{{ x }}", Some("x")),
            ("*", None),
            ("", None),
            ("\u{feff}", None),
        ] {
            assert_eq!(identifier(header).as_deref(), name, "{header}");
        }
    }

    #[test]
    fn comparison_sees_letters_only() {
        assert_eq!(comparable("\u{feff} E-Mail_Address*"), "emailaddress");
        assert_eq!(comparable("Ｅメール アドレス"), "eメールアドレス");
    }
}
