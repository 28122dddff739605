//! Access control of a node: from the configuration to the authenticators and sources of rules that the broker asks.
//!
//! - [`NodeAccess`] is where to begin: what is in effect, made anew when the configuration changes.
//! - A `Chain` is the authenticators of the node or of a listener, `RulesInEffect` what clients may do. Both are made of parts,
//!   which a `Workshop` makes, one kind of back end in each file, and which stay while their configuration stays.
//! - A `BackEndWatch` looks whether back ends are there.
//! - `AccessRates`: how fast they are asked.
//! - `CachedAuthenticator` and `CachedSource` are `node_cache`.

mod access_error;
mod access_rates;
mod access_state;
mod authenticator_part;
mod back_end_watch;
mod built_in_database;
mod built_in_error;
mod cached_authenticator;
mod cached_source;
mod chain;
mod check;
pub(crate) mod client_tls;
mod file_rules;
mod http;
mod jwt;
mod ldap;
mod making;
mod memory_file;
mod mongodb;
mod node_access;
mod question_key;
mod redis;
mod rules_in_effect;
mod source_part;
mod sql_databases;
mod workshop;

pub use access_error::AccessError;
pub(crate) use access_rates::{AskedRates, ResourceMetrics};
pub use access_state::{AnswerCacheState, AuthenticatorState, AuthorizationState, SourceState};
pub(crate) use access_state::{of_cache, of_chain, of_rules};
pub use built_in_error::{NoUsersError, RulesError};
pub(crate) use check::check;
pub(crate) use file_rules::rules_text as file_rules_text;
pub use node_access::{AccessChange, NodeAccess};
