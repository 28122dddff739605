//! Clients that may stay until a time that a token or a service says.

use crate::access_services::token;
use crate::access_web_service::web_service;
use crate::clients::{play_against, python};
use dunlin_broker::Metric;
use dunlin_codec::Will;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::NotAuthorized;
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Authority, Client, TestBroker};
use serde_json::json;

const SECRET: &str = "a secret that is long enough for HS256";

/// The versions in which a client is told, and is not.
const VERSIONS: [&str; 2] = ["5", "3.1.1"];

fn jwt(more: &str) -> String {
    format!("authentication = [{{ mechanism = jwt, algorithm = hmac-based, secret = \"{SECRET}\"{more} }}]")
}

#[allow(clippy::disallowed_methods, reason = "the end is a time of day, which the broker compares with its own clock")]
fn seconds_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
}

#[test]
fn paho_has_to_go_when_its_token_expires() {
    let Some(python) = python() else { return };
    let authority = Authority::new("authority");
    for version in VERSIONS {
        let broker = TestBroker::with(&jwt(", verify_claims { sub = \"${username}\" }"));
        let script = (python.as_path(), "paho_client.py");
        play_against(&broker, script, "a_token_that_expires_ends_the_connection", (version, "tcp"), &authority);
        assert_eq!(broker.disconnects(DisconnectReason::Expired), 1);
    }
}

#[test]
fn paho_has_to_go_when_a_service_says_so() {
    let Some(python) = python() else { return };
    let authority = Authority::new("authority");
    for version in VERSIONS {
        let service = web_service(|asked| {
            let seconds = if asked["username"] == "soon" { 2 } else { 3_600 };
            json!({"result": "allow", "expire_at": seconds_now() + seconds}).to_string()
        });
        let broker = TestBroker::with(&format!(
            "authentication = [{{ mechanism = password_based, backend = http, method = post, \
             url = \"http://127.0.0.1:{}/\", body {{ username = \"${{username}}\" }} }}]",
            service.expect("a service").port()
        ));
        let script = (python.as_path(), "paho_client.py");
        play_against(&broker, script, "a_service_says_when_a_client_has_to_go", (version, "tcp"), &authority);
        assert_eq!(broker.disconnects(DisconnectReason::Expired), 1);
    }
}

#[test]
fn a_client_stays_behind_its_token_where_disconnect_after_expire_is_off() {
    let own = jwt("").replace("authentication", "listeners.tcp.strict.authentication");
    let lenient = jwt(", disconnect_after_expire = false");
    let broker = TestBroker::with(&format!("{lenient}\nlisteners.tcp.strict.bind = \"127.0.0.1:0\"\n{own}"));
    let claims = json!({"sub": "ann", "exp": seconds_now() + 2, "acl": {"pub": ["own"]}});
    let password = token(SECRET, &claims.to_string());
    let come = |id: &str, listener: &str| {
        let connecting = Client::v5(id).with(|connect| connect.password = Some(password.as_bytes()));
        let mut client = connecting.send_connect(broker.address_of(listener));
        assert_eq!(client.recv().connack().reason_code, ReasonCode::Success, "{listener}");
        client
    };
    let (mut staying, mut going) = (come("staying", "tcp:default"), come("going", "tcp:strict"));
    assert_eq!(staying.publish("own", "x", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    going.expect_disconnect(NotAuthorized);
    // Its time is over too: it may stay, but the rules that came with it have ended.
    assert_eq!(staying.publish("own", "x", AtLeastOnce), NotAuthorized);
    staying.ping();
    staying.expect_nothing();
}

#[test]
fn rules_of_a_token_that_has_expired_keep_the_will_back() {
    let broker = TestBroker::with(&format!("{}\nauthorization {{ sources = [], no_match = deny }}", jwt("")));
    let all = json!([{"permission": "allow", "action": "all", "topic": "#"}]);
    let password = |seconds: u64| token(SECRET, &json!({"exp": seconds_now() + seconds, "acl": all}).to_string());
    let come = |id: &'static str, password: &str, delay_interval: u32| {
        let will = Will { topic: "will", payload: b"gone", qos: AtLeastOnce, delay_interval, ..Will::default() };
        let connecting = Client::v5(id).will(will).session_expiry(600);
        connecting.with(|connect| connect.password = Some(password.as_bytes())).connect(&broker)
    };
    let (long, short) = (password(600), password(3));
    let mut witness = come("witness", &long, 0);
    witness.subscribe("will", AtLeastOnce);
    let (going, delayed) = (come("going", &short, 0), come("delayed", &short, 1));
    come("early", &short, 0).cut(&broker);
    witness.expect_payloads(["gone"]);
    for mut client in [going, delayed] {
        client.expect_disconnect(NotAuthorized);
    }
    broker.wait_until("both are kept back", |broker| broker.metric(Metric::PacketsPublishAuthError) == 2);
    witness.expect_nothing();
}
