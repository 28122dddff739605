//! What `--help` of each command ends with: those examples of the commands above it that are about it, so that each of them is written
//! once.

use clap::Command;

/// How an example begins.
const CALL: &str = "dunlin";

/// The command with examples for all that are below it and have none of their own.
pub(super) fn with_examples(command: Command) -> Command {
    let known = examples_of(&command);
    give(command, &[], &known)
}

/// `path` is that of the command, without `dunlin`; `known` has the examples of those above it and its own.
fn give(command: Command, path: &[String], known: &[String]) -> Command {
    command.mut_subcommands(|below| {
        let path: Vec<String> = path.iter().cloned().chain([below.get_name().to_owned()]).collect();
        let mut known = known.to_vec();
        known.extend(examples_of(&below));
        let about: Vec<&str> = known.iter().map(String::as_str).filter(|example| is_about(example, &path)).collect();
        let has_own = below.get_after_help().is_some() || below.get_after_long_help().is_some();
        let below = if has_own || about.is_empty() {
            below
        } else {
            let lines: Vec<_> = about.iter().map(|example| format!("  {example}")).collect();
            below.after_help(format!("Examples:\n{}", lines.join("\n")))
        };
        give(below, &path, &known)
    })
}

/// The lines of a command's help that call it.
fn examples_of(command: &Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    help.lines()
        .filter(|line| line.starts_with("  ") && line.contains(CALL))
        .map(|line| line.trim().to_owned())
        .collect()
}

/// Whether an example calls the command with this path; options may stand in between.
fn is_about(example: &str, path: &[String]) -> bool {
    let mut words = example.split_whitespace().skip_while(|word| *word != CALL).skip(1);
    path.iter().all(|part| words.any(|word| word == part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_about_what_it_calls() {
        let path = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (example, about, expected) in [
            ("dunlin ctl clients list --json", "ctl clients list", true),
            ("dunlin ctl --data-dir /x log set-level debug", "ctl log set-level", true),
            ("echo 'a = 1' | dunlin ctl conf load -", "ctl conf load", true),
            ("dunlin ctl clients show list", "ctl topics list", false),
            ("list clients ctl dunlin", "ctl clients", false),
        ] {
            assert_eq!(is_about(example, &path(about)), expected, "{example}");
        }
    }
}
