//! From what was read to what is used: relative paths resolved, optional parts put together.

use super::campaign::CampaignDraft;
use super::loader::Draft;
use super::settings::Mode;
use crate::model::{
    Audience, Body, Campaign, CampaignFiles, PersonalFiles, RouteMode, Secret, Settings,
};
use std::path::{Path, PathBuf};

/// The settings, with relative paths below `base`.
pub(super) fn settings(draft: Draft, base: &Path) -> Settings {
    let mut settings = draft.settings;
    let resolve = |path: &mut PathBuf| *path = base.join(&path);
    let mut relays = draft.relays;
    for auth in relays.iter_mut().filter_map(|relay| relay.auth.as_mut()) {
        if let Secret::File(path) = &mut auth.secret {
            resolve(path);
        }
    }
    for mailbox in &mut settings.mailboxes {
        if let Secret::File(path) = &mut mailbox.auth.secret {
            resolve(path);
        }
    }
    settings.route.mode = match draft.mode {
        Some(Mode::Relay) => RouteMode::Relay(relays),
        Some(Mode::Mx) | None => RouteMode::Mx,
    };
    settings.tls.ca_file.iter_mut().for_each(resolve);
    settings.dns.trust_anchors.iter_mut().for_each(resolve);
    settings
        .dkim
        .iter_mut()
        .for_each(|key| resolve(&mut key.key_file));
    resolve(&mut settings.store.path);
    settings.serve.tls_cert.iter_mut().for_each(resolve);
    settings.serve.tls_key.iter_mut().for_each(resolve);
    settings
}

/// The campaign, with relative paths below `folder`; `None` where [`missing`] names anything.
pub(super) fn campaign(
    draft: CampaignDraft,
    folder: &Path,
    fallback_name: &str,
) -> Option<Campaign> {
    let below = |path: PathBuf| folder.join(path);
    Some(Campaign {
        name: draft.name.unwrap_or_else(|| fallback_name.to_owned()),
        folder: folder.to_owned(),
        from: draft.from?,
        reply_to: draft.reply_to,
        subject: draft.subject?,
        audience: match draft.audience? {
            Audience::File(path) => Audience::File(below(path)),
            Audience::List(name) => Audience::List(name),
        },
        segment: draft.segment,
        preheader: draft.preheader,
        body: Body {
            markup: draft.markup.map(|(markup, path)| (markup, below(path))),
            text: draft.text.map(below),
            layout: draft.layout,
            css: draft.css,
            charset: draft.charset,
        },
        files: CampaignFiles {
            attachments: draft.attachments.into_iter().map(below).collect(),
            personal: draft.personal.map(|files| PersonalFiles {
                folder: below(files.folder),
                ..files
            }),
            inline: draft.inline.into_iter().map(below).collect(),
            calendar: draft.calendar.map(below),
        },
        unsubscribe: draft.unsubscribe,
        unsubscribe_mailto: draft.unsubscribe_mailto,
        locale: draft.locale,
        zone: draft.zone,
        schedule: draft.schedule,
    })
}

/// What a campaign lacks: the keys of which one is needed, and an example.
pub(super) fn missing(
    draft: &CampaignDraft,
) -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    let body = draft.markup.is_some() || draft.text.is_some();
    [
        (
            draft.from.is_some(),
            &["from"][..],
            "from = \"Example News <news@example.com>\"",
        ),
        (
            draft.subject.is_some(),
            &["subject"],
            "subject = \"Hello {{ name }}\"",
        ),
        (
            draft.audience.is_some(),
            &["recipients", "list"],
            "recipients = \"recipients.csv\"",
        ),
        (
            body,
            &["html", "mjml", "markdown", "text"],
            "html = \"body.html\"",
        ),
    ]
    .into_iter()
    .filter(|(there, _, _)| !there)
    .map(|(_, keys, example)| (keys, example))
}
