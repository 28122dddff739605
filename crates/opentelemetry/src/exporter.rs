//! The thread that speaks with the collector.

use crate::batches::{self, Path};
use crate::collector::Collector;
use crate::complaint::Complaint;
use crate::{
    BatchSettings, ExportCounts, ExporterSettings, LogRecord, Queue, Signal, Signals, log_request, metrics,
    span_request,
};
use dunlin_telemetry::Span;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

/// Why nothing is exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartExporterError {
    /// The settings make no sense.
    #[error("opentelemetry.exporter.{0}")]
    Settings(String),
    /// The operating system gives no thread, or nothing to wait with.
    #[error(transparent)]
    Thread(#[from] io::Error),
}

/// How far the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Running,
    /// What there is, is sent.
    Stopping,
    /// It ends whatever it is doing.
    Ended,
}

/// Hears that it is to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(watch::Receiver<Phase>);

impl Stopping {
    /// Waits for it.
    pub(crate) async fn begun(&mut self) {
        self.reached(Phase::Stopping).await;
    }

    /// Whether it was told.
    pub(crate) fn has_begun(&self) -> bool {
        *self.0.borrow() >= Phase::Stopping
    }

    async fn reached(&mut self, wanted: Phase) {
        // Whoever tells is gone: that is the end, too.
        let _ = self.0.wait_for(|phase| *phase >= wanted).await;
    }
}

/// A thread that sends what there is to a collector. It ends at once when this is dropped.
#[derive(Debug)]
pub struct Exporter {
    phase: watch::Sender<Phase>,
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
    logs: Option<Arc<Queue<LogRecord>>>,
    spans: Option<Arc<Queue<Span>>>,
}

impl Exporter {
    /// Starts the thread; it connects when there is something to send.
    ///
    /// # Errors
    /// [`StartExporterError`].
    pub fn start(
        settings: ExporterSettings,
        signals: Signals,
        counts: &Arc<ExportCounts>,
    ) -> Result<Self, StartExporterError> {
        let collector = Collector::new(&settings).map_err(StartExporterError::Settings)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let logs = signals.logs.map(|settings| Arc::new(Queue::new(Signal::Logs, settings, Arc::clone(counts))));
        let spans = signals.traces.map(|settings| Arc::new(Queue::new(Signal::Traces, settings, Arc::clone(counts))));
        let (phase, watched) = watch::channel(Phase::Running);
        let (end, ended) = sync_channel(1);
        let work = Work {
            settings,
            collector,
            logs: logs.clone().zip(signals.logs),
            spans: spans.clone().zip(signals.traces),
            metrics: signals.metrics,
            counts: Arc::clone(counts),
            complaint: Complaint::default(),
        };
        let thread = std::thread::Builder::new().name("opentelemetry".into()).spawn(move || {
            work.run(runtime, Stopping(watched));
            // Nobody may wait for it.
            let _ = end.try_send(());
        })?;
        Ok(Self { phase, ended, thread: Some(thread), logs, spans })
    }

    /// Whether it could be started.
    ///
    /// # Errors
    /// [`StartExporterError::Settings`].
    pub fn check(settings: &ExporterSettings) -> Result<(), StartExporterError> {
        Collector::new(settings).map(drop).map_err(StartExporterError::Settings)
    }

    /// Where lines of the log go; `None` where they are not exported.
    #[must_use]
    pub const fn logs(&self) -> Option<&Arc<Queue<LogRecord>>> {
        self.logs.as_ref()
    }

    /// Where spans go; `None` where they are not exported.
    #[must_use]
    pub const fn spans(&self) -> Option<&Arc<Queue<Span>>> {
        self.spans.as_ref()
    }

    /// Sends what there is, for at most so long, and ends.
    pub fn stop(self, grace: Duration) {
        self.phase.send_replace(Phase::Stopping);
        // What is left then is lost, and counted when this is dropped.
        let _ = self.ended.recv_timeout(grace);
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        self.phase.send_replace(Phase::Ended);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if let Some(logs) = &self.logs {
            logs.close();
        }
        if let Some(spans) = &self.spans {
            spans.close();
        }
    }
}

/// What the thread has.
struct Work {
    settings: ExporterSettings,
    collector: Collector,
    logs: Option<(Arc<Queue<LogRecord>>, BatchSettings)>,
    spans: Option<(Arc<Queue<Span>>, BatchSettings)>,
    metrics: Option<crate::MetricSource>,
    counts: Arc<ExportCounts>,
    complaint: Complaint,
}

impl Work {
    fn run(self, runtime: Runtime, stopping: Stopping) {
        let mut end = stopping.clone();
        runtime.block_on(async {
            tokio::select! {
                () = self.export(stopping) => {}
                () = end.reached(Phase::Ended) => {}
            }
        });
        // A name that is being looked up is not waited for.
        runtime.shutdown_background();
    }

    async fn export(self, stopping: Stopping) {
        let Self { settings, collector, logs, spans, metrics, counts, complaint } = &self;
        let path = Path { collector, counts, complaint };
        let numbers = async {
            if let Some(source) = metrics {
                metrics::run(source, settings, path, stopping.clone()).await;
            }
        };
        let lines = async {
            if let Some((queue, batches)) = logs {
                let request = |lines| log_request::request(lines, &settings.resource);
                batches::run(queue, *batches, request, path, stopping.clone()).await;
            }
        };
        let spans = async {
            if let Some((queue, batches)) = spans {
                let request = |spans| span_request::request(spans, &settings.resource);
                batches::run(queue, *batches, request, path, stopping.clone()).await;
            }
        };
        tokio::join!(numbers, lines, spans);
    }
}
