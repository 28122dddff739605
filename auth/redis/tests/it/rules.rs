//! What the fields of a hash allow.

use crate::setting::settings;
use dunlin_access::Action::{Publish, Subscribe};
use dunlin_access::{Action, AuthorizationSource, BackendFailure, BackendStatus, ClientInfo, RuleSettings, Verdict};
use dunlin_auth_redis::RedisAuthorization;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_real_servers::RedisServer;

const PUBLISH: Action = Publish { qos: AtLeastOnce, retain: false };
const SUBSCRIBE: Action = Subscribe { qos: AtLeastOnce };

fn client(username: &str, client_id: &str) -> ClientInfo {
    ClientInfo { username: Some(username.into()), client_id: client_id.into(), ..ClientInfo::default() }
}

fn source(server: &RedisServer, command: &str) -> RedisAuthorization {
    RedisAuthorization::new(settings(server), command, RuleSettings::default()).expect("settings that work")
}

#[tokio::test]
async fn fields_allow_what_they_say_and_nothing_denies() {
    let server = RedisServer::start();
    server.cli(&[
        "HSET",
        "mqtt_acl:alice",
        "p/+",
        "publish",
        "s/#",
        "subscribe",
        "a/${clientid}",
        "all",
        "eq e/+",
        "all",
    ]);
    server.cli(&["HSET", "mqtt_acl:alice", "q", r#"{"action": "all", "qos": [0, 1], "retain": false}"#]);
    let source = source(&server, "HGETALL mqtt_acl:${username}");
    assert_eq!(source.kind(), "redis");
    let alice = client("alice", "c1");
    assert_eq!(source.authorize_now(&alice, PUBLISH, "p/1"), None, "the server has to be asked");
    for (action, topic, expected) in [
        (PUBLISH, "p/1", Verdict::Allow),
        (PUBLISH, "p/1/2", Verdict::NoMatch),
        (SUBSCRIBE, "p/1", Verdict::NoMatch),
        (SUBSCRIBE, "s/1/+", Verdict::Allow),
        (PUBLISH, "s/1", Verdict::NoMatch),
        (PUBLISH, "a/c1", Verdict::Allow),
        (SUBSCRIBE, "a/c1", Verdict::Allow),
        (SUBSCRIBE, "a/c2", Verdict::NoMatch),
        (SUBSCRIBE, "e/+", Verdict::Allow),
        (SUBSCRIBE, "e/1", Verdict::NoMatch),
        (PUBLISH, "q", Verdict::Allow),
        (Publish { qos: ExactlyOnce, retain: false }, "q", Verdict::NoMatch),
        (Publish { qos: AtMostOnce, retain: true }, "q", Verdict::NoMatch),
        (Subscribe { qos: AtMostOnce }, "q", Verdict::Allow),
    ] {
        let verdict = source.authorize(&alice, action, topic).await;
        assert_eq!(verdict, Ok(expected), "{action:?} {topic}");
    }
    for stranger in [client("bob", "c1"), client("alice\0", "c1"), client("", "c1"), ClientInfo::default()] {
        assert_eq!(source.authorize(&stranger, PUBLISH, "p/1").await, Ok(Verdict::NoMatch), "{stranger:?}");
    }
}

#[tokio::test]
async fn hashes_of_version_4_are_understood() {
    let server = RedisServer::start();
    server.cli(&["HSET", "mqtt_acl:alice", "sub/%u", "1", "pub/%c/#", "2", "both", "3"]);
    let source = source(&server, "HGETALL mqtt_acl:${username}");
    let alice = client("alice", "c1");
    for (action, topic, expected) in [
        (SUBSCRIBE, "sub/alice", Verdict::Allow),
        (SUBSCRIBE, "sub/bob", Verdict::NoMatch),
        (PUBLISH, "sub/alice", Verdict::NoMatch),
        (PUBLISH, "pub/c1/x", Verdict::Allow),
        (SUBSCRIBE, "pub/c1/x", Verdict::NoMatch),
        (PUBLISH, "both", Verdict::Allow),
        (SUBSCRIBE, "both", Verdict::Allow),
    ] {
        assert_eq!(source.authorize(&alice, action, topic).await, Ok(expected), "{action:?} {topic}");
    }
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_is_named_and_takes_nothing_from_others() {
    let server = RedisServer::start();
    server.cli(&["HSET", "mqtt_acl:alice", "good", "all", "bad/topic", "pulbish"]);
    server.cli(&["SET", "mqtt_acl:text", "no hash"]);
    let source = source(&server, "HGETALL mqtt_acl:${username}");
    assert_eq!(source.authorize(&client("alice", "c"), PUBLISH, "good").await, Ok(Verdict::Allow));
    match source.authorize(&client("alice", "c"), PUBLISH, "bad/topic").await {
        Err(BackendFailure::BadAnswer(text)) => {
            assert!(text.contains("bad/topic") && text.contains("pulbish"), "{text}");
        }
        other => panic!("{other:?}"),
    }
    let no_hash = source.authorize(&client("text", "c"), PUBLISH, "good").await;
    assert!(matches!(no_hash, Err(BackendFailure::BadAnswer(_))), "{no_hash:?}");
    assert_eq!(source.authorize(&client("alice", "c"), PUBLISH, "good").await, Ok(Verdict::Allow), "and goes on");
    assert_eq!(source.status(), BackendStatus::Connected);
}

#[tokio::test]
async fn some_fields_only() {
    let server = RedisServer::start();
    server.cli(&["HSET", "acl", "a", "publish", "b", "publish"]);
    let source = source(&server, "HMGET acl a missing");
    for (topic, expected) in [("a", Verdict::Allow), ("b", Verdict::NoMatch), ("missing", Verdict::NoMatch)] {
        assert_eq!(source.authorize(&client("alice", "c"), PUBLISH, topic).await, Ok(expected), "{topic}");
    }
}

#[tokio::test]
async fn one_client_never_gets_the_rules_of_another() {
    let server = RedisServer::start();
    server.cli(&["HSET", "acl:a:b:c", "secret", "all"]);
    let source = source(&server, "HGETALL acl:${username}:${clientid}");
    assert_eq!(source.authorize(&client("a", "b:c"), PUBLISH, "secret").await, Ok(Verdict::Allow));
    assert_eq!(source.authorize(&client("a:b", "c"), PUBLISH, "secret").await, Ok(Verdict::NoMatch));
}
