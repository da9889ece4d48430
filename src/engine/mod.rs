//! A campaign's run: from the ledger to the wire and back.
