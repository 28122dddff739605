//! The server: the only place that names all concrete parts. Reads the configuration, starts the broker, stops it in order.
//!
//! Where to look: the commands `commands.rs`, the life of a node `commands/serve.rs`, what a running one can be asked
//! `control.rs` and told `node.rs`, its configuration `configuration.rs`,
//! what the API asks of it `operate.rs`.

mod access_control;
mod background;
mod backup;
mod banned;
mod calendar;
mod certificate_bundles;
mod clients;
mod commands;
mod configuration;
mod control;
mod data_folder_lock;
mod listeners;
mod listening;
mod logging;
mod memory;
mod metadata;
mod node;
mod observing;
mod operate;
mod server;
mod settings;
mod start_report;
mod start_server_error;
mod supervisor;
mod traces;

pub use access_control::{
    AccessChange, AccessError, AnswerCacheState, AuthenticatorState, AuthorizationState, NoUsersError, NodeAccess,
    RulesError, SourceState,
};
pub use background::Background;
pub use banned::BanError;
pub use commands::run_command_line;
pub use listeners::StartListenerError;
pub use listening::{
    CertificateHooks, CertificateWatch, Certificates, ListeningError, Reread, SelfSignedPairError, layering,
    quic_server_config,
};
pub use memory::GiveBack;
pub use metadata::MetadataUnavailable;
pub use observing::{Monitor, Rates};
pub use server::Server;
pub use settings::{broker_settings, listener_settings};
pub use start_server_error::StartServerError;
pub use traces::{TraceDefinition, TraceError, TraceFormatter, TraceState, TraceStatus, Traces};
