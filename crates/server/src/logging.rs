//! The log of the process: a console and a file, each with a level of its own, changed while the node runs.

mod level;
mod rotating_file;

pub(crate) use level::{level_name, parse_level};

use dunlin_config::{LogFormatter, LogLevel};
use parking_lot::Mutex;
use rotating_file::RotatingFile;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

/// How the log begins.
#[derive(Clone, Debug)]
pub(crate) struct LogSettings {
    /// Whether standard output gets lines.
    pub(crate) console: bool,
    /// Whether the file gets lines.
    pub(crate) file: bool,
    /// The least important lines that are written.
    pub(crate) level: LogLevel,
    /// Shape of a line.
    pub(crate) formatter: LogFormatter,
    /// The file; made when it gets its first line.
    pub(crate) file_path: PathBuf,
}

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandlerId {
    /// Standard output.
    Console,
    /// The file.
    File,
}

/// One handler as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogHandler {
    pub(crate) id: HandlerId,
    pub(crate) level: LogLevel,
    /// `console`, or the path of the file.
    pub(crate) destination: String,
    pub(crate) is_started: bool,
}

/// The log of this process.
#[derive(Clone)]
pub(crate) struct Logs {
    state: Arc<Mutex<State>>,
}

struct State {
    /// Less important lines go nowhere, whatever a handler would take.
    primary: LogLevel,
    handlers: [(LogHandler, SetFilter); 2],
}

/// Changes what a handler takes.
type SetFilter = Box<dyn Fn(LevelFilter) + Send>;

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

impl HandlerId {
    /// Every handler.
    pub(crate) const ALL: [Self; 2] = [Self::Console, Self::File];

    /// Its name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::File => "file",
        }
    }

    /// The handler of a name; EMQX also calls the file `default`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = if name == "default" { "file" } else { name };
        Self::ALL.into_iter().find(|id| id.as_str() == name)
    }
}

impl Logs {
    /// Starts the log for the whole process. A second one in the same process has no effect, as in tests.
    pub(crate) fn start(settings: &LogSettings) -> Self {
        let file = Arc::new(RotatingFile::new(settings.file_path.clone()));
        let (console_layer, set_console) = layer(std::io::stdout, settings.formatter, std::io::stdout().is_terminal());
        let (file_layer, set_file) = layer(file, settings.formatter, false);
        // A second subscriber is refused; the first one stays.
        let _ = tracing_subscriber::registry().with(vec![console_layer, file_layer]).try_init();
        let handler =
            |id, destination: String, is_started| LogHandler { id, level: settings.level, destination, is_started };
        let state = State {
            primary: settings.level,
            handlers: [
                (handler(HandlerId::Console, "console".into(), settings.console), set_console),
                (handler(HandlerId::File, settings.file_path.display().to_string(), settings.file), set_file),
            ],
        };
        state.apply();
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// All handlers.
    pub(crate) fn handlers(&self) -> Vec<LogHandler> {
        self.state.lock().handlers.iter().map(|(handler, _)| handler.clone()).collect()
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
            state.handlers.iter_mut().for_each(|(handler, _)| handler.level = level);
        });
    }

    /// Changes the level of one handler. What is less important than the primary level still goes nowhere.
    pub(crate) fn set_handler_level(&self, id: HandlerId, level: LogLevel) {
        self.change(|state| state.handler(id, |handler| handler.level = level));
    }

    /// Starts or stops a handler.
    pub(crate) fn set_started(&self, id: HandlerId, is_started: bool) {
        self.change(|state| state.handler(id, |handler| handler.is_started = is_started));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        change(&mut state);
        state.apply();
    }
}

impl State {
    fn handler(&mut self, id: HandlerId, change: impl FnOnce(&mut LogHandler)) {
        if let Some((handler, _)) = self.handlers.iter_mut().find(|(handler, _)| handler.id == id) {
            change(handler);
        }
    }

    fn apply(&self) {
        for (handler, set) in &self.handlers {
            set(if handler.is_started { level::filter(self.primary.max(handler.level)) } else { LevelFilter::OFF });
        }
    }
}

fn layer<W>(writer: W, formatter: LogFormatter, has_colours: bool) -> (BoxedLayer, SetFilter)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(LevelFilter::OFF);
    let layer = tracing_subscriber::fmt::layer().with_target(false).with_writer(writer);
    let layer: BoxedLayer = match formatter {
        LogFormatter::Text => Box::new(layer.with_ansi(has_colours).with_filter(filter)),
        LogFormatter::Json => Box::new(layer.with_ansi(false).json().flatten_event(true).with_filter(filter)),
    };
    // It fails only where the subscriber is gone, or was never taken.
    (layer, Box::new(move |level| drop(handle.reload(level))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_have_levels_of_their_own() {
        let settings = LogSettings {
            console: true,
            file: false,
            level: LogLevel::Warning,
            formatter: LogFormatter::Text,
            file_path: "log/dunlin.log".into(),
        };
        let logs = Logs::start(&settings);
        logs.set_handler_level(HandlerId::File, LogLevel::Debug);
        logs.set_started(HandlerId::File, true);
        logs.set_primary_level(LogLevel::Info);
        let [console, file] = logs.handlers().try_into().unwrap();
        assert_eq!(
            (console.level, console.is_started, console.destination.as_str()),
            (LogLevel::Warning, true, "console")
        );
        assert_eq!((file.level, file.is_started, file.destination.as_str()), (LogLevel::Debug, true, "log/dunlin.log"));
        logs.set_level(LogLevel::Error);
        assert_eq!(logs.primary_level(), LogLevel::Error);
        assert!(logs.handlers().iter().all(|handler| handler.level == LogLevel::Error));
    }

    #[test]
    fn handlers_have_names() {
        assert_eq!(
            ["console", "file", "default"].map(HandlerId::parse),
            [Some(HandlerId::Console), Some(HandlerId::File), Some(HandlerId::File)]
        );
        assert_eq!(HandlerId::parse("syslog"), None);
    }
}
