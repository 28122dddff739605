//! What a node exports, as the Collector of OpenTelemetry has it.

use crate::api_client::ApiNode;
use crate::binary_process::Dunlin;
use dunlin_codec::Publish;
use dunlin_model::Qos::{self, AtLeastOnce};
use dunlin_real_servers::CollectorServer;
use dunlin_testkit::{Client, MessageProperties, TestBroker};
use serde_json::{Value, json};

/// The newest value of a number, over all batches.
fn newest(received: &str, name: &str) -> Option<Value> {
    let batches = received.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    batches.flat_map(|batch| metrics(&batch)).find(|metric| metric["name"] == name)
}

fn metrics(batch: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let scopes = list(&batch["resourceMetrics"]).into_iter().flat_map(move |sender| list(&sender["scopeMetrics"]));
    scopes.flat_map(move |scope| list(&scope["metrics"])).collect()
}

#[test]
fn numbers_reach_a_collector_under_the_names_of_emqx() {
    let Some(collector) = CollectorServer::start() else { return };
    let broker = TestBroker::with(&format!(
        "opentelemetry {{ metrics {{ enable = true, interval = 1s }}, exporter.endpoint = \"http://127.0.0.1:{}\" }}",
        collector.grpc_port()
    ));
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.publish("t", "x", AtLeastOnce);
    client.expect_publish();
    let counter = collector.wait_until("a message", |received| {
        newest(received, "messages.received").filter(|metric| metric["sum"]["dataPoints"][0]["asInt"] == "1")
    });
    assert_eq!((&counter["sum"]["isMonotonic"], &counter["unit"]), (&json!(true), &json!("1")));
    let received = collector.received();
    let gauge = newest(&received, "connections.count").expect("it is there");
    assert_eq!(gauge["gauge"]["dataPoints"][0]["asInt"], "1");
    for name in ["packets.connect", "messages.dropped.expired", "cpu.use", "total.memory", "node.running"] {
        assert!(newest(&received, name).is_some(), "{name}");
    }
    let sender = "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"dunlin\"}}";
    assert!(received.contains(sender), "{received}");
}

#[test]
fn the_export_follows_the_api() {
    let Some(collector) = CollectorServer::start() else { return };
    let node = ApiNode::start("");
    let admin = node.administrator();
    let before = admin.get("/opentelemetry").expect_status(200).json();
    assert_eq!((&before["metrics"]["enable"], &before["exporter"]["protocol"]), (&json!(false), &json!("grpc")));
    let wanted = json!({
        "metrics": {"enable": true, "interval": "1s"},
        "exporter": {
            "endpoint": format!("http://127.0.0.1:{}", collector.http_port()),
            "protocol": "http_protobuf",
            "headers": {"authorization": "Basic planted"},
        },
    });
    let after = admin.put("/opentelemetry", &wanted).expect_status(200).json();
    assert_eq!(after["metrics"], json!({"enable": true, "interval": "1s"}));
    assert!(!after.to_string().contains("planted"), "{after}");
    collector.wait_until("a number", |received| newest(received, "connections.count"));
    admin.put("/opentelemetry", &json!({"metrics": {"interval": "1h"}})).expect_status(200);
    let off = admin.get("/opentelemetry").expect_status(200).json();
    assert_eq!((&off["metrics"]["enable"], &off["metrics"]["interval"]), (&json!(false), &json!("1h")));
    for refused in [json!({"metrics": {"interval": "never"}}), json!({"exporter": {"protocol": "json"}})] {
        admin.put("/opentelemetry", &refused).expect_error(400, "BAD_REQUEST");
    }
}

#[test]
fn lines_of_the_log_reach_a_collector_with_their_fields() {
    let Some(collector) = CollectorServer::start() else { return };
    let mut dunlin = Dunlin::start(&format!(
        "listeners.tcp.default.bind = \"127.0.0.1:0\"\nlog.console.level = error\n\
         opentelemetry {{ logs {{ enable = true, level = info, scheduled_delay = 10ms }}\n\
         exporter.endpoint = \"http://127.0.0.1:{}\" }}",
        collector.grpc_port()
    ));
    dunlin.line_with(&["Listener tcp:default"]);
    dunlin.terminate();
    assert_eq!(dunlin.wait().code, Some(0));
    // The console takes errors only: what is exported does not depend on it.
    let wanted = "\"severityNumber\":9,\"severityText\":\"info\",\"body\":{\"stringValue\":\"stopping\"}";
    let received = collector.wait_until("the stop", |received| received.contains(wanted).then(|| received.to_owned()));
    let connections = "{\"key\":\"connections\",\"value\":{\"intValue\":\"0\"}}";
    assert!(received.contains(connections), "{received}");
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// All spans with this name that have come so far.
pub(crate) fn spans(received: &str, name: &str) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let batches = received.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let senders = batches.flat_map(|batch| list(&batch["resourceSpans"]));
    let scopes = senders.flat_map(|sender| list(&sender["scopeSpans"]));
    scopes.flat_map(|scope| list(&scope["spans"])).filter(|span| span["name"] == name).collect()
}

pub(crate) fn attribute(span: &Value, key: &str) -> Value {
    let attributes = span["attributes"].as_array().cloned().unwrap_or_default();
    let found = attributes.into_iter().find(|attribute| attribute["key"] == key);
    found.map_or(Value::Null, |attribute| attribute["value"]["stringValue"].clone())
}

fn publish_in_trace(client: &mut Client, topic: &str, traceparent: &str, qos: Qos) {
    let properties = MessageProperties::default().user("a", "1").user("traceparent", traceparent);
    client.publish_with(Publish {
        topic,
        payload: b"x",
        qos,
        properties: properties.as_properties(),
        ..Publish::default()
    });
}

pub(crate) fn export_spans(collector: &CollectorServer, filter: &str) -> String {
    format!(
        "opentelemetry {{ traces {{ enable = true, scheduled_delay = 10ms, filter {{ {filter} }} }}\n\
         exporter.endpoint = \"http://127.0.0.1:{}\" }}",
        collector.grpc_port()
    )
}

#[test]
fn a_message_with_a_traceparent_has_spans_from_its_publisher_to_its_receivers() {
    let Some(collector) = CollectorServer::start() else { return };
    // Receivers are on both workers.
    let broker = TestBroker::with(&format!("node.workers = 2\n{}", export_spans(&collector, "trace_mode = legacy")));
    let mut receivers: Vec<_> = (0..6).map(|number| Client::v5(&format!("r{number}")).connect(&broker)).collect();
    for receiver in &mut receivers {
        receiver.subscribe("t", AtLeastOnce);
    }
    let mut publisher = Client::v5("p").connect(&broker);
    publish_in_trace(&mut publisher, "t", &format!("00-{TRACE}-{PARENT}-00"), AtLeastOnce);
    publisher.publish("t", "in no trace", AtLeastOnce);
    let traceparent = format!("00-{TRACE}-{PARENT}-01");
    publish_in_trace(&mut publisher, "t", &traceparent, AtLeastOnce);
    for receiver in &mut receivers {
        receiver.expect_publish();
        receiver.expect_publish();
        let properties = receiver.expect_publish().user_properties;
        let expected = [("a", "1"), ("traceparent", traceparent.as_str())];
        assert_eq!(properties, expected.map(|(name, value)| (name.to_owned(), value.to_owned())), "[MQTT-3.3.2-17]");
    }
    let sent = collector.wait_until("a span for each", |received| {
        Some(spans(received, "send_published_message")).filter(|spans| spans.len() >= 6)
    });
    let [process] = &spans(&collector.received(), "process_message")[..] else { panic!("one message is traced") };
    assert_eq!((&process["traceId"], &process["parentSpanId"]), (&json!(TRACE), &json!(PARENT)));
    assert_eq!(attribute(process, "messaging.client_id"), "p");
    assert_eq!(attribute(process, "messaging.destination.name"), "t");
    let mut clients: Vec<_> = sent.iter().map(|span| attribute(span, "messaging.client_id").to_string()).collect();
    clients.sort();
    assert_eq!(clients, (0..6).map(|number| format!("\"r{number}\"")).collect::<Vec<_>>());
    let nanos = |span: &Value, key: &str| span[key].as_str().and_then(|text| text.parse::<u64>().ok()).expect("a time");
    for span in &sent {
        assert_eq!((&span["traceId"], &span["parentSpanId"]), (&json!(TRACE), &process["spanId"]));
        assert!(nanos(span, "startTimeUnixNano") <= nanos(span, "endTimeUnixNano"));
        assert!(nanos(process, "startTimeUnixNano") <= nanos(span, "startTimeUnixNano"));
    }
}

#[test]
fn messages_without_a_trace_get_one_where_all_are_wanted() {
    let Some(collector) = CollectorServer::start() else { return };
    let broker = TestBroker::with(&export_spans(&collector, "trace_all = true"));
    let mut client = Client::v3("c").connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.publish("t", "x", AtLeastOnce);
    client.expect_publish();
    let sent = collector.wait_until("a span", |received| spans(received, "send_published_message").pop());
    let process = spans(&collector.received(), "process_message").pop().expect("it comes with it");
    assert_eq!((&sent["traceId"], &sent["parentSpanId"]), (&process["traceId"], &process["spanId"]));
    assert_eq!(process.get("parentSpanId"), None, "it is the first of its trace");
}

#[test]
fn end_to_end_spans_are_of_a_share_and_of_those_in_the_whitelist() {
    let Some(collector) = CollectorServer::start() else { return };
    let filter = "trace_mode = e2e, e2e_tracing_options { sample_ratio = \"0%\", client_messaging = true, cluster_identifier = site }";
    let node = ApiNode::start(&export_spans(&collector, filter));
    let admin = node.administrator();
    assert_eq!(admin.get("/opentelemetry/whitelist/topic").expect_status(200).json(), json!([]));
    admin.post("/opentelemetry/whitelist/topic", &json!(["chosen/#"])).expect_status(204);
    admin.post("/opentelemetry/whitelist/clientid", &json!(["c2", "c1"])).expect_status(204);
    assert_eq!(admin.get("/opentelemetry/whitelist/clientid").expect_status(200).json(), json!(["c1", "c2"]));
    admin.post("/opentelemetry/whitelist/topic", &json!(["a/#/b"])).expect_error(400, "BAD_REQUEST");
    let many: Vec<_> = (0..31).map(|number| format!("c{number}")).collect();
    admin.post("/opentelemetry/whitelist/clientid", &json!(many)).expect_error(400, "BAD_REQUEST");
    admin.get("/opentelemetry/whitelist/user").expect_error(400, "BAD_REQUEST");
    let mut publisher = Client::v5("p").connect_to(node.mqtt);
    let mut receiver = Client::v5("r").connect_to(node.mqtt);
    receiver.subscribe("other", AtLeastOnce);
    receiver.subscribe("chosen/+", AtLeastOnce);
    for topic in ["other", "chosen/1"] {
        publisher.publish(topic, "x", AtLeastOnce);
        receiver.expect_publish();
    }
    let delivery = collector.wait_until("a span", |received| spans(received, "broker.publish").pop());
    let received = collector.received();
    let [publish] = &spans(&received, "client.publish")[..] else { panic!("one is chosen: {received}") };
    let [route] = &spans(&received, "message.route")[..] else { panic!("one is chosen: {received}") };
    assert_eq!((&route["parentSpanId"], &delivery["parentSpanId"]), (&publish["spanId"], &route["spanId"]));
    for (key, value) in [("cluster.id", "site"), ("client.clientid", "p"), ("message.topic", "chosen/1")] {
        assert_eq!(attribute(publish, key), value);
    }
    assert_eq!(attribute(&delivery, "client.clientid"), "r");
    admin.delete("/opentelemetry/whitelist/topic").expect_status(204);
    assert_eq!(admin.get("/opentelemetry/whitelist/topic").expect_status(200).json(), json!([]));
}

#[test]
fn what_clients_do_beside_publishing_has_spans() {
    let Some(collector) = CollectorServer::start() else { return };
    let filter = "trace_mode = e2e, e2e_tracing_options { sample_ratio = \"100%\", client_connect_disconnect = true, \
                  client_subscribe_unsubscribe = true, cluster_identifier = site }";
    let node = ApiNode::start(&format!(
        "{}\nauthentication = [{{ mechanism = password_based, backend = built_in_database }}]",
        export_spans(&collector, filter)
    ));
    let users = "/authentication/password_based:built_in_database/users";
    node.administrator().post(users, &json!({"user_id": "ann", "password": "right"})).expect_status(201);
    let connecting = |id: &'static str, password: &'static [u8]| {
        Client::v5(id).with(|connect| {
            connect.username = Some("ann");
            connect.password = Some(password);
        })
    };
    let mut client = connecting("c1", b"right").connect_to(node.mqtt);
    client.subscribe("a/+", AtLeastOnce);
    client.subscribe_all(None, &[("$SYS/#", dunlin_model::SubscriptionOptions::default())]);
    client.unsubscribe("a/+");
    client.disconnect();
    connecting("c2", b"wrong").send_connect(node.mqtt).recv();
    drop(connecting("c3", b"right").connect_to(node.mqtt));
    collector.wait_until("the last", |received| spans(received, "broker.disconnect").pop());
    let received = collector.wait_until("two of authentication", |received| {
        (spans(received, "client.authn").len() == 3).then(|| received.to_owned())
    });
    let of = |name: &str, client: &str| {
        let mut found = spans(&received, name);
        found.retain(|span| attribute(span, "client.clientid") == client);
        found
    };
    let [connect] = &of("client.connect", "c1")[..] else { panic!("one: {received}") };
    let [authn] = &of("client.authn", "c1")[..] else { panic!("one: {received}") };
    assert_eq!((&authn["traceId"], &authn["parentSpanId"]), (&connect["traceId"], &connect["spanId"]));
    assert_eq!(connect["parentSpanId"], Value::Null, "it is the first of its trace");
    for (key, value) in [("cluster.id", "site"), ("client.username", "ann"), ("client.proto_name", "MQTT")] {
        assert_eq!(attribute(connect, key), value);
    }
    assert_eq!(attribute(authn, "client.connect.authn.result"), "ok");
    let [refused] = &of("client.connect", "c2")[..] else { panic!("one: {received}") };
    assert_eq!(refused["status"]["message"], "bad_username_or_password", "{refused}");
    assert_eq!(attribute(&of("client.authn", "c2")[0], "client.connect.authn.result"), "error");
    let subscribes = of("client.subscribe", "c1");
    let [granted, denied] = &subscribes[..] else { panic!("two: {received}") };
    assert_eq!(attribute(granted, "client.subscribe.topics"), "[\"a/+\"]");
    assert_eq!(denied["status"]["message"], "not authorized", "{denied}");
    assert_ne!(granted["traceId"], denied["traceId"]);
    assert_eq!(attribute(&of("client.unsubscribe", "c1")[0], "client.unsubscribe.topics"), "[\"a/+\"]");
    assert_eq!(attribute(&of("client.disconnect", "c1")[0], "client.disconnect.reason"), "normal");
    assert_eq!(attribute(&of("broker.disconnect", "c3")[0], "client.disconnect.reason"), "tcp_closed");
}
