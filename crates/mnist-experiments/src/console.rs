//! What programs tell. Output that nobody reads, as behind `| head -1` or on a full disk, costs no result: it is
//! dropped, where `println!` would panic.

/// `println!`, but dropped where it cannot be written.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

/// `eprintln!`, but dropped where it cannot be written.
#[macro_export]
macro_rules! note {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}
