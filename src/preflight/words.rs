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
        assert!(OPT_OUT.iter().all(|word| folded(word) == *word));
    }
}
