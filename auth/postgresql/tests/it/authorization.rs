//! Which rules count.

use crate::scenarios::{self, Database, Limits, RULES};
use crate::server::shared;
use dunlin_access::{Action, AuthorizationSource, ClientInfo, RuleSettings, Verdict};
use dunlin_auth_postgresql::authorization;
use dunlin_model::{ArcStr, Qos};
use std::sync::Arc;

#[tokio::test]
async fn rules() {
    scenarios::rules(&shared()).await;
}

#[tokio::test]
async fn senseless_rules() {
    scenarios::senseless_rules(&shared()).await;
}

#[tokio::test]
async fn remembered_rules() {
    let database = shared();
    let remembering = |query: &str, memory| -> Arc<dyn AuthorizationSource> {
        let source = authorization(database.settings(Limits::default()), query, RuleSettings::default());
        Arc::new(source.expect("the settings are right").remembering(memory))
    };
    scenarios::remembered_rules(&database, remembering).await;
}

#[tokio::test]
async fn many_rules() {
    scenarios::many_rules(&shared(), "SELECT generate_series(1, COUNT)").await;
}

/// PostgreSQL cannot even be asked about a name with a zero byte in it.
#[tokio::test]
async fn a_name_that_no_table_can_hold_is_allowed_nothing() {
    let source = shared().authorization(RULES, Limits::default());
    let client = ClientInfo { username: Some(ArcStr::from("ann\0")), ..ClientInfo::default() };
    let action = Action::Publish { qos: Qos::AtMostOnce, retain: false };
    assert_eq!(source.authorize(&client, action, "both/x").await, Ok(Verdict::Deny));
    assert!(source.status().failure().is_none());
}
