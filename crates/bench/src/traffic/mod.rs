//! A measured run of publishers and subscribers.

mod drain;
mod exchange;
mod meter;
mod plan;
mod reception;
mod report;
mod run;

pub use drain::{DrainFigures, DrainPlan, drain_sessions, forget_sessions};
pub use plan::{Amount, Load, TrafficPlan};
pub(crate) use reception::{Reception, Taker};
pub use report::TrafficReport;
pub use run::{
    Published, RunContext, connect_subscribers, network_for, packet_bytes_max, run_publishers, run_traffic, subscribe,
};
