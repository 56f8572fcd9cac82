use super::{Moment, State};

/// Who keeps the [`State`] of a training while it goes on, so that it can be gone on with; `()` keeps nothing.
pub trait Keeper {
    /// The state to start from; none at the beginning.
    fn kept(&mut self) -> Option<State> {
        None
    }

    /// Whether the training is to stop.
    fn is_stopped(&self) -> bool {
        false
    }

    /// Whether the state is to be kept now, so many steps after the beginning.
    fn is_due(&mut self, _moment: Moment, _steps: usize) -> bool {
        false
    }

    /// Keeps it. What goes wrong costs the training nothing.
    fn keep(&mut self, _state: State) {}
}

impl Keeper for () {}
