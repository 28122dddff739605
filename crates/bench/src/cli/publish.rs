//! `pub`: clients that publish.

use super::output::{print, traffic_text};
use super::scenario_arguments::seconds;
use super::target_arguments::{OutputArguments, TargetArguments, check_text};
use crate::error::RunError;
use crate::load::Recipients;
use crate::stop_signal::StopSignal;
use crate::traffic::{Amount, Load, TrafficPlan, run_traffic};
use clap::Args;
use dunlin_model::Qos;
use std::time::Duration;

/// Publish with many clients
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dunlin-bench pub -c 10 -t sensors/%i/data --qos 1 --count 1000
  dunlin-bench pub -c 100 -t load/%i --size 256 --rate 5000 --duration 30
  dunlin-bench pub -t sensors/%i/data --count 1000 --tls --cafile ca.pem")]
pub(super) struct PublishArguments {
    /// Clients
    #[arg(long, short, default_value_t = 1)]
    clients: usize,
    /// Topic; %i is the number of the client, from 0
    #[arg(long, short)]
    topic: String,
    /// Quality of service
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    qos: u8,
    /// Payload bytes; from 24 on `sub` on the same machine can tell the latency
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// Set the RETAIN flag
    #[arg(long)]
    retain: bool,
    /// Messages of each client; without it, publish until --duration
    #[arg(long)]
    count: Option<u64>,
    /// Messages a second of all clients
    #[arg(long)]
    rate: Option<f64>,
    /// Unacknowledged publishes of each client
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=65_000))]
    window: u16,
    /// Longest time in seconds; without it until --count or Ctrl-C
    #[arg(long)]
    duration: Option<f64>,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// No end but Ctrl-C: a week.
pub(super) const UNTIL_INTERRUPT: Duration = Duration::from_secs(7 * 24 * 3600);

impl PublishArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        check_text("--topic", &self.topic)?;
        if self.clients == 0 || self.topic.is_empty() || self.topic.contains(['+', '#']) {
            let text = "--clients must be at least 1, and --topic not empty and without + and #";
            return Err(RunError::Usage(text.to_owned()));
        }
        if self.rate.is_some_and(|rate| !(rate.is_finite() && rate > 0.0)) || self.size > 16 * 1024 * 1024 {
            return Err(RunError::Usage("--rate must be above 0 and --size at most 16777216".to_owned()));
        }
        let plan = TrafficPlan {
            filters: Vec::new(),
            topics: (0..self.clients).map(|number| vec![self.topic.replace("%i", &number.to_string())]).collect(),
            recipients: Recipients::Nobody,
        };
        let load = Load {
            qos: Qos::from_u8(self.qos).unwrap_or_default(),
            retain: self.retain,
            payload_bytes: self.size,
            window: usize::from(self.window),
            per_second: self.rate,
            amount: self.count.map_or(Amount::Unlimited, Amount::Messages),
            warmup: Duration::ZERO,
            duration: self.duration.map_or(Ok(UNTIL_INTERRUPT), |value| seconds("--duration", value))?,
            ends_on_interrupt: true,
            ..Load::default()
        };
        let mut context = self.target.context(self.output, stop)?;
        let report = run_traffic(&mut context, &plan, &load)?;
        print(self.output, &report, traffic_text)?;
        Ok(report.passed())
    }
}
