//! What a sandbox can be told.

use crate::model::Timestamp;
use std::path::PathBuf;
use std::time::Duration;

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// What connections are dropped and how long replies take follows from it.
    pub seed: u64,
    /// The time, for the ledger and for rate limits.
    pub clock: fn() -> Timestamp,
    /// The first three octets of the servers' addresses. All of 127.0.0.0/8 is loopback on Linux;
    /// elsewhere the addresses have to be configured first.
    pub network: [u8; 3],
    /// The port of all SMTP servers; 0 for any that is free.
    pub smtp_port: u16,
    /// The port of the DNS server on 127.0.0.1, UDP and TCP; 0 for any that is free.
    pub dns_port: u16,
    /// What delays are multiplied by; 0 for none.
    pub slowness: f64,
    /// How long a client may be silent.
    pub idle: Duration,
    /// How often a `servfail` name is answered SERVFAIL before it works. A resolver may use up
    /// several with one question of the engine's.
    pub servfails: u32,
    /// Where accepted messages are appended as JSON lines, each before its 250 is sent.
    pub ledger_file: Option<PathBuf>,
    /// Recipients whose messages are remembered one by one; further ones are only counted.
    pub remember: usize,
}

impl SandboxOptions {
    /// The usual sandbox: any free ports, no ledger file.
    #[must_use]
    pub fn new(seed: u64, clock: fn() -> Timestamp) -> Self {
        Self {
            seed,
            clock,
            network: [127, 77, 0],
            smtp_port: 0,
            dns_port: 0,
            slowness: 1.0,
            idle: Duration::from_secs(300),
            servfails: 3,
            ledger_file: None,
            remember: 200_000,
        }
    }

    /// `base`, as slow as this sandbox is.
    pub(super) fn scaled(&self, base: Duration) -> Duration {
        let factor = self.slowness.clamp(0.0, 1000.0);
        if factor.is_nan() {
            return base;
        }
        base.mul_f64(factor)
    }
}
