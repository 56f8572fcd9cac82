//! What is said to people whose runs were stopped.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::stop::Stop;

/// A run was stopped because somebody asked for it; nothing went wrong.
#[derive(Debug, thiserror::Error)]
#[error("stopped; what is done is kept, go on with: {command}")]
pub(crate) struct Stopped {
    command: String,
    code: u8,
}

impl Stopped {
    /// By the signal that came.
    pub fn new(stop: &Stop) -> Self {
        Self {
            command: resume_command(std::env::args()),
            code: stop.exit_code(),
        }
    }

    /// What to say to the shell.
    pub fn exit_code(&self) -> ExitCode {
        self.code.into()
    }
}

/// Whether the run that was stopped is to be gone on with: on a terminal somebody is asked.
///
/// # Errors
///
/// If nobody can be asked; it says what to type.
pub(crate) fn offer(out: &Path) -> Result<bool> {
    let command = resume_command(std::env::args());
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        bail!(
            "the run in {}.unfinished was stopped: go on with it by `{command}`, or start anew with --force",
            out.display()
        );
    }
    let _ = write!(
        std::io::stderr(),
        "The run in {}.unfinished was stopped. Go on with it? [Y/n] ",
        out.display()
    );
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    match answer.trim().to_lowercase().as_str() {
        "" | "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        other => bail!("{other:?} is neither yes nor no"),
    }
}

/// The command line that goes on with the run of this one.
fn resume_command(args: impl Iterator<Item = String>) -> String {
    let args = args.filter(|arg| arg != "--resume" && arg != "--force");
    let mut words: Vec<String> = args.map(|arg| quoted(&arg)).collect();
    words.push("--resume".into());
    words.join(" ")
}

/// As a shell reads it.
fn quoted(arg: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    match !arg.is_empty() && arg.chars().all(plain) {
        true => arg.into(),
        false => format!("'{}'", arg.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_typed() {
        let args = ["mnist_binary", "--heads", "softmax(embedding-dim=2),dome"];
        let more = ["--out", "it's", "--force"];
        let args = args.into_iter().chain(more).map(String::from);
        assert_eq!(
            resume_command(args),
            r"mnist_binary --heads 'softmax(embedding-dim=2),dome' --out 'it'\''s' --resume"
        );
    }
}
