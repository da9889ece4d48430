//! Folds events into what a person wants to see of a run.
