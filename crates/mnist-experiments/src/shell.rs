//! What a shell and `man` know of the program.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_complete::Shell;

use crate::say;

/// Print what makes a shell complete the program's options
///
/// For bash, in ~/.bashrc: `source <(mnist-experiments completions bash)`.
#[derive(Args, Debug, Clone)]
#[command(after_help = "Example:\n  mnist-experiments completions bash")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionsArgs {
    /// Prints it.
    ///
    /// # Errors
    ///
    /// None so far.
    pub fn run(self, mut program: Command) -> Result<()> {
        let name = program.get_name().to_owned();
        // Into memory first: the generator panics where nobody reads.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut program, name, &mut script);
        say!("{}", String::from_utf8_lossy(&script).trim_end());
        Ok(())
    }
}

/// Write manual pages, one for each command
#[derive(Args, Debug, Clone)]
#[command(
    after_help = "Example:\n  mnist-experiments man target/man && man target/man/mnist-experiments.1"
)]
pub struct ManArgs {
    /// Folder for them
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl ManArgs {
    /// Writes them.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written.
    pub fn run(self, program: Command) -> Result<()> {
        let folder = &self.folder;
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(program, folder));
        written.with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
        say!("{}", folder.join("mnist-experiments.1").display());
        Ok(())
    }
}
