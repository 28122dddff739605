//! Arguments that name a scenario and change its parameters.

use crate::error::RunError;
use crate::load::Stamp;
use crate::scenario::{
    self, DrainSettings, DurableSettings, IdleSettings, RetainedSettings, Scenario, SubscriptionsSettings,
};
use crate::traffic::{Load, TrafficPlan};
use clap::{Args, ValueEnum};
use dunlin_model::Qos;
use std::time::Duration;

const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Packet identifiers are two bytes and never 0 [MQTT-2.2.1-3].
const WINDOW_MAX: usize = 65_000;

/// The scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ScenarioName {
    /// 100 publishers, each with a subscriber of its own
    Pairs,
    /// 500 publishers to 5 wildcard subscribers, QoS 1
    FanIn,
    /// 1 publisher to 1000 subscribers
    FanOut,
    /// 100 publishers to one shared subscription of 10, QoS 1
    Shared,
    /// idle connections: memory each, CPU per connect
    Idle,
    /// 200,000 filters over 1000 clients, then publishes that match exactly one
    Subs,
    /// 100,000 retained messages, then one subscriber that gets them all
    Retained,
    /// pairs at 1000 messages a second, QoS 1
    Latency,
    /// 100 publishers, each with a persistent session of its own, QoS 1
    Durable,
    /// one persistent session comes back to 100,000 messages, QoS 1
    Drain,
}

/// A scenario and its parameters.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Scenario")]
pub(super) struct ScenarioArguments {
    /// What to measure
    #[arg(value_enum)]
    name: ScenarioName,
    /// Publishing clients
    #[arg(long)]
    pubs: Option<usize>,
    /// Subscribing clients (fan-in, fan-out, shared)
    #[arg(long)]
    subs: Option<usize>,
    /// Quality of service of publishes and subscriptions
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=2))]
    qos: Option<u8>,
    /// Payload bytes, at least 24
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// Unacknowledged publishes of each publisher
    #[arg(long, default_value_t = 16)]
    window: usize,
    /// Undelivered messages of each publisher
    #[arg(long, default_value_t = 32)]
    backlog: usize,
    /// Messages a second of all publishers (idle: connects a second)
    #[arg(long)]
    rate: Option<f64>,
    /// Seconds before the measured window
    #[arg(long, default_value_t = 1.5)]
    warmup: f64,
    /// Seconds of the measured window
    #[arg(long, default_value_t = 6.0)]
    duration: f64,
    /// Idle: connections at the end of each step
    #[arg(long, value_delimiter = ',', default_value = "2000,6000,10000,16000")]
    steps: Vec<usize>,
    /// Idle: subscriptions of each connection
    #[arg(long, default_value_t = 0)]
    subs_per_conn: usize,
    /// Subs: number of filters
    #[arg(long, default_value_t = 200_000)]
    filters: usize,
    /// Subs: clients that hold the filters
    #[arg(long, default_value_t = 1000)]
    clients: usize,
    /// Subs: filters in one SUBSCRIBE
    #[arg(long, default_value_t = 10)]
    batch: usize,
    /// Retained, drain: number of messages
    #[arg(long, default_value_t = 100_000)]
    count: usize,
    /// Retained, durable, drain: leave messages and sessions in the broker
    #[arg(long)]
    keep: bool,
    /// Durable: the sessions are connected while the publishers publish
    #[arg(long)]
    online: bool,
}

impl ScenarioArguments {
    /// The name as typed.
    pub(super) fn name(&self) -> &'static str {
        match self.name {
            ScenarioName::Pairs => "pairs",
            ScenarioName::FanIn => "fan-in",
            ScenarioName::FanOut => "fan-out",
            ScenarioName::Shared => "shared",
            ScenarioName::Idle => "idle",
            ScenarioName::Subs => "subs",
            ScenarioName::Retained => "retained",
            ScenarioName::Latency => "latency",
            ScenarioName::Durable => "durable",
            ScenarioName::Drain => "drain",
        }
    }

    /// The scenario, with its own defaults where nothing was given.
    pub(super) fn scenario(&self) -> Result<Scenario, RunError> {
        self.check()?;
        let pubs = |default: usize| self.pubs.unwrap_or(default);
        let subs = |default: usize| self.subs.unwrap_or(default);
        Ok(match self.name {
            ScenarioName::Pairs => self.traffic(scenario::pairs(pubs(100)), 0)?,
            ScenarioName::Latency => self.traffic(scenario::pairs(pubs(100)), 1)?,
            ScenarioName::FanIn => self.traffic(scenario::fan_in(pubs(500), subs(5)), 1)?,
            ScenarioName::FanOut => self.traffic(scenario::fan_out(pubs(1), subs(1000)), 0)?,
            ScenarioName::Shared => self.traffic(scenario::shared(pubs(100), subs(10)), 1)?,
            ScenarioName::Idle => Scenario::Idle(IdleSettings {
                steps: self.steps.clone(),
                subscriptions: self.subs_per_conn,
                concurrency: 100,
                per_second: self.rate,
            }),
            ScenarioName::Subs => Scenario::Subscriptions(SubscriptionsSettings {
                filters: self.filters,
                clients: self.clients,
                publishers: pubs(100),
                load: self.load(1)?,
            }),
            ScenarioName::Retained => Scenario::Retained(RetainedSettings {
                count: self.count,
                publishers: pubs(100),
                payload_bytes: self.size,
                qos: self.qos(0),
                window: self.window,
                keep: self.keep,
            }),
            ScenarioName::Durable => Scenario::Durable(DurableSettings {
                pairs: pubs(100),
                online: self.online,
                load: self.load(1)?,
                keep: self.keep,
            }),
            ScenarioName::Drain => Scenario::Drain(DrainSettings {
                count: self.count,
                publishers: pubs(100),
                load: self.load(1)?,
                keep: self.keep,
            }),
        })
    }

    fn traffic(&self, plan: TrafficPlan, default_qos: u8) -> Result<Scenario, RunError> {
        Ok(Scenario::Traffic(plan, self.load(default_qos)?))
    }

    fn qos(&self, default: u8) -> Qos {
        Qos::from_u8(self.qos.unwrap_or(default)).unwrap_or_default()
    }

    fn load(&self, default_qos: u8) -> Result<Load, RunError> {
        let per_second = self.rate.or((self.name == ScenarioName::Latency).then_some(1000.0));
        Ok(Load {
            qos: self.qos(default_qos),
            subscribe_qos: self.qos(default_qos),
            payload_bytes: self.size,
            window: self.window,
            backlog: self.backlog,
            per_second,
            warmup: seconds("--warmup", self.warmup)?,
            duration: seconds("--duration", self.duration)?,
            subscribe_batch: self.batch,
            ..Load::default()
        })
    }

    fn check(&self) -> Result<(), RunError> {
        let usage = |text: String| Err(RunError::Usage(text));
        if !(Stamp::BYTES..=PAYLOAD_BYTES_MAX).contains(&self.size) {
            return usage(format!("--size must be {} to {PAYLOAD_BYTES_MAX} bytes", Stamp::BYTES));
        }
        if !(1..=WINDOW_MAX).contains(&self.window) || self.backlog == 0 {
            return usage(format!("--window must be 1 to {WINDOW_MAX} and --backlog at least 1"));
        }
        if self.rate.is_some_and(|rate| !(rate.is_finite() && rate > 0.0)) {
            return usage("--rate must be above 0".to_owned());
        }
        let counts =
            [self.pubs.unwrap_or(1), self.subs.unwrap_or(1), self.clients, self.batch, self.count, self.filters];
        if counts.contains(&0) {
            return usage("numbers of clients, filters and messages must be at least 1".to_owned());
        }
        if self.steps.is_empty() || !self.steps.is_sorted_by(|before, after| before < after) || self.steps[0] == 0 {
            return usage("--steps must be rising numbers of connections, for example 2000,6000".to_owned());
        }
        let is_durable = matches!(self.name, ScenarioName::Durable | ScenarioName::Drain);
        if is_durable && self.qos == Some(0) {
            return usage("durable and drain need --qos 1 or 2: QoS 0 is not kept for a session".to_owned());
        }
        if self.online && self.name != ScenarioName::Durable {
            return usage("--online is for durable".to_owned());
        }
        let takes_subs = matches!(self.name, ScenarioName::FanIn | ScenarioName::FanOut | ScenarioName::Shared);
        if self.subs.is_some_and(|subs| !takes_subs && Some(subs) != self.pubs) {
            return usage(
                "--subs is for fan-in, fan-out and shared; pairs have as many subscribers as --pubs".to_owned(),
            );
        }
        Ok(())
    }
}

/// A length of time from the command line.
pub(super) fn seconds(name: &str, value: f64) -> Result<Duration, RunError> {
    const LONGEST_SECONDS: f64 = 7.0 * 24.0 * 3600.0;
    if (0.0..=LONGEST_SECONDS).contains(&value) {
        Ok(Duration::from_secs_f64(value))
    } else {
        Err(RunError::Usage(format!("{name} must be 0 to {LONGEST_SECONDS} seconds")))
    }
}
