//! How transactions travel over a session: chosen once, when it opens.

use crate::model::PipelineMode;
use crate::proto::Capabilities;

/// The way transactions travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    /// One command at a time, content by DATA.
    Stepwise,
    /// `MAIL RCPT… DATA` in one group, content by DATA, and the next group right behind it
    /// (RFC 2920).
    Grouped,
    /// `MAIL RCPT… BDAT` with the content in one stream, and further transactions behind it as
    /// far as the window is open (RFC 3030 section 4.2).
    Streamed,
}

impl Transfer {
    /// The fastest way that both sides allow.
    pub(super) fn choose(mode: PipelineMode, offered: &Capabilities) -> Self {
        match mode {
            PipelineMode::Auto if offered.pipelining && offered.chunking => Self::Streamed,
            PipelineMode::Auto | PipelineMode::Data if offered.pipelining => Self::Grouped,
            PipelineMode::Auto | PipelineMode::Data | PipelineMode::Off => Self::Stepwise,
        }
    }

    /// The next slower way, for servers that do not bear this one; `None` where there is none.
    pub(super) const fn slower(self) -> Option<PipelineMode> {
        match self {
            Self::Streamed => Some(PipelineMode::Data),
            Self::Grouped => Some(PipelineMode::Off),
            Self::Stepwise => None,
        }
    }

    /// Whether commands run ahead of answers.
    pub(super) const fn runs_ahead(self) -> bool {
        match self {
            Self::Stepwise => false,
            Self::Grouped | Self::Streamed => true,
        }
    }

    /// Transactions at hand that keep the connection busy, where no window says so.
    pub(super) const fn depth(self) -> usize {
        match self {
            // One on its way and one to follow it.
            Self::Stepwise => 2,
            // One whose content awaits its answer, one whose group stands behind it, and one that
            // has to be there when that group's 354 comes: its own group leaves together with
            // that content.
            Self::Grouped | Self::Streamed => 3,
        }
    }
}
