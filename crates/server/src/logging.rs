//! The log of the process: a console and files, each with a level and a shape of its own, changed while the node runs.

mod audit_trail;
mod handler_settings;
mod level;
mod line;
mod output;
mod rotating_file;
mod timestamp;

pub(crate) use audit_trail::AuditTrail;
pub(crate) use handler_settings::{CONSOLE, HandlerSettings, Sink};
pub(crate) use level::{level_name, parse_level};

use dunlin_config::{AuditLog, LogLevel};
use dunlin_opentelemetry::{LogRecord, Queue};
use handler_settings::handler_name;
use line::LineFormat;
use output::{ActiveHandler, ExportedLog, Output, Writer};
use parking_lot::Mutex;
use rotating_file::RotatingFile;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

/// One handler as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogHandler {
    /// `console`, `file`, or the name of another file.
    pub(crate) name: String,
    pub(crate) level: LogLevel,
    /// `console`, or the path of the file.
    pub(crate) destination: String,
    pub(crate) is_started: bool,
}

/// No handler has this name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid handler: {name}; there are {}", .known.join(", "))]
pub(crate) struct UnknownHandler {
    name: String,
    known: Vec<String>,
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("{key}: cannot write {}: {source}", .path.display())]
pub(crate) struct FileError {
    /// The key of its handler: `log.file.default`.
    pub(crate) key: String,
    path: std::path::PathBuf,
    source: io::Error,
}

/// The log of this process.
#[derive(Clone)]
pub(crate) struct Logs {
    state: Arc<Mutex<State>>,
    audit: Arc<AuditTrail>,
}

struct State {
    /// Less important lines go nowhere, whatever a handler would take.
    primary: LogLevel,
    handlers: Vec<Handler>,
    /// What a collector gets, whatever the primary level is.
    exported: Option<ExportedLog>,
    output: Output,
    /// Changes what is looked at at all.
    set_filter: Box<dyn Fn(LevelFilter) + Send>,
}

/// A handler, with what was changed since the configuration was read.
struct Handler {
    settings: HandlerSettings,
    level: LogLevel,
    is_started: bool,
    writer: Writer,
}

impl Logs {
    /// Starts the log for the whole process. A second one in the same process gets no lines, as in tests. A file that cannot be
    /// written is told on the console and on standard error.
    pub(crate) fn start(handlers: &[HandlerSettings]) -> Self {
        let (filter, handle) = reload::Layer::new(LevelFilter::OFF);
        let output = Output::default();
        // A second subscriber is refused; the first one stays.
        let _ = tracing_subscriber::registry().with(filter).with(output.clone()).try_init();
        // It fails only where the subscriber is gone, or was never taken.
        let set_filter = Box::new(move |level| drop(handle.reload(level)));
        let state = State { primary: LogLevel::Warning, handlers: Vec::new(), exported: None, output, set_filter };
        let logs = Self { state: Arc::new(Mutex::new(state)), audit: Arc::default() };
        for error in logs.change_handlers(handlers) {
            eprintln!("dunlin: {error}");
            tracing::error!(msg = "log_file_unwritable", %error);
        }
        logs
    }

    /// Takes over handlers of the configuration. One whose settings are the same stays as it is, with what was changed since. Gives
    /// back files that cannot be written; they are tried again with every line.
    pub(crate) fn change_handlers(&self, handlers: &[HandlerSettings]) -> Vec<FileError> {
        let mut errors = Vec::new();
        self.change(|state| {
            let mut before = std::mem::take(&mut state.handlers);
            let was_level_changed = |old: Option<&Handler>, new: &HandlerSettings| {
                old.is_none_or(|old| {
                    old.settings.lines.level != new.lines.level || old.settings.lines.enable != new.lines.enable
                })
            };
            let mut is_primary_new = before.len() != handlers.len();
            for new in handlers {
                let position = before.iter().position(|handler| handler.settings.name == new.name);
                let old = position.map(|position| before.swap_remove(position));
                is_primary_new |= was_level_changed(old.as_ref(), new);
                let handler = Handler::new(new, old);
                errors.extend(handler.check().err());
                state.handlers.push(handler);
            }
            if is_primary_new {
                let started = state.handlers.iter().filter(|handler| handler.is_started);
                state.primary = started.map(|handler| handler.level).min().unwrap_or(state.primary);
            }
        });
        errors
    }

    /// From now on a collector gets lines of at least this level, through this queue; with `None` no lines.
    pub(crate) fn export(&self, exported: Option<(LogLevel, Arc<Queue<LogRecord>>)>) {
        let exported = exported.map(|(level, queue)| ExportedLog { level: level::filter(level), queue });
        self.change(|state| state.exported = exported);
    }

    /// Who changed what.
    pub(crate) fn audit(&self) -> &AuditTrail {
        &self.audit
    }

    /// Takes over what the configuration says of the audit log.
    pub(crate) fn change_audit(&self, settings: &AuditLog) -> Result<(), FileError> {
        let failed = |source| FileError { key: "log.audit".to_owned(), path: settings.path.clone(), source };
        self.audit.change(settings).map_err(failed)
    }

    /// All handlers.
    pub(crate) fn handlers(&self) -> Vec<LogHandler> {
        self.state.lock().handlers.iter().map(Handler::shown).collect()
    }

    /// Less important lines go nowhere.
    pub(crate) fn primary_level(&self) -> LogLevel {
        self.state.lock().primary
    }

    /// Changes [`Logs::primary_level`].
    pub(crate) fn set_primary_level(&self, level: LogLevel) {
        self.change(|state| state.primary = level);
    }

    /// Changes the level of everything.
    pub(crate) fn set_level(&self, level: LogLevel) {
        self.change(|state| {
            state.primary = level;
            state.handlers.iter_mut().for_each(|handler| handler.level = level);
        });
    }

    /// Changes the level of one handler. What is less important than the primary level still goes nowhere.
    pub(crate) fn set_handler_level(&self, name: &str, level: LogLevel) -> Result<(), UnknownHandler> {
        self.change(|state| state.find(name).map(|handler| handler.level = level))
    }

    /// Starts or stops a handler.
    pub(crate) fn set_started(&self, name: &str, is_started: bool) -> Result<(), UnknownHandler> {
        self.change(|state| state.find(name).map(|handler| handler.is_started = is_started))
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock();
        let result = change(&mut state);
        state.apply();
        result
    }
}

impl State {
    fn find(&mut self, name: &str) -> Result<&mut Handler, UnknownHandler> {
        let known = self.handlers.iter().map(|handler| handler.settings.name.clone()).collect();
        let found = self.handlers.iter_mut().find(|handler| handler.settings.name == handler_name(name));
        found.ok_or_else(|| UnknownHandler { name: name.into(), known })
    }

    fn apply(&self) {
        let started = self.handlers.iter().filter(|handler| handler.is_started);
        let active: Vec<_> = started.map(|handler| handler.active(self.primary)).collect();
        let exported = self.exported.as_ref().map(|exported| exported.level);
        let most = active.iter().map(|handler| handler.level).chain(exported).max().unwrap_or(LevelFilter::OFF);
        self.output.set(active, self.exported.clone());
        (self.set_filter)(most);
    }
}

impl Handler {
    /// In the place of `old`, if there was one of this name.
    fn new(settings: &HandlerSettings, old: Option<Self>) -> Self {
        let lines = &settings.lines;
        let Some(old) = old else {
            let writer = writer(&settings.sink);
            return Self { settings: settings.clone(), level: lines.level, is_started: lines.enable, writer };
        };
        let before = old.settings.lines;
        Self {
            level: if before.level == lines.level { old.level } else { lines.level },
            is_started: if before.enable == lines.enable { old.is_started } else { lines.enable },
            writer: if old.settings.sink == settings.sink { old.writer } else { writer(&settings.sink) },
            settings: settings.clone(),
        }
    }

    /// Whether it can be written to. A file that is not started is not made.
    fn check(&self) -> Result<(), FileError> {
        match &self.writer {
            Writer::File(file) if self.is_started => file.open().map_err(|source| FileError {
                key: self.settings.key(),
                path: file.path().to_owned(),
                source,
            }),
            _ => Ok(()),
        }
    }

    fn active(&self, primary: LogLevel) -> ActiveHandler {
        let has_colours = matches!(self.writer, Writer::Console) && io::stdout().is_terminal();
        ActiveHandler {
            level: level::filter(primary.max(self.level)),
            format: LineFormat::of(&self.settings.lines, has_colours),
            writer: self.writer.clone(),
        }
    }

    fn shown(&self) -> LogHandler {
        let destination = match &self.writer {
            Writer::Console => CONSOLE.into(),
            Writer::File(file) => file.path().display().to_string(),
        };
        LogHandler { name: self.settings.name.clone(), level: self.level, destination, is_started: self.is_started }
    }
}

fn writer(sink: &Sink) -> Writer {
    match sink {
        Sink::Console => Writer::Console,
        Sink::File { path, files_max, bytes_max } => {
            Writer::File(Arc::new(RotatingFile::new(path.clone(), *files_max, *bytes_max)))
        }
    }
}

#[cfg(test)]
mod tests;
