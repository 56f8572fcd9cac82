use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::{console, note};

/// Nothing is said of what takes less.
const PATIENCE: Duration = Duration::from_secs(2);

/// Between two lines, where there is no terminal.
const PAUSE: Duration = Duration::from_secs(15);

/// Tells on standard error how far computations are that take more than two seconds: on a terminal with a bar, else
/// with lines.
#[derive(Debug, Clone)]
pub struct Notices {
    group: Option<MultiProgress>,
}

impl Notices {
    /// With bars below the others of a group.
    pub fn new(group: &MultiProgress) -> Self {
        Self {
            group: Some(group.clone()),
        }
    }

    /// No output, for tests.
    pub fn silent() -> Self {
        Self { group: None }
    }

    /// A computation of so many steps starts.
    pub fn start(&self, what: impl Into<String>, steps: usize) -> Notice {
        let now = Instant::now();
        Notice {
            what: what.into(),
            group: self.group.clone(),
            steps,
            start: now,
            state: Mutex::new(State {
                done: 0,
                next: now + PATIENCE,
                bar: None,
            }),
        }
    }
}

/// A computation that may take long; it ends when it is dropped.
#[derive(Debug)]
pub struct Notice {
    what: String,
    group: Option<MultiProgress>,
    steps: usize,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    done: usize,
    /// When something is to be said.
    next: Instant,
    bar: Option<ProgressBar>,
}

impl Notice {
    /// So many more steps are done.
    pub fn advance(&self, steps: usize) {
        let Some(group) = self.group.as_ref().filter(|_| !console::is_quiet()) else {
            return;
        };
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        state.done += steps;
        if let Some(bar) = &state.bar {
            bar.set_position(state.done as u64);
            return;
        }
        let now = Instant::now();
        if now < state.next || state.done >= self.steps {
            return;
        }
        if std::io::stderr().is_terminal() {
            let bar = group.add(ProgressBar::new(self.steps as u64));
            let style = ProgressStyle::with_template("{prefix:>16} {wide_bar} {eta} left");
            bar.set_style(style.expect("a valid template"));
            bar.set_prefix(self.what.clone());
            bar.set_position(state.done as u64);
            state.bar = Some(bar);
        } else {
            let elapsed = now - self.start;
            note!(
                "{:>16}  {}",
                self.what,
                so_far(state.done, self.steps, elapsed)
            );
            state.next = now + PAUSE;
        }
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        let state = self
            .state
            .get_mut()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// The share that is done, and the time that the rest takes at the same speed.
fn so_far(done: usize, steps: usize, elapsed: Duration) -> String {
    let share = done as f64 / steps as f64;
    let left = elapsed.as_secs_f64() * (1.0 - share) / share;
    format!("{:.0} %, {left:.0} s left", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_a_step() {
        assert_eq!(so_far(25, 100, Duration::from_secs(2)), "25 %, 6 s left");
    }
}
