//! From MX answers to destinations: domains that share servers share limits.
