//! The wish of a person or of the system that a program stops.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Tells whether somebody asked the program to stop: Ctrl-C, or what a system sends before it ends.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// Nobody asks.
    pub fn never() -> Self {
        Self::default()
    }

    /// Asked by the first SIGINT or SIGTERM from now on; the second one ends the process at once.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn by_signals() -> io::Result<Self> {
        let stop = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first one finds nobody who asked.
            flag::register_conditional_shutdown(
                signal,
                exit_code(signal).into(),
                stop.asked.clone(),
            )?;
            flag::register(signal, stop.asked.clone())?;
            flag::register_usize(signal, stop.signal.clone(), signal as usize)?;
        }
        Ok(stop)
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// What a program that stops says to the shell: 130 after Ctrl-C, 143 after SIGTERM.
    pub fn exit_code(&self) -> u8 {
        match self.signal.load(Ordering::Relaxed) {
            0 => exit_code(SIGINT),
            signal => exit_code(signal as i32),
        }
    }

    /// Asks.
    #[cfg(test)]
    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }
}

/// As shells have it: 128 and the signal's number.
fn exit_code(signal: i32) -> u8 {
    128 + signal as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_shells() {
        let stop = Stop::never();
        assert!(!stop.is_asked());
        stop.ask();
        assert!(stop.is_asked());
        assert_eq!(stop.exit_code(), 130);
        assert_eq!(exit_code(SIGTERM), 143);
    }
}
