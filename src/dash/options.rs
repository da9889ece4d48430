//! How a dashboard is opened, and how it ends.

use jiff::tz::TimeZone;
use std::time::Duration;

/// What a dashboard may do and how it looks.
#[derive(Debug, Clone)]
pub struct DashOptions {
    /// Whether colours are used. Nothing is told by colour alone.
    pub colour: bool,
    /// Whether sending goes on when the dashboard is left.
    pub can_detach: bool,
    /// Whether the run belongs to another process: then quitting just leaves, without a question.
    /// Commands are still sent, and it is the receiver's matter to hand them on.
    pub watch_only: bool,
    /// How long the last picture stays when the run has ended and no key is pressed; `None` ends
    /// at once, [`Duration::MAX`] waits for the key.
    pub linger: Option<Duration>,
    /// The zone of the times of day that are shown.
    pub zone: TimeZone,
}

impl Default for DashOptions {
    /// As `send` needs it: in colour, nowhere to detach to, over when the run is; times in UTC.
    fn default() -> Self {
        Self {
            colour: true,
            can_detach: false,
            watch_only: false,
            linger: None,
            zone: TimeZone::UTC,
        }
    }
}

/// Why the dashboard ended. The terminal is as it was before in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DashEnd {
    /// The run has ended.
    Finished,
    /// A person left it; the run goes on.
    Detached,
    /// Nobody sends pictures any more, though the run had not ended.
    Lost,
    /// A signal asked the process to end. What follows from that is for others to do; the
    /// dashboard only got out of the way.
    Interrupted,
}
