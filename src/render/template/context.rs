//! A recipient as templates see it.
//!
//! Only what some template of the letter may name is turned into template values; the other
//! columns of a wide list cost a hash look-up each.

use super::words::Words;
use crate::model::{Address, Fields};
use minijinja::Value;
use minijinja::value::{DynObject, Enumerator, Object};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Names with a meaning of their own. A column of the same name wins, so that a list may bring
/// its own `token`; only `unsubscribe_url` is always the campaign's, where it has one, or the
/// letter and its header would name different addresses.
const EMAIL: &str = "email";
const TOKEN: &str = "token";
const CAMPAIGN: &str = "campaign";
const UNSUBSCRIBE_URL: &str = "unsubscribe_url";
/// All columns as a map, for names that are no identifiers: `{{ fields['First name'] }}`.
const FIELDS: &str = "fields";

/// A recipient's variables.
#[derive(Debug)]
pub(in crate::render) struct Context {
    columns: Vec<(Box<str>, Value)>,
    token: Option<Value>,
    campaign: Value,
    all: Option<Value>,
    unsubscribe_url: OnceLock<Value>,
    /// The last name that was looked up in vain.
    missed: Mutex<Option<Box<str>>>,
}

impl Context {
    /// The variables of one recipient, as far as `words` can name them. `token` is only asked for
    /// when it is named.
    pub(in crate::render) fn new(
        words: &Words,
        campaign: &Value,
        address: &Address,
        fields: &Fields,
        token: impl FnOnce() -> String,
    ) -> Arc<Self> {
        let mut columns: Vec<_> = fields
            .iter()
            .filter(|(name, _)| words.contains(*name))
            .map(|(name, text)| (Box::from(name), Value::from(text)))
            .collect();
        let has = |name: &str| columns.iter().any(|(column, _)| &**column == name);
        let needs_token = words.contains(TOKEN) && !has(TOKEN);
        if words.contains(EMAIL) && !has(EMAIL) {
            columns.push((EMAIL.into(), Value::from(address.to_string())));
        }
        let all = words
            .contains(FIELDS)
            .then(|| Value::from_pairs(fields.iter().map(|(n, t)| (n, Value::from(t)))));
        Arc::new(Self {
            columns,
            token: needs_token.then(|| Value::from(token())),
            campaign: campaign.clone(),
            all,
            unsubscribe_url: OnceLock::new(),
            missed: Mutex::new(None),
        })
    }

    /// As the template engine takes it.
    pub(in crate::render) fn value(self: &Arc<Self>) -> Value {
        Value::from_dyn_object(DynObject::new(Arc::clone(self)))
    }

    /// Makes the rendered unsubscribe address known to the templates that follow.
    pub(in crate::render) fn set_unsubscribe_url(&self, url: &str) {
        self.unsubscribe_url.get_or_init(|| Value::from(url));
    }

    /// The last name that was looked up in vain, which is the one a strict error is about.
    pub(in crate::render) fn missed(&self) -> Option<String> {
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        missed.as_deref().map(str::to_owned)
    }

    /// What a template misses is no matter of the next one.
    pub(in crate::render) fn forget_missed(&self) {
        *self.missed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn find(&self, name: &str) -> Option<Value> {
        if name == UNSUBSCRIBE_URL
            && let Some(url) = self.unsubscribe_url.get()
        {
            return Some(url.clone());
        }
        if let Some((_, value)) = self.columns.iter().find(|(column, _)| &**column == name) {
            return Some(value.clone());
        }
        match name {
            TOKEN => self.token.clone(),
            CAMPAIGN => Some(self.campaign.clone()),
            FIELDS => self.all.clone(),
            _ => None,
        }
    }
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let found = self.find(name);
        if found.is_none() && !is_function(name) {
            let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
            *missed = Some(name.into());
        }
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.columns.iter().map(|(name, _)| Value::from(&**name));
        Enumerator::Values(names.collect())
    }
}

/// The engine's own functions are looked up here before they are found elsewhere.
fn is_function(name: &str) -> bool {
    ["range", "dict", "namespace", "debug"].contains(&name)
}
