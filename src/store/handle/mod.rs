//! The handle of a process that writes: what it offers, by subject.

mod again;
mod campaigns;
mod erase;
mod health;
mod lists;
mod returned;
mod store;
mod sts;
mod work;

pub use store::Store;
