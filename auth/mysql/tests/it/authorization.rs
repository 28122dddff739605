//! Which rules count.

use crate::scenarios;
use crate::server::shared;

#[tokio::test]
async fn rules() {
    scenarios::rules(&shared()).await;
}

#[tokio::test]
async fn senseless_rules() {
    scenarios::senseless_rules(&shared()).await;
}

#[tokio::test]
async fn many_rules() {
    scenarios::many_rules(&shared(), "SELECT seq FROM seq_1_to_COUNT").await;
}
