//! TOML texts to checked [`Settings`](crate::model::Settings) and [`Campaign`](crate::model::Campaign).
//!
//! It owns every key a person can write, in one registry (`settings`, `delivery`, `suppression`, `check`, `serve`,
//! `campaign`, and `destination`, `relay` and `tables` for tables that may stand more than once): what it takes, what it means, where it goes. Files are read by the caller; texts
//! come in here and values come out, or every error at once, each with its file, its line and what
//! to write instead. Nothing is looked up on disk, so a path that does not exist is the caller's to
//! find.
//!
//! Later sources win over earlier ones: built-in values, `hikyaku.toml`, `campaign.toml`, the
//! environment, `--set`. A list of tables (`[[destination]]`) replaces the earlier list as a whole.
//!
//! An environment variable is `HIKYAKU_` and the key in capitals with two underscores for each
//! dot: `HIKYAKU_DELIVERY__MAX_ATTEMPTS=8` is `delivery.max_attempts = 8`.

mod addresses;
mod campaign;
mod check;
mod delivery;
mod destination;
mod error;
mod finish;
mod key;
mod load;
mod loader;
mod mailbox;
mod near;
mod reference;
mod relay;
mod serve;
mod settings;
mod suppression;
mod syntax;
mod tables;
mod units;
mod value;

pub use error::{ConfigError, ConfigErrors};
pub use load::{Source, campaign, load};
pub use loader::RESERVED;
pub use reference::{Reference, reference, reference_toml};
