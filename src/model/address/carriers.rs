//! Japanese mobile carriers, which issued local parts that RFC 5321 does not allow unquoted.
//!
//! Until 2009 (docomo) and longer elsewhere, customers could choose `taro..yamada` or `.taro.`,
//! and many still receive mail there. Whoever writes such an address of another domain has
//! mistyped it.

/// The carriers' domains; a leading dot stands for any name below.
const DOMAINS: &[&str] = &[
    // NTT docomo
    "docomo.ne.jp",
    "mopera.net",
    "dwmail.jp",
    // KDDI: au, and TU-KA and DDI Pocket before
    "ezweb.ne.jp",
    ".ezweb.ne.jp",
    "au.com",
    ".au.com",
    "ido.ne.jp",
    "sky.tu-ka.ne.jp",
    ".sky.tu-ka.ne.jp",
    ".sky.tkk.ne.jp",
    ".sky.tkc.ne.jp",
    "uqmobile.jp",
    // SoftBank: J-PHONE and Vodafone before; Disney Mobile, Y!mobile, WILLCOM and EMOBILE now
    "softbank.ne.jp",
    "i.softbank.jp",
    ".vodafone.ne.jp",
    "jp-c.ne.jp",
    "jp-d.ne.jp",
    "jp-h.ne.jp",
    "jp-k.ne.jp",
    "jp-n.ne.jp",
    "jp-q.ne.jp",
    "jp-r.ne.jp",
    "jp-s.ne.jp",
    "jp-t.ne.jp",
    "disney.ne.jp",
    "disneymobile.ne.jp",
    "ymobile.ne.jp",
    "ymobile1.ne.jp",
    "y-mobile.ne.jp",
    "yahoo.ne.jp",
    "emnet.ne.jp",
    "willcom.com",
    "willcom.jp",
    "pdx.ne.jp",
    ".pdx.ne.jp",
];

/// Whether addresses of this domain may hold dots where RFC 5321 has none. Only asked about
/// local parts that do, so a walk over the table is quick enough.
pub(super) fn issued_odd_dots(domain: &str) -> bool {
    DOMAINS.iter().any(|known| match known.strip_prefix('.') {
        Some(_) => domain.ends_with(known),
        None => domain == *known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_are_meant_only_with_a_leading_dot() {
        for yes in [
            "docomo.ne.jp",
            "t.vodafone.ne.jp",
            "di.pdx.ne.jp",
            "i.softbank.jp",
        ] {
            assert!(issued_odd_dots(yes), "{yes}");
        }
        for no in [
            "x.docomo.ne.jp",
            "vodafone.ne.jp",
            "notdocomo.ne.jp",
            "softbank.jp",
        ] {
            assert!(!issued_odd_dots(no), "{no}");
        }
    }
}
