//! `dunlin completion`: what makes a shell complete the commands.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;
use std::io::{self, Write as _};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
Examples:
  dunlin completion bash > /usr/share/bash-completion/completions/dunlin
  dunlin completion zsh > \"${fpath[1]}/_dunlin\"
  dunlin completion fish > ~/.config/fish/completions/dunlin.fish
  source <(dunlin completion bash)                  for this shell alone";

/// Arguments of `dunlin completion`.
#[derive(Args, Debug)]
pub(super) struct CompletionArguments {
    /// The shell
    shell: KnownShell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KnownShell {
    Bash,
    Zsh,
    Fish,
}

impl CompletionArguments {
    /// Prints the script for `command`.
    pub(super) fn run(self, command: &mut Command) -> ExitCode {
        let shell = match self.shell {
            KnownShell::Bash => Shell::Bash,
            KnownShell::Zsh => Shell::Zsh,
            KnownShell::Fish => Shell::Fish,
        };
        let mut script = Vec::new();
        clap_complete::generate(shell, command, "dunlin", &mut script);
        match io::stdout().lock().write_all(&script) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("dunlin: cannot write the output: {error}");
                ExitCode::FAILURE
            }
        }
    }
}
