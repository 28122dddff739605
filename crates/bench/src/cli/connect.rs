//! `conn`: connects clients and keeps or closes them.

use super::output::{latency_text, print};
use super::scenario_arguments::seconds;
use super::target_arguments::{OutputArguments, TargetArguments};
use crate::clock::now_ns;
use crate::error::RunError;
use crate::figures::{known, name_value_table, short};
use crate::file_limit::check_file_limit;
use crate::layers::TlsClient;
use crate::load::LatencySummary;
use crate::network::{ClientError, ConnectPlan, Handler, KeepAlive, Network, Outbox, connect_clients};
use crate::probe::{Probe, Usage};
use crate::stop_signal::StopSignal;
use crate::traffic::RunContext;
use crate::wire::Frame;
use clap::Args;
use serde::Serialize;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(100);

/// Connect many clients, then hold or close the connections
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dunlin-bench conn -c 10000 --rate 2000 --hold 60
  dunlin-bench conn -c 50000 --close --pid $(pidof dunlin)       connects per second
  dunlin-bench conn -c 5000 --close --tls --insecure             full handshakes per second
  dunlin-bench conn -c 5000 --close --tls --insecure --resume    the same, then resumed ones
  dunlin-bench conn -c 5000 --tls --cafile ca.pem --cert client.pem --key client.key --hold 60
  dunlin-bench conn -c 5000 --ws --path /mqtt --hold 60")]
pub(super) struct ConnectArguments {
    /// Clients
    #[arg(long, short, default_value_t = 1000)]
    clients: usize,
    /// Connects a second; without it as fast as possible
    #[arg(long)]
    rate: Option<f64>,
    /// Connections in the making at a time
    #[arg(long, default_value_t = 100)]
    concurrency: usize,
    /// Seconds to hold the connections once all are open
    #[arg(long, default_value_t = 0.0, conflicts_with = "close")]
    hold: f64,
    /// Disconnect each client as soon as it is accepted
    #[arg(long)]
    close: bool,
    /// Connect everybody with a full TLS handshake and disconnect again; then connect with resumed TLS sessions. Reports both
    #[arg(long, requires = "tls")]
    resume: bool,
    /// Keep alive in seconds, 0 is off
    #[arg(long, default_value_t = 600)]
    keep_alive: u16,
    /// Client identifiers are this, a dash and a number
    #[arg(long, default_value = "dunlin-bench")]
    client_prefix: String,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// What connecting cost.
#[derive(Debug, Serialize)]
struct ConnectFigures {
    /// The round of full handshakes in front, if there was one.
    full: Option<RoundFigures>,
    #[serde(flatten)]
    round: RoundFigures,
    lost_while_held: usize,
}

/// What connecting all clients once cost.
#[derive(Debug, Serialize)]
struct RoundFigures {
    connected: usize,
    failed: usize,
    /// Connections that went on with an earlier TLS session.
    resumed: usize,
    first_error: Option<String>,
    connects_per_second: f64,
    broker_microseconds_per_connect: Option<f64>,
    latency: Option<LatencySummary>,
    usage: Usage,
}

/// Counts connections that end while they are held.
#[derive(Default)]
struct Holding {
    lost: usize,
    first_error: Option<ClientError>,
}

impl Handler for Holding {
    fn received(&mut self, _client: usize, _frame: Frame<'_>, _outbox: &mut Outbox) -> Result<(), ClientError> {
        Ok(())
    }

    fn failed(&mut self, _client: usize, error: ClientError) {
        self.lost += 1;
        self.first_error.get_or_insert(error);
    }
}

impl ConnectArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        let is_bad_rate = self.rate.is_some_and(|rate| !(rate.is_finite() && rate > 0.0));
        if self.clients == 0 || self.concurrency == 0 || is_bad_rate {
            let text = "--clients and --concurrency must be at least 1, and --rate above 0";
            return Err(RunError::Usage(text.to_owned()));
        }
        super::target_arguments::check_text("--client-prefix", &self.client_prefix)?;
        let hold = seconds("--hold", self.hold)?;
        check_file_limit(if self.close { self.concurrency } else { self.clients })?;
        let mut context = self.target.context(self.output, stop)?;
        if self.resume {
            context.target.layers.tls = context.target.layers.tls.take().map(TlsClient::keeping_sessions);
        }
        let figures = self.measure(&mut context, hold)?;
        print(self.output, &figures, text)?;
        Ok(figures.passed())
    }

    fn measure(&self, context: &mut RunContext, hold: Duration) -> Result<ConnectFigures, RunError> {
        let full = if self.resume { Some(self.round(&mut Network::new(0)?, context, true)?) } else { None };
        if let Some(tls) = &context.target.layers.tls {
            tls.offer_sessions();
        }
        let mut network = Network::new(0)?;
        let mut round = self.round(&mut network, context, self.close)?;
        let holding = self.hold(&mut network, context, hold)?;
        context.progress.clear();
        round.first_error = round.first_error.or(holding.first_error.map(|error| error.to_string()));
        Ok(ConnectFigures { full, round, lost_while_held: holding.lost })
    }

    fn round(&self, network: &mut Network, context: &mut RunContext, close: bool) -> Result<RoundFigures, RunError> {
        let plan = ConnectPlan {
            client_id_prefix: &self.client_prefix,
            count: self.clients,
            concurrency: self.concurrency,
            per_second: self.rate,
            keep_alive_seconds: self.keep_alive,
            close,
            ..ConnectPlan::default()
        };
        let probe = Probe::new(context.target.pid);
        let before = probe.sample()?;
        let RunContext { target, stop, progress } = context;
        let report = connect_clients(network, target, &plan, stop, progress)?;
        let usage = before.until(&probe.sample()?);
        Ok(RoundFigures {
            connected: report.connected,
            failed: report.failed,
            resumed: report.resumed,
            first_error: report.first_error.map(|error| error.to_string()),
            connects_per_second: report.connected as f64 / report.elapsed.as_secs_f64().max(1e-9),
            broker_microseconds_per_connect: usage.broker_microseconds_each(report.connected as u64),
            latency: report.latency,
            usage,
        })
    }

    /// Keeps the connections alive until the time is over or Ctrl-C.
    fn hold(&self, network: &mut Network, context: &mut RunContext, hold: Duration) -> Result<Holding, RunError> {
        let mut holding = Holding::default();
        let end_ns = now_ns() + hold.as_nanos() as u64;
        let mut keep_alive = KeepAlive::new(self.keep_alive, now_ns());
        loop {
            let now = now_ns();
            if now >= end_ns || context.stop.is_set() {
                return Ok(holding);
            }
            keep_alive.ping(network, now);
            network.flush(&mut holding);
            network.turn(Duration::from_nanos(end_ns - now).min(TICK), &mut holding)?;
            context
                .progress
                .tick(now, || format!("holding, {} lost, {} s left", holding.lost, (end_ns - now) / 1_000_000_000));
        }
    }
}

impl ConnectFigures {
    /// Everybody connected and stayed, and at least some TLS sessions were resumed where that was asked for.
    fn passed(&self) -> bool {
        let failed = self.round.failed + self.full.as_ref().map_or(0, |full| full.failed);
        let is_resumed = self.full.is_none() || self.round.resumed > 0;
        failed == 0 && self.lost_while_held == 0 && is_resumed
    }
}

fn text(figures: &ConnectFigures) -> String {
    let line = |name: &str, value: String| (name.to_owned(), value);
    let mut lines = Vec::new();
    if let Some(full) = &figures.full {
        lines.push(line("full handshakes", format!("{} of {}", full.connected - full.resumed, full.connected)));
        lines.extend(round_lines(full));
        let warning = if figures.round.resumed == 0 { "  THE BROKER RESUMES NONE" } else { "" };
        lines.push(line(
            "resumed handshakes",
            format!("{} of {}{warning}", figures.round.resumed, figures.round.connected),
        ));
    }
    lines.extend(round_lines(&figures.round));
    lines.push(line("lost while held", figures.lost_while_held.to_string()));
    name_value_table(&lines)
}

fn round_lines(round: &RoundFigures) -> Vec<(String, String)> {
    let line = |name: &str, value: String| (name.to_owned(), value);
    let mut lines = vec![
        line("connected", format!("{}  ({}/s)", round.connected, short(round.connects_per_second))),
        line("failed", round.failed.to_string()),
        line("broker us per connect", known(round.broker_microseconds_per_connect, |value| format!("{value:.1}"))),
    ];
    lines.extend(round.first_error.clone().map(|error| line("first error", error)));
    lines.extend(round.latency.map(|latency| line("connect to CONNACK", latency_text(&latency))));
    lines
}
