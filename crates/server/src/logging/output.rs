//! Where events become lines, and lines go to the handlers that want them.

use super::line::{Line, LineFormat};
use super::rotating_file::RotatingFile;
use crate::calendar;
use dunlin_opentelemetry::{LogRecord, Queue};
use parking_lot::RwLock;
use std::io::Write;
use std::sync::Arc;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// A handler that gets lines.
#[derive(Clone, Debug)]
pub(super) struct ActiveHandler {
    /// The least important ones that it gets.
    pub(super) level: LevelFilter,
    pub(super) format: LineFormat,
    pub(super) writer: Writer,
}

/// Takes whole lines.
#[derive(Clone, Debug)]
pub(super) enum Writer {
    /// Standard output.
    Console,
    /// A file, also of several handlers' lives: it is open as long as its settings are the same.
    File(Arc<RotatingFile>),
}

impl Writer {
    fn write(&self, line: &str) {
        match self {
            // Nobody has to read it.
            Self::Console => drop(std::io::stdout().lock().write_all(line.as_bytes())),
            Self::File(file) => file.write_line(line),
        }
    }
}

/// What a collector of OpenTelemetry gets of the log.
#[derive(Clone, Debug)]
pub(super) struct ExportedLog {
    /// The least important lines that it gets.
    pub(super) level: LevelFilter,
    pub(super) queue: Arc<Queue<LogRecord>>,
}

#[derive(Debug, Default)]
struct Receivers {
    handlers: Vec<ActiveHandler>,
    exported: Option<ExportedLog>,
}

/// Who gets lines now. Each line is written before the one who logs goes on; what is exported only waits.
#[derive(Clone, Debug, Default)]
pub(super) struct Output {
    receivers: Arc<RwLock<Receivers>>,
}

impl Output {
    /// From now on these get lines.
    pub(super) fn set(&self, handlers: Vec<ActiveHandler>, exported: Option<ExportedLog>) {
        *self.receivers.write() = Receivers { handlers, exported };
    }
}

impl<S: Subscriber> Layer<S> for Output {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let receivers = self.receivers.read();
        let level = *event.metadata().level();
        let mut wanting = receivers.handlers.iter().filter(|handler| level <= handler.level).peekable();
        let exported = receivers.exported.as_ref().filter(|exported| level <= exported.level);
        if wanting.peek().is_none() && exported.is_none() {
            return;
        }
        let (line, moment) = (Line::of(event), calendar::now());
        for handler in wanting {
            handler.writer.write(&line.written(handler.format, moment));
        }
        if let Some(exported) = exported {
            exported.queue.push(line.exported(moment));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_config::{LogFormatter, LogHandler};
    use std::path::Path;
    use tracing_subscriber::layer::SubscriberExt;

    fn handler(path: &Path, level: LevelFilter, formatter: LogFormatter) -> ActiveHandler {
        let format = LineFormat::of(&LogHandler { formatter, ..LogHandler::default() }, false);
        let writer = Writer::File(Arc::new(RotatingFile::new(path.into(), 2, None)));
        ActiveHandler { level, format, writer }
    }

    #[test]
    fn every_handler_gets_the_lines_it_wants_in_its_own_shape() {
        let folder = tempfile::tempdir().unwrap();
        let [text, json] = ["text.log", "json.log"].map(|name| folder.path().join(name));
        let output = Output::default();
        let subscriber = tracing_subscriber::registry().with(output.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(msg = "nobody_listens");
            output.set(
                vec![
                    handler(&text, LevelFilter::WARN, LogFormatter::Text),
                    handler(&json, LevelFilter::INFO, LogFormatter::Json),
                ],
                None,
            );
            tracing::info!(peername = "10.0.0.1:1", msg = "connected", clientid = "c", count = 5_u64);
            tracing::warn!("{} words", 2);
        });
        let text = std::fs::read_to_string(text).unwrap();
        assert_eq!((text.lines().count(), text.ends_with(" [warning] msg: 2 words\n")), (1, true), "{text}");
        let json = std::fs::read_to_string(json).unwrap();
        let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
        assert_eq!((&first["level"], &first["count"], json.lines().count()), (&"info".into(), &5.into(), 2));
        assert!(
            json.contains("\"clientid\":\"c\",\"msg\":\"connected\",\"peername\":\"10.0.0.1:1\",\"count\":5"),
            "{json}"
        );
    }
}
