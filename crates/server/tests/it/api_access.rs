//! Access control over HTTP: authenticators with their users, sources of rules with theirs, and requests that are tried out.

use crate::api_client::{ApiClient, ApiNode};
use dunlin_codec::Connect;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_testkit::Client;
use serde_json::{Value, json};

const BUILT_IN: &str = "password_based:built_in_database";
const RULES: &str = "/authorization/sources/built_in_database/rules";

/// What a list has under a name.
fn texts(list: &Value, name: &str) -> Vec<String> {
    let text = |one: &Value| one[name].as_str().expect("a text").to_owned();
    list.as_array().expect("a list").iter().map(text).collect()
}

fn ids(admin: &ApiClient) -> Vec<String> {
    let chain = admin.get("/authentication").expect_status(200).json();
    texts(&chain, "id")
}

fn kinds(admin: &ApiClient) -> Vec<String> {
    let all = admin.get("/authorization/sources").expect_status(200).json();
    texts(&all["sources"], "type")
}

fn try_subscribe(client: &mut Client, filter: &str) -> ReasonCode {
    client.subscribe_all(None, &[(filter, SubscriptionOptions::default())])[0]
}

#[test]
fn authenticators_are_made_changed_ordered_and_removed() {
    let mut node = ApiNode::start("");
    let admin = node.administrator();
    let made = json!({"mechanism": "password_based", "backend": "built_in_database", "user_id_type": "clientid"});
    let shown = admin.post("/authentication", &made).expect_status(200).json();
    assert_eq!((&shown["id"], &shown["user_id_type"]), (&json!(BUILT_IN), &json!("clientid")));
    admin.post("/authentication", &made).expect_error(409, "ALREADY_EXISTS");
    admin.post("/authentication", &json!({"mechanism": "magic"})).expect_error(400, "BAD_REQUEST");
    let jwt = json!({"mechanism": "jwt", "use_jwks": false, "algorithm": "hmac-based", "secret": "very secret",
        "from": "password"});
    let shown = admin.post("/authentication", &jwt).expect_status(200).json();
    assert_eq!(shown["secret"], "******");
    assert_eq!(ids(&admin), [BUILT_IN, "jwt"]);
    admin.put("/authentication/jwt/position/front", &json!({})).expect_status(204);
    assert_eq!(ids(&admin), ["jwt", BUILT_IN]);
    admin.put(&format!("/authentication/jwt/position/after:{BUILT_IN}"), &json!({})).expect_status(204);
    assert_eq!(ids(&admin), [BUILT_IN, "jwt"]);
    admin.put("/authentication/jwt/position/nowhere", &json!({})).expect_error(400, "BAD_REQUEST");
    admin.put("/authentication/order", &json!([{"id": "jwt"}, {"id": BUILT_IN}])).expect_status(204);
    admin.put("/authentication/order", &json!([{"id": "jwt"}])).expect_error(400, "BAD_REQUEST");
    assert_eq!(ids(&admin), ["jwt", BUILT_IN]);
    // What was shown is sent back: the secret is still the same.
    let mut changed = admin.get("/authentication/jwt").expect_status(200).json();
    changed["enable"] = json!(false);
    admin.put("/authentication/jwt", &changed).expect_status(204);
    admin.put("/authentication/jwt", &made).expect_error(400, "BAD_REQUEST");
    admin.put("/authentication/cinfo", &json!({"mechanism": "cinfo"})).expect_error(404, "NOT_FOUND");
    let written = std::fs::read_to_string(node.process.path("data/configs/cluster.hocon")).unwrap();
    assert!(written.contains("very secret") && !written.contains("******"), "{written}");
    node.process.restart();
    node.mqtt = node.process.address("tcp:default");
    node.api = node.process.address("http:dashboard");
    let admin = node.nobody().log_in("admin", crate::api_client::PASSWORD);
    assert_eq!(ids(&admin), ["jwt", BUILT_IN]);
    assert_eq!(admin.get("/authentication/jwt").json()["enable"], false);
    admin.delete("/authentication/jwt").expect_status(204);
    admin.delete("/authentication/jwt").expect_error(404, "NOT_FOUND");
    assert_eq!(ids(&admin), [BUILT_IN]);
}

#[test]
fn what_the_file_of_the_operator_says_is_not_changed() {
    let node = ApiNode::start("authentication = [{ mechanism = password_based, backend = built_in_database }]");
    let refused = node.administrator().delete(&format!("/authentication/{BUILT_IN}")).expect_error(400, "BAD_REQUEST");
    assert!(refused.text.contains("dunlin.conf"), "{}", refused.text);
}

#[test]
fn users_come_in_as_soon_as_they_are_added() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let users = format!("/authentication/{BUILT_IN}/users");
    admin.get(&users).expect_error(404, "NOT_FOUND");
    let plain = json!({"name": "plain", "salt_position": "disable"});
    let made = json!({"mechanism": "password_based", "backend": "built_in_database", "password_hash_algorithm": plain});
    admin.post("/authentication", &made).expect_status(200);
    let ann = json!({"user_id": "ann", "password": "secret", "is_superuser": true});
    let added = admin.post(&users, &ann).expect_status(201).json();
    assert_eq!(added, json!({"user_id": "ann", "is_superuser": true}));
    admin.post(&users, &ann).expect_error(409, "ALREADY_EXISTS");
    admin.post(&users, &json!({"user_id": "", "password": "x"})).expect_error(400, "BAD_REQUEST");
    admin.post(&users, &json!({"user_id": "x"})).expect_error(400, "BAD_REQUEST");
    let as_ann = |connect: &mut Connect<'_>| {
        connect.username = Some("ann");
        connect.password = Some(&b"secret"[..]);
    };
    drop(Client::v5("c").with(as_ann).connect_to(node.mqtt));
    assert_eq!(admin.get(&format!("{users}/ann")).expect_status(200).json(), added);
    let changed = admin.put(&format!("{users}/ann"), &json!({"password": "other"})).expect_status(200).json();
    assert_eq!(changed["is_superuser"], true);
    admin.put(&format!("{users}/ann"), &json!({})).expect_error(400, "BAD_REQUEST");
    admin.put(&format!("{users}/bob"), &json!({"password": "x"})).expect_error(404, "NOT_FOUND");
    let list =
        json!([{"user_id": "ann", "password": "other", "is_superuser": true}, {"user_id": "bea", "password": "b"}]);
    let import = format!("/authentication/{BUILT_IN}/import_users?type=plain");
    let report = admin.post(&import, &list).expect_status(200).json();
    assert_eq!(report, json!({"total": 2, "success": 1, "override": 0, "skipped": 1, "failed": 0}));
    let csv = "--xyz\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"users.csv\"\r\n\r\n\
        user_id,password,is_superuser\r\ncid,c,false\r\nbea,changed,false\r\n\r\n--xyz--\r\n";
    let form = Some(("multipart/form-data; boundary=xyz", csv.to_owned()));
    let report = admin.send("POST", &import, form).expect_status(200).json();
    assert_eq!((&report["success"], &report["override"]), (&json!(1), &json!(1)));
    admin.send("POST", &import, Some(("text/csv", csv.to_owned()))).expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
    admin.post(&import, &json!([{"user_id": 7}])).expect_error(400, "BAD_REQUEST");
    for (query, expected) in [("", 3), ("?like_user_id=b", 1), ("?is_superuser=true", 1), ("?limit=2&page=2", 1)] {
        let page = admin.get(&format!("{users}{query}")).expect_status(200).json();
        assert_eq!(page["data"].as_array().unwrap().len(), expected, "{query}: {page}");
    }
    admin.delete(&format!("{users}/cid")).expect_status(204);
    admin.delete(&format!("{users}/cid")).expect_error(404, "NOT_FOUND");
    admin.get("/authentication/jwt/users").expect_error(404, "NOT_FOUND");
}

#[test]
fn sources_are_made_changed_moved_and_removed() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let shipped = admin.get("/authorization/sources/file").expect_status(200).json();
    assert!(shipped["rules"].as_str().is_some_and(|rules| rules.contains("{deny")), "{shipped}");
    admin.post("/authorization/sources", &json!({"type": "built_in_database"})).expect_status(204);
    admin.post("/authorization/sources", &json!({"type": "built_in_database"})).expect_error(400, "BAD_REQUEST");
    admin.post("/authorization/sources", &json!({"type": "oracle"})).expect_error(400, "BAD_REQUEST");
    assert_eq!(kinds(&admin), ["built_in_database", "file"]);
    admin.post("/authorization/sources/file/move", &json!({"position": "front"})).expect_status(204);
    assert_eq!(kinds(&admin), ["file", "built_in_database"]);
    admin.post("/authorization/sources/redis/move", &json!({"position": "front"})).expect_error(404, "NOT_FOUND");
    admin
        .put("/authorization/sources/order", &json!([{"type": "built_in_database"}, {"type": "file"}]))
        .expect_status(204);
    assert_eq!(kinds(&admin), ["built_in_database", "file"]);
    let mut client = Client::v5("c").connect_to(node.mqtt);
    let mut file = admin.get("/authorization/sources/file").json();
    admin.put("/authorization/sources/file", &file).expect_status(204);
    file["rules"] = json!("{deny, all, subscribe, [\"secret/#\"]}.\n{allow, all}.\n");
    admin.put("/authorization/sources/file", &file).expect_status(204);
    assert_eq!(try_subscribe(&mut client, "secret/1"), ReasonCode::NotAuthorized);
    client.subscribe("open", AtMostOnce);
    file["rules"] = json!("{permit");
    let bad = admin.put("/authorization/sources/file", &file).expect_error(400, "BAD_REQUEST");
    assert!(bad.text.contains("line 1"), "{}", bad.text);
    admin.put("/authorization/sources/file", &json!({"type": "redis"})).expect_error(400, "BAD_REQUEST");
    admin.delete("/authorization/sources/file").expect_status(204);
    admin.delete("/authorization/sources/file").expect_error(404, "NOT_FOUND");
    assert_eq!(kinds(&admin), ["built_in_database"]);
}

#[test]
fn rules_of_the_database_count_at_once() {
    let node = ApiNode::start("authorization.no_match = allow");
    let admin = node.administrator();
    admin.get(&format!("{RULES}/users")).expect_error(404, "NOT_FOUND");
    admin.put("/authorization/sources/order", &json!([])).expect_error(400, "BAD_REQUEST");
    admin.post("/authorization/sources", &json!({"type": "built_in_database"})).expect_status(204);
    let mut client = Client::v5("c1").with(|connect| connect.username = Some("ann")).connect_to(node.mqtt);
    client.subscribe("a", AtMostOnce);
    client.publish("x", "1", AtLeastOnce);
    let kept = admin.get("/clients/c1/authorization/cache").expect_status(200).json();
    let last = kept.as_array().expect("a list").iter().find(|one| one["topic"] == "x").expect("it is kept").clone();
    assert_eq!((&last["access"], &last["result"]), (&json!("publish"), &json!("allow")));
    let total = || admin.get("/authorization/sources/built_in_database/status").json()["metrics"]["total"].clone();
    assert_ne!(total(), 0);
    admin.post("/authorization/sources/built_in_database/metrics/reset", &json!({})).expect_status(204);
    assert_eq!(total(), 0);
    admin.post("/authorization/sources/redis/metrics/reset", &json!({})).expect_error(404, "NOT_FOUND");
    admin.post("/authentication/jwt/metrics/reset", &json!({})).expect_error(404, "NOT_FOUND");
    admin.delete("/clients/c1/authorization/cache").expect_status(204);
    assert_eq!(admin.get("/clients/c1/authorization/cache").json(), json!([]));
    admin.get("/clients/none/authorization/cache").expect_error(404, "CLIENTID_NOT_FOUND");
    let deny = json!({"topic": "a", "permission": "deny", "action": "subscribe"});
    let body = json!([{"clientid": "c1", "rules": [deny]}]);
    admin.post(&format!("{RULES}/clients"), &body).expect_status(204);
    admin.post(&format!("{RULES}/clients"), &body).expect_error(409, "ALREADY_EXISTS");
    assert_eq!(try_subscribe(&mut client, "a"), ReasonCode::NotAuthorized);
    let shown = admin.get(&format!("{RULES}/clients/c1")).expect_status(200).json();
    assert_eq!((&shown["clientid"], &shown["rules"][0]["qos"]), (&json!("c1"), &json!([0, 1, 2])));
    let other = json!({"clientid": "c1", "rules": [{"topic": "b", "permission": "deny", "action": "all"}]});
    admin.put(&format!("{RULES}/clients/c1"), &other).expect_status(204);
    client.subscribe("a", AtMostOnce);
    admin.put(&format!("{RULES}/clients/c2"), &other).expect_error(400, "BAD_REQUEST");
    let bad = json!({"clientid": "c1", "rules": [{"topic": "b", "permission": "maybe", "action": "all"}]});
    admin.put(&format!("{RULES}/clients/c1"), &bad).expect_error(400, "BAD_REQUEST");
    admin.post(&format!("{RULES}/users"), &json!([{"username": "ann", "rules": [deny]}])).expect_status(204);
    let page = admin.get(&format!("{RULES}/users?like_username=an")).expect_status(200).json();
    assert_eq!((&page["data"][0]["username"], &page["data"][0]["rules"][0]["topic"]), (&json!("ann"), &json!("a")));
    admin.delete(&format!("{RULES}/users/ann")).expect_status(204);
    admin.delete(&format!("{RULES}/users/ann")).expect_error(404, "NOT_FOUND");
    admin.post(&format!("{RULES}/all"), &json!({"rules": [deny]})).expect_status(204);
    assert_eq!(admin.get(&format!("{RULES}/all")).json()["rules"][0]["permission"], "deny");
    admin.delete(&format!("{RULES}/all")).expect_status(204);
    assert_eq!(admin.get(&format!("{RULES}/all")).json(), json!({"rules": []}));
    admin.delete(RULES).expect_error(400, "BAD_REQUEST");
    let off = json!({"type": "built_in_database", "enable": false});
    admin.put("/authorization/sources/built_in_database", &off).expect_status(204);
    admin.delete(RULES).expect_status(204);
    admin.get(&format!("{RULES}/clients/c1")).expect_error(404, "NOT_FOUND");
}

#[test]
fn a_request_is_tried_out() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let check = |body: Value| admin.post("/authorization/check", &body).expect_status(200).json();
    let file = json!({"type": "file", "rules": "{deny, {username, \"ann\"}, publish, [\"secret/#\"]}.\n{allow, all}."});
    admin.put("/authorization/sources/file", &file).expect_status(204);
    admin.post("/authorization/sources", &json!({"type": "built_in_database"})).expect_status(204);
    let publish = json!({"clientid": "c", "username": "ann", "action": "publish", "topic": "secret/1"});
    let denied = check(publish.clone());
    assert_eq!((&denied["result"], &denied["decided_by"]), (&json!("deny"), &json!("file")));
    assert!(denied["rule"].as_str().is_some_and(|rule| rule.contains("secret/#")), "{denied}");
    assert_eq!(denied["sources"][0], json!({"type": "built_in_database", "result": "nomatch"}));
    let rule = json!({"rules": [{"topic": "secret/1", "permission": "allow", "action": "publish"}]});
    admin.post(&format!("{RULES}/all"), &rule).expect_status(204);
    let allowed = check(publish.clone());
    assert_eq!((&allowed["result"], &allowed["decided_by"]), (&json!("allow"), &json!("built_in_database")));
    assert!(allowed["rule"].as_str().is_some_and(|rule| rule.contains("secret/1")), "{allowed}");
    let mut superuser = publish.clone();
    superuser["is_superuser"] = json!(true);
    assert_eq!(check(superuser)["decided_by"], "superuser");
    let made = json!({"mechanism": "password_based", "backend": "built_in_database"});
    admin.post("/authentication", &made).expect_status(200);
    let user = json!({"user_id": "ann", "password": "secret", "is_superuser": true});
    admin.post(&format!("/authentication/{BUILT_IN}/users"), &user).expect_status(201);
    let mut with_password = publish;
    with_password["password"] = json!("secret");
    let report = check(with_password.clone());
    assert_eq!((&report["authentication"]["result"], &report["decided_by"]), (&json!("allow"), &json!("superuser")));
    with_password["password"] = json!("wrong");
    let report = check(with_password);
    assert_eq!((&report["result"], &report["decided_by"]), (&json!("deny"), &json!("authentication")));
    assert_eq!(report["authentication"]["authenticator"], BUILT_IN);
    let subscribe = json!({"clientid": "c", "action": "subscribe", "topic": "$share/g/a/#", "qos": 1});
    assert_eq!(check(subscribe)["result"], "allow");
    for body in [
        json!({"clientid": "c", "action": "publish", "topic": "a/#"}),
        json!({"clientid": "c", "action": "dance", "topic": "a"}),
        json!({"clientid": "c", "action": "publish", "topic": "a", "listener": "tcp:none"}),
    ] {
        admin.post("/authorization/check", &body).expect_error(400, "BAD_REQUEST");
    }
}

#[test]
fn caches_and_settings_have_their_places() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let settings = admin.get("/authentication/settings").expect_status(200).json();
    assert_eq!(settings["node_cache"]["enable"], true);
    admin.put("/authentication/settings", &json!({"node_cache": {"enable": false}})).expect_status(204);
    assert_eq!(admin.get("/authentication/settings").json()["node_cache"]["enable"], false);
    admin.put("/authentication/settings", &json!({"shoe": 1})).expect_error(400, "BAD_REQUEST");
    admin.put("/authorization/node_cache", &json!({"cache_ttl": "2m"})).expect_status(204);
    assert_eq!(admin.get("/authorization/node_cache").expect_status(200).json()["cache_ttl"], "2m");
    for part in ["authentication", "authorization"] {
        let status = admin.get(&format!("/{part}/node_cache/status")).expect_status(200).json();
        assert_eq!(status["metrics"]["hits"], 0, "{status}");
        admin.post(&format!("/{part}/node_cache/reset"), &json!({})).expect_status(204);
    }
    let gone = admin.get("/listeners/tcp:default/authentication").expect_error(404, "NOT_FOUND");
    assert!(gone.text.contains("listeners"), "{}", gone.text);
}
