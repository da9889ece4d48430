//! Addresses of pictures in the attributes that hold more than one thing.

/// What a style attribute fetches: the addresses of its `url(…)` (CSS Values and Units section 4.5).
pub(super) fn style_urls(style: &str) -> impl Iterator<Item = &str> {
    // The lengths of both texts are the same: only ASCII letters change.
    let lower = style.to_ascii_lowercase();
    let begins: Vec<usize> = lower
        .match_indices("url(")
        .map(|(at, open)| at + open.len())
        .collect();
    begins.into_iter().filter_map(|at| {
        let rest = style.get(at..)?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let address = match quote {
            Some(quote) => rest[quote.len_utf8()..].split(quote).next()?,
            None => rest.split(')').next()?,
        };
        Some(address.trim()).filter(|address| !address.is_empty())
    })
}

/// The addresses of a srcset attribute, without their widths (HTML section 4.8.4.2.1).
pub(super) fn srcset_urls(list: &str) -> impl Iterator<Item = &str> {
    // An address may hold commas, but none at its end.
    let mut rest = list;
    std::iter::from_fn(move || {
        let start = |c: char| c.is_ascii_whitespace() || c == ',';
        rest = rest.trim_start_matches(start);
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (address, behind) = rest.split_at(end);
        rest = match address.ends_with(',') {
            true => behind,
            false => behind.split_once(',').map_or("", |(_, next)| next),
        };
        let address = address.trim_end_matches(',');
        (!address.is_empty()).then_some(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_of_styles() {
        let style = "color:red;background: URL( 'http://a.example/(1).png' ) , url(http://b.example/2.png);x:url()";
        let found: Vec<_> = style_urls(style).collect();
        assert_eq!(
            found,
            ["http://a.example/(1).png", "http://b.example/2.png"]
        );
    }

    #[test]
    fn addresses_of_sets() {
        let set = " http://a.example/1,2.png 1x, http://a.example/b.png 2x ,c.png, d.png";
        let found: Vec<_> = srcset_urls(set).collect();
        let all = [
            "http://a.example/1,2.png",
            "http://a.example/b.png",
            "c.png",
            "d.png",
        ];
        assert_eq!(found, all);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(url\\(|['\"), あx]){0,20}|.{0,20}") {
            let _ = style_urls(&text).count();
            let _ = srcset_urls(&text).count();
        }
    }
}
