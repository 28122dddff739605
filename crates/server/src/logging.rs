//! The log on standard output.

use dunlin_config::{ConsoleLog, LogFormatter, LogLevel};
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;

/// Starts the log for the whole process; a second call changes nothing.
pub fn start_logging(log: &ConsoleLog) {
    if !log.enable {
        return;
    }
    let level = match log.level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info | LogLevel::Notice => LevelFilter::INFO,
        LogLevel::Warning => LevelFilter::WARN,
        LogLevel::Error | LogLevel::Critical | LogLevel::Alert | LogLevel::Emergency => LevelFilter::ERROR,
    };
    let builder = tracing_subscriber::fmt().with_max_level(level).with_target(false);
    // A second subscriber is refused; the first one stays.
    let _ = match log.formatter {
        LogFormatter::Text => builder.with_ansi(std::io::stdout().is_terminal()).try_init(),
        LogFormatter::Json => builder.json().flatten_event(true).try_init(),
    };
}
