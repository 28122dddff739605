//! Runs that once failed, by name: each line of a file is a name, a colon and the arguments that repeat the run.
//!
//! A seed repeats what was decided by chance. The moments in which a processor turns to something else are not repeated, so such
//! a run may have to be played more often than once to fail again.

use crate::error::TortureError;
use std::fs;
use std::path::Path;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSeed {
    /// What went wrong.
    pub name: String,
    /// Arguments of `dunlin-torture`.
    pub arguments: Vec<String>,
}

/// Reads a file of runs. Empty lines and those that begin with `#` mean nothing.
///
/// # Errors
/// The file cannot be read, a line has no name or no seed, or a name is there twice.
pub fn read_seeds(file: &Path) -> Result<Vec<NamedSeed>, TortureError> {
    let usage = |what: String| TortureError::Usage(format!("{}: {what}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| usage(error.to_string()))?;
    parse(&text).map_err(usage)
}

fn parse(text: &str) -> Result<Vec<NamedSeed>, String> {
    let mut seeds: Vec<NamedSeed> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, arguments) = line.split_once(':').ok_or_else(|| format!("no name before a colon: {line}"))?;
        let arguments: Vec<_> = arguments.split_ascii_whitespace().map(str::to_owned).collect();
        if !arguments.iter().any(|word| word == "--seed") {
            return Err(format!("no --seed: {line}"));
        }
        if seeds.iter().any(|seed| seed.name == name) {
            return Err(format!("{name} is there twice"));
        }
        seeds.push(NamedSeed { name: name.to_owned(), arguments });
    }
    Ok(seeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_arguments() {
        let seeds = parse("# comment\n\nlost-in-takeover: --seed 7  --cycles 20\n").unwrap();
        let arguments = ["--seed", "7", "--cycles", "20"].map(str::to_owned).to_vec();
        assert_eq!(seeds, [NamedSeed { name: "lost-in-takeover".to_owned(), arguments }]);
        for wrong in ["--seed 7", "name: --cycles 3", "a: --seed 1\na: --seed 2"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
