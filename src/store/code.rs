//! Words of the model as the tables keep them.

use crate::model::{EnhancedCode, RunState, State};

/// The name of a run's state in the store; never changes.
pub(super) const fn run_state_name(state: RunState) -> &'static str {
    match state {
        RunState::Loading => "loading",
        RunState::Scheduled => "scheduled",
        RunState::Running => "running",
        RunState::Paused => "paused",
        RunState::Draining => "draining",
        RunState::Finished => "finished",
        RunState::Stopped => "stopped",
        RunState::Cancelled => "cancelled",
        RunState::Braked => "braked",
    }
}

/// The state of a name that [`run_state_name`] gave.
pub(super) fn run_state(name: &str) -> Option<RunState> {
    [
        RunState::Loading,
        RunState::Scheduled,
        RunState::Running,
        RunState::Paused,
        RunState::Draining,
        RunState::Finished,
        RunState::Stopped,
        RunState::Cancelled,
        RunState::Braked,
    ]
    .into_iter()
    .find(|state| run_state_name(*state) == name)
}

/// An enhanced code as one number: `5.1.1` is 5001001.
pub(super) fn pack_enhanced(code: EnhancedCode) -> i64 {
    i64::from(code.class) * 1_000_000 + i64::from(code.subject) * 1_000 + i64::from(code.detail)
}

/// The text of a packed enhanced code.
pub(super) fn show_enhanced(packed: i64) -> String {
    let (class, rest) = (packed / 1_000_000, packed % 1_000_000);
    format!("{class}.{}.{}", rest / 1_000, rest % 1_000)
}

/// The state of a number in a row.
pub(super) fn state(number: i64) -> Option<State> {
    u8::try_from(number).ok().and_then(State::from_number)
}
