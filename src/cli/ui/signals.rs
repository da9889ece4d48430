//! Ctrl-C and SIGTERM: the first asks, the second does not. SIGHUP, when the terminal is gone, asks
//! however often it comes: a terminal that closes may send more than one.

use crate::cli::fail::Failure;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears the signals that end a program.
pub(in crate::cli) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    pub(in crate::cli) fn new() -> Result<Self, Failure> {
        let hear = |kind| {
            signal(kind)
                .map_err(|error| Failure::new(format_args!("no signals to be had: {error}")))
        };
        Ok(Self {
            interrupt: hear(SignalKind::interrupt())?,
            terminate: hear(SignalKind::terminate())?,
            hangup: hear(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(in crate::cli) async fn next(&mut self) -> Heard {
        tokio::select! {
            _ = self.interrupt.recv() => Heard::End,
            _ = self.terminate.recv() => Heard::End,
            _ = self.hangup.recv() => Heard::Hangup,
        }
    }
}

/// What a signal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Heard {
    /// Somebody wants the program to end.
    End,
    /// The terminal is gone.
    Hangup,
}
