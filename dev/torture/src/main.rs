//! The `dunlin-torture` program: reads the command line and turns the outcome into an exit code.

use clap::Parser;
use dunlin_torture::cli::Cli;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "dunlin-torture: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
