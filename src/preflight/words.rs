//! Texts compared and shown.

use crate::model::fold_width;

/// A text of other people as a detail shows it: one line of readable length.
pub(super) fn cut(text: &str) -> String {
    const SHOWN: usize = 100;
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A text for comparison: width and case folded, every run of white space gone. Japanese has none
/// between words, and layouts put it anywhere.
pub(super) fn folded(text: &str) -> String {
    let invisible = |c: &char| {
        c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{ad}')
    };
    let narrow = fold_width(text);
    narrow
        .chars()
        .filter(|c| !invisible(c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a text names a way to refuse further mail, in the languages of most newsletters.
pub(super) fn offers_opt_out(text: &str) -> bool {
    let text = folded(text);
    OPT_OUT.iter().any(|word| text.contains(word))
}

/// Whether a letter that links to its own List-Unsubscribe address says what the link is for. Words
/// that mean other things elsewhere are enough there.
pub(super) fn names_the_way_out(text: &str) -> bool {
    let text = folded(text);
    offers_opt_out(&text) || BESIDE_THE_LINK.iter().any(|word| text.contains(word))
}

/// Folded as [`folded`] does.
const BESIDE_THE_LINK: &[&str] = &[
    "停止",
    "解除",
    "中止",
    "やめる",
    "希望されない",
    "希望しない",
    "退会",
    "不要",
    "cancel",
    "leave",
    "stop",
    "subscription",
    "preferences",
    "remove",
];

/// Folded as [`folded`] does.
const OPT_OUT: &[&str] = &[
    "unsubscribe",
    "optout",
    "opt-out",
    "stopreceiving",
    "nolongerwish",
    "removeme",
    "emailpreferences",
    "managepreferences",
    "配信停止",
    "配信を停止",
    "配信解除",
    "配信の停止",
    "配信の解除",
    "配信を解除",
    "配信中止",
    "配信の中止",
    "配信不要",
    "配信を希望されない",
    "配信を希望しない",
    "購読停止",
    "購読中止",
    "メールを停止",
    "受信停止",
    "受信を停止",
    "登録を解除",
    "登録の解除",
    "オプトアウト",
    "購読解除",
    "購読を解除",
    "メール停止",
    "受信拒否",
    "登録解除",
    "退会",
    "退订",
    "退訂",
    "取消订阅",
    "取消訂閱",
    "수신거부",
    "구독취소",
    "구독해지",
    "abmelden",
    "abbestellen",
    "austragen",
    "désabonner",
    "désinscri",
    "desinscri",
    "désinscription",
    "darsedebaja",
    "cancelarsuscripción",
    "cancelarlasuscripción",
    "anularsuscripción",
    "cancelarinscrição",
    "cancelarainscrição",
    "descadastr",
    "disiscri",
    "annullaiscrizione",
    "cancellatidalla",
    "uitschrijven",
    "afmelden",
    "avregistrera",
    "avsluttabonnement",
    "afmeld",
    "peruutatilaus",
    "wypisz",
    "rezygnacj",
    "odhlásit",
    "отписаться",
    "отписка",
    "відписатися",
    "iptaletmek",
    "abonelikten",
    "leiratkoz",
    "dezabon",
    "εγγραφής",
    "الغاءالاشتراك",
    "إلغاءالاشتراك",
    "बंदकरें",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_forgets_white_space_width_and_case() {
        assert_eq!(folded(" Ｅxample\u{3000}News\n Ltd "), "examplenewsltd");
        assert_eq!(folded("東京都 千代田区１-１"), "東京都千代田区1-1");
    }

    #[test]
    fn ways_out_are_known_in_several_languages() {
        for text in [
            "Unsubscribe with one click",
            "配 信 停 止はこちら",
            "Hier ABMELDEN",
            "Se désabonner",
        ] {
            assert!(offers_opt_out(text), "{text}");
        }
        assert!(!offers_opt_out("Read more"));
        assert!(names_the_way_out("メールを 希 望 されない方は"));
        assert!(names_the_way_out("ＳＴＯＰ these letters"));
        assert!(!names_the_way_out("こちら"));
        let mut words = OPT_OUT.iter().chain(BESIDE_THE_LINK);
        assert!(words.all(|word| folded(word) == *word));
    }
}
