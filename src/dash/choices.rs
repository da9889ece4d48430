//! What a person can choose in the dashboard, and where its lists are scrolled to.

/// The panels that can be scrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Panel {
    Destinations,
    Problems,
    Notices,
}

/// The order of the destinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// As the engine ranks them: busy and troubled ones first.
    Trouble,
    Name,
    Queued,
    Deferred,
    Delivered,
    Bounced,
}

/// Which failures are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    All,
    Bounces,
    Deferrals,
}

/// The time the chart spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// Ten minutes, or less where the run is younger.
    Recent,
    /// All of the run.
    Whole,
}

/// Where a panel's list is scrolled to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scroll {
    /// Lines above the panel.
    pub(super) offset: usize,
    /// Lines in all.
    pub(super) rows: usize,
    /// Lines that are seen at once.
    pub(super) page: usize,
}

impl Panel {
    const ALL: [Self; 3] = [Self::Destinations, Self::Problems, Self::Notices];

    /// The panel so many places on, around the corner.
    pub(super) fn step(self, places: usize) -> Self {
        Self::ALL[(self as usize + places) % Self::ALL.len()]
    }
}

impl Sort {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Trouble => Self::Name,
            Self::Name => Self::Queued,
            Self::Queued => Self::Deferred,
            Self::Deferred => Self::Delivered,
            Self::Delivered => Self::Bounced,
            Self::Bounced => Self::Trouble,
        }
    }
}

impl Filter {
    pub(super) fn next(self) -> Self {
        match self {
            Self::All => Self::Bounces,
            Self::Bounces => Self::Deferrals,
            Self::Deferrals => Self::All,
        }
    }
}

impl Scroll {
    /// The offset, kept within the list.
    pub(super) fn go(&mut self, offset: usize) {
        self.offset = offset.min(self.rows.saturating_sub(self.page));
    }
}
