//! Runs that were stopped, and how they are gone on with.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::checkpoint::Keeping;
use crate::note;
use crate::report::RunFolder;
use crate::stop::Stop;

/// How a run goes on, and how it keeps what it takes to go on.
#[derive(Args, Debug, Clone, Copy)]
pub(crate) struct ResumeArgs {
    /// Go on with the run in this folder that was stopped, by Ctrl-C or anything else, from its last checkpoint: it ends
    /// as if it had never been stopped
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// A checkpoint after every N steps [default: after every epoch and every 10 s, in at most 5 % of the time]
    #[arg(long, value_name = "N", value_parser = steps)]
    checkpoint_steps: Option<usize>,
}

/// Reads a number of steps.
fn steps(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a number of at least 1 is expected".into()),
        Ok(steps) => Ok(steps),
    }
}

impl ResumeArgs {
    /// Where the run works: in a new folder, or in that of the run that was stopped; nowhere if there is nothing to go
    /// on with, since the run is complete.
    ///
    /// # Errors
    ///
    /// As [`RunFolder::create`] and [`RunFolder::go_on`]; or if it is not said whether to go on.
    pub fn folder<C: Serialize + DeserializeOwned>(
        self,
        out: &Path,
        config: &C,
        force: bool,
    ) -> Result<Option<RunFolder>> {
        let stopped = RunFolder::is_stopped(out) && !force;
        if stopped && !self.resume {
            RunFolder::check_stopped(out, config)?;
        }
        if self.resume || (stopped && offer(out)?) {
            if let Some(folder) = RunFolder::go_on(out, config)? {
                return Ok(Some(folder));
            }
            if RunFolder::open_complete(out)
                .is_ok_and(|folder| folder.file("metrics.json").exists())
            {
                note!("the run in {} is complete", out.display());
                return Ok(None);
            }
            note!("nothing to go on with: the run begins");
        }
        Ok(Some(RunFolder::create(out, config, force)?))
    }

    /// How its trainings keep their states from now on, while they learn from these data.
    ///
    /// # Errors
    ///
    /// If the system lets nobody listen to its signals.
    pub fn keeping(self, data: String) -> Result<Keeping> {
        Ok(Keeping {
            stop: Stop::by_signals().context("cannot listen to signals")?,
            steps: self.checkpoint_steps,
            data,
        })
    }
}

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
fn offer(out: &Path) -> Result<bool> {
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
