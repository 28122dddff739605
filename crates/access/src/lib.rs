//! Who may come in, and what a client may do: identities, credentials, the chain of authenticators and the sources of rules.
//!
//! Nothing here reads a socket, a file or a clock. Back ends that ask somebody else implement [`Authenticator`] and
//! [`AuthorizationSource`]; futures are polled by whoever has a runtime.
//!
//! - At CONNECT, [`AuthenticatorChain::run`] says who a client is and whether it may come in. What it says is made a
//!   [`Permit`] by [`Authorization::permit`], once for each connection.
//! - Where the CONNECT names an Authentication Method, [`AuthenticatorChain::begin`] finds out who offers it, and
//!   [`ChainExchange::step`] goes from AUTH packet to AUTH packet to the same outcome, or to a new one for a client that is in.
//! - For each PUBLISH and each filter of a SUBSCRIBE, [`Authorization::decide_now`] decides, or gives back a [`Question`].
//!   [`Authorization::answer`] asks whoever has to be asked, on whatever thread, and [`Authorization::settle`] brings the
//!   answer back to the permit.
//! - A [`Rule`] comes from an `acl.conf` ([`read_acl_file`]), from a row of a database ([`Rule::from_row`]), from a hash of
//!   Redis ([`Rule::from_redis`]), or with a client ([`ClientAcl`]).
//! - [`AnswerCache`] is for back ends: what they answered a short while ago.
//!
//! Whatever cannot be told is denied: a back end that fails, rules that cannot be read, a name that cannot be filled in.

mod acl_file;
mod action;
mod admission;
mod answer_cache;
mod authenticator;
mod authenticator_chain;
mod authorization;
mod authorization_settings;
mod authorization_source;
mod backend_failure;
mod backend_questions;
mod backend_status;
mod bindings;
mod chain_exchange;
mod client_acl;
mod client_info;
mod client_info_authenticator;
mod credentials;
mod decision;
mod exchange;
mod invalid_rule;
mod permission;
mod permit;
mod position;
mod rule;
mod rule_row;
mod rule_source;
mod tally;
mod verdict_cache;

pub use acl_file::{AclFileError, MAX_ACL_FILE_BYTES, read_acl_file, write_acl_file};
pub use action::{Action, Verdict};
pub use admission::Admission;
pub use answer_cache::{AnswerCache, AnswerCacheSettings, AnswerCacheStatus};
pub use authenticator::{Authenticator, Outcome};
pub use authenticator_chain::{
    Admitted, AuthenticatorChain, AuthenticatorTally, ChainEntry, ChainOutcome, ChainReport, RefusalCause,
};
pub use authorization::{Answered, Authorization, MAX_SOURCES, SourceEntry, SourceFailure, TooManySources};
pub use authorization_settings::{AuthorizationSettings, DenyAction};
pub use authorization_source::AuthorizationSource;
pub use backend_failure::BackendFailure;
pub use backend_questions::BackendQuestions;
pub use backend_status::BackendStatus;
pub use bindings::{CLIENT_NAMES, PASSWORD_NAME, REQUEST_NAMES, Request};
pub use chain_exchange::{ChainExchange, ChainStep};
pub use client_acl::{ClientAcl, MAX_CLIENT_ACL_BYTES};
pub use client_info::{Certificate, ClientInfo, HIDDEN_USERNAME};
pub use client_info_authenticator::{Check, CheckResult, ClientInfoAuthenticator};
pub use credentials::{Credentials, Password};
pub use decision::{DecidedBy, Decision, Question, Ruling};
pub use exchange::{Exchange, ExchangeStep, Proven};
pub use invalid_rule::InvalidRule;
pub use permission::Permission;
pub use permit::Permit;
pub use position::{OrderError, Position, whole_order};
pub use rule::{
    ActionKind, ActionPattern, InvalidRegex, PlaceholderMay, QosSet, Rule, RuleList, RuleSettings, Scope,
    SecurityProfile, TextPattern, TopicPattern, Topics, Who, parse_network,
};
pub use rule_row::Row;
pub use rule_source::RuleSource;
pub use tally::{SourceTally, Tally};
pub use verdict_cache::{CachedVerdict, VerdictCache, VerdictCacheSettings};

use std::future::Future;
use std::pin::Pin;

/// An answer that may take a while. No runtime is assumed; timeouts are the back end's own.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
