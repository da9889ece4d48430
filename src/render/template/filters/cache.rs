//! Formatters that are made once per thread: making one reads tables, using one does not.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;
use std::thread::LocalKey;

/// More kinds than a letter has; a template that makes up locales must not fill the memory.
const KINDS: usize = 256;

/// The formatters of a thread.
pub(super) type Cache<K, V> = RefCell<HashMap<K, Rc<V>>>;

/// The formatter of that kind, made by `make` where there is none yet.
pub(super) fn get<K: Hash + Eq + 'static, V: 'static, E>(
    cache: &'static LocalKey<Cache<K, V>>,
    kind: K,
    make: impl FnOnce(&K) -> Result<V, E>,
) -> Result<Rc<V>, E> {
    let known = cache.with_borrow(|cache| cache.get(&kind).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let made = Rc::new(make(&kind)?);
    cache.with_borrow_mut(|cache| {
        if cache.len() >= KINDS {
            cache.clear();
        }
        cache.insert(kind, Rc::clone(&made));
    });
    Ok(made)
}
