//! What the pages say, in each language, and which one a reader is shown.

/// The texts of one language. `{name}` stands for the sender, `{contact}` for how to reach them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Texts {
    /// The language's tag (BCP 47), its first part.
    pub(super) tag: &'static str,
    pub(super) title: &'static str,
    /// The question where the sender's name is known, and where it is not.
    pub(super) question_of: &'static str,
    pub(super) question: &'static str,
    pub(super) button: &'static str,
    pub(super) nothing_yet: &'static str,
    pub(super) done_title: &'static str,
    pub(super) done_of: &'static str,
    pub(super) done: &'static str,
    pub(super) on_its_way: &'static str,
    pub(super) by_mistake: &'static str,
    pub(super) test_title: &'static str,
    pub(super) test: &'static str,
    pub(super) unknown_title: &'static str,
    pub(super) unknown: &'static str,
    pub(super) not_asked_title: &'static str,
    pub(super) not_asked: &'static str,
    pub(super) busy_title: &'static str,
    pub(super) busy: &'static str,
    pub(super) often_title: &'static str,
    pub(super) often: &'static str,
    pub(super) bad_title: &'static str,
    pub(super) bad: &'static str,
}

/// The languages there are; the first is for readers of all others.
pub(super) static LANGUAGES: [Texts; 2] = [
    Texts {
        tag: "en",
        title: "Unsubscribe",
        question_of: "Do you want to stop getting this mail from {name}?",
        question: "Do you want to stop getting this mail?",
        button: "Unsubscribe",
        nothing_yet: "Nothing has changed yet. Close this page to go on getting it.",
        done_title: "You are unsubscribed",
        done_of: "{name} will not send you this mail any more.",
        done: "You will not be sent this mail any more.",
        on_its_way: "A message that was already on its way may still arrive.",
        by_mistake: "Was that a mistake? Ask to be added again: {contact}",
        test_title: "This was a test",
        test: "The message was a test or a preview. The link names no reader, and nothing was changed.",
        unknown_title: "This link does not work",
        unknown: "It may be incomplete, or from a test message. Nothing was changed. Open the link in the message once more, or answer the message and ask to be unsubscribed.",
        not_asked_title: "Nothing was changed",
        not_asked: "The request did not say that you want to unsubscribe. Use the button.",
        busy_title: "Not possible right now",
        busy: "You are not unsubscribed yet: it could not be saved. Please try again in a minute.",
        often_title: "Too many requests",
        often: "Nothing was changed. Please wait a minute, then try again.",
        bad_title: "This request makes no sense",
        bad: "Nothing was changed.",
    },
    Texts {
        tag: "ja",
        title: "配信停止",
        question_of: "{name} からのこのメールの配信を停止しますか？",
        question: "このメールの配信を停止しますか？",
        button: "配信を停止する",
        nothing_yet: "まだ何も変更されていません。引き続き受け取る場合は、このページを閉じてください。",
        done_title: "配信を停止しました",
        done_of: "今後、{name} からこのメールは届きません。",
        done: "今後、このメールは届きません。",
        on_its_way: "すでに送信処理中のメールが届く場合があります。",
        by_mistake: "間違えて停止した場合は、再登録をご連絡ください：{contact}",
        test_title: "テスト用のリンクです",
        test: "このメールはテストまたはプレビューです。受信者の情報はなく、何も変更されていません。",
        unknown_title: "このリンクは無効です",
        unknown: "リンクが途中で切れているか、テストメールのものです。何も変更されていません。メール内のリンクをもう一度開くか、メールに返信して配信停止をご依頼ください。",
        not_asked_title: "何も変更されていません",
        not_asked: "配信停止の指示が確認できませんでした。下のボタンを押してください。",
        busy_title: "ただいま処理できません",
        busy: "保存できなかったため、配信はまだ停止されていません。しばらくしてから、もう一度お試しください。",
        often_title: "アクセスが多すぎます",
        often: "何も変更されていません。しばらくしてから、もう一度お試しください。",
        bad_title: "不正なリクエストです",
        bad: "何も変更されていません。",
    },
];

/// The language a reader likes best, by `Accept-Language` (RFC 9110 section 12.5.4). A language that
/// is refused with `q=0` is not chosen; `*` is the first.
pub(super) fn negotiate(accept: &str) -> &'static Texts {
    let mut best: Option<(f32, &'static Texts)> = None;
    for range in accept.split(',').take(RANGES) {
        let mut parameters = range.split(';');
        let tag = parameters.next().unwrap_or_default().trim();
        let Some(texts) = spoken(tag) else { continue };
        let quality = parameters
            .find_map(|parameter| parameter.trim().strip_prefix("q="))
            .map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
        let better = best.is_none_or(|(known, _)| quality > known);
        if quality > 0.0 && better {
            best = Some((quality, texts));
        }
    }
    best.map_or(&LANGUAGES[0], |(_, texts)| texts)
}

/// Languages that are looked at, at most.
const RANGES: usize = 32;

fn spoken(tag: &str) -> Option<&'static Texts> {
    if tag == "*" {
        return LANGUAGES.first();
    }
    let language = tag.split('-').next().unwrap_or_default();
    LANGUAGES
        .iter()
        .find(|texts| texts.tag.eq_ignore_ascii_case(language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_best_language_is_shown() {
        for (accept, tag) in [
            ("", "en"),
            ("ja", "ja"),
            ("JA-JP", "ja"),
            ("ja,en-US;q=0.9,en;q=0.8", "ja"),
            ("en-US,en;q=0.9,ja;q=0.8", "en"),
            ("de,ja;q=0.5", "ja"),
            ("en;q=0.1, ja;q=0.2", "ja"),
            ("ja;q=0, *;q=0.1", "en"),
            ("ja;q=x", "en"),
            ("fr", "en"),
        ] {
            assert_eq!(negotiate(accept).tag, tag, "{accept:?}");
        }
    }

    #[test]
    fn every_language_says_everything() {
        for texts in &LANGUAGES {
            assert!(texts.question_of.contains("{name}"), "{}", texts.tag);
            assert!(texts.done_of.contains("{name}"), "{}", texts.tag);
            assert!(texts.by_mistake.contains("{contact}"), "{}", texts.tag);
        }
    }

    proptest! {
        #[test]
        fn any_header_has_an_answer(accept in "\\PC{0,80}") {
            let _ = negotiate(&accept);
        }
    }
}
