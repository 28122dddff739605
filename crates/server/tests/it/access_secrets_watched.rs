//! The planted secrets of `access_secrets.rs` are told to nobody who watches a node either: over the API, in traces, in panics.

use crate::access_back_ends::{authentication, broker_with};
use crate::access_secrets::{PLANTED, configuration, echo, expect_no_secret, visit};
use crate::api_client::{ApiClient, ApiNode};
use crate::lifecycle_site::eventually;
use dunlin_access::{Answer, Authenticator, Credentials, Outcome};
use dunlin_broker::AccessControl;
use dunlin_codec::{Connect, Packet};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::ServerUnavailable;
use dunlin_real_servers::free_port;
use dunlin_testkit::Client;
use parking_lot::Mutex;
use serde_json::json;
use std::fs;
use std::sync::Arc;

/// Which paths there are, as the manual has it; a test of the API keeps it so.
const PATHS: &str = include_str!("../../../../docs/api-coverage.md");

/// Every path that can be read, as `/clients/{}`.
fn readable() -> Vec<&'static str> {
    let rows = PATHS.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.filter(|(_, there)| there.split(" | ").next().is_some_and(|there| there.split(' ').any(|word| word == "GET")))
        .map(|(path, _)| path)
        .collect()
}

/// What can stand for the `{}` of a path, besides names that are the same for all.
fn names(admin: &ApiClient, path: &str) -> Vec<String> {
    let of_list = |path: &str, field: &str| {
        let answer = admin.get(path).expect_status(200).json();
        let list = answer.get("data").unwrap_or(&answer).as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|one| one[field].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let first = path.split('/').nth(1).unwrap_or_default();
    match (first, path) {
        (_, path) if path.contains("/nodes/") => vec!["dunlin@127.0.0.1".to_owned()],
        ("authentication", _) => of_list("/authentication", "id"),
        ("authorization", _) => of_list("/authorization/sources", "type"),
        ("listeners", _) => of_list("/listeners", "id"),
        ("clients", _) => of_list("/clients", "clientid"),
        ("trace", _) => of_list("/trace", "name"),
        ("api_key", _) => of_list("/api_key", "name"),
        ("error_codes", _) => of_list("/error_codes", "code"),
        ("configs", _) => {
            ["node", "log", "mqtt", "dashboard", "api_key", "authentication", "authorization", "listeners"]
                .map(str::to_owned)
                .to_vec()
        }
        // Of whatever else there is, a name that nobody has: its answer is one too.
        _ => vec!["t".to_owned()],
    }
}

/// Reads all there is, has each answer looked at, and says how many had something to show.
pub(crate) fn read_all(admin: &ApiClient, look: &dyn Fn(&str)) -> usize {
    let mut shown = 0;
    for path in readable() {
        for name in if path.contains("{}") { names(admin, path) } else { vec![String::new()] } {
            let path = path.replace("{}", &name.replace(':', "%3A"));
            let answer = if path.ends_with("/download") {
                String::from_utf8_lossy(&admin.get_bytes(&path)).into_owned()
            } else {
                let answer = admin.get(&path);
                assert!(answer.status < 500 || answer.status == 503, "{path}: {} {}", answer.status, answer.text);
                shown += usize::from(answer.status == 200);
                format!("{:?}{}", answer.headers, answer.text)
            };
            look(&format!("{path}: {answer}"));
        }
    }
    shown
}

#[test]
fn nothing_that_the_api_answers_has_a_planted_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let (users, keys) = (folder.path().join("users.csv"), folder.path().join("keys"));
    fs::write(&users, format!("user_id,password,is_superuser\nann,{PLANTED}-client,false\n")).expect("it is written");
    fs::write(&keys, format!("script:{PLANTED}-key:viewer\n")).expect("it is written");
    let text = configuration(free_port(), echo(), &users);
    let node = ApiNode::start(&format!("{text}\napi_key.bootstrap_file = \"{}\"", keys.display()));
    let admin = node.administrator();
    let trace = json!({"name": "t1", "type": "ip_address", "ip_address": "127.0.0.1", "payload_encode": "text"});
    admin.post("/trace", &trace).expect_status(200);
    let password = format!("{PLANTED}-client");
    let login = |connect: &mut Connect<'_>| connect.username = Some("ann");
    // Users of the node are asked for after all those that cannot be asked.
    let connecting = Client::v5("in").with(login).with(|connect| connect.password = Some(password.as_bytes()));
    let mut client = connecting.connect_to(node.mqtt);
    client.publish("t", "x", AtLeastOnce);
    visit(node.mqtt);
    let log = eventually(|| {
        let log = admin.get("/trace/t1/log?bytes=1000000").expect_status(200).json();
        log["items"].as_str().filter(|text| text.contains("ClientId=4")).map(str::to_owned)
    });
    expect_no_secret(&log);
    let shown = read_all(&admin, &expect_no_secret);
    assert!(shown > 60, "only {shown} answers had something to show");
    let refused = node.nobody().with_key("script", &format!("{PLANTED}-wrong")).get("/nodes");
    expect_no_secret(&refused.text);
    expect_no_secret(&what_is_said_of_wrong_ones(&admin));
    let stopped = node.process.ctl(&["status"]);
    expect_no_secret(&String::from_utf8_lossy(&stopped.stdout));
}

/// What is answered where something is sent that is wrong and has a secret in it.
fn what_is_said_of_wrong_ones(admin: &ApiClient) -> String {
    let secret = format!("{PLANTED}-new");
    let answers = [
        admin.post("/users", &json!({"username": "u", "password": [&secret], "role": "viewer"})),
        admin.post("/users", &json!({"username": "u", "password": &secret, "role": "king"})),
        admin.post("/users/admin/change_pwd", &json!({"old_pwd": &secret, "new_pwd": &secret})),
        admin.post("/login", &json!({"username": "admin", "password": &secret})),
        admin.post("/login", &json!({"username": "admin", "password": {"of": &secret}})),
        admin.put("/configs/node", &json!({"cookie": {"is": &secret}})),
    ];
    let texts = answers.map(|answer| {
        assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.text);
        answer.text
    });
    texts.join("\n")
}

/// An authenticator with a fault.
#[derive(Debug)]
struct Faulty;

impl Authenticator for Faulty {
    fn id(&self) -> &str {
        "password_based:faulty"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(async move { panic!("nobody has thought of {credentials:?}") })
    }
}

#[test]
fn a_panic_with_all_that_is_known_of_a_client_has_no_password_in_it() {
    let heard = Arc::new(Mutex::new(String::new()));
    let hearing = Arc::clone(&heard);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        hearing.lock().push_str(&format!("{panic}\n"));
        before(panic);
    }));
    let broker = broker_with(AccessControl { authentication: authentication(Faulty), authorization: None });
    let password = format!("{PLANTED}-client");
    let connecting = Client::v5("of a panic").with(|connect| connect.password = Some(password.as_bytes()));
    let refused = connecting.connect_refused(&broker);
    assert_eq!(refused.connack().reason_code, ServerUnavailable);
    let heard = heard.lock().clone();
    assert!(heard.contains("of a panic"), "{heard}");
    expect_no_secret(&heard);
}

/// What a message of a panic is made of: the texts for programmers of whatever holds secrets.
#[test]
fn what_holds_secrets_has_no_text_for_programmers_with_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = configuration(1, echo(), &folder.path().join("users.csv"));
    let loaded = dunlin_config::load(&text, "the test's configuration", []).unwrap_or_else(|errors| panic!("{errors}"));
    expect_no_secret(&format!("{:?}\n{:#?}", loaded.config, loaded.config));
    let broken = text.replace("query_timeout = 1s", "query_timeout = soon");
    let errors = dunlin_config::load(&broken, "the test's configuration", []).expect_err("it is wrong");
    expect_no_secret(&format!("{errors}\n{errors:?}"));
    let (password, data) = (format!("{PLANTED}-client"), format!("{PLANTED}-data"));
    let connect = Connect {
        password: Some(password.as_bytes()),
        authentication_data: Some(data.as_bytes()),
        ..Connect::default()
    };
    expect_no_secret(&format!("{:?}", Packet::Connect(Box::new(connect))));
}
