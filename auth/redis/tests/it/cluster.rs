//! Servers that share the data.

use crate::setting::{address, admitted, authenticator, credentials, until_admitted, user};
use dunlin_access::{Authenticator, BackendStatus, Outcome};
use dunlin_auth_redis::{Deployment, RedisAuthenticator, RedisSettings};
use dunlin_real_servers::{RedisCluster, free_port};
use std::time::Duration;
use tokio::time::Instant;

const TIMEOUT: Duration = Duration::from_secs(2);

fn cluster_with_users(count: usize) -> (RedisCluster, Vec<String>) {
    let cluster = RedisCluster::start();
    let names: Vec<_> = (0..count).map(|index| format!("user-{index}")).collect();
    for name in &names {
        cluster.cli(&user(name, "right").iter().map(String::as_str).collect::<Vec<_>>());
    }
    (cluster, names)
}

fn authenticator_of(cluster: &RedisCluster) -> RedisAuthenticator {
    // The first node is not there; the others are found through the second.
    authenticator(RedisSettings {
        servers: vec![address(free_port()), address(cluster.nodes[0].port())],
        deployment: Deployment::Cluster,
        timeout: TIMEOUT,
        ..RedisSettings::single(address(1))
    })
}

async fn outcomes(authenticator: &RedisAuthenticator, names: &[String]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for name in names {
        let began = Instant::now();
        outcomes.push(authenticator.authenticate(&credentials(name, "right")).await);
        assert!(began.elapsed() < TIMEOUT * 2, "{:?}", began.elapsed());
    }
    outcomes
}

#[tokio::test]
async fn every_node_is_asked_for_what_it_has_and_one_that_is_down_stops_only_that() {
    let (mut cluster, names) = cluster_with_users(30);
    let authenticator = authenticator_of(&cluster);
    assert_eq!(outcomes(&authenticator, &names).await, vec![admitted(); 30]);
    assert_eq!(authenticator.authenticate(&credentials("stranger", "right")).await, Outcome::Ignore);
    let keys_of_last: usize = cluster.nodes[2].cli(&["DBSIZE"]).trim().parse().unwrap();
    assert!(keys_of_last > 0, "each node has some of thirty users");

    cluster.nodes[2].process().kill();
    let outcomes_then = outcomes(&authenticator, &names).await;
    let failed = outcomes_then.iter().filter(|outcome| matches!(outcome, Outcome::Failed(_))).count();
    let admitted_still = outcomes_then.iter().filter(|outcome| **outcome == admitted()).count();
    assert_eq!((failed, admitted_still), (keys_of_last, 30 - keys_of_last));
    assert!(authenticator.status().failure().is_some());

    cluster.nodes[2].restart();
    for name in &names {
        until_admitted(&authenticator, &credentials(name, "right")).await;
    }
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}

#[tokio::test]
async fn a_slot_that_moves_is_followed() {
    let (cluster, names) = cluster_with_users(1);
    let authenticator = authenticator_of(&cluster);
    let alice = credentials(&names[0], "right");
    assert_eq!(authenticator.authenticate(&alice).await, admitted());
    let key = format!("mqtt_user:{}", names[0]);
    let slot = cluster.nodes[0].cli(&["CLUSTER", "KEYSLOT", &key]);
    let slot = slot.trim();
    let from = cluster.nodes.iter().position(|node| node.cli(&["DBSIZE"]).trim() == "1").unwrap();
    let (from, to) = (&cluster.nodes[from], &cluster.nodes[(from + 1) % 3]);
    let (from_id, to_id) = (from.cli(&["CLUSTER", "MYID"]), to.cli(&["CLUSTER", "MYID"]));
    to.cli(&["CLUSTER", "SETSLOT", slot, "IMPORTING", from_id.trim()]);
    from.cli(&["CLUSTER", "SETSLOT", slot, "MIGRATING", to_id.trim()]);
    assert_eq!(authenticator.authenticate(&alice).await, admitted(), "it is still where it was");
    from.cli(&["MIGRATE", "127.0.0.1", &to.port().to_string(), &key, "0", "5000"]);
    assert_eq!(authenticator.authenticate(&alice).await, admitted(), "ASK");
    to.cli(&["CLUSTER", "SETSLOT", slot, "NODE", to_id.trim()]);
    from.cli(&["CLUSTER", "SETSLOT", slot, "NODE", to_id.trim()]);
    for _ in 0..3 {
        assert_eq!(authenticator.authenticate(&alice).await, admitted(), "MOVED");
    }
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}

#[tokio::test]
async fn a_single_server_is_no_cluster_and_a_node_no_single_server() {
    let cluster = RedisCluster::start();
    let single = dunlin_real_servers::RedisServer::start();
    let settings = |server, deployment| RedisSettings { deployment, ..RedisSettings::single(server) };
    let mistaken = [
        settings(address(single.port()), Deployment::Cluster),
        settings(address(cluster.nodes[0].port()), Deployment::Single),
    ];
    for (settings, expected) in mistaken.into_iter().zip(["cluster support disabled", "must be cluster"]) {
        let authenticator = authenticator(settings);
        let mut reasons = Vec::new();
        // One of some names has its slot on another node.
        for index in 0..8 {
            let outcome = authenticator.authenticate(&credentials(&format!("user-{index}"), "x")).await;
            reasons.push(format!("{outcome:?}"));
        }
        assert!(reasons.iter().any(|reason| reason.contains(expected)), "{reasons:?}");
    }
}
