//! What the API asks of a node: the sum of what its rooms ask.

use crate::rooms::access::Access;
use crate::rooms::alarms::Alarms;
use crate::rooms::banned::Banned;
use crate::rooms::clients::Clients;
use crate::rooms::configs::Configs;
use crate::rooms::listeners::Listeners;
use crate::rooms::monitor::Monitor;
use crate::rooms::nodes::Nodes;
use crate::rooms::numbers::Numbers;
use crate::rooms::prometheus::Prometheus;
use crate::rooms::status::Status;
use crate::rooms::subscriptions::Subscriptions;
use crate::rooms::topic_metrics::TopicMetrics;
use crate::rooms::topics::Topics;
use crate::rooms::trace::Traces;

/// A node. Its methods may take their time, as they do where they wait for a disk: no thread that must not wait calls them.
pub trait Node:
    Access
    + Alarms
    + Banned
    + Clients
    + Configs
    + Listeners
    + Monitor
    + Nodes
    + Numbers
    + Prometheus
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
        + Alarms
        + Banned
        + Clients
        + Configs
        + Listeners
        + Monitor
        + Nodes
        + Numbers
        + Prometheus
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
