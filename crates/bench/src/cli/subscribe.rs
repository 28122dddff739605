//! `sub`: clients that subscribe and count.

use super::output::{print, traffic_text};
use super::publish::UNTIL_INTERRUPT;
use super::scenario_arguments::seconds;
use super::target_arguments::{OutputArguments, TargetArguments, check_text};
use crate::error::RunError;
use crate::load::Recipients;
use crate::stop_signal::StopSignal;
use crate::traffic::{Load, TrafficPlan, run_traffic};
use clap::Args;
use dunlin_model::Qos;
use std::time::Duration;

/// Subscribe with many clients and count what arrives
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dunlin-bench sub -c 100 -t sensors/%i/data --qos 1 --duration 30
  dunlin-bench sub -t 'sensors/#'                      until Ctrl-C
  dunlin-bench sub -t 'sensors/#' --tls --insecure --ws  over wss")]
pub(super) struct SubscribeArguments {
    /// Clients
    #[arg(long, short, default_value_t = 1)]
    clients: usize,
    /// Topic filter; %i is the number of the client, from 0
    #[arg(long, short)]
    topic: String,
    /// Quality of service
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    qos: u8,
    /// Seconds to listen; without it until Ctrl-C
    #[arg(long)]
    duration: Option<f64>,
    /// Largest payload to expect, in bytes
    #[arg(long, default_value_t = 1_048_576)]
    max_size: usize,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    output: OutputArguments,
}

impl SubscribeArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        check_text("--topic", &self.topic)?;
        if self.clients == 0 || self.topic.is_empty() || self.max_size > 256 * 1024 * 1024 {
            let text = "--clients must be at least 1, --topic not empty and --max-size at most 268435456";
            return Err(RunError::Usage(text.to_owned()));
        }
        let plan = TrafficPlan {
            filters: (0..self.clients).map(|number| vec![self.topic.replace("%i", &number.to_string())]).collect(),
            topics: Vec::new(),
            recipients: Recipients::Nobody,
        };
        let load = Load {
            subscribe_qos: Qos::from_u8(self.qos).unwrap_or_default(),
            payload_bytes: self.max_size,
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
