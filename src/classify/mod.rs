//! From an answer to its reason, blame and action, and on to the verdict.
