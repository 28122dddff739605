//! What the API asks of a node: the sum of what its resources ask.

use crate::resources::access::{Access, AccessCheck, AuthenticatorUsers, Rules};
use crate::resources::alarms::Alarms;
use crate::resources::audit::Audit;
use crate::resources::banned::Banned;
use crate::resources::certs::Certs;
use crate::resources::clients::Clients;
use crate::resources::configs::Configs;
use crate::resources::data::Data;
use crate::resources::delayed::Delayed;
use crate::resources::listeners::Listeners;
use crate::resources::metrics::Metrics;
use crate::resources::monitor::Monitor;
use crate::resources::nodes::Nodes;
use crate::resources::opentelemetry::OpenTelemetry;
use crate::resources::prometheus::Prometheus;
use crate::resources::publish::Publish;
use crate::resources::retainer::Retainer;
use crate::resources::slow_subscriptions::SlowSubscriptions;
use crate::resources::status::Status;
use crate::resources::subscriptions::Subscriptions;
use crate::resources::topic_metrics::TopicMetrics;
use crate::resources::topics::Topics;
use crate::resources::trace::Traces;

/// A node. Its methods may take their time, as they do where they wait for a disk: no thread that must not wait calls them.
pub trait Node:
    Access
    + AccessCheck
    + Alarms
    + Audit
    + AuthenticatorUsers
    + Banned
    + Certs
    + Clients
    + Configs
    + Data
    + Delayed
    + Listeners
    + Monitor
    + Nodes
    + Metrics
    + OpenTelemetry
    + Prometheus
    + Publish
    + Rules
    + Retainer
    + SlowSubscriptions
    + Status
    + Subscriptions
    + Topics
    + TopicMetrics
    + Traces
    + Send
    + Sync
    + 'static
{
}

impl<T> Node for T where
    T: Access
        + AccessCheck
        + Alarms
        + Audit
        + AuthenticatorUsers
        + Banned
        + Certs
        + Clients
        + Configs
        + Data
        + Delayed
        + Listeners
        + Monitor
        + Nodes
        + Metrics
        + OpenTelemetry
        + Prometheus
        + Publish
        + Rules
        + Retainer
        + SlowSubscriptions
        + Status
        + Subscriptions
        + Topics
        + TopicMetrics
        + Traces
        + Send
        + Sync
        + 'static
{
}
