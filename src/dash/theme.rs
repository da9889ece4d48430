//! Colours, and what stands for them where there are none.
//!
//! Only the sixteen colours of the terminal's own palette are used, so that the dashboard fits
//! light and dark screens alike. Without colour (`NO_COLOR`, `--color never`) tones differ by
//! modifiers; signs and words tell everything either way.

use crate::model::{RunState, State};
use ratatui::style::{Color, Modifier, Style};

/// What a text wants to be seen as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// Of little weight.
    Faint,
    /// Of weight.
    Strong,
    /// Going well.
    Good,
    /// On its way.
    Busy,
    /// Waiting, refused for now.
    Waiting,
    /// Failed.
    Bad,
    /// Neither success nor failure.
    Doubtful,
    /// Marked, as the answer of a question is.
    Marked,
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theme {
    colour: bool,
}

impl Theme {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// How a tone looks.
    pub(super) fn style(self, tone: Tone) -> Style {
        let (colour, modifier) = match tone {
            Tone::Plain => (None, Modifier::empty()),
            Tone::Faint => (None, Modifier::DIM),
            Tone::Strong => (None, Modifier::BOLD),
            Tone::Good => (Some(Color::Green), Modifier::empty()),
            Tone::Busy => (Some(Color::Cyan), Modifier::empty()),
            Tone::Waiting => (Some(Color::Yellow), Modifier::empty()),
            Tone::Bad => (Some(Color::Red), Modifier::BOLD),
            Tone::Doubtful => (Some(Color::Magenta), Modifier::BOLD),
            Tone::Marked => (None, Modifier::REVERSED),
        };
        let style = Style::new().add_modifier(modifier);
        match colour.filter(|_| self.colour) {
            Some(colour) => style.fg(colour),
            None => style,
        }
    }
}

/// How a state of a recipient is seen.
pub(super) fn state_tone(state: State) -> Tone {
    match state {
        State::Delivered => Tone::Good,
        State::Sending => Tone::Busy,
        State::Deferred => Tone::Waiting,
        State::Bounced | State::Expired => Tone::Bad,
        State::InDoubt => Tone::Doubtful,
        State::Pending | State::Suppressed | State::Invalid | State::Cancelled => Tone::Faint,
    }
}

/// How a state of a run is seen.
pub(super) fn run_tone(state: RunState) -> Tone {
    match state {
        RunState::Loading | RunState::Scheduled => Tone::Busy,
        RunState::Running | RunState::Finished => Tone::Good,
        RunState::Paused | RunState::Draining => Tone::Waiting,
        RunState::Stopped | RunState::Cancelled | RunState::Braked => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_no_tone_has_one() {
        for tone in [
            Tone::Plain,
            Tone::Faint,
            Tone::Strong,
            Tone::Good,
            Tone::Busy,
            Tone::Waiting,
            Tone::Bad,
            Tone::Doubtful,
            Tone::Marked,
        ] {
            let style = Theme::new(false).style(tone);
            assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
        }
    }
}
