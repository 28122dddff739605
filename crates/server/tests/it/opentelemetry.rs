//! What a node exports, as the Collector of OpenTelemetry has it.

use crate::api_client::ApiNode;
use crate::binary_process::Dunlin;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_real_servers::CollectorServer;
use dunlin_testkit::{Client, TestBroker};
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
