//! The audit log: what people, programs and commands changed.

use crate::api_client::{ApiNode, PASSWORD};
use crate::lifecycle_site::Site;
use serde_json::{Value, json};
use std::fs;

fn records(answer: &Value) -> Vec<Value> {
    answer["data"].as_array().expect("records").clone()
}

#[test]
fn what_is_changed_over_the_api_is_written_down() {
    let node = ApiNode::start("log.audit.enable = true");
    let admin = node.administrator();
    let key = admin.post("/api_key", &json!({"name": "ci", "role": "administrator"})).expect_status(200).json();
    let word = |name: &str| key[name].as_str().expect("a text").to_owned();
    let program = node.nobody().with_key(&word("api_key"), &word("api_secret"));
    program.post("/banned", &json!({"as": "clientid", "who": "c1"})).expect_status(200);
    program.post("/banned", &json!({"as": "shoe", "who": "c1"})).expect_status(400);
    program.post("/publish", &json!({"topic": "t", "payload": "x"}));
    program.get("/banned").expect_status(200);
    node.nobody().post("/login", &json!({"username": "admin", "password": "wrong-1"})).expect_status(401);

    let latest = records(&admin.get("/audit").expect_status(200).json());
    let text = Value::from(latest.clone()).to_string();
    for secret in [PASSWORD, "public", "wrong-1", &word("api_secret")] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let failed = &latest[0];
    assert_eq!(
        (&failed["operation_id"], &failed["http_status_code"], &failed["source"]),
        (&json!("/login"), &json!(401), &json!("admin"))
    );
    let banned =
        records(&admin.get("/audit?from=rest_api&source=ci&operation_id=/banned&operation_result=success").json());
    let [banned] = &banned[..] else { panic!("one ban: {banned:?}") };
    assert_eq!(
        (&banned["http_method"], &banned["operation_type"], &banned["source_ip"]),
        (&json!("post"), &json!("banned"), &json!("127.0.0.1"))
    );
    assert_eq!(banned["http_request"]["body"], json!({"as": "clientid", "who": "c1"}));
    assert!(
        latest.iter().all(|record| record["operation_id"] != "/publish" && record["http_method"] != "get"),
        "{text}"
    );
    let refused = admin.get("/audit?operation_result=failure&http_status_code=400").json();
    assert_eq!(refused["meta"]["count"], json!(1));
    let why = refused["data"][0]["failure"].as_str().expect("why it was refused");
    assert!(why.starts_with("BAD_REQUEST: ") && why.contains("shoe"), "{why}");
    assert_eq!(failed["failure"], json!("BAD_USERNAME_OR_PWD: Auth failed"), "{failed}");
    assert_eq!(banned.get("failure"), None);
    let page = admin.get("/audit?limit=1&page=2").json();
    assert_eq!((records(&page).len(), &page["data"][0]), (1, &latest[1]));
    admin.get("/audit?from=nobody").expect_error(400, "BAD_REQUEST");
}

#[test]
fn it_is_off_by_default_and_says_so() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let refused = admin.get("/audit").expect_status(400).json();
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("log.audit.enable")), "{refused}");
}

#[test]
fn commands_are_written_down_and_outlive_the_node() {
    let site = Site::new("log.audit { enable = true, path = audit.log }");
    site.start();
    site.good(&["ctl", "clients", "list"]);
    site.run(&["ctl", "clients", "kick", "nobody"]);
    site.good(&["ctl", "admins", "add", "ann", "very-secret-1"]);
    site.run(&["ctl", "admins", "add", "ann", "very-secret-2"]).failure();
    let lines = || -> Vec<Value> {
        let text = fs::read_to_string(site.path("audit.log")).expect("the file is there");
        assert!(!text.contains("very-secret"), "{text}");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let written = lines();
    let told: Vec<_> =
        written.iter().map(|line| (line["operation_id"].as_str(), line["operation_result"].as_str())).collect();
    let expected = [("clients.kick", "success"), ("admins.add", "success"), ("admins.add", "failure")];
    assert_eq!(told, expected.map(|(command, result)| (Some(command), Some(result))));
    assert_eq!((&written[1]["from"], &written[1]["args"]["username"]), (&json!("cli"), &json!("ann")));
    assert!(written[2]["failure"].is_string() && written[0].get("failure").is_none(), "{written:?}");
    // Turned off while the node runs, nothing more is written.
    fs::write(site.path("off.hocon"), "log.console.level = error").expect("it is written");
    site.good(&["ctl", "conf", "load", "off.hocon"]);
    assert_eq!(lines().last().expect("a line")["operation_id"], json!("conf.load"));
    site.configure("log.audit { enable = false, path = audit.log }");
    site.good(&["ctl", "conf", "reload"]);
    let count = lines().len();
    site.good(&["ctl", "admins", "del", "ann"]);
    assert_eq!(lines().len(), count);
}
