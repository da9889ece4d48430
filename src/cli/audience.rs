//! Where a loaded campaign's recipients came from, and whether its file still says so.
//!
//! Recipients are entered once, when a campaign is first sent, and hold from then on. Whoever changes
//! `list`, `recipients` or `segment` afterwards should hear that it changes nothing.

use super::context::Opened;
use super::output::say;
use crate::model::{Audience, Campaign};
use crate::progress::text::clean;
use crate::store::{CampaignRecord, LoadState, Reader};
use serde::{Deserialize, Serialize};

/// What is written down of a campaign's file when its recipients are entered. The list stands in the
/// ledger by itself: it may be renamed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    /// The file of the recipients; relative to the campaign's folder where it lies in it.
    recipients: Option<String>,
    /// The expression.
    segment: Option<String>,
}

impl Written {
    fn of(campaign: &Campaign) -> Self {
        let recipients = match &campaign.audience {
            Audience::List(_) => None,
            Audience::File(path) => {
                let inside = path.strip_prefix(&campaign.folder).unwrap_or(path);
                Some(inside.display().to_string())
            }
        };
        Self {
            recipients,
            segment: campaign.segment.as_deref().map(trimmed),
        }
    }
}

/// Line ends and spaces around an expression mean nothing.
fn trimmed(expression: &str) -> String {
    expression.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the ledger keeps of it.
pub(super) fn written(campaign: &Campaign) -> String {
    // A struct of texts can always be written.
    serde_json::to_string(&Written::of(campaign)).unwrap_or_default()
}

/// Warns where a campaign's file names other recipients than were entered, by the workspace's ledger.
pub(super) fn warn(opened: &Opened) {
    // Where there is no ledger yet, or none that can be read, whoever needs it says so.
    let Ok(reader) = Reader::open(&opened.settings.store.path) else {
        return;
    };
    if let Ok(Some(record)) = reader.campaign(&opened.campaign.name) {
        warn_of(&record, &opened.campaign);
    }
}

/// The same for a campaign whose record is at hand.
pub(super) fn warn_of(record: &CampaignRecord, campaign: &Campaign) {
    let Some((was, is)) = changed(record, campaign) else {
        return;
    };
    say(format_args!(
        "warning: {}: its recipients were entered from {} and stay; campaign.toml says {} by now\n\
         hint: another name in campaign.toml makes a campaign of those",
        clean(&record.name),
        clean(&was),
        clean(&is),
    ));
}

/// Where the recipients came from and where they would come from by now, in words; `None` where that
/// is the same, or is not known.
fn changed(record: &CampaignRecord, campaign: &Campaign) -> Option<(String, String)> {
    if record.load != LoadState::Loaded {
        return None;
    }
    let list = match &campaign.audience {
        Audience::List(name) => Some(name.as_str()),
        Audience::File(_) => None,
    };
    let is = Written::of(campaign);
    let was: Option<Written> =
        (record.audience.as_deref()).and_then(|audience| serde_json::from_str(audience).ok());
    let Some(was) = was else {
        // An earlier version wrote down the list alone.
        let was = record.list.as_deref()?;
        let other = list != Some(was);
        return other.then(|| {
            (
                source(Some(was), None),
                source(list, is.recipients.as_deref()),
            )
        });
    };
    let known = record.list.as_deref();
    let (from, to) = (
        source(known, was.recipients.as_deref()),
        source(list, is.recipients.as_deref()),
    );
    match (from == to, was.segment == is.segment) {
        (true, true) => None,
        (_, same) => Some((
            with_segment(from, was.segment.filter(|_| !same), same),
            with_segment(to, is.segment.filter(|_| !same), same),
        )),
    }
}

fn source(list: Option<&str>, file: Option<&str>) -> String {
    match (list, file) {
        (Some(list), _) => format!("list `{list}`"),
        (None, Some(file)) => format!("`{file}`"),
        (None, None) => String::from("elsewhere"),
    }
}

fn with_segment(source: String, segment: Option<String>, same: bool) -> String {
    match segment {
        _ if same => source,
        Some(segment) => format!("{source}, segment `{segment}`"),
        None => format!("{source}, all of it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Source};
    use crate::model::{CampaignId, RunState, Timestamp};
    use crate::store::Desired;
    use std::path::Path;

    fn campaign(audience: &str) -> Campaign {
        let text = format!(
            "name = \"n\"\nfrom = \"a@x.example\"\nsubject = \"s\"\ntext = \"t\"\n{audience}"
        );
        let source = Source {
            name: "campaign.toml",
            text: &text,
        };
        config::campaign(source, Path::new("/c"), "n", &[], &[]).unwrap()
    }

    fn loaded(list: Option<&str>, audience: Option<String>) -> CampaignRecord {
        CampaignRecord {
            id: CampaignId(1),
            name: "n".into(),
            uid: String::new(),
            created: Timestamp::from_millis(0),
            state: RunState::Stopped,
            desired: Desired::Run,
            list: list.map(str::to_owned),
            audience,
            load: LoadState::Loaded,
            columns: Vec::new(),
            rows: 0,
            duplicates: 0,
            started: None,
            finished: None,
        }
    }

    const WEEKLY: &str = "list = \"weekly\"\n";
    const JAPAN: &str = "list = \"weekly\"\nsegment = \"country == 'JP'\"\n";
    const FILE: &str = "recipients = \"people.csv\"\n";

    fn told(list: Option<&str>, was: &str, is: &str) -> Option<(String, String)> {
        let record = loaded(list, Some(written(&campaign(was))));
        changed(&record, &campaign(is))
    }

    #[test]
    fn what_says_the_same_is_not_mentioned() {
        assert_eq!(told(Some("weekly"), JAPAN, JAPAN), None);
        assert_eq!(told(None, FILE, FILE), None);
        let spaced = JAPAN.replace("country ==", "country  ==");
        assert_eq!(told(Some("weekly"), JAPAN, &spaced), None);
        // The list was renamed, and so was it in the file.
        let renamed = JAPAN.replace("weekly", "daily");
        assert_eq!(told(Some("daily"), JAPAN, &renamed), None);
        let mut loading = loaded(None, Some(written(&campaign(FILE))));
        loading.load = LoadState::Loading;
        assert_eq!(changed(&loading, &campaign(WEEKLY)), None);
    }

    #[test]
    fn another_list_file_or_segment_is_told() {
        let pair = |was: &str, is: &str| Some((was.to_owned(), is.to_owned()));
        let other = WEEKLY.replace("weekly", "daily");
        let weekly = Some("weekly");
        assert_eq!(
            told(weekly, WEEKLY, &other),
            pair("list `weekly`", "list `daily`")
        );
        assert_eq!(
            told(None, FILE, WEEKLY),
            pair("`people.csv`", "list `weekly`")
        );
        assert_eq!(
            told(weekly, WEEKLY, JAPAN),
            pair(
                "list `weekly`, all of it",
                "list `weekly`, segment `country == 'JP'`"
            )
        );
        let before = loaded(weekly, None);
        assert!(changed(&before, &campaign(&other)).is_some());
        assert_eq!(changed(&before, &campaign(JAPAN)), None, "nobody knows");
    }
}
