//! The things that can be measured, each with the parameters of the comparison tables as defaults.

mod drain;
mod durable;
mod idle;
mod retained;
mod shape;
mod subscriptions;

pub use drain::{DrainReport, DrainSettings};
pub use durable::{DurableReport, DurableSettings};
pub use idle::{IdleReport, IdleSettings, IdleStep};
pub use retained::{RetainedReport, RetainedSettings};
pub use shape::{fan_in, fan_out, pairs, shared};
pub use subscriptions::{SubscriptionsReport, SubscriptionsSettings};

use crate::error::RunError;
use crate::traffic::{Load, RunContext, TrafficPlan, TrafficReport, run_traffic};
use serde::{Deserialize, Serialize};

/// Something to measure.
#[derive(Clone, Debug)]
pub enum Scenario {
    /// Publishers and subscribers.
    Traffic(TrafficPlan, Load),
    /// Idle connections.
    Idle(IdleSettings),
    /// Many filters, then publishes that match exactly one each.
    Subscriptions(SubscriptionsSettings),
    /// Retained messages: storing them, then one subscriber that gets all.
    Retained(RetainedSettings),
    /// Publishers to persistent sessions.
    Durable(DurableSettings),
    /// One session with a long queue comes back.
    Drain(DrainSettings),
}

/// What a scenario measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "scenario", rename_all = "kebab-case")]
pub enum ScenarioReport {
    /// Publishers and subscribers.
    Traffic(TrafficReport),
    /// Idle connections.
    Idle(IdleReport),
    /// Many filters.
    Subscriptions(SubscriptionsReport),
    /// Retained messages.
    Retained(RetainedReport),
    /// Publishers to persistent sessions.
    Durable(DurableReport),
    /// One session with a long queue comes back.
    Drain(DrainReport),
}

impl Scenario {
    /// Measures.
    ///
    /// # Errors
    /// The run could not be made; loss and disorder are part of the report.
    pub fn run(&self, context: &mut RunContext) -> Result<ScenarioReport, RunError> {
        Ok(match self {
            Self::Traffic(plan, load) => ScenarioReport::Traffic(run_traffic(context, plan, load)?),
            Self::Idle(settings) => ScenarioReport::Idle(settings.run(context)?),
            Self::Subscriptions(settings) => ScenarioReport::Subscriptions(settings.run(context)?),
            Self::Retained(settings) => ScenarioReport::Retained(settings.run(context)?),
            Self::Durable(settings) => ScenarioReport::Durable(settings.run(context)?),
            Self::Drain(settings) => ScenarioReport::Drain(settings.run(context)?),
        })
    }
}

impl ScenarioReport {
    /// What the checks found, in words.
    #[must_use]
    pub fn checks(&self) -> String {
        match self {
            Self::Traffic(report) => report.checks(),
            Self::Idle(report) => format!("{} connections open at the end", report.open_at_end),
            Self::Subscriptions(report) => report.publish.checks(),
            Self::Durable(report) => report.checks(),
            Self::Drain(report) => report.checks(),
            Self::Retained(report) => {
                format!("{} of {} retained messages, {} twice", report.received, report.stored, report.duplicated)
            }
        }
    }

    /// Nothing was lost, repeated, reordered or disconnected.
    #[must_use]
    pub fn passed(&self) -> bool {
        match self {
            Self::Traffic(report) => report.passed(),
            Self::Idle(report) => report.passed(),
            Self::Subscriptions(report) => report.publish.passed(),
            Self::Retained(report) => report.passed(),
            Self::Durable(report) => report.passed(),
            Self::Drain(report) => report.passed(),
        }
    }
}
