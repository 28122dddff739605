//! Right, wrong and unknown users, and names that try to be something else.

use crate::setting::{
    ALGORITHM, COMMAND, add_user, address, admitted, authenticator, credentials, fields, is_unreachable, settings,
};
use dunlin_access::{Admission, Authenticator, BackendFailure, BackendStatus, ClientInfo, Credentials, Outcome};
use dunlin_auth_redis::{RedisAuthenticator, RedisSettings};
use dunlin_model::ReasonCode::{BadUserNameOrPassword, NotAuthorized};
use dunlin_passwords::{Algorithm, BcryptPassword};
use dunlin_real_servers::RedisServer;

#[tokio::test]
async fn right_wrong_and_unknown() {
    let server = RedisServer::start();
    add_user(&server, "alice", "right");
    add_user(&server, "root", "right");
    server.cli(&["HSET", "mqtt_user:root", "is_superuser", "1"]);
    server.cli(&["HSET", "mqtt_user:hashless", "is_superuser", "1"]);
    let authenticator = authenticator(settings(&server));
    assert_eq!(authenticator.id(), "password_based:redis");
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
async fn one_field_and_another_client_id() {
    let server = RedisServer::start();
    let [_, hash, _, salt] = fields("right");
    server.cli(&["HSET", "device c1", "password", &hash, "salt", &salt, "clientid_override", "meter-7"]);
    let command = "hmget \"device ${clientid}\" password salt clientid_override";
    let found = RedisAuthenticator::new(settings(&server), command, ALGORITHM).unwrap();
    let admission = Admission { client_id: Some("meter-7".into()), ..Admission::default() };
    assert_eq!(found.authenticate(&credentials("", "right")).await, Outcome::Allow(Box::new(admission)));
    let plain = Algorithm::Plain(dunlin_passwords::SaltPosition::Disable);
    server.cli(&["HSET", "plain", "password", "open"]);
    let found = RedisAuthenticator::new(settings(&server), "HGET plain password", plain).unwrap();
    assert_eq!(found.authenticate(&credentials("", "open")).await, admitted());
    assert_eq!(found.authenticate(&credentials("", "opem")).await, Outcome::Deny(BadUserNameOrPassword));
}

#[tokio::test]
async fn names_are_never_more_than_names() {
    let server = RedisServer::start();
    add_user(&server, "alice", "right");
    add_user(&server, "with space \"'{}*?[a]\\", "right");
    let authenticator = authenticator(settings(&server));
    let dangerous = [
        "alice password_hash",
        "alice\r\nDEL mqtt_user:alice\r\n",
        "alice\r\n*1\r\n$8\r\nFLUSHALL\r\n",
        "alice\0",
        "\0",
        "a\u{0}lice",
        "*",
        "al?ce",
        "{alice}",
        "${clientid}",
        "alice\"",
        "' alice",
        "\u{fffd}\u{10ffff}",
    ];
    for name in dangerous {
        assert_eq!(authenticator.authenticate(&credentials(name, "right")).await, Outcome::Ignore, "{name:?}");
    }
    assert_eq!(authenticator.authenticate(&credentials("with space \"'{}*?[a]\\", "right")).await, admitted());
    assert_eq!(authenticator.authenticate(&credentials("alice", "right")).await, admitted(), "nothing was deleted");
    assert_eq!(server.cli(&["DBSIZE"]).trim(), "2", "and nothing made");
}

#[tokio::test]
async fn long_names_and_nul_are_names_like_others() {
    let server = RedisServer::start();
    let [_, hash, _, salt] = fields("right");
    let script = "return redis.call('HSET', 'mqtt_user:nul\\0name', 'password_hash', ARGV[1], 'salt', ARGV[2])";
    server.cli(&["EVAL", script, "0", &hash, &salt]);
    let long = "x".repeat(65_535);
    add_user(&server, &long, "right");
    let authenticator = authenticator(settings(&server));
    assert_eq!(authenticator.authenticate(&credentials("nul\0name", "right")).await, admitted());
    assert_eq!(authenticator.authenticate(&credentials("nul", "right")).await, Outcome::Ignore);
    assert_eq!(authenticator.authenticate(&credentials(&long, "right")).await, admitted());
    assert_eq!(authenticator.authenticate(&credentials(&"y".repeat(65_535), "right")).await, Outcome::Ignore);
    let wrong = authenticator.authenticate(&credentials(&long, &"z".repeat(65_535))).await;
    assert_eq!(wrong, Outcome::Deny(BadUserNameOrPassword));
}

#[tokio::test]
async fn what_is_no_user_is_a_bad_answer_and_spoils_nothing() {
    let server = RedisServer::start();
    server.cli(&["SET", "mqtt_user:text", "no hash"]);
    add_user(&server, "alice", "right");
    let authenticator = authenticator(settings(&server));
    let outcome = authenticator.authenticate(&credentials("text", "right")).await;
    assert!(matches!(outcome, Outcome::Failed(BackendFailure::BadAnswer(_))), "{outcome:?}");
    assert_eq!(authenticator.authenticate(&credentials("alice", "right")).await, admitted());
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}

#[tokio::test]
async fn who_does_not_exist_costs_as_much_as_who_does() {
    let server = RedisServer::start();
    let bcrypt = Algorithm::Bcrypt(BcryptPassword::new(7).unwrap());
    let stored = bcrypt.create(b"right", [7; 16]).unwrap();
    server.cli(&["HSET", "mqtt_user:alice", "password_hash", &stored.hash]);
    let authenticator = RedisAuthenticator::new(settings(&server), COMMAND, bcrypt).unwrap();
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
async fn the_broker_logs_in_and_chooses_a_database() {
    let server = RedisServer::start_with(&["--requirepass", "of the server"]);
    let login = ["--no-auth-warning", "-a", "of the server"];
    let [_, hash, _, salt] = fields("right");
    server.cli(&[&login[..], &["-n", "3", "HSET", "mqtt_user:alice", "password_hash", &hash, "salt", &salt]].concat());
    server
        .cli(&[&login[..], &["ACL", "SETUSER", "dunlin", "on", ">own", "~mqtt_user:*", "+hmget", "+select"]].concat());
    let with = |username: Option<&str>, password: Option<&str>, database| RedisSettings {
        username: username.map(str::to_owned),
        password: password.map(str::to_owned),
        database,
        ..RedisSettings::single(address(server.port()))
    };
    let alice = credentials("alice", "right");
    assert_eq!(authenticator(with(None, Some("of the server"), 3)).authenticate(&alice).await, admitted());
    assert_eq!(authenticator(with(Some("dunlin"), Some("own"), 3)).authenticate(&alice).await, admitted());
    assert_eq!(authenticator(with(None, Some("of the server"), 0)).authenticate(&alice).await, Outcome::Ignore);
    for refused in [with(None, Some("guessed"), 3), with(Some("dunlin"), Some("guessed"), 3), with(None, None, 3)] {
        let authenticator = authenticator(refused);
        let outcome = authenticator.authenticate(&alice).await;
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
        assert!(!format!("{outcome:?} {authenticator:?}").contains("guessed"), "a password is shown");
        assert!(authenticator.status().failure().is_some());
    }
    let no_database = authenticator(with(None, Some("of the server"), 99)).authenticate(&alice).await;
    assert!(is_unreachable(&no_database), "{no_database:?}");
}
