//! Text of other people in HTML.

use crate::progress::text;
use std::fmt::{self, Display, Write};

/// A text as HTML shows it: characters that act on a screen or turn the direction of reading are
/// written out (`\x1b`, `\u{202e}`), and those that act in HTML are entities, in attributes too.
pub(super) struct Esc<'a>(pub(super) &'a str);

impl Display for Esc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in text::escape(self.0).chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// An argument of a shell's command line, quoted where it has to be.
pub(super) fn shell(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,".contains(c);
    if !argument.is_empty() && !argument.starts_with('-') && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_acts_in_a_page() {
        let hostile = "<script>alert('x')</script> \" onload=\"y\u{202e}\x1b[2J\0&amp;";
        let shown = Esc(hostile).to_string();
        assert_eq!(
            shown,
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot; onload=&quot;y\\u{202e}\\x1b[2J\\x00&amp;amp;"
        );
    }

    #[test]
    fn arguments_stay_one_argument() {
        assert_eq!(shell("welcome"), "welcome");
        assert_eq!(shell("a b'; rm -rf ~"), r"'a b'\''; rm -rf ~'");
        assert_eq!(shell(""), "''");
    }

    proptest! {
        #[test]
        fn any_text_is_harmless(text in any::<String>()) {
            let shown = Esc(&text).to_string();
            let acts = |c: char| matches!(c, '<' | '>' | '"' | '\'') || c.is_control();
            prop_assert!(!shown.contains(acts));
        }
    }
}
