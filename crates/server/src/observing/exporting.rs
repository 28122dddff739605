//! What goes to a collector of OpenTelemetry, as the configuration has it.

use super::numbers::Numbers;
use super::span_whitelist::SpanWhitelist;
use crate::access_control::client_tls;
use crate::calendar;
use crate::logging::Logs;
use dunlin_api::opentelemetry::WhitelistType;
use dunlin_broker::{EndToEnd, SpanMode, SpanSet, SpanSink, SpanSwitch};
use dunlin_config::{Config, ExportBatches, ExporterProtocol, OpenTelemetry, OpenTelemetryTraces, TraceMode};
use dunlin_opentelemetry::{
    BatchSettings, CollectorTls, ExportCounts, Exporter, ExporterSettings, MetricSource, Protocol, Queue, Signal,
    Signals,
};
use dunlin_storage::metadata::{MetadataError, MetadataStore};
use dunlin_telemetry::Span;
use dunlin_tls::ReadFiles;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use tracing::{info, warn};

/// How long a collector may take for what is left when the node stops, or exports something else from then on.
const GRACE: Duration = Duration::from_secs(2);

/// Exports what is configured, or nothing.
pub(super) struct Exporting {
    numbers: Numbers,
    switch: SpanSwitch,
    whitelist: SpanWhitelist,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the configuration says; `None` before it said anything.
    settings: Option<OpenTelemetry>,
    exporter: Option<Exporter>,
    /// The log of the process, once there is one.
    logs: Option<Logs>,
}

impl Exporting {
    pub(super) fn new(numbers: Numbers, switch: SpanSwitch, store: Arc<MetadataStore>) -> Self {
        Self { numbers, switch, whitelist: SpanWhitelist::new(store), state: Mutex::default() }
    }

    /// Clients or topics of which there are spans whatever the share is.
    pub(super) fn whitelist(&self, kind: WhitelistType) -> Vec<String> {
        self.whitelist.list(kind)
    }

    /// Replaces [`Self::whitelist`].
    pub(super) fn set_whitelist(&self, kind: WhitelistType, names: &[String]) -> Result<(), MetadataError> {
        self.whitelist.replace(kind, names)?;
        self.connect_spans(&self.state.lock());
        Ok(())
    }

    /// Follows a configuration. What cannot be exported is told in the log.
    pub(super) fn change(&self, config: &Config) {
        let mut state = self.state.lock();
        if state.settings.as_ref() == Some(&config.opentelemetry) {
            return;
        }
        state.settings = Some(config.opentelemetry.clone());
        self.switch.set(None);
        state.end(&self.numbers.exported);
        state.exporter = match self.start(config) {
            Ok(exporter) => exporter,
            Err(error) => {
                warn!(msg = "opentelemetry_export_not_started", error);
                None
            }
        };
        state.connect_log();
        self.connect_spans(&state);
    }

    /// Has the broker make the spans that are exported.
    fn connect_spans(&self, state: &State) {
        let queue = state.exporter.as_ref().and_then(Exporter::spans);
        let set = queue.zip(state.settings.as_ref()).map(|(queue, settings)| SpanSet {
            mode: self.mode(&settings.traces),
            sink: Arc::new(ExportedSpans(Arc::clone(queue))),
        });
        self.switch.set(set);
    }

    fn mode(&self, wanted: &OpenTelemetryTraces) -> SpanMode {
        let options = &wanted.end_to_end;
        match wanted.mode {
            TraceMode::Legacy => SpanMode::Legacy { trace_all: wanted.trace_all },
            TraceMode::EndToEnd => SpanMode::EndToEnd(EndToEnd {
                cluster_identifier: options.cluster_identifier.clone(),
                sample_ratio: options.sample_ratio,
                client_connect_disconnect: options.client_connect_disconnect,
                client_subscribe_unsubscribe: options.client_subscribe_unsubscribe,
                client_messaging: options.client_messaging,
                follow_traceparent: options.follow_traceparent,
                client_ids: self.whitelist.list(WhitelistType::Clientid),
                topics: self.whitelist.list(WhitelistType::Topic),
            }),
        }
    }

    /// From now on lines of this log are exported.
    pub(super) fn attach(&self, logs: &Logs) {
        let mut state = self.state.lock();
        state.logs = Some(logs.clone());
        state.connect_log();
    }

    fn start(&self, config: &Config) -> Result<Option<Exporter>, String> {
        let wanted = &config.opentelemetry;
        if !exports(wanted) {
            return Ok(None);
        }
        let numbers = self.numbers.clone();
        let signals = Signals {
            metrics: wanted.metrics.enable.then(|| MetricSource {
                interval: wanted.metrics.interval,
                started_at: UNIX_EPOCH + Duration::from_millis(numbers.started_at),
                read: Box::new(move || numbers.for_collector()),
            }),
            logs: wanted.logs.enable.then(|| batches(wanted.logs.batches)),
            traces: wanted.traces.enable.then(|| batches(wanted.traces.batches)),
        };
        let exporter = Exporter::start(settings(config)?, signals, &self.numbers.exported);
        let exporter = exporter.map_err(|error| error.to_string())?;
        let endpoint = &wanted.exporter.endpoint;
        info!(
            msg = "opentelemetry_export_started",
            endpoint,
            metrics = wanted.metrics.enable,
            logs = wanted.logs.enable,
            traces = wanted.traces.enable
        );
        Ok(Some(exporter))
    }
}

impl State {
    fn connect_log(&self) {
        let Some(logs) = &self.logs else { return };
        let queue = self.exporter.as_ref().and_then(Exporter::logs);
        let level = self.settings.as_ref().map(|settings| settings.logs.level);
        logs.export(level.zip(queue.map(Arc::clone)));
    }

    /// Ends the export, if there is one. What the collector did not get any more is counted and told.
    fn end(&mut self, exported: &ExportCounts) {
        if let Some(logs) = &self.logs {
            logs.export(None);
        }
        if let Some(exporter) = self.exporter.take() {
            let signals = [Signal::Logs, Signal::Traces];
            let before = signals.map(|signal| exported.dropped(signal));
            exporter.stop(GRACE);
            let [logs, spans] = signals.map(|signal| exported.dropped(signal));
            let [logs, spans] = [logs - before[0], spans - before[1]];
            if logs + spans > 0 {
                warn!(msg = "opentelemetry_export_incomplete", logs, spans);
            }
        }
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        self.switch.set(None);
        self.state.get_mut().end(&self.numbers.exported);
    }
}

/// Takes spans of event loops.
struct ExportedSpans(Arc<Queue<Span>>);

impl SpanSink for ExportedSpans {
    fn take(&self, spans: Vec<Span>) {
        self.0.push_all(spans);
    }
}

const fn exports(wanted: &OpenTelemetry) -> bool {
    wanted.metrics.enable || wanted.logs.enable || wanted.traces.enable
}

/// Whether what a configuration exports could be.
pub(crate) fn check_export(config: &Config) -> Result<(), String> {
    let wanted = &config.opentelemetry;
    if !exports(wanted) {
        return Ok(());
    }
    Exporter::check(&settings(config)?).map_err(|error| error.to_string())
}

fn batches(wanted: ExportBatches) -> BatchSettings {
    let ExportBatches { max_queue_size, exporting_timeout, scheduled_delay } = wanted;
    BatchSettings { max_queue_size, exporting_timeout, scheduled_delay }
}

fn settings(config: &Config) -> Result<ExporterSettings, String> {
    let exporter = &config.opentelemetry.exporter;
    let tls = if exporter.is_tls() {
        let mut files = ReadFiles::new(calendar::now());
        let loaded = client_tls::load_from(&exporter.ssl, &config.node.data_dir, &mut files);
        let tls = loaded.map_err(|error| format!("opentelemetry.exporter.ssl_options: {error}"))?;
        Some(CollectorTls { config: (*tls.loaded.config).clone(), server_name: tls.server_name })
    } else {
        None
    };
    let node = config.node.name.as_str();
    let service = node.split_once('@').map_or(node, |(name, _)| name);
    Ok(ExporterSettings {
        endpoint: exporter.endpoint.clone(),
        protocol: match exporter.protocol {
            ExporterProtocol::Grpc => Protocol::Grpc,
            ExporterProtocol::HttpProtobuf => Protocol::HttpProtobuf,
        },
        headers: exporter.headers.clone(),
        tls,
        resource: vec![
            ("service.name", service.to_owned()),
            ("service.instance.id", node.to_owned()),
            ("service.version", env!("CARGO_PKG_VERSION").to_owned()),
        ],
        clock: calendar::now,
    })
}
