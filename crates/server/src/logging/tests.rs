//! Handlers that come, change and go.

use super::*;
use dunlin_config::load;
use handler_settings::FILE;

fn settings(text: &str) -> Vec<HandlerSettings> {
    HandlerSettings::all(&load(text, "x", []).unwrap().config.log)
}

fn states(logs: &Logs) -> Vec<(String, LogLevel, bool)> {
    logs.handlers().into_iter().map(|handler| (handler.name, handler.level, handler.is_started)).collect()
}

fn state(name: &str, level: LogLevel, is_started: bool) -> (String, LogLevel, bool) {
    (name.to_owned(), level, is_started)
}

#[test]
fn handlers_have_levels_of_their_own() {
    let logs = Logs::start(&settings(""));
    assert_eq!(logs.primary_level(), LogLevel::Warning);
    logs.set_handler_level(FILE, LogLevel::Debug).unwrap();
    logs.set_handler_level("default", LogLevel::Info).unwrap();
    logs.set_primary_level(LogLevel::Notice);
    assert_eq!(states(&logs), [state("console", LogLevel::Warning, true), state("file", LogLevel::Info, false)]);
    let destinations: Vec<_> = logs.handlers().into_iter().map(|handler| handler.destination).collect();
    assert_eq!(destinations, ["console", "data/log/dunlin.log"]);
    logs.set_level(LogLevel::Error);
    assert_eq!(logs.primary_level(), LogLevel::Error);
    assert!(logs.handlers().iter().all(|handler| handler.level == LogLevel::Error));
    let error = logs.set_started("syslog", true).unwrap_err().to_string();
    assert_eq!(error, "invalid handler: syslog; there are console, file");
}

#[test]
fn what_was_changed_since_stays_where_the_configuration_does() {
    let logs = Logs::start(&settings(""));
    logs.set_handler_level("console", LogLevel::Debug).unwrap();
    logs.set_started("console", false).unwrap();
    let extra = "log.file { extra { level = info, enable = false } }";
    assert!(logs.change_handlers(&settings(extra)).is_empty());
    assert_eq!(
        states(&logs),
        [
            state("console", LogLevel::Debug, false),
            state("file", LogLevel::Warning, false),
            state("extra", LogLevel::Info, false)
        ]
    );
    assert!(logs.change_handlers(&settings("log.console.level = error")).is_empty());
    assert_eq!(states(&logs), [state("console", LogLevel::Error, false), state("file", LogLevel::Warning, false)]);
    assert!(logs.change_handlers(&settings("log.console { level = error, enable = false }")).is_empty());
    logs.set_started("console", true).unwrap();
    assert!(logs.change_handlers(&settings("log.console { level = info, enable = true }")).is_empty());
    assert_eq!(
        (states(&logs)[0].clone(), logs.primary_level()),
        (state("console", LogLevel::Info, true), LogLevel::Info)
    );
}

#[test]
fn a_file_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let logs = Logs::start(&settings(""));
    let path = folder.path().join("file/x.log");
    let text = format!("log.file.x.path = \"{}\"", path.display());
    let errors: Vec<_> = logs.change_handlers(&settings(&text)).into_iter().map(|error| error.to_string()).collect();
    assert!(matches!(&errors[..], [error] if error.starts_with("log.file.x: cannot write ")), "{errors:?}");
    let path = folder.path().join("log/x.log");
    let text = format!("log.file.x.path = \"{}\"", path.display());
    assert!(logs.change_handlers(&settings(&text)).is_empty());
    assert!(path.exists(), "it is made at once, so that who may not write it learns that at once");
}
