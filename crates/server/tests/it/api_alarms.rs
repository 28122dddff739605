//! Alarms over the REST API, from one that has a cause.

use crate::api_client::{ApiClient, ApiNode};
use crate::lifecycle_site::eventually;
use serde_json::{Value, json};

const NAME: &str = "authentication:password_based:redis";

/// What is told of the alarm; nothing where it is not in the list.
fn alarm(admin: &ApiClient, activated: bool) -> Option<Value> {
    let answer = admin.get(&format!("/alarms?activated={activated}&limit=100")).expect_status(200).json();
    let all = answer["data"].as_array().expect("a list").clone();
    assert_eq!(answer["meta"]["count"], json!(all.len()));
    all.into_iter().find(|alarm| alarm["name"] == NAME)
}

#[test]
fn an_alarm_begins_is_ended_by_hand_begins_again_and_becomes_history() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let closed = dunlin_real_servers::free_port();
    let authenticator = json!({
        "mechanism": "password_based", "backend": "redis", "server": format!("127.0.0.1:{closed}"), "redis_type": "single",
        "cmd": "HMGET u:${username} password_hash", "resource_opts": {"health_check_interval": "200ms"},
    });
    admin.post("/authentication", &authenticator).expect_status(200);
    let begun = eventually(|| alarm(&admin, true));
    assert!(begun["message"].as_str().is_some_and(|message| message.starts_with("resource down")), "{begun}");
    assert_eq!((&begun["node"], begun.get("deactivate_at")), (&json!("dunlin@127.0.0.1"), None), "{begun}");
    assert!(begun["activate_at"].as_str().is_some() && begun["duration"].is_u64(), "{begun}");
    assert_eq!(alarm(&admin, false), None);

    // Somebody ends it; what it is about goes on.
    admin.post("/alarms/force_deactivate", &json!({"name": NAME})).expect_status(204);
    let over = eventually(|| alarm(&admin, false));
    assert!(over["deactivate_at"].as_str().is_some(), "{over}");
    eventually(|| alarm(&admin, true));
    let viewer = admin.post("/users", &json!({"username": "ann", "password": "secret-1", "role": "viewer"}));
    viewer.expect_status(200);
    let ann = node.nobody().log_in("ann", "secret-1");
    ann.post("/alarms/force_deactivate", &json!({"name": NAME})).expect_error(403, "UNAUTHORIZED_ROLE");
    assert!(alarm(&ann, true).is_some(), "whoever may look sees it");

    // Nobody is asked any more: it is over by itself.
    admin.delete(&format!("/authentication/{}", "password_based%3Aredis")).expect_status(204);
    eventually(|| alarm(&admin, true).is_none().then_some(()));
    assert!(alarm(&admin, false).is_some());
    admin.delete("/alarms").expect_status(204);
    assert_eq!(alarm(&admin, false), None);
    admin.post("/alarms/force_deactivate", &json!({"name": NAME})).expect_error(404, "NOT_FOUND");
}
