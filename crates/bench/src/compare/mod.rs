//! Two or more brokers in turn, each with a fresh process per pass, and what their figures are to each other.

mod baseline;
mod broker_command;
mod broker_process;
mod child;
mod comparison;
mod durable_bars;
mod durable_rows;
mod durable_suite;
mod intruder_process;
mod measure;
mod rows;

pub use baseline::{Regression, regressions};
pub use broker_command::BrokerCommand;
pub use broker_process::BrokerProcess;
pub use comparison::{Comparison, ComparisonReport, IntruderPlan, Line, Outcome, tell_apart};
pub use durable_bars::Bar;
pub use durable_rows::{DurableRow, durable_rows};
pub use durable_suite::{DurableSuite, DurableSuiteReport};
use intruder_process::IntruderProcess;
pub use measure::{Direction, Measure};
pub use rows::{Row, rows};
