//! Where in the address of a request a token can stand.

/// The texts of a request's address that may be a token: the last part of the path, then values of
/// the query. A reverse proxy may have put anything in front or taken it away, so nothing else of the
/// path is looked at.
pub(super) fn candidates<'u>(
    path: &'u str,
    query: Option<&'u str>,
) -> impl Iterator<Item = &'u str> {
    let last = path.rsplit('/').find(|part| !part.is_empty());
    let values = query
        .unwrap_or_default()
        .split(['&', ';'])
        .map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
    last.into_iter()
        .chain(values)
        .filter(|text| text.bytes().all(|octet| octet.is_ascii_alphanumeric()))
        .filter(|text| !text.is_empty())
        .take(MOST)
}

/// Texts that are tried, at most.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(path: &str, query: Option<&str>) -> Vec<String> {
        candidates(path, query).map(str::to_owned).collect()
    }

    #[test]
    fn a_token_is_the_last_part_or_a_value() {
        assert_eq!(found("/u/abc", None), ["abc"]);
        assert_eq!(found("/abc", None), ["abc"]);
        assert_eq!(found("/some/where/u/abc/", None), ["abc"]);
        assert_eq!(found("/u", Some("t=abc")), ["u", "abc"]);
        assert_eq!(found("/", Some("list=1&token=abc")), ["1", "abc"]);
        assert_eq!(found("/", Some("abc")), ["abc"]);
        assert_eq!(found("/", None), Vec::<String>::new());
        assert_eq!(found("/u/a%20b", Some("=&&=x&")), ["x"]);
    }

    proptest! {
        #[test]
        fn any_address_is_read(path in "\\PC{0,40}", query in prop::option::of("\\PC{0,40}")) {
            prop_assert!(candidates(&path, query.as_deref()).count() <= MOST);
        }
    }
}
