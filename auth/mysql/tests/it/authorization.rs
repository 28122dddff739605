//! Which rules count.

use crate::scenarios::{self, Limits};
use crate::server::shared;
use dunlin_access::{AuthorizationSource, RuleSettings};
use dunlin_auth_mysql::authorization;
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
    scenarios::many_rules(&shared(), "SELECT seq FROM seq_1_to_COUNT").await;
}
