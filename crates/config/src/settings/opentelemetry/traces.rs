//! `opentelemetry.traces`: spans of what clients do.

use super::ExportBatches;
use crate::rule::{Flag, OneOf, Percent, Whole, filled_text};
use crate::section::Section;
use std::time::Duration;

/// `traces`: spans.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenTelemetryTraces {
    /// `enable`, default false.
    pub enable: bool,
    /// How they are gathered.
    pub batches: ExportBatches,
    /// `filter.trace_mode`, default legacy.
    pub mode: TraceMode,
    /// `filter.trace_all`, default false: with [`TraceMode::Legacy`] messages that are in no trace get one of their own.
    pub trace_all: bool,
    /// `filter.e2e_tracing_options`, for [`TraceMode::EndToEnd`].
    pub end_to_end: EndToEndTracing,
}

/// Of what there are spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceMode {
    /// `legacy`: of messages that come with a `traceparent` that is sampled.
    Legacy,
    /// `e2e`: of a share of what clients do.
    EndToEnd,
}

/// `e2e_tracing_options`: of what there are spans.
#[derive(Clone, Debug, PartialEq)]
pub struct EndToEndTracing {
    /// `cluster_identifier`: the attribute `cluster.id` of each span, default emqxcl.
    pub cluster_identifier: String,
    /// `sample_ratio`: the share of traces, 0 to 1, default a tenth.
    pub sample_ratio: f64,
    /// `client_connect_disconnect`: of clients that come and go, default false.
    pub client_connect_disconnect: bool,
    /// `client_subscribe_unsubscribe`: of subscriptions that clients ask for and give up, default false.
    pub client_subscribe_unsubscribe: bool,
    /// `client_messaging`: of messages, default false.
    pub client_messaging: bool,
    /// `follow_traceparent`: a `traceparent` that comes with a message says which trace it is in, default true.
    pub follow_traceparent: bool,
    /// `clientid_match_rules_max`: clients whose messages have spans whatever the share is, 1 to 10,000, default 30.
    pub client_ids_max: usize,
    /// `topic_match_rules_max`: filters of topics whose messages have, 1 to 10,000, default 30.
    pub topics_max: usize,
}

const MODES: &[(&str, TraceMode)] = &[("legacy", TraceMode::Legacy), ("e2e", TraceMode::EndToEnd)];

impl Default for OpenTelemetryTraces {
    fn default() -> Self {
        Self {
            enable: false,
            batches: ExportBatches::every(Duration::from_secs(5)),
            mode: TraceMode::Legacy,
            trace_all: false,
            end_to_end: EndToEndTracing::default(),
        }
    }
}

impl Default for EndToEndTracing {
    fn default() -> Self {
        Self {
            cluster_identifier: "emqxcl".to_owned(),
            sample_ratio: 0.1,
            client_connect_disconnect: false,
            client_subscribe_unsubscribe: false,
            client_messaging: false,
            follow_traceparent: true,
            client_ids_max: 30,
            topics_max: 30,
        }
    }
}

impl OpenTelemetryTraces {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let (enable, batches) =
            (section.value("enable", &Flag, default.enable), ExportBatches::read(section, default.batches));
        section.child("filter", |filter| Self {
            enable,
            batches,
            mode: filter.value("trace_mode", &OneOf(MODES), default.mode),
            trace_all: filter.value("trace_all", &Flag, default.trace_all),
            end_to_end: filter.child("e2e_tracing_options", EndToEndTracing::read),
        })
    }
}

impl EndToEndTracing {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        section.without_counterpart(&["trace_rule_engine"]);
        section.not_supported_because("msg_trace_level", ": there are no spans of acknowledgements");
        let count = Whole(1..=10_000);
        Self {
            cluster_identifier: section.value("cluster_identifier", &filled_text(), default.cluster_identifier),
            sample_ratio: section.value("sample_ratio", &Percent(0.0..=1.0), default.sample_ratio),
            client_connect_disconnect: section.value(
                "client_connect_disconnect",
                &Flag,
                default.client_connect_disconnect,
            ),
            client_subscribe_unsubscribe: section.value(
                "client_subscribe_unsubscribe",
                &Flag,
                default.client_subscribe_unsubscribe,
            ),
            client_messaging: section.value("client_messaging", &Flag, default.client_messaging),
            follow_traceparent: section.value("follow_traceparent", &Flag, default.follow_traceparent),
            client_ids_max: section.value("clientid_match_rules_max", &count, default.client_ids_max),
            topics_max: section.value("topic_match_rules_max", &count, default.topics_max),
        }
    }
}
