//! Levels of the log: EMQX's eight, and the five that the log itself knows.

use dunlin_config::LogLevel;
use tracing::Level;
use tracing::level_filters::LevelFilter;

/// All levels with their names, the least important first.
const LEVELS: [(LogLevel, &str); 8] = [
    (LogLevel::Debug, "debug"),
    (LogLevel::Info, "info"),
    (LogLevel::Notice, "notice"),
    (LogLevel::Warning, "warning"),
    (LogLevel::Error, "error"),
    (LogLevel::Critical, "critical"),
    (LogLevel::Alert, "alert"),
    (LogLevel::Emergency, "emergency"),
];

/// The name of a level.
pub(crate) fn level_name(level: LogLevel) -> &'static str {
    LEVELS.iter().find(|(other, _)| *other == level).map_or("unknown", |(_, name)| name)
}

/// The level of a name; the error says which there are.
pub(crate) fn parse_level(name: &str) -> Result<LogLevel, String> {
    let name_or_alias = if name == "all" { "debug" } else { name };
    LEVELS.iter().find(|(_, other)| *other == name_or_alias).map(|(level, _)| *level).ok_or_else(|| {
        let names: Vec<_> = LEVELS.iter().map(|(_, name)| *name).collect();
        format!("invalid level: {name}; it is one of {}", names.join(", "))
    })
}

/// What a level lets through. Lines of this program are never more important than `error`.
pub(super) const fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info | LogLevel::Notice => LevelFilter::INFO,
        LogLevel::Warning => LevelFilter::WARN,
        LogLevel::Error | LogLevel::Critical | LogLevel::Alert | LogLevel::Emergency => LevelFilter::ERROR,
    }
}

/// The word for the level of a line.
pub(super) const fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warning",
        Level::INFO => "info",
        Level::DEBUG | Level::TRACE => "debug",
    }
}

/// What a terminal is told before and after a word (ECMA-48 §8.3.117).
#[derive(Clone, Copy, Debug)]
pub(super) struct Colour {
    pub(super) begin: &'static str,
    pub(super) end: &'static str,
}

impl Colour {
    /// That of everything else.
    pub(super) const NONE: Self = Self { begin: "", end: "" };

    const fn new(begin: &'static str) -> Self {
        Self { begin, end: "\x1b[0m" }
    }
}

/// The colour of a level.
pub(super) const fn colour(level: Level) -> Colour {
    match level {
        Level::ERROR => Colour::new("\x1b[31m"),
        Level::WARN => Colour::new("\x1b[33m"),
        Level::INFO => Colour::new("\x1b[32m"),
        Level::DEBUG | Level::TRACE => Colour::new("\x1b[34m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_a_name_that_is_read() {
        for (level, name) in LEVELS {
            assert_eq!((level_name(level), parse_level(name)), (name, Ok(level)));
        }
        assert_eq!(parse_level("all"), Ok(LogLevel::Debug));
        let error = parse_level("loud").unwrap_err();
        assert!(error.contains("loud") && error.contains("debug, info"), "{error}");
    }
}
