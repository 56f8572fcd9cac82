//! What programs tell. Output that nobody reads, as behind `| head -1` or on a full disk, costs no result: it is
//! dropped, where `println!` would panic.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

static QUIET: AtomicBool = AtomicBool::new(false);

/// How much a program tells.
#[derive(Args, Debug, Clone, Copy)]
pub struct OutputArgs {
    /// Say nothing of the progress; results and errors are told all the same
    #[arg(long, short, global = true)]
    quiet: bool,
}

impl OutputArgs {
    /// From now on.
    pub fn apply(self) {
        QUIET.store(self.quiet, Ordering::Relaxed);
    }
}

/// Whether nothing is to be said of the progress.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// `println!`, but dropped where it cannot be written.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

/// `eprintln!` for the progress: dropped where it cannot be written, or nobody wants it.
#[macro_export]
macro_rules! note {
    ($($text:tt)*) => {{
        use std::io::Write;
        if !$crate::console::is_quiet() {
            let _ = writeln!(std::io::stderr(), $($text)*);
        }
    }};
}

/// `eprintln!` for what went wrong, which is always told.
#[macro_export]
macro_rules! complain {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}
