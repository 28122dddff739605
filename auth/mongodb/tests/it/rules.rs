//! What documents allow and deny, in their order.

use crate::setting::{collection, settings};
use dunlin_access::Action::{Publish, Subscribe};
use dunlin_access::{Action, AuthorizationSource, BackendFailure, BackendStatus, ClientInfo, RuleSettings, Verdict};
use dunlin_auth_mongodb::{DEFAULT_LIMIT, Filter, MongodbAuthorization};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_real_servers::FerretdbServer;
use mongodb::bson::{Document, doc};
use serde_json::json;

const PUBLISH: Action = Publish { qos: AtLeastOnce, retain: false };
const SUBSCRIBE: Action = Subscribe { qos: AtLeastOnce };

fn client(username: &str, client_id: &str) -> ClientInfo {
    ClientInfo { username: Some(username.into()), client_id: client_id.into(), ..ClientInfo::default() }
}

async fn rules(documents: &[Document]) -> FerretdbServer {
    let server = FerretdbServer::start();
    let rules = collection(&server, "rules").await;
    for document in documents {
        rules.insert_one(document.clone()).await.expect("a document");
    }
    server
}

fn source(server: &FerretdbServer, pages: (u64, u32)) -> MongodbAuthorization {
    let filter = Filter::for_rules(&json!({"username": {"$in": ["${username}", "everybody"]}})).expect("a filter");
    MongodbAuthorization::new(settings(server), "rules", filter, pages, RuleSettings::default()).expect("settings")
}

#[tokio::test]
async fn the_first_document_that_fits_counts() {
    let server = rules(&[
        doc! {"username": "alice", "permission": "deny", "action": "publish", "topic": "p/secret"},
        doc! {"username": "alice", "permission": "allow", "action": "publish", "topics": ["p/+", "eq q/+"]},
        doc! {"username": "alice", "permission": "allow", "action": "subscribe", "topic": "s/${clientid}/#", "qos": [0, 1]},
        doc! {"username": "alice", "permission": "allow", "action": "all", "topic": "r", "retain": true, "qos": "1"},
        doc! {"username": "alice", "permission": "allow", "action": "all", "topic": "home", "ipaddr": "10.0.0.0/8"},
        doc! {"username": "alice", "permission": "allow", "action": "all", "topic": "re", "clientid_re": "^c[0-9]$"},
        doc! {"username": "everybody", "permission": "deny", "action": "all", "topic": "closed/#"},
    ])
    .await;
    let source = source(&server, (0, DEFAULT_LIMIT));
    assert_eq!(source.kind(), "mongodb");
    let alice = client("alice", "c1");
    assert_eq!(source.authorize_now(&alice, PUBLISH, "p/1"), None, "the server has to be asked");
    for (action, topic, expected) in [
        (PUBLISH, "p/secret", Verdict::Deny),
        (PUBLISH, "p/open", Verdict::Allow),
        (SUBSCRIBE, "p/open", Verdict::NoMatch),
        (PUBLISH, "q/1", Verdict::NoMatch),
        (SUBSCRIBE, "s/c1/x", Verdict::Allow),
        (SUBSCRIBE, "s/c2/x", Verdict::NoMatch),
        (Subscribe { qos: ExactlyOnce }, "s/c1/x", Verdict::NoMatch),
        (Publish { qos: AtLeastOnce, retain: true }, "r", Verdict::Allow),
        (PUBLISH, "r", Verdict::NoMatch),
        (Publish { qos: AtMostOnce, retain: true }, "r", Verdict::NoMatch),
        (PUBLISH, "home", Verdict::NoMatch),
        (PUBLISH, "re", Verdict::Allow),
        (SUBSCRIBE, "closed/#", Verdict::Deny),
    ] {
        assert_eq!(source.authorize(&alice, action, topic).await, Ok(expected), "{action:?} {topic}");
    }
    let at_home = ClientInfo { peer: "10.1.2.3:4".parse().unwrap(), ..alice.clone() };
    assert_eq!(source.authorize(&at_home, PUBLISH, "home").await, Ok(Verdict::Allow));
    assert_eq!(source.authorize(&client("alice", "d1"), PUBLISH, "re").await, Ok(Verdict::NoMatch));
    let bob = client("bob", "c1");
    assert_eq!(source.authorize(&bob, PUBLISH, "p/open").await, Ok(Verdict::NoMatch));
    assert_eq!(source.authorize(&bob, PUBLISH, "closed/1").await, Ok(Verdict::Deny));
    assert_eq!(source.status(), BackendStatus::Connected);
}

#[tokio::test]
async fn skip_and_limit_choose_documents() {
    let rule = |topic: &str| doc! {"username": "alice", "permission": "allow", "action": "all", "topic": topic};
    let server = rules(&["a", "b", "c", "d"].map(rule)).await;
    let source = source(&server, (1, 2));
    let alice = client("alice", "c1");
    for (topic, expected) in
        [("a", Verdict::NoMatch), ("b", Verdict::Allow), ("c", Verdict::Allow), ("d", Verdict::NoMatch)]
    {
        assert_eq!(source.authorize(&alice, PUBLISH, topic).await, Ok(expected), "{topic}");
    }
}

#[tokio::test]
async fn a_document_that_makes_no_sense_is_named_unless_one_before_it_counts() {
    let server = rules(&[
        doc! {"username": "alice", "permission": "allow", "action": "all", "topic": "before"},
        doc! {"username": "alice", "permission": "alow", "action": "all", "topic": "wrong"},
        doc! {"username": "alice", "permission": "allow", "action": "all", "topic": "behind"},
    ])
    .await;
    let source = source(&server, (0, DEFAULT_LIMIT));
    let alice = client("alice", "c1");
    assert_eq!(source.authorize(&alice, PUBLISH, "before").await, Ok(Verdict::Allow));
    for topic in ["wrong", "behind"] {
        match source.authorize(&alice, PUBLISH, topic).await {
            Err(BackendFailure::BadAnswer(text)) => {
                assert!(text.contains("document 2") && text.contains("alow"), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn one_client_never_gets_the_rules_of_another() {
    let server = rules(&[doc! {"key": "a/b/c", "permission": "allow", "action": "all", "topic": "secret"}]).await;
    let filter = Filter::for_rules(&json!({"key": "${username}/${clientid}"})).unwrap();
    let source =
        MongodbAuthorization::new(settings(&server), "rules", filter, (0, DEFAULT_LIMIT), RuleSettings::default());
    let source = source.unwrap();
    assert_eq!(source.authorize(&client("a", "b/c"), PUBLISH, "secret").await, Ok(Verdict::Allow));
    assert_eq!(source.authorize(&client("a/b", "c"), PUBLISH, "secret").await, Ok(Verdict::Deny));
}
