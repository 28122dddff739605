//! Names and passwords that want to be more than that; what arrives is what was said.

use crate::service::{Service, admission, ask, authenticator, credentials, with_body};
use dunlin_access::{Authenticator, Outcome};
use dunlin_auth_http::{HttpSettings, Method};
use serde_json::{Value, json};

const NAMES: [&str; 14] = [
    "a&username=root&x=",
    "a=b",
    "a#b",
    "a?b",
    "a/../b",
    "%00",
    "a\0b",
    "a\r\nX-Injected: 1\r\n\r\nGET / HTTP/1.1",
    "\",\"username\":\"root",
    "\\",
    "{}[]",
    "${password}",
    "é\u{10ffff}",
    " ",
];

#[tokio::test]
async fn a_name_arrives_as_it_was_said() {
    let service = Service::start();
    let body = json!({"name": "${username}"});
    let as_json = with_body(service.settings("/echo"), &body);
    let as_form = HttpSettings {
        headers: vec![("content-type".into(), "application/x-www-form-urlencoded".into())],
        ..as_json.clone()
    };
    let in_the_query = HttpSettings { method: Method::Get, ..as_json.clone() };
    let in_the_url = HttpSettings {
        method: Method::Get,
        url: service.url("/echo/${username}/x?name=${username}"),
        ..with_body(as_json.clone(), &json!({}))
    };
    for settings in [as_json, as_form, in_the_query, in_the_url] {
        let way = authenticator(&settings);
        for name in NAMES {
            let seen = admission(&way, name).await.attributes;
            let fields: Value = serde_json::from_str(&seen["fields"]).expect("JSON");
            assert_eq!(fields, json!({"name": name}), "{settings:?}");
            assert!(!seen["names"].contains("x-injected"), "{}", seen["names"]);
            let segments = seen["path"].split('?').next().unwrap_or_default().matches('/').count();
            assert_eq!(segments, if settings.url.ends_with("name=${username}") { 3 } else { 1 }, "{}", seen["path"]);
        }
    }
}

#[tokio::test]
async fn a_header_holds_a_name_or_the_request_is_not_made() {
    let service = Service::start();
    let settings = HttpSettings { headers: vec![("X-User".into(), "${username}".into())], ..service.settings("/echo") };
    let way = authenticator(&settings);
    assert_eq!(admission(&way, "a, b").await.attributes["user"], "a, b");
    for name in ["a\r\nX-Injected: 1", "a\nb", "a\0"] {
        assert_eq!(ask(&way, name, "right").await, Outcome::Ignore, "{name:?}");
    }
    let seen = admission(&way, "alice").await.attributes;
    let sent = "accept,cache-control,connection,content-length,content-type,host,keep-alive,x-user";
    assert_eq!(seen["names"], sent);
}

#[tokio::test]
async fn a_password_is_bytes_where_bytes_can_be() {
    let service = Service::start();
    let in_the_query = HttpSettings { method: Method::Get, ..service.settings("/echo") };
    let shown = credentials("alice", b"\xff\x00\xfe");
    let Outcome::Allow(admission) = authenticator(&in_the_query).authenticate(&shown).await else {
        panic!("it is let in")
    };
    assert!(admission.attributes["path"].contains("password=%FF%00%FE"), "{}", admission.attributes["path"]);
    let as_json = authenticator(&service.settings("/echo"));
    assert_eq!(as_json.authenticate(&shown).await, Outcome::Ignore, "JSON has no such bytes: nobody is asked");
}

#[tokio::test]
async fn the_longest_names_and_passwords_harm_nobody() {
    let service = Service::start();
    let as_json = authenticator(&service.settings("/auth"));
    let in_the_query = authenticator(&HttpSettings { method: Method::Get, ..service.settings("/auth") });
    let long = "&".repeat(65_535);
    assert_eq!(ask(&as_json, &long, &long).await, Outcome::Ignore, "the service does not know it");
    assert_eq!(ask(&in_the_query, &long, "x").await, Outcome::Ignore, "too long for an address: nobody is asked");
    for way in [as_json, in_the_query] {
        assert_eq!(ask(&way, "alice", "right").await, Outcome::Allow(Box::default()));
    }
}
