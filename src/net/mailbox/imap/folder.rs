//! The folder: opened, listed, its messages fetched.

use super::answer::{Answer, Code, Message};
use super::conversation::{Conversation, LISTS, Terms};
use super::login::enter;
use super::words::{folder, set};
use crate::model::MailboxSettings;
use crate::net::mailbox::either::{Fetched, Key, Listed};
use crate::net::mailbox::error::MailboxError;
use crate::net::mailbox::open::{Patience, Way};
use secrecy::SecretString;

/// Marks mail that was handled, where it stays.
pub(super) const KEYWORD: &str = "$HikyakuHandled";
/// Messages that are asked about at once.
const WINDOW: u32 = 500;
/// Messages that one list holds.
const LIST: usize = 5_000;
/// Messages that a server can make us list, whatever it says.
const MOST: usize = LIST + WINDOW as usize;
/// Octets of messages that are fetched at once, unless one alone is larger.
const TOGETHER: u64 = 2 << 20;
/// Messages that are fetched at once.
const MANY: usize = 50;

/// An open folder of an IMAP server.
pub(in crate::net::mailbox) struct Imap {
    pub(super) talk: Conversation,
    pub(super) settings: MailboxSettings,
    pub(super) patience: Patience,
    validity: u32,
    /// Whether [`KEYWORD`] lasts there.
    pub(super) keeps_keyword: bool,
}

impl Imap {
    pub(in crate::net::mailbox) async fn open(
        settings: &MailboxSettings,
        secret: &SecretString,
        way: &Way,
        read_only: bool,
    ) -> Result<Self, MailboxError> {
        let mut imap = Self {
            talk: enter(settings, secret, way).await?,
            settings: settings.clone(),
            patience: way.patience,
            validity: 0,
            keeps_keyword: false,
        };
        imap.select(read_only).await?;
        Ok(imap)
    }

    async fn select(&mut self, read_only: bool) -> Result<(), MailboxError> {
        let (verb, what) = match read_only {
            true => ("EXAMINE", "EXAMINE of the folder"),
            false => ("SELECT", "SELECT of the folder"),
        };
        let line = format!("{verb} {}", folder(&self.settings.folder));
        let (mut validity, mut keeps) = (None, true);
        let terms = Terms::small(what, self.patience.command);
        let hear = |answer: Answer| {
            let Answer::Untagged(condition) = answer else {
                return;
            };
            match condition.code {
                Code::UidValidity(number) => validity = Some(number),
                Code::PermanentFlags(flags) => {
                    let lasts = |flag: &String| flag == "\\*" || flag.eq_ignore_ascii_case(KEYWORD);
                    keeps = flags.iter().any(lasts);
                }
                Code::None | Code::Capabilities(_) | Code::TryCreate => {}
            }
        };
        self.talk.command(&line, terms, hear).await?;
        self.keeps_keyword = keeps;
        self.validity = validity
            .ok_or_else(|| MailboxError::Nonsense("the folder has no UIDVALIDITY".to_owned()))?;
        Ok(())
    }

    pub(in crate::net::mailbox) fn validity(&self) -> u32 {
        self.validity
    }

    /// Sequence numbers stand still while nothing but FETCH is said (RFC 3501 section 7.4.1), so
    /// they lead through the folder without gaps, however few of a folder's UIDs are in use.
    pub(in crate::net::mailbox) async fn list(
        &mut self,
        since: u32,
    ) -> Result<Vec<Listed>, MailboxError> {
        let terms = Terms::small("NOOP", self.patience.command);
        self.talk.command("NOOP", terms, |_| ()).await?;
        self.talk.news = false;
        let count = self.talk.exists;
        let Some(mut next) = self.first_behind(since, count).await? else {
            return Ok(Vec::new());
        };
        let mut listed: Vec<Listed> = Vec::new();
        while next <= count && listed.len() < LIST {
            let last = next.saturating_add(WINDOW - 1).min(count);
            let line = format!("FETCH {next}:{last} (UID RFC822.SIZE FLAGS)");
            let terms = Terms::list("FETCH of sizes", self.patience.fetch);
            let hear = |answer: Answer| {
                if let Answer::Message(message) = answer
                    && let Some(uid) = waiting(&message)
                    && uid > since
                    && listed.len() < MOST
                {
                    listed.push(Listed {
                        key: Key::Uid(uid),
                        size: message.size,
                    });
                }
            };
            self.talk.command(&line, terms, hear).await?;
            next = last.saturating_add(1);
        }
        listed.sort_by_key(|listed| uid(&listed.key));
        listed.dedup();
        Ok(listed)
    }

    /// The number of the first message behind a UID.
    async fn first_behind(&mut self, since: u32, count: u32) -> Result<Option<u32>, MailboxError> {
        if count == 0 || self.uid_of(count).await?.is_some_and(|uid| uid <= since) {
            return Ok(None);
        }
        let (mut low, mut high) = (1, count);
        while since > 0 && low < high {
            let middle = low + (high - low) / 2;
            match self.uid_of(middle).await? {
                Some(uid) if uid <= since => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(Some(low))
    }

    async fn uid_of(&mut self, number: u32) -> Result<Option<u32>, MailboxError> {
        let mut found = None;
        let terms = Terms::small("FETCH of a UID", self.patience.command);
        let hear = |answer: Answer| {
            if let Answer::Message(message) = answer
                && message.number == number
            {
                found = message.uid.or(found);
            }
        };
        let line = format!("FETCH {number} (UID)");
        self.talk.command(&line, terms, hear).await?;
        Ok(found)
    }

    pub(in crate::net::mailbox) async fn fetch(
        &mut self,
        listed: &[Listed],
    ) -> Result<(usize, Vec<Fetched>), MailboxError> {
        let most = u64::from(self.settings.max_size);
        let (mut asked, mut sum) = (0, 0);
        for one in listed.iter().take(MANY) {
            let size = u64::from(one.size).min(most);
            if asked > 0 && sum + size > TOGETHER {
                break;
            }
            (asked, sum) = (asked + 1, sum + size);
        }
        let uids: Vec<u32> = listed[..asked].iter().map(|one| uid(&one.key)).collect();
        let whole = listed[..asked]
            .iter()
            .all(|one| u64::from(one.size) <= most);
        // The beginning is enough of a large one: reports stand before what they return.
        let part = match whole {
            true => "BODY.PEEK[]".to_owned(),
            false => format!("BODY.PEEK[]<0.{most}>"),
        };
        let terms = Terms {
            what: "FETCH of messages",
            time: self.patience.fetch,
            // Servers that count line ends otherwise are a little off with their sizes.
            octets: 2 * sum + LISTS,
            literal: 2 * most + LISTS,
        };
        let mut fetched = Vec::with_capacity(asked);
        let hear = |answer: Answer| {
            if let Answer::Message(message) = answer
                && let (Some(uid), Some(octets)) = (message.uid, message.octets)
                && uids.contains(&uid)
                && fetched.len() < asked
            {
                let key = Key::Uid(uid);
                fetched.push(Fetched { key, octets });
            }
        };
        let line = format!("UID FETCH {} (UID {part})", set(&uids));
        self.talk.command(&line, terms, hear).await?;
        Ok((asked, fetched))
    }

    pub(in crate::net::mailbox) async fn close(mut self) -> Result<(), MailboxError> {
        let terms = Terms::small("LOGOUT", self.patience.command);
        self.talk.command("LOGOUT", terms, |_| ()).await
    }
}

/// The UID of a key; 0 is none.
pub(super) fn uid(key: &Key) -> u32 {
    match key {
        Key::Uid(uid) => *uid,
        Key::Uidl { .. } => 0,
    }
}

/// The UID of a message that was not handled yet and is not deleted.
fn waiting(message: &Message) -> Option<u32> {
    let done = message.has_flag(KEYWORD) || message.has_flag("\\Deleted");
    message.uid.filter(|_| !done)
}
