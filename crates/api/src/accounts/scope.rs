//! Scopes: which resources of the API somebody may use. Names are EMQX's.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which resources somebody may use, within a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Clients, subscriptions, topics.
    Connections,
    /// Messages: publish, retained, delayed.
    Publish,
    /// Rules, connectors, schemas.
    DataIntegration,
    /// Authentication, authorization, bans.
    AccessControl,
    /// Gateways.
    Gateways,
    /// Metrics, alarms, traces.
    Monitoring,
    /// Nodes and cluster.
    ClusterOperations,
    /// Configuration, listeners, certificates, backup.
    System,
    /// The audit log.
    Audit,
    /// Licences.
    License,
    /// Users; for people only.
    UserManagement,
    /// The second factor of others; for people only.
    MfaManagement,
    /// Single sign-on; for people only.
    SsoManagement,
    /// API keys; for people only.
    ApiKeyManagement,
}

/// First part of a path, and its scope. A path without one needs none.
const PATHS: &[(&str, Scope)] = &[
    ("actions", Scope::DataIntegration),
    ("ai", Scope::DataIntegration),
    ("alarms", Scope::Monitoring),
    ("api_key", Scope::ApiKeyManagement),
    ("audit", Scope::Audit),
    ("authentication", Scope::AccessControl),
    ("authorization", Scope::AccessControl),
    ("banned", Scope::AccessControl),
    ("certs", Scope::System),
    ("clients", Scope::Connections),
    ("clients_v2", Scope::Connections),
    ("cluster", Scope::ClusterOperations),
    ("configs", Scope::System),
    ("configs_reset", Scope::System),
    ("connectors", Scope::DataIntegration),
    ("data", Scope::System),
    ("gateways", Scope::Gateways),
    ("license", Scope::License),
    ("listeners", Scope::System),
    ("listeners_status", Scope::System),
    ("load_rebalance", Scope::ClusterOperations),
    ("metrics", Scope::Monitoring),
    ("monitor", Scope::Monitoring),
    ("monitor_current", Scope::Monitoring),
    ("mqtt", Scope::Publish),
    ("nodes", Scope::ClusterOperations),
    ("opentelemetry", Scope::Monitoring),
    ("prometheus", Scope::Monitoring),
    ("publish", Scope::Publish),
    ("rules", Scope::DataIntegration),
    ("sessions_count", Scope::Connections),
    ("slow_subscriptions", Scope::Monitoring),
    ("sources", Scope::DataIntegration),
    ("stats", Scope::Monitoring),
    ("subscriptions", Scope::Connections),
    ("topics", Scope::Connections),
    ("trace", Scope::Monitoring),
    ("tracing", Scope::Monitoring),
    ("users", Scope::UserManagement),
];

impl Scope {
    /// Those that keys can have, in EMQX's order.
    pub const OF_KEYS: [Self; 10] = [
        Self::Connections,
        Self::Publish,
        Self::DataIntegration,
        Self::AccessControl,
        Self::Gateways,
        Self::Monitoring,
        Self::ClusterOperations,
        Self::System,
        Self::Audit,
        Self::License,
    ];

    /// Those that only people can have.
    pub const OF_PEOPLE: [Self; 4] =
        [Self::UserManagement, Self::MfaManagement, Self::SsoManagement, Self::ApiKeyManagement];

    /// `access_control`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Publish => "publish",
            Self::DataIntegration => "data_integration",
            Self::AccessControl => "access_control",
            Self::Gateways => "gateways",
            Self::Monitoring => "monitoring",
            Self::ClusterOperations => "cluster_operations",
            Self::System => "system",
            Self::Audit => "audit",
            Self::License => "license",
            Self::UserManagement => "user_management",
            Self::MfaManagement => "mfa_management",
            Self::SsoManagement => "sso_management",
            Self::ApiKeyManagement => "api_key_management",
        }
    }

    /// The scope of a key with this name.
    #[must_use]
    pub fn parse_of_key(name: &str) -> Option<Self> {
        Self::OF_KEYS.into_iter().find(|scope| scope.as_str() == name)
    }

    /// The scope of a path such as `/clients/{clientid}`; `None` where everybody may.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let mut parts = path.trim_start_matches('/').split('/');
        let first = parts.next().unwrap_or_default();
        if first == "users" && parts.nth(1) == Some("mfa") {
            return Some(Self::MfaManagement);
        }
        // The authenticators of a listener are a matter of access.
        if first == "listeners" && path.split('/').any(|part| part == "authentication") {
            return Some(Self::AccessControl);
        }
        PATHS.iter().find(|(name, _)| *name == first).map(|(_, scope)| *scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_scopes() {
        for (path, scope) in [
            ("/clients/{clientid}/subscribe", Some(Scope::Connections)),
            ("/users/{username}/mfa", Some(Scope::MfaManagement)),
            ("/users/{username}/change_pwd", Some(Scope::UserManagement)),
            ("/listeners/{id}/authentication", Some(Scope::AccessControl)),
            ("/listeners/{id}", Some(Scope::System)),
            ("/logout", None),
        ] {
            assert_eq!(Scope::of_path(path), scope, "{path}");
        }
        assert!(PATHS.is_sorted_by(|(one, _), (other, _)| one < other));
    }

    #[test]
    fn names_are_the_same_everywhere() {
        for scope in Scope::OF_KEYS.into_iter().chain(Scope::OF_PEOPLE) {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert_eq!(Scope::parse_of_key("system"), Some(Scope::System));
        assert_eq!(Scope::parse_of_key("user_management"), None);
    }
}
