//! The arguments of the `dunlin` command.

use super::{
    completion::CompletionArguments,
    ctl::CtlArguments,
    ctl_missing,
    examples::with_examples,
    notices,
    ping::{self, PingArguments},
    publish::PublishArguments,
    serve::{self, ServeMode},
    start::{self, StartArguments},
    stop::{self, StopArguments},
    store::StoreArguments,
    subscribe::SubscribeArguments,
};
use crate::configuration::Configuration;
use clap::error::{ContextKind, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, CommandFactory, FromArgMatches as _, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// MQTT broker: MQTT 3.1, 3.1.1 and 5.0.
#[derive(Parser)]
#[command(name = "dunlin", version, after_help = EXAMPLES)]
struct Arguments {
    /// Configuration file (HOCON) [default: /etc/dunlin/dunlin.conf if it exists, else built-in defaults]
    #[arg(short, long, env = "DUNLIN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start in the background, and wait until clients are served
    #[command(after_help = START_EXAMPLES)]
    Start(StartArguments),
    /// Stop the node, and wait for its end
    #[command(after_help = STOP_EXAMPLES)]
    Stop(StopArguments),
    /// Stop the node if it runs, and start it
    Restart(RestartArguments),
    /// Run in the foreground until SIGTERM or SIGINT (the default)
    Foreground(ForegroundArguments),
    /// Run in the foreground and show what happens, down to debug lines
    Console,
    /// Ask whether the node serves clients: `pong` and 0, or 1
    Ping(PingArguments),
    /// Print the process id of the node
    Pid(PingArguments),
    /// Check the configuration and exit: 0 good, 1 bad
    #[command(name = "check_config", alias = "check-config")]
    CheckConfig,
    /// Print the version
    Version,
    /// Ask a running node, and tell it what to do
    Ctl(CtlArguments),
    /// Look at the store of a node that does not run
    Store(StoreArguments),
    /// Subscribe and print what comes, like mosquitto_sub
    Sub(Box<SubscribeArguments>),
    /// Publish, like mosquitto_pub
    Pub(Box<PublishArguments>),
    /// Print what makes a shell complete the commands
    #[command(after_help = super::completion::EXAMPLES)]
    Completion(CompletionArguments),
}

#[derive(Args)]
struct ForegroundArguments {
    /// As the child of `dunlin start`, which reads standard input
    #[arg(long, hide = true)]
    background: bool,
}

#[derive(Args)]
struct RestartArguments {
    #[command(flatten)]
    stop: StopArguments,
    #[command(flatten)]
    start: StartArguments,
}

/// Wrong usage, as of every command line.
const EXIT_USAGE: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  dunlin                                        serve MQTT on port 1883
  dunlin --config dunlin.conf                   with settings from a file
  dunlin start --config dunlin.conf             the same in the background
  dunlin stop --config dunlin.conf              end it, and wait until all is on disk
  dunlin restart --config dunlin.conf           stop and start, if the configuration is good
  dunlin foreground --config dunlin.conf        as services and containers run it
  dunlin console                                the same with all it does
  dunlin ping                                   pong, if clients are served
  dunlin pid                                    the number of the process
  dunlin version                                which one this is
  dunlin check_config --config dunlin.conf      say what is wrong with it
  dunlin ctl listeners                          who listens where, with how many connections
  dunlin ctl conf reload                        take over what was changed in the file
  dunlin ctl store info                         what the store of the running broker holds
  dunlin store dump --data-dir data             the same message by message, when it does not run
  dunlin sub -t '#' -v                          what is published just now
  dunlin pub -t home/lamp -m on                 publish a message
  DUNLIN_MQTT__MAX_PACKET_SIZE=2MB dunlin       one setting from the environment

A link named `emqx` does as `dunlin`, one named `emqx_ctl` as `dunlin ctl`.";

const START_EXAMPLES: &str = "\
Where it listens is printed; or the one reason why it does not run, and then nothing is left of it. The log is dunlin.log in
the folder DUNLIN_LOG_DIR, EMQX_LOG_DIR or `log` in the data folder.

Examples:
  dunlin start
  dunlin --config dunlin.conf start --start-timeout 600

Exit codes: 0 clients are served, 1 it did not start";

const STOP_EXAMPLES: &str = "\
Examples:
  dunlin stop
  dunlin stop --data-dir /var/lib/dunlin --stop-timeout 600

Exit codes: 0 it has ended, 1 none ran, or it still runs";

/// Does what the arguments of this process say.
#[must_use]
pub fn run_command_line() -> ExitCode {
    let words = words(std::env::args_os());
    let arguments = match parse(&words) {
        Ok(arguments) => arguments,
        Err(error) => return end_of_parsing(&error),
    };
    let config = arguments.config.as_deref();
    match arguments.command {
        None => serve::serve(config, ServeMode::Foreground),
        Some(Command::Foreground(ForegroundArguments { background })) => {
            serve::serve(config, if background { ServeMode::Background } else { ServeMode::Foreground })
        }
        Some(Command::Console) => serve::serve(config, ServeMode::Console),
        Some(Command::Start(arguments)) => start::start(&arguments, config),
        Some(Command::Stop(arguments)) => stop::stop(&arguments, config),
        Some(Command::Restart(RestartArguments { stop, start })) => restart(&stop, &start, config),
        Some(Command::Ping(arguments)) => ping::ping(&arguments, config),
        Some(Command::Pid(arguments)) => ping::pid(&arguments, config),
        Some(Command::CheckConfig) => check_config(config),
        Some(Command::Version) => {
            println!("dunlin {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        Some(Command::Ctl(ctl)) => ctl.run(config),
        Some(Command::Store(store)) => store.run(config),
        Some(Command::Sub(arguments)) => arguments.run(),
        Some(Command::Pub(arguments)) => arguments.run(),
        Some(Command::Completion(arguments)) => arguments.run(&mut command()),
    }
}

/// Commands that have another use for `-c`, and no need of a configuration.
const WITHOUT_CONFIG: [&str; 3] = ["sub", "pub", "completion"];

/// All commands, with `--config` in front of them or behind.
fn command() -> clap::Command {
    let command = Arguments::command();
    let Some(config) = command.get_arguments().find(|argument| argument.get_id() == "config").cloned() else {
        return command;
    };
    with_examples(command).mut_subcommands(|subcommand| {
        if WITHOUT_CONFIG.contains(&subcommand.get_name()) {
            return subcommand;
        }
        subcommand.arg(Arg::clone(&config).global(true))
    })
}

fn parse(words: &[OsString]) -> Result<Arguments, clap::Error> {
    let matches = command().try_get_matches_from(words)?;
    let mut arguments = Arguments::from_arg_matches(&matches)?;
    if let Some(config) = matches.subcommand().and_then(|(_, behind)| named_config(behind)) {
        arguments.config = Some(config);
    }
    Ok(arguments)
}

/// The configuration that is named behind a command.
fn named_config(matches: &ArgMatches) -> Option<PathBuf> {
    let config = matches.try_get_one::<PathBuf>("config").ok()??;
    (matches.value_source("config") == Some(ValueSource::CommandLine)).then(|| config.clone())
}

/// The arguments, as if the command had been called by its own name.
fn words(mut given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let called = given.next().unwrap_or_default();
    let is_ctl = Path::new(&called).file_stem().is_some_and(|name| name == "emqx_ctl" || name == "dunlin_ctl");
    let own = if is_ctl { &["dunlin", "ctl"][..] } else { &["dunlin"] };
    own.iter().map(OsString::from).chain(given).collect()
}

/// Says what is wrong with the arguments, or shows the help that was asked for. A `ctl` command that does not exist gets all that
/// do, and 1, as in EMQX.
fn end_of_parsing(error: &clap::Error) -> ExitCode {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let is_of_ctl = usage.contains("dunlin ctl [OPTIONS]");
    let is_unknown = matches!(error.kind(), ErrorKind::InvalidSubcommand | ErrorKind::MissingSubcommand);
    let named = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string).unwrap_or_default();
    if let Some(why) = ctl_missing::why(&named, &usage) {
        eprintln!("dunlin: {named}: {why}");
        return ExitCode::FAILURE;
    }
    // Output that cannot be written has no reader.
    if is_of_ctl && is_unknown {
        eprintln!("{}", error.to_string().lines().next().unwrap_or_default());
        let mut command = command();
        command.build();
        if let Some(ctl) = command.find_subcommand_mut("ctl") {
            let _ = ctl.print_help();
        }
        return ExitCode::FAILURE;
    }
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(EXIT_USAGE))
}

fn restart(stop: &StopArguments, start: &StartArguments, config: Option<&Path>) -> ExitCode {
    // What would keep it from starting again is found out before it is stopped.
    let checked = match Configuration::read(config) {
        Ok(configuration) => notices::of_files(configuration.config()).map(drop),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = checked {
        eprintln!("dunlin: {error}");
        return ExitCode::FAILURE;
    }
    match stop::stop_if_running(stop, config) {
        Ok(()) => start::start(start, config),
        Err(code) => code,
    }
}

fn check_config(config: Option<&Path>) -> ExitCode {
    match Configuration::read(config) {
        Ok(configuration) => {
            for warning in &configuration.loaded().warnings {
                println!("warning: {warning}");
            }
            match notices::of_files(configuration.config()) {
                Ok(warnings) => warnings.iter().for_each(|warning| println!("warning: {warning}")),
                Err(error) => {
                    eprintln!("dunlin: {error}");
                    return ExitCode::FAILURE;
                }
            }
            println!("configuration is valid");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("dunlin: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    /// Each command with those below it: `ctl clients list`.
    fn paths(command: &clap::Command, before: &str, found: &mut Vec<String>) {
        for below in command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set()) {
            let path = format!("{before} {}", below.get_name()).trim_start().to_owned();
            paths(below, &path, found);
            found.push(path);
        }
    }

    #[test]
    fn every_command_has_examples_and_whatever_asks_a_node_speaks_json() {
        fn look(command: &clap::Command, path: &str, poor: &mut Vec<String>) {
            let help = command.get_after_help().or(command.get_after_long_help()).map(ToString::to_string);
            let words: Vec<&str> = path.split(' ').collect();
            let is_called = |line: &str| words.iter().all(|word| line.split_whitespace().any(|other| other == *word));
            if !help.is_some_and(|help| help.lines().any(|line| line.starts_with("  ") && is_called(line))) {
                poor.push(format!("{path}: no example"));
            }
            let has_json = command.get_arguments().any(|argument| argument.get_long() == Some("json"));
            if (path.starts_with("dunlin ctl") || path.starts_with("dunlin store ")) && !has_json {
                poor.push(format!("{path}: no --json"));
            }
            for below in command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set()) {
                look(below, &format!("{path} {}", below.get_name()), poor);
            }
        }
        let mut all = command();
        all.build();
        let mut poor = Vec::new();
        look(&all, "dunlin", &mut poor);
        assert!(poor.is_empty(), "{}", poor.join("\n"));
    }

    #[test]
    fn the_manual_has_every_command() {
        let manual = include_str!("../../../../docs/command-line.md");
        let mut found = Vec::new();
        paths(&command(), "", &mut found);
        // What stands in a cell of a table, or in the text, as `clients list`, `dunlin start` or `admins add|del`.
        let codes: Vec<&str> = manual.split('`').skip(1).step_by(2).collect();
        let words = |code: &str| -> Vec<String> {
            code.trim_start_matches("dunlin ").replace("\\|", " ").split_whitespace().map(str::to_owned).collect()
        };
        let written: Vec<_> = codes.iter().map(|code| words(code)).collect();
        let is_there = |path: &str| {
            let wanted: Vec<&str> = path.trim_start_matches("ctl ").split(' ').collect();
            written.iter().any(|code| wanted.iter().all(|word| code.iter().any(|other| other == word)))
        };
        let missing: Vec<_> = found.iter().filter(|path| !is_there(path)).collect();
        assert!(missing.is_empty(), "docs/command-line.md says nothing of {missing:?}");
    }

    #[test]
    fn the_configuration_is_named_in_front_or_behind() {
        for words in [
            &["dunlin", "-c", "a", "ctl", "status"][..],
            &["dunlin", "ctl", "-c", "a", "status"],
            &["dunlin", "ctl", "status", "--config", "a"],
            &["dunlin", "-c", "b", "check_config", "-c", "a"],
        ] {
            let arguments = parse(&words.iter().map(OsString::from).collect::<Vec<_>>()).unwrap();
            assert_eq!(arguments.config.as_deref(), Some(Path::new("a")), "{words:?}");
        }
    }

    #[test]
    fn quick_tests_take_what_mosquitto_takes() {
        for words in [
            &[
                "dunlin", "sub", "-h", "h", "-p", "1", "-t", "a", "-t", "b/#", "-i", "x", "-c", "-q", "1", "-V",
                "mqttv311",
            ][..],
            &["dunlin", "sub", "-t", "a", "-C", "3", "-W", "5", "-R", "-N", "-F", "%j", "-d", "-k", "5", "-x", "9"],
            &[
                "dunlin",
                "sub",
                "-t",
                "a",
                "-D",
                "CONNECT",
                "user-property",
                "a",
                "b",
                "-D",
                "SUBSCRIBE",
                "subscription-identifier",
                "1",
            ],
            &["dunlin", "pub", "-t", "a", "-m", "x", "-r", "-u", "u", "-P", "p", "-I", "i", "--will-topic", "w"],
            &["dunlin", "pub", "-L", "mqtt://h/a", "-l"],
            &["dunlin", "pub", "-t", "a", "-n", "--cafile", "x", "--cert", "y", "--key", "z", "--insecure"],
        ] {
            let parsed = parse(&words.iter().map(OsString::from).collect::<Vec<_>>());
            assert!(parsed.is_ok(), "{words:?}: {:?}", parsed.err());
        }
        for words in
            [&["dunlin", "pub", "-t", "a"][..], &["dunlin", "pub", "-t", "a/#", "-n"], &["dunlin", "sub", "-t", "a#"]]
        {
            assert!(parse(&words.iter().map(OsString::from).collect::<Vec<_>>()).is_err(), "{words:?}");
        }
    }

    #[test]
    fn the_name_decides() {
        for (called, expected) in [
            ("/usr/bin/dunlin", &["dunlin", "x"][..]),
            ("emqx", &["dunlin", "x"]),
            ("/opt/emqx/bin/emqx_ctl", &["dunlin", "ctl", "x"]),
            ("./dunlin_ctl", &["dunlin", "ctl", "x"]),
        ] {
            let given = [called, "x"].map(OsString::from);
            assert_eq!(words(given.into_iter()), expected, "{called}");
        }
        assert_eq!(words(std::iter::empty()), ["dunlin"]);
    }
}
