//! How what is asked in access control is reached: what authenticators and sources of rules have in common, kind by kind.

mod client_ssl;
mod http_service;
mod json;
mod ldap_directory;
mod mongodb_documents;
mod mongodb_servers;
mod oauth2;
mod placeholders;
mod redis_servers;
mod servers;
mod sql_servers;
mod url;

pub use client_ssl::{ClientSsl, ServerNameIndication};
pub use http_service::{HttpMethod, HttpService};
pub use ldap_directory::{LdapDirectory, LdapRuleAttributes};
pub use mongodb_documents::MongodbDocuments;
pub use mongodb_servers::{MongodbDeployment, MongodbReads, MongodbServers};
pub use oauth2::OAuth2;
pub use redis_servers::{RedisDeployment, RedisServers};
pub use sql_servers::SqlServers;

pub(super) use http_service::headers;
pub(super) use json::json_object;
pub(super) use placeholders::{check_name_template, check_sql_query, warn_of_unknown_placeholders};
pub(super) use sql_servers::{MYSQL, POSTGRESQL};
pub(super) use url::{is_https, url};

use crate::rule::{Shown, Span, Whole};
use std::time::Duration;

/// How long anybody may be waited for.
pub(super) fn timeout() -> Span {
    Span::in_millis(Duration::from_millis(1)..=Duration::from_secs(86_400))
}

/// `pool_size`.
fn pool_size() -> impl Shown<Value = usize> {
    Whole(1..=10_000)
}

/// `pool_size` where nobody says anything.
const POOL_SIZE: usize = 8;
/// How long an answer may take where nobody says anything.
const QUERY_TIMEOUT: Duration = Duration::from_secs(5);
