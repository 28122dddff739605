//! The command line.

use crate::error::TortureError;
use crate::oracle::Overlaps;
use crate::run::{Ending, Run, Settings};
use crate::seeds::{NamedSeed, read_seeds};
use clap::Parser;
use dunlin_bench::compare::BrokerCommand;
use dunlin_bench::stop_signal::StopSignal;
use std::io::Write;
use std::path::PathBuf;

/// Kills an MQTT broker again and again while clients use it, starts it again on the same data, and checks that everything
/// it acknowledged is kept.
///
/// Exit codes: 0 passed, 1 failed, 2 wrong usage.
#[derive(Clone, Debug, Parser)]
#[command(name = "dunlin-torture", version, max_term_width = 120, after_help = EXAMPLES)]
pub struct Cli {
    /// Starts the broker in the foreground, without a shell. Placeholders: {port} is a free port of 127.0.0.1, {dir} the
    /// data folder, the same in the whole run [default: the `dunlin` beside this program]
    #[arg(long, value_name = "COMMAND")]
    broker_cmd: Option<String>,
    /// Has the running broker compact its store, with the same placeholders; it is killed in the middle of that as well. Exit
    /// code 3 is that there is no broker yet, and another attempt is made
    /// [default: none with --broker-cmd, else that of `dunlin`]
    #[arg(long, value_name = "COMMAND")]
    compact_cmd: Option<String>,
    /// How many times the broker is killed
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    cycles: u32,
    /// Decides what the clients do and when the broker is killed [default: a new one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Shortest and longest cycle in milliseconds
    #[arg(long, value_name = "MIN..MAX", default_value = "100..1500", value_parser = parse_range)]
    duration_ms: (u64, u64),
    /// Let everybody receive what is owed, and check, after so many cycles
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    check_every: u32,
    /// How the broker ends: by SIGKILL, by SIGTERM, or not at all (only connections are cut)
    #[arg(long, value_enum, default_value_t = Ending::Kill)]
    ending: Ending,
    /// What a session gets whose subscriptions overlap: one copy, or one for each
    #[arg(long, value_enum, default_value_t = Overlaps::Merged)]
    overlaps: Overlaps,
    /// First play the runs in this file, which once failed: each line is a name, a colon and arguments with a --seed
    #[arg(long, value_name = "FILE")]
    seeds: Option<PathBuf>,
    /// Go on after a violation
    #[arg(long)]
    keep_going: bool,
    /// Where to make the folder of the run, which is removed when it passes [default: the system's temporary folder]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// One JSON object on standard output instead of text
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  dunlin-torture
  dunlin-torture --seed 7 --cycles 1000
  dunlin-torture --seeds dev/torture/seeds.txt --cycles 300
  dunlin-torture --broker-cmd 'mosquitto -c {config:dev/torture/mosquitto.conf} -p {port}' --overlaps copied";

impl Cli {
    /// Does what the command line says. `true` when the broker passed.
    ///
    /// # Errors
    /// The run could not be made.
    pub fn run(self) -> Result<bool, TortureError> {
        let stop = StopSignal::install()?;
        let seeds = self.seeds.as_deref().map(read_seeds).transpose()?.unwrap_or_default();
        let mut has_passed = true;
        for named in &seeds {
            writeln!(std::io::stderr(), "{}:", named.name)?;
            has_passed &= self.of_seed(named)?.play(&stop)?;
        }
        Ok(self.play(&stop)? && has_passed)
    }

    /// A run of the file, with the broker of this one.
    fn of_seed(&self, named: &NamedSeed) -> Result<Self, TortureError> {
        let words = std::iter::once("dunlin-torture").chain(named.arguments.iter().map(String::as_str));
        let run = Self::try_parse_from(words)
            .map_err(|error| TortureError::Usage(format!("{}: {}", named.name, error.render())))?;
        let Self { broker_cmd, compact_cmd, folder, json, .. } = self.clone();
        Ok(Self { broker_cmd, compact_cmd, folder, json, seeds: None, ..run })
    }

    fn play(&self, stop: &StopSignal) -> Result<bool, TortureError> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        let line = self.broker_cmd.clone().map_or_else(default_command, Ok)?;
        let parse = |line: &str| BrokerCommand::parse(line).map_err(|error| TortureError::Usage(error.to_string()));
        let (shortest, longest) = self.duration_ms;
        let settings = Settings {
            command: parse(&line)?,
            compact_command: self.compact_line()?.as_deref().map(parse).transpose()?,
            cycles: self.cycles,
            seed,
            duration_ms: shortest..=longest,
            check_every: self.check_every,
            ending: self.ending,
            overlaps: self.overlaps,
            keep_going: self.keep_going,
            folder: self.folder.clone(),
        };
        let run = Run::new(settings, stop.clone())?;
        let mut progress = std::io::stderr().lock();
        writeln!(progress, "seed {seed}, broker: {line}")?;
        let report = run.go(|cycle| {
            // Nobody reads the progress when standard error is gone.
            let _ = writeln!(progress, "{cycle}");
        })?;
        let mut out = std::io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, &report).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            write!(out, "{report}")?;
        }
        if report.violation_count > 0 {
            writeln!(progress, "again: {}", self.repeat_command(seed))?;
        }
        Ok(report.violation_count == 0)
    }

    /// What has the broker compact its store; `None` where nobody said how.
    fn compact_line(&self) -> Result<Option<String>, TortureError> {
        match (&self.compact_cmd, &self.broker_cmd) {
            (Some(line), _) => Ok(Some(line.clone())),
            (None, Some(_)) => Ok(None),
            (None, None) => {
                Ok(Some(format!("'{}' ctl --data-dir {{dir}} store compact", default_program()?.display())))
            }
        }
    }

    fn repeat_command(&self, seed: u64) -> String {
        let mut words = vec!["dunlin-torture".to_owned()];
        if let Some(command) = &self.broker_cmd {
            words.push(format!("--broker-cmd '{}'", command.replace('\'', r"'\''")));
        }
        if let Some(command) = &self.compact_cmd {
            words.push(format!("--compact-cmd '{}'", command.replace('\'', r"'\''")));
        }
        words.push(format!("--seed {seed} --cycles {}", self.cycles));
        words.push(format!(
            "--duration-ms {}..{} --check-every {}",
            self.duration_ms.0, self.duration_ms.1, self.check_every
        ));
        if self.ending != Ending::Kill {
            words.push(format!("--ending {}", format!("{:?}", self.ending).to_lowercase()));
        }
        if self.overlaps != Overlaps::Merged {
            words.push("--overlaps copied".to_owned());
        }
        if self.keep_going {
            words.push("--keep-going".to_owned());
        }
        words.join(" ")
    }
}

/// The broker that was built together with this program.
fn default_program() -> Result<PathBuf, TortureError> {
    Ok(std::env::current_exe()?.with_file_name("dunlin"))
}

/// How it is started: with a log of small segments and with frequent checkpoints, so that the kills hit their ends and
/// beginnings too. What a run stores stays far below the budget, which nothing is dropped for.
fn default_command() -> Result<String, TortureError> {
    let variables = [
        "DUNLIN_NODE__DATA_DIR={dir}",
        "DUNLIN_LISTENERS__TCP__DEFAULT__BIND=127.0.0.1:{port}",
        "DUNLIN_LISTENERS__SSL__DEFAULT__ENABLE=false",
        "DUNLIN_LISTENERS__WS__DEFAULT__ENABLE=false",
        "DUNLIN_LISTENERS__WSS__DEFAULT__ENABLE=false",
        "DUNLIN_DURABLE_SESSIONS__MAX_DISK_BYTES=32MB",
        "DUNLIN_DURABLE_SESSIONS__CHECKPOINT_INTERVAL=250ms",
    ];
    Ok(format!("env {} '{}'", variables.join(" "), default_program()?.display()))
}

fn parse_range(text: &str) -> Result<(u64, u64), String> {
    let (shortest, longest) = text.split_once("..").ok_or("two numbers with .. between them")?;
    let parse = |number: &str| number.parse::<u64>().map_err(|error| format!("{number}: {error}"));
    let (shortest, longest) = (parse(shortest)?, parse(longest)?);
    if shortest == 0 || shortest > longest {
        return Err("the shortest is at least 1 and at most the longest".to_owned());
    }
    Ok((shortest, longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_says_how_to_repeat_it() {
        let words = ["dunlin-torture", "--broker-cmd", "b '{dir}'", "--ending", "term", "--duration-ms", "10..20"];
        let cli = Cli::try_parse_from(words).unwrap();
        let again = cli.repeat_command(7);
        assert_eq!(
            again,
            r"dunlin-torture --broker-cmd 'b '\''{dir}'\''' --seed 7 --cycles 60 --duration-ms 10..20 --check-every 5 --ending term"
        );
        assert!(Cli::try_parse_from(["dunlin-torture", "--duration-ms", "20..10"]).is_err());
    }

    #[test]
    fn a_named_seed_is_played_with_the_broker_of_the_command_line() {
        let cli =
            Cli::try_parse_from(["dunlin-torture", "--broker-cmd", "b", "--cycles", "9", "--seeds", "f"]).unwrap();
        let named = |arguments: &[&str]| NamedSeed {
            name: "lost".to_owned(),
            arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
        };
        let run = cli.of_seed(&named(&["--seed", "7", "--cycles", "3"])).unwrap();
        assert_eq!((run.seed, run.cycles, run.broker_cmd.as_deref(), run.seeds), (Some(7), 3, Some("b"), None));
        assert!(cli.of_seed(&named(&["--seed", "x"])).is_err());
    }

    #[test]
    fn every_seed_that_is_kept_can_be_played() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds.txt");
        let cli = Cli::try_parse_from(["dunlin-torture"]).unwrap();
        for named in read_seeds(&file).unwrap() {
            let run = cli.of_seed(&named).unwrap();
            assert!(run.seed.is_some(), "{}", named.name);
        }
    }
}
