//! A place where log lines go, as the configuration has it.

use dunlin_config::{FileLog, Log, LogHandler};
use std::path::PathBuf;

/// The name of the console.
pub(crate) const CONSOLE: &str = "console";

/// The name of the file that is called `default` in the configuration.
pub(crate) const FILE: &str = "file";

/// What [`FILE`] is called in the configuration, and by EMQX.
const DEFAULT_FILE: &str = "default";

/// A place where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HandlerSettings {
    /// [`CONSOLE`], [`FILE`], or the name of another file.
    pub(crate) name: String,
    /// Which lines, and what they look like.
    pub(crate) lines: LogHandler,
    /// Where they go.
    pub(crate) sink: Sink,
}

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    /// Standard output.
    Console,
    /// A file that is put aside when it has become long.
    File {
        /// The one that is written to.
        path: PathBuf,
        /// How many are kept, this one included.
        files_max: u8,
        /// How long one becomes; `None` is without end.
        bytes_max: Option<u64>,
    },
}

impl HandlerSettings {
    /// All of a configuration: the console, then files by their names.
    pub(crate) fn all(log: &Log) -> Vec<Self> {
        let console = Self { name: CONSOLE.into(), lines: log.console, sink: Sink::Console };
        let files = log.files.iter().map(|(name, file)| Self::of_file(name, file));
        std::iter::once(console).chain(files).collect()
    }

    fn of_file(name: &str, file: &FileLog) -> Self {
        let sink =
            Sink::File { path: file.path.clone(), files_max: file.rotation_count, bytes_max: file.rotation_size_bytes };
        Self { name: handler_name(name).into(), lines: file.handler, sink }
    }

    /// Its key in the configuration.
    pub(crate) fn key(&self) -> String {
        match &*self.name {
            CONSOLE => "log.console".into(),
            FILE => format!("log.file.{DEFAULT_FILE}"),
            name => format!("log.file.{name}"),
        }
    }
}

/// The name of a handler as it is known here; EMQX calls the file `default`.
pub(crate) fn handler_name(name: &str) -> &str {
    if name == DEFAULT_FILE { FILE } else { name }
}
