//! What mail is taken for.

use crate::cli::context::Context;
use crate::model::Settings;
use std::collections::BTreeSet;

/// What mail is taken for: what is set, or where this workspace's return paths and unsubscribe
/// mailboxes are.
pub(super) fn domains(context: &Context, settings: &Settings) -> Vec<String> {
    if !settings.serve.smtp_domains.is_empty() {
        return settings.serve.smtp_domains.clone();
    }
    let mut domains: BTreeSet<String> = settings.identity.bounce_domain.iter().cloned().collect();
    for campaign in context.campaigns() {
        // A campaign that cannot be read says so when it is used.
        let Ok(opened) = context.open(&campaign) else {
            continue;
        };
        let mailbox = opened.campaign.unsubscribe_mailto;
        domains.extend(mailbox.as_deref().and_then(mailto_domain));
        domains.extend(opened.settings.identity.bounce_domain);
    }
    domains.into_iter().collect()
}

/// Addresses that letters name for wishes to be left alone: those of the campaigns, where they are no
/// templates, and `unsubscribe` of each domain.
pub(super) fn wish_mailboxes(context: &Context, domains: &[String]) -> Vec<String> {
    let of_campaigns = context.campaigns().into_iter().filter_map(|campaign| {
        let opened = context.open(&campaign).ok()?;
        let url = opened.campaign.unsubscribe_mailto?;
        mailto_address(&url).map(str::to_owned)
    });
    let plain = domains.iter().map(|domain| format!("unsubscribe@{domain}"));
    of_campaigns.chain(plain).collect()
}

/// The address of a `mailto:` URL; it may be a template.
fn mailto_address(url: &str) -> Option<&str> {
    url.strip_prefix("mailto:")?.split('?').next()
}

/// The domain of a `mailto:` address, where it is no template.
fn mailto_domain(url: &str) -> Option<String> {
    let (_, domain) = mailto_address(url)?.rsplit_once('@')?;
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-".contains(&octet);
    (!domain.is_empty() && domain.bytes().all(plain)).then(|| domain.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_an_unsubscribe_mailbox() {
        let domain = |url| mailto_domain(url);
        assert_eq!(
            domain("mailto:leave@News.example?subject={{ token }}").as_deref(),
            Some("news.example")
        );
        for url in [
            "{{ mailto }}",
            "mailto:a",
            "mailto:a@{{ domain }}",
            "mailto:a@",
        ] {
            assert_eq!(domain(url), None, "{url}");
        }
    }
}
