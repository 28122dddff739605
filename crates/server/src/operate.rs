//! Operating a running node over HTTP: the API's listeners, who may use it, and what its resources ask of this node.

mod access;
mod access_check;
mod accounts;
mod alarms;
mod api_service;
mod audit;
mod authenticator_users;
mod banned;
mod certs;
mod clients;
mod configs;
mod data;
mod delayed;
mod list_change;
mod listeners;
mod machine;
mod metrics;
mod monitor;
mod nodes;
mod opentelemetry;
mod operated_node;
mod prometheus;
mod publish;
mod retainer;
mod rules;
mod slow_subscriptions;
mod status;
mod subscriptions;
mod topic_metrics;
mod trace;

pub(crate) use api_service::{ApiService, ApiSockets, OpenApiError};
pub(crate) use operated_node::OperatedNode;
