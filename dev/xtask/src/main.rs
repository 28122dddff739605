//! Development tasks: `cargo xtask tidy` and `cargo xtask spec`.
//!
//! Without dependencies and line-based on purpose, so that it builds in a second and runs in less. It relies on rustfmt having
//! been over the code.

mod source_file;
mod spec;
mod tidy;
mod workspace;

use std::process::ExitCode;
use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask <task>

tidy           house rules: sizes, names, layers, file headers, forbidden macros, attributes without a reason
spec           which MQTT 5.0 statements and which behaviours are cited and tested
spec --check   fail when a count is below docs/spec-coverage.toml
spec --write   write today's counts to docs/spec-coverage.toml
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let task: fn(&Workspace) -> Result<(), String> = match words[..] {
        ["tidy"] => tidy::run,
        ["spec"] => spec::report,
        ["spec", "--check"] => spec::check,
        ["spec", "--write"] => spec::write,
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match Workspace::open().and_then(|workspace| task(&workspace)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
