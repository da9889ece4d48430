//! `import`: subscribers from a CSV file into a list.

mod doubts;
mod run;
mod told;
mod types;

pub(super) use run::run;
