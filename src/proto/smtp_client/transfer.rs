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
}

impl Transfer {
    /// The fastest way that both sides allow.
    pub(super) fn choose(mode: PipelineMode, offered: &Capabilities) -> Self {
        match mode {
            PipelineMode::Auto | PipelineMode::Data if offered.pipelining => Self::Grouped,
            PipelineMode::Auto | PipelineMode::Data | PipelineMode::Off => Self::Stepwise,
        }
    }

    /// Whether commands run ahead of answers.
    pub(super) const fn runs_ahead(self) -> bool {
        match self {
            Self::Stepwise => false,
            Self::Grouped => true,
        }
    }

    /// Transactions at hand that keep the connection busy.
    pub(super) const fn depth(self) -> usize {
        match self {
            // One on its way and one to follow it.
            Self::Stepwise => 2,
            // One whose content awaits its answer, one whose group stands behind it, and one that
            // has to be there when that group's 354 comes: its own group leaves together with
            // that content.
            Self::Grouped => 3,
        }
    }
}
