//! From an answer to its reason, blame and action, and on to the verdict.
//!
//! The knowledge is data: `rules.toml` holds ordered rules of phrases and codes, each with sample
//! replies that a test holds it to. [`Classifier`] reads an answer by them, [`verdict`] decides what
//! becomes of the recipient, and [`Brake`] when so much is refused that the campaign had better stop.
//! It knows nothing of connections, retries or stores.

mod bits;
mod brake;
mod classifier;
mod consequence;
mod delay;
mod phrase;
mod rule;
mod text;
mod trie;
mod verdict;

pub use brake::Brake;
pub use classifier::Classifier;
pub use consequence::{Consequence, consequence};
pub use rule::RuleError;
pub use verdict::verdict;
