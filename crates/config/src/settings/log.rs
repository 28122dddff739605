//! `log`: what the node writes about itself, and where.

mod audit;
mod files;
mod handler;
mod time_offset;

pub use audit::AuditLog;
pub(in crate::settings) use handler::LEVELS;
pub use handler::{FileLog, LogFormatter, LogHandler, LogLevel, TimestampFormat};
pub use time_offset::TimeOffset;

use crate::rule::{OneOf, Span};
use crate::section::Section;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// `log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// `console`: standard output.
    pub console: LogHandler,
    /// `file.<name>`: files, by their names. What stands directly in `file` belongs to the one that is called `default`, which is
    /// always there.
    pub files: BTreeMap<String, FileLog>,
    /// `audit`: who changed what.
    pub audit: AuditLog,
    /// `throttling.time_window`: of each kind of line that clients can provoke one is written in this time, 1 s to 1 day, default
    /// 1 min.
    pub throttling_window: Duration,
}

/// Where the log goes unless handlers say otherwise: `log.to`, in words of EMQX's images also the variable
/// `EMQX_DEFAULT_LOG_HANDLER`. Without either it is for the one who starts the node to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogDestination {
    /// `console`: standard output.
    #[default]
    Console,
    /// `file`: the file `default`.
    File,
    /// `both`.
    Both,
}

/// What the rest of the configuration and the environment say about the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogDefaults<'a> {
    pub(crate) destination: LogDestination,
    /// The folder of files that have no path.
    pub(crate) folder: &'a Path,
}

const DESTINATIONS: &[(&str, Option<LogDestination>)] = &[
    ("default", None),
    ("console", Some(LogDestination::Console)),
    ("file", Some(LogDestination::File)),
    ("both", Some(LogDestination::Both)),
];
const DAY: Duration = Duration::from_secs(86_400);

impl LogDestination {
    const fn has_console(self) -> bool {
        matches!(self, Self::Console | Self::Both)
    }

    const fn has_file(self) -> bool {
        matches!(self, Self::File | Self::Both)
    }
}

impl Log {
    /// The defaults, with files in this folder.
    pub(crate) fn default_in(folder: &Path) -> Self {
        let file = FileLog::in_folder(files::DEFAULT_NAME, folder, false);
        Self {
            console: LogHandler::default(),
            files: BTreeMap::from([(files::DEFAULT_NAME.to_owned(), file)]),
            audit: AuditLog::default_in(folder),
            throttling_window: Duration::from_secs(60),
        }
    }

    pub(crate) fn read(section: &mut Section<'_>, defaults: LogDefaults<'_>) -> Self {
        let default = Self::default_in(defaults.folder);
        section.alias("console_handler", "console");
        section.alias("file_handlers", "file");
        let destination = section.value("to", &OneOf(DESTINATIONS), None).unwrap_or(defaults.destination);
        let window = Span::in_millis(Duration::from_secs(1)..=DAY);
        let console = LogHandler { enable: destination.has_console(), ..default.console };
        Self {
            console: section.child("console", |console_section| LogHandler::read(console_section, console)),
            files: files::read(section, destination.has_file(), defaults.folder),
            audit: section.child("audit", |audit| AuditLog::read(audit, default.audit)),
            throttling_window: section.child("throttling", |throttling| {
                // Here every kind of line that clients can provoke is throttled.
                throttling.ignored(&["msgs"]);
                throttling.value("time_window", &window, default.throttling_window)
            }),
        }
    }
}
