//! The REST API of a node: EMQX's paths, objects and error codes, `/api/v5`.
//!
//! The way of a request: `server` (sockets, TLS, limits) -> `guard` (who asks, and may they) -> a resource of `resources`, which takes the
//! request apart, asks the [`Node`] and makes the answer. The OpenAPI document is made from the same code.
//!
//! Nothing here knows what a node is: it is whatever implements the traits of the resources, and the sum of them is [`Node`]. To add a
//! resource: a file in `resources` with its objects, its trait and its `router`, a line in `resources.rs`, the trait in `node.rs`, and
//! its implementation where the node is.

mod accounts;
mod api;
mod api_state;
mod clock;
mod coverage;
mod documentation;
mod error_code;
mod guard;
mod hidden;
mod json_body;
mod moment;
mod moment_millis;
mod multipart_file;
mod node;
mod paging;
mod path_part;
mod query;
mod refusal;
mod resources;
mod secrets;
mod server;
mod settings;
mod zip_archive;

pub use accounts::{
    Accounts, ApiKey, ApiKeyChange, ApiKeyError, ApiKeys, BootstrapError, DefaultUser, NewApiKey, Role,
    SHIPPED_PASSWORD, Scope, User, UserError, Users,
};
pub use api::Api;
pub use error_code::ErrorCode;
pub use moment::{Moment, MomentOrInfinity};
pub use moment_millis::MomentMillis;
pub use node::Node;
pub use paging::{Page, PageMeta, PageQuery};
pub use refusal::Refusal;
pub use resources::{
    access, alarms, audit, banned, certs, clients, configs, data, delayed, listeners, metrics, monitor, nodes,
    opentelemetry, prometheus, publish, retainer, slow_subscriptions, status, subscriptions, topic_metrics, topics,
    trace,
};
pub use secrets::without_secrets;
pub use server::{ApiListener, ListenError, ServerConfigSource};
pub use settings::{AccountPolicy, ListenerSettings};
