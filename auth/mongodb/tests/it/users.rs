//! Right, wrong and unknown users, and names that try to be something else.

use crate::setting::{
    ALGORITHM, add_user, admitted, authenticator, collection, credentials, is_unreachable, settings, user,
};
use dunlin_access::{Admission, Authenticator, BackendStatus, ClientInfo, Credentials, Outcome};
use dunlin_auth_mongodb::{Deployment, Filter, MongodbAuthenticator, MongodbSettings, UserFields};
use dunlin_model::ReasonCode::{BadUserNameOrPassword, NotAuthorized};
use dunlin_passwords::{Algorithm, BcryptPassword};
use dunlin_real_servers::FerretdbServer;
use mongodb::bson::doc;
use serde_json::json;

#[tokio::test]
async fn right_wrong_and_unknown() {
    let server = FerretdbServer::start();
    add_user(&server, "alice", "right").await;
    let mut root = user("root", "right");
    root.insert("is_superuser", true);
    let users = collection(&server, "users").await;
    users.insert_many([root, doc! {"username": "hashless", "is_superuser": true}]).await.unwrap();
    let authenticator = authenticator(settings(&server));
    assert_eq!(authenticator.id(), "password_based:mongodb");
    let root = Outcome::Allow(Box::new(Admission { is_superuser: true, ..Admission::default() }));
    for (name, password, expected) in [
        ("alice", "right", admitted()),
        ("alice", "wrong", Outcome::Deny(BadUserNameOrPassword)),
        ("alice", "", Outcome::Deny(BadUserNameOrPassword)),
        ("bob", "right", Outcome::Ignore),
        ("", "right", Outcome::Ignore),
        ("root", "right", root),
        ("root", "wrong", Outcome::Deny(BadUserNameOrPassword)),
        ("hashless", "right", Outcome::Deny(NotAuthorized)),
    ] {
        assert_eq!(authenticator.authenticate(&credentials(name, password)).await, expected, "{name} {password}");
    }
    let without_password = Credentials { password: None, ..credentials("alice", "") };
    assert_eq!(authenticator.authenticate(&without_password).await, Outcome::Deny(BadUserNameOrPassword));
    let without_name = Credentials { client: ClientInfo::default(), ..credentials("", "right") };
    assert_eq!(authenticator.authenticate(&without_name).await, Outcome::Ignore);
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}

#[tokio::test]
async fn fields_and_filters_are_those_of_the_settings() {
    let server = FerretdbServer::start();
    let stored = ALGORITHM.create(b"right", [7; 16]).unwrap();
    let device = doc! {
        "kind": "meter", "ids": ["c0", "c1"], "hash": stored.hash, "pepper": stored.salt, "boss": 1.0, "other_id": "meter-7",
    };
    collection(&server, "devices").await.insert_one(device).await.unwrap();
    let filter = json!({"$and": [{"ids": {"$in": ["${clientid}"]}}, {"kind": {"$ne": "${username}"}}]});
    let fields = UserFields {
        password_hash: "hash".into(),
        salt: "pepper".into(),
        is_superuser: "boss".into(),
        client_id: "other_id".into(),
    };
    let filter = Filter::for_users(&filter).unwrap();
    let authenticator = MongodbAuthenticator::new(settings(&server), "devices", filter, fields, ALGORITHM).unwrap();
    let admission = Admission { is_superuser: true, client_id: Some("meter-7".into()), ..Admission::default() };
    assert_eq!(authenticator.authenticate(&credentials("x", "right")).await, Outcome::Allow(Box::new(admission)));
    assert_eq!(authenticator.authenticate(&credentials("meter", "right")).await, Outcome::Ignore);
}

#[tokio::test]
async fn names_are_never_more_than_names() {
    let server = FerretdbServer::start();
    add_user(&server, "alice", "right").await;
    add_user(&server, "$username", "right").await;
    let authenticator = authenticator(settings(&server));
    let dangerous = [
        "{\"$ne\": null}",
        "{$gt: \"\"}",
        "$ne",
        "'; return true; //",
        "alice\0",
        "\0",
        "al.*",
        "^alice$",
        "/alice/",
        "${clientid}",
        "Alice",
        "\u{fffd}\u{10ffff}",
    ];
    for name in dangerous {
        assert_eq!(authenticator.authenticate(&credentials(name, "right")).await, Outcome::Ignore, "{name:?}");
    }
    assert_eq!(authenticator.authenticate(&credentials("$username", "right")).await, admitted());
}

#[tokio::test]
async fn long_names_and_nul_are_names_like_others() {
    let server = FerretdbServer::start();
    let long = "x".repeat(65_535);
    add_user(&server, &long, "right").await;
    let authenticator = authenticator(settings(&server));
    assert_eq!(authenticator.authenticate(&credentials(&long, "right")).await, admitted());
    assert_eq!(authenticator.authenticate(&credentials(&"y".repeat(65_535), "right")).await, Outcome::Ignore);
    let wrong = authenticator.authenticate(&credentials(&long, &"z".repeat(65_535))).await;
    assert_eq!(wrong, Outcome::Deny(BadUserNameOrPassword));
    assert_eq!(authenticator.authenticate(&credentials("nul\0name", "right")).await, Outcome::Ignore);
    assert_eq!(authenticator.status(), BackendStatus::Connected, "a question like any other");
}

#[tokio::test]
async fn who_does_not_exist_costs_as_much_as_who_does() {
    let server = FerretdbServer::start();
    let bcrypt = Algorithm::Bcrypt(BcryptPassword::new(8).unwrap());
    let stored = bcrypt.create(b"right", [7; 16]).unwrap();
    let users = collection(&server, "users").await;
    users.insert_one(doc! {"username": "alice", "password_hash": stored.hash}).await.unwrap();
    let filter = Filter::for_users(&json!({"username": "${username}"})).unwrap();
    let authenticator =
        MongodbAuthenticator::new(settings(&server), "users", filter, UserFields::default(), bcrypt).unwrap();
    assert_eq!(authenticator.authenticate(&credentials("alice", "right")).await, admitted());
    let mut done = Vec::new();
    for (name, expected) in [("alice", Outcome::Deny(BadUserNameOrPassword)), ("bob", Outcome::Ignore)] {
        let before = authenticator.password_check().work();
        assert_eq!(authenticator.authenticate(&credentials(name, "wrong")).await, expected);
        done.push(authenticator.password_check().work() - before);
    }
    assert_eq!(done, [bcrypt.work(); 2]);
}

#[tokio::test]
async fn the_broker_logs_in() {
    let server = FerretdbServer::start_with_user("dunlin", "its own");
    let with = |password: Option<&str>| MongodbSettings {
        username: password.map(|_| "dunlin".to_owned()),
        password: password.map(str::to_owned),
        ..settings(&server)
    };
    let right = authenticator(with(Some("its own")));
    assert_eq!(right.authenticate(&credentials("alice", "right")).await, Outcome::Ignore);
    assert_eq!(right.status(), BackendStatus::Connected);
    for refused in [Some("guessed"), None] {
        let authenticator = authenticator(with(refused));
        let outcome = authenticator.authenticate(&credentials("alice", "right")).await;
        assert!(is_unreachable(&outcome), "{outcome:?}");
        assert!(!format!("{outcome:?} {authenticator:?}").contains("guessed"), "a password is shown");
        assert!(authenticator.status().failure().is_some());
    }
}

#[tokio::test]
async fn a_set_is_asked_by_its_name_and_a_router_by_its_address() {
    let server = FerretdbServer::start_in_set("rs0");
    add_user(&server, "alice", "right").await;
    let with = |deployment| authenticator(MongodbSettings { deployment, ..settings(&server) });
    let alice = credentials("alice", "right");
    let set = |name: &str| Deployment::ReplicaSet { name: name.to_owned() };
    assert_eq!(with(set("rs0")).authenticate(&alice).await, admitted());
    let outcome = with(set("other")).authenticate(&alice).await;
    assert!(is_unreachable(&outcome), "{outcome:?}");
    let server = FerretdbServer::start();
    add_user(&server, "alice", "right").await;
    let router = authenticator(MongodbSettings { deployment: Deployment::Sharded, ..settings(&server) });
    assert_eq!(router.authenticate(&alice).await, admitted());
}
