//! What operators are told: counters, histograms and alarms, and their names.
//!
//! Every worker counts in a block of its own, written by it alone, so that counting costs no more than an addition; readers
//! sum the blocks. Names are those operators know from dashboards and scripts.

mod alarms;
mod attribute_value;
mod counters;
mod histogram;
mod history;
mod latency;
mod metric;
mod metric_family;
mod rate_meter;
mod span;

pub use alarms::{Alarm, AlarmDetail, AlarmMemory, Alarms};
pub use attribute_value::AttributeValue;
pub use counters::{CounterBlock, total};
pub use histogram::Histogram;
pub use history::{History, Sample};
pub use latency::{LATENCY_BOUNDS_MAX, Latency, LatencyBlock, latencies_of};
pub use metric::Metric;
pub use metric_family::{FamilyKind, MetricFamily, MetricPoint, MetricValue, render_families};
pub use rate_meter::{GrowthRates, RateMeter};
pub use span::Span;
