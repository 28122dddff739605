//! What goes to a collector of OpenTelemetry, as the configuration has it.

use super::numbers::Numbers;
use crate::access_control::client_tls;
use crate::calendar;
use crate::logging::Logs;
use dunlin_config::{Config, ExportBatches, ExporterProtocol, OpenTelemetry};
use dunlin_opentelemetry::{BatchSettings, CollectorTls, Exporter, ExporterSettings, MetricSource, Protocol, Signals};
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
    pub(super) fn new(numbers: Numbers) -> Self {
        Self { numbers, state: Mutex::default() }
    }

    /// Follows a configuration. What cannot be exported is told in the log.
    pub(super) fn change(&self, config: &Config) {
        let mut state = self.state.lock();
        if state.settings.as_ref() == Some(&config.opentelemetry) {
            return;
        }
        state.settings = Some(config.opentelemetry.clone());
        state.end();
        state.exporter = match self.start(config) {
            Ok(exporter) => exporter,
            Err(error) => {
                warn!(msg = "opentelemetry_export_not_started", error);
                None
            }
        };
        state.connect_log();
    }

    /// From now on lines of this log are exported.
    pub(super) fn attach(&self, logs: &Logs) {
        let mut state = self.state.lock();
        state.logs = Some(logs.clone());
        state.connect_log();
    }

    fn start(&self, config: &Config) -> Result<Option<Exporter>, String> {
        let wanted = &config.opentelemetry;
        if !wanted.metrics.enable && !wanted.logs.enable {
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
        };
        let exporter = Exporter::start(settings(config)?, signals, &self.numbers.exported);
        let exporter = exporter.map_err(|error| error.to_string())?;
        let endpoint = &wanted.exporter.endpoint;
        info!(
            msg = "opentelemetry_export_started",
            endpoint,
            metrics = wanted.metrics.enable,
            logs = wanted.logs.enable
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

    fn end(&mut self) {
        if let Some(logs) = &self.logs {
            logs.export(None);
        }
        if let Some(exporter) = self.exporter.take() {
            exporter.stop(GRACE);
        }
    }
}

impl Drop for Exporting {
    fn drop(&mut self) {
        self.state.get_mut().end();
    }
}

/// Whether what a configuration exports could be.
pub(crate) fn check_export(config: &Config) -> Result<(), String> {
    let wanted = &config.opentelemetry;
    if !wanted.metrics.enable && !wanted.logs.enable {
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
