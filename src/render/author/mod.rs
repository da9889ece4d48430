//! From what people write to the two forms that mail clients show.

mod plain;

pub(in crate::render) use plain::{Texts, from_html};
