//! The ledger: SQLite behind one writer.
