//! A measured run of publishers and subscribers.

mod exchange;
mod meter;
mod plan;
mod report;
mod run;

pub use plan::{Amount, Load, TrafficPlan};
pub use report::TrafficReport;
pub use run::{RunContext, connect_subscribers, network_for, run_publishers, run_traffic, subscribe};
