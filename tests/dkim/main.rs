//! Signatures that somebody else's verifier takes, and the commands that make keys.

#![cfg(test)]

mod commands;
mod sending;
#[path = "../support/mod.rs"]
mod support;
mod verify;

/// An RSA-2048 key that OpenSSL made.
const RSA: &str = include_str!("../support/keys/rsa.pem");
/// An Ed25519 key that OpenSSL made.
const ED25519: &str = include_str!("../support/keys/ed25519.pem");
