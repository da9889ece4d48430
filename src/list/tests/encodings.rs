//! Encodings: found, decoded, and honest about what they do not have.

use super::{file_error, read, read_with, rejects, subscribers};
use crate::list::{Entry, ListOptions, Subscribers};
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, WINDOWS_1252};

const JAPANESE: &str = "メールアドレス,氏名,住所\r\n\
    yamada@example.jp,山田　太郎,東京都千代田区丸の内一丁目\r\n\
    suzuki@example.co.jp,鈴木 花子,\"大阪市北区梅田\r\n第三ビル\"\r\n\
    takahashi@example.jp,高橋,①番地\r\n";

const FRENCH: &str = "courriel;prénom;ville\r\n\
    andre@example.fr;André;Besançon\r\nzoe@example.fr;Zoë;Évry\r\nx@example.fr;Noël;“Œuvre” à 5 €\r\n";

fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let (bytes, _, lossy) = encoding.encode(text);
    assert!(!lossy, "{} has all of it", encoding.name());
    bytes.into_owned()
}

fn utf16(text: &str, mark: bool, order: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark = mark.then_some(0xFEFF);
    mark.into_iter()
        .chain(text.encode_utf16())
        .flat_map(order)
        .collect()
}

fn named(bytes: &[u8]) -> &'static str {
    let mut list = Subscribers::open(bytes, &ListOptions::default()).unwrap();
    while list.next_entry().unwrap().is_some() {}
    list.encoding()
}

fn with_encoding(bytes: &[u8], name: &str) -> (Vec<Entry>, Option<String>) {
    let options = ListOptions {
        encoding: Some(name.into()),
        ..ListOptions::default()
    };
    read_with(bytes, &options)
}

#[test]
fn japanese_lists_are_read_in_every_encoding() {
    let expected = subscribers(JAPANESE.as_bytes());
    assert_eq!(expected.len(), 3);
    assert_eq!(
        expected[1].fields.get("住所"),
        Some("大阪市北区梅田\r\n第三ビル")
    );
    let marked = [b"\xEF\xBB\xBF", JAPANESE.as_bytes()].concat();
    for (bytes, name) in [
        (marked, "UTF-8"),
        (utf16(JAPANESE, true, u16::to_le_bytes), "UTF-16LE"),
        (utf16(JAPANESE, true, u16::to_be_bytes), "UTF-16BE"),
        (utf16(JAPANESE, false, u16::to_le_bytes), "UTF-16LE"),
        (utf16(JAPANESE, false, u16::to_be_bytes), "UTF-16BE"),
        (encoded(JAPANESE, SHIFT_JIS), "Shift_JIS"),
        (encoded(JAPANESE, EUC_JP), "EUC-JP"),
        (encoded(JAPANESE, ISO_2022_JP), "ISO-2022-JP"),
    ] {
        assert_eq!(named(&bytes), name);
        assert_eq!(subscribers(&bytes), expected, "{name}");
    }
}

#[test]
fn short_lists_with_an_ascii_header_are_told_apart() {
    let text = "email,name\nyamada@example.jp,山田太郎\nsuzuki@example.com,鈴木花子\n";
    for encoding in [UTF_8, SHIFT_JIS, EUC_JP, ISO_2022_JP] {
        assert_eq!(named(&encoded(text, encoding)), encoding.name());
    }
    let half_width = "ﾒｰﾙｱﾄﾞﾚｽ,ｼﾒｲ\nyamada@example.jp,ﾔﾏﾀﾞ ﾀﾛｳ\n";
    assert_eq!(named(&encoded(half_width, SHIFT_JIS)), "Shift_JIS");
}

#[test]
fn western_lists_are_read_as_windows_1252() {
    let bytes = encoded(FRENCH, WINDOWS_1252);
    assert_eq!(named(&bytes), "windows-1252");
    assert_eq!(subscribers(&bytes), subscribers(FRENCH.as_bytes()));
}

#[test]
fn the_first_japanese_name_may_come_late() {
    let mut text = String::from("email,name\n");
    for n in 0..20_000 {
        text += &format!("user{n}@example.jp,Name {n}\n");
    }
    text += "yamada@example.jp,山田太郎\nsuzuki@example.jp,鈴木花子\n";
    for encoding in [UTF_8, SHIFT_JIS, EUC_JP, ISO_2022_JP] {
        let list = subscribers(&encoded(&text, encoding));
        assert_eq!(list.len(), 20_002);
        let last = list.last().unwrap();
        assert_eq!(
            last.fields.get("name"),
            Some("鈴木花子"),
            "{}",
            encoding.name()
        );
    }
}

#[test]
fn a_named_encoding_is_followed() {
    let bytes = encoded(JAPANESE, SHIFT_JIS);
    let expected = read(JAPANESE.as_bytes());
    for name in ["cp932", "Shift_JIS", "sjis", "auto", "AUTO"] {
        assert_eq!(
            with_encoding(&bytes, name),
            (expected.clone(), None),
            "{name}"
        );
    }
    let both = utf16(JAPANESE, true, u16::to_be_bytes);
    assert_eq!(with_encoding(&both, "utf-16"), (expected, None));
    let (_, error) = with_encoding(&bytes, "utf-8");
    assert_eq!(
        error.unwrap(),
        "line 1: the header cannot be read: it holds octets that are not UTF-8; \
         say which encoding the list is in: --encoding shift_jis, for one"
    );
    let (_, error) = with_encoding(&bytes, "ebcdic");
    assert!(
        error
            .unwrap()
            .starts_with("`ebcdic` is no encoding; say `auto`, `utf-8`")
    );
}

#[test]
fn what_the_encoding_does_not_have_rejects_its_row_only() {
    let mut bytes = encoded(JAPANESE, SHIFT_JIS);
    bytes.extend(b"kato@example.jp,\x81\x20,x\r\nito@example.jp,y,z\r\n");
    let found = rejects(&bytes);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].row, found[0].line), (4, 6));
    assert_eq!(found[0].column, "氏名");
    assert_eq!(found[0].text, "kato@example.jp");
    assert_eq!(found[0].reason, "it holds octets that are not Shift_JIS");
    assert_eq!(read(&bytes).len(), 5);

    let mut bytes = JAPANESE.as_bytes().to_vec();
    bytes.extend(b"kato@example.jp,\x81\x20,x\r\n");
    assert_eq!(
        rejects(&bytes)[0].reason,
        "it holds octets that are not UTF-8"
    );
}

#[test]
fn half_characters_on_both_sides_of_a_delimiter_do_not_join() {
    let (entries, _) = with_encoding(b"a,b,email\n\xC3,\xA9,a@x.org\n", "utf-8");
    let Entry::Reject(reject) = &entries[0] else {
        panic!("{entries:?}")
    };
    assert_eq!(reject.reason, "it holds octets that are not UTF-8");
    assert_eq!(reject.column, "a");
}

#[test]
fn a_replacement_character_of_the_files_own_passes() {
    let list = subscribers("email,name\na@x.org,\u{FFFD}\n".as_bytes());
    assert_eq!(list[0].fields.get("name"), Some("\u{FFFD}"));
}

#[test]
fn other_kinds_of_files_are_named() {
    assert_eq!(
        file_error(b"PK\x03\x04\x14\0\x06\0"),
        "this is an Excel workbook or a ZIP archive, not CSV; export the list as \"CSV UTF-8\" \
         and use that file"
    );
}
