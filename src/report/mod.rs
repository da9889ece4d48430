//! Rows and counts as table, CSV and JSON.
