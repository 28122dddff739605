//! Resources of the API for those who watch: Prometheus, the monitor, traces.

use crate::api_client::ApiNode;
use crate::lifecycle_site::eventually;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_real_servers::{ServerProcess, free_port};
use dunlin_testkit::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

#[test]
fn prometheus_gets_text_and_others_json() {
    let node = ApiNode::start("");
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.publish("t", "x", AtLeastOnce);
    let text = node.nobody().get("/prometheus/stats").expect_status(200);
    assert_eq!(text.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.text.lines().any(|line| line == "emqx_messages_received 1"), "{}", text.text);
    let all = node.nobody().get("/prometheus/stats?mode=all_nodes_unaggregated").expect_status(200).text;
    assert!(all.contains("\nemqx_connections_count{node=\"dunlin@127.0.0.1\"} 1\n"), "{all}");
    let json = node.nobody().get_as_json("/prometheus/stats").expect_status(200).json();
    assert_eq!(
        (&json["messages"]["emqx_messages_received"], &json["stats"]["emqx_connections_count"]),
        (&json!(1), &json!(1))
    );
    assert!(node.nobody().get("/prometheus/auth").expect_status(200).text.contains("emqx_banned_count 0"));
    let json = node.nobody().get_as_json("/prometheus/auth").expect_status(200).json();
    assert_eq!(json["emqx_banned"]["emqx_banned_count"], 0);
    node.nobody().get("/prometheus/data_integration").expect_status(200);
    node.nobody().get("/prometheus/stats?mode=other").expect_error(400, "BAD_REQUEST");
}

#[test]
fn scraping_needs_a_key_where_that_is_asked_for() {
    let node = ApiNode::start("prometheus.enable_basic_auth = true");
    node.nobody().get("/prometheus/stats").expect_error(401, "AUTHORIZATION_HEADER_ERROR");
    let key = node.administrator().post("/api_key", &json!({"name": "p", "role": "viewer"})).expect_status(200).json();
    let script = node.nobody().with_key(key["api_key"].as_str().unwrap(), key["api_secret"].as_str().unwrap());
    script.get("/prometheus/stats").expect_status(200);
}

#[test]
fn a_prometheus_scrapes_it() {
    let node = ApiNode::start("");
    let _client = Client::v5("c").connect_to(node.mqtt);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("prometheus.yml");
    let jobs = |path: &str| {
        format!(
            "  - job_name: {}\n    metrics_path: /api/v5/prometheus/{path}\n    static_configs: [{{ targets: ['{}'] }}]\n",
            path, node.api
        )
    };
    let text = format!("global: {{ scrape_interval: 1s }}\nscrape_configs:\n{}{}", jobs("stats"), jobs("auth"));
    std::fs::write(&config, text).unwrap();
    let port = free_port();
    let arguments = [
        format!("--config.file={}", config.display()),
        format!("--storage.tsdb.path={}", folder.path().join("data").display()),
        format!("--web.listen-address=127.0.0.1:{port}"),
    ];
    let _prometheus = ServerProcess::start("prometheus", &arguments, "Server is ready to receive web requests");
    let value = |query: &str| {
        let url = format!("http://127.0.0.1:{port}/api/v1/query?query={query}");
        let text = ureq::get(&url).call().ok()?.body_mut().read_to_string().ok()?;
        let answer: Value = serde_json::from_str(&text).ok()?;
        answer["data"]["result"][0]["value"][1].as_str().map(str::to_owned)
    };
    eventually(|| (value("emqx_connections_count").as_deref() == Some("1")).then_some(()));
    eventually(|| (value("emqx_banned_count").as_deref() == Some("0")).then_some(()));
    assert_eq!(value("sum(up)").as_deref(), Some("2"));
}

#[test]
fn the_monitor_tells_how_it_went_and_how_it_is() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.subscribe("t", AtLeastOnce);
    let now = admin.get("/monitor_current").expect_status(200).json();
    assert_eq!(
        (&now["connections"], &now["live_connections"], &now["subscriptions"]),
        (&json!(1), &json!(1), &json!(1))
    );
    admin.get("/monitor_current/nodes/dunlin@127.0.0.1").expect_status(200);
    admin.get("/monitor_current/nodes/other@127.0.0.1").expect_error(404, "NOT_FOUND");
    assert!(admin.get("/monitor?latest=60").expect_status(200).json().is_array());
    admin.get("/monitor?latest=soon").expect_error(400, "BAD_REQUEST");
    admin.get("/monitor/nodes/dunlin@127.0.0.1").expect_status(200);
    admin.get("/monitor/nodes/other@127.0.0.1").expect_error(404, "NOT_FOUND");
    admin.delete("/monitor").expect_status(204);
    node.nobody().get("/monitor").expect_error(401, "AUTHORIZATION_HEADER_ERROR");
}

#[test]
fn traces_are_begun_read_downloaded_stopped_and_deleted() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let wanted = json!({"name": "t1", "type": "clientid", "clientid": "c1", "payload_encode": "hidden"});
    let begun = admin.post("/trace", &wanted).expect_status(200).json();
    assert_eq!(
        (&begun["status"], &begun["clientid"], &begun["formatter"]),
        (&json!("running"), &json!("c1"), &json!("text"))
    );
    admin.post("/trace", &wanted).expect_error(409, "ALREADY_EXISTS");
    admin.post("/trace", &json!({"name": "t2", "type": "clientid", "clientid": "c1"})).expect_error(409, "CONFLICT");
    admin.post("/trace", &json!({"name": "t2", "type": "topic"})).expect_error(400, "BAD_REQUEST");
    admin.post("/trace", &json!({"name": "../t", "type": "topic", "topic": "#"})).expect_error(400, "BAD_REQUEST");
    let mut client = Client::v5("c1").connect_to(node.mqtt);
    client.publish("t", "planted-secret", AtLeastOnce);
    client.disconnect();
    let log = eventually(|| {
        let log = admin.get("/trace/t1/log?bytes=100000").expect_status(200).json();
        log["items"].as_str()?.contains("connection_closed").then_some(log)
    });
    let text = log["items"].as_str().unwrap();
    assert!(
        text.contains("PUBLISH(Q1, R0, D0, Topic=t, PacketId=1, Payload=******)") && !text.contains("planted"),
        "{text}"
    );
    assert_eq!((&log["meta"]["position"], &log["meta"]["hint"]), (&json!(text.len()), &json!("eof")));
    let behind = admin.get("/trace/t1/log?position=9223372036854775808").expect_status(200).json();
    assert_eq!((&behind["items"], &behind["meta"]["hint"]), (&json!(""), &json!("eof")), "{behind}");
    let part = admin.get("/trace/t1/log?position=5&bytes=7").expect_status(200).json();
    assert_eq!((&part["items"], &part["meta"]["position"]), (&json!(&text[5..12]), &json!(12)));
    assert_eq!(admin.get("/trace/t1/log_detail").expect_status(200).json()[0]["size"], json!(text.len()));
    let archive = admin.get_bytes("/trace/t1/download");
    let has = |part: &[u8]| archive.windows(part.len()).any(|window| window == part);
    assert!(archive.starts_with(b"PK") && has(text.as_bytes()) && has(b"dunlin@127.0.0.1/trace_t1.log"));
    assert_eq!(
        admin.put("/trace/t1/stop", &json!({})).expect_status(200).json(),
        json!({"name": "t1", "enable": false})
    );
    assert_eq!(admin.get("/trace").expect_status(200).json()[0]["status"], "stopped");
    admin.delete("/trace/t1").expect_status(204);
    admin.delete("/trace/t1").expect_error(404, "NOT_FOUND");
    admin.get("/trace/t1/log").expect_error(404, "NOT_FOUND");
    admin.delete("/trace").expect_status(204);
}

#[test]
fn messages_of_single_topics_are_counted() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    admin.post("/mqtt/topic_metrics", &json!({"topic": "a/b"})).expect_status(200);
    admin.post("/mqtt/topic_metrics", &json!({"topic": "a/b"})).expect_error(400, "BAD_TOPIC");
    admin.post("/mqtt/topic_metrics", &json!({"topic": "a/#"})).expect_error(400, "BAD_TOPIC");
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.publish("a/b", "to nobody", AtLeastOnce);
    client.subscribe("a/+", AtLeastOnce);
    for topic in ["a/b", "a/c"] {
        client.publish(topic, "x", AtLeastOnce);
        client.expect_publish();
    }
    let shown = admin.get("/mqtt/topic_metrics/a%2Fb").expect_status(200).json();
    let metrics = &shown["metrics"];
    for (name, count) in
        [("in", 2.0), ("out", 1.0), ("qos1.in", 2.0), ("qos1.out", 1.0), ("qos0.in", 0.0), ("dropped", 1.0)]
    {
        assert_eq!(metrics[format!("messages.{name}.count")], json!(count), "{name} of {shown}");
    }
    assert!(metrics["messages.in.rate"].is_number(), "{shown}");
    admin.put("/mqtt/topic_metrics", &json!({"action": "reset", "topic": "a/b"})).expect_status(204);
    let list = admin.get("/mqtt/topic_metrics").expect_status(200).json();
    assert_eq!((&list[0]["metrics"]["messages.in.count"], list[0]["reset_time"].is_string()), (&json!(0.0), true));
    admin.put("/mqtt/topic_metrics", &json!({"action": "reset", "topic": "x"})).expect_error(404, "TOPIC_NOT_FOUND");
    admin.delete("/mqtt/topic_metrics/a%2Fb").expect_status(204);
    admin.get("/mqtt/topic_metrics/a%2Fb").expect_error(404, "TOPIC_NOT_FOUND");
}

/// The head and the body of one request that comes to a listener; it is answered.
fn request_at(listener: &TcpListener) -> (String, String) {
    let (stream, _) = listener.accept().expect("it comes");
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).expect("a line") > 0, "{head}");
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.expect("a length")];
    reader.read_exact(&mut body).expect("the body");
    reader
        .into_inner()
        .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        .expect("an answer");
    (head, String::from_utf8(body).expect("text"))
}

#[test]
fn numbers_are_pushed_to_a_gateway_where_that_is_wanted() {
    let gateway = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/base/", gateway.local_addr().expect("an address"));
    let node = ApiNode::start("");
    let admin = node.administrator();
    let before = admin.get("/prometheus").expect_status(200).json();
    assert_eq!((&before["enable_basic_auth"], &before["push_gateway"]["enable"]), (&json!(false), &json!(false)));
    let wanted = json!({
        "enable_basic_auth": true,
        "push_gateway": {"enable": true, "url": url, "interval": "1s", "headers": {"X-Team": "meters"}},
        "collectors": {"vm_dist": "disabled"},
    });
    let after = admin.put("/prometheus", &wanted).expect_status(200).json();
    assert_eq!((&after["push_gateway"]["url"], &after["push_gateway"]["interval"]), (&json!(url), &json!("1s")));
    node.nobody().get("/prometheus/stats").expect_error(401, "AUTHORIZATION_HEADER_ERROR");
    for _ in 0..2 {
        let (head, body) = request_at(&gateway);
        assert!(head.starts_with("POST /base/metrics/job/dunlin/instance/dunlin~127.0.0.1 HTTP/1.1\r\n"), "{head}");
        assert!(head.to_ascii_lowercase().contains("\r\nx-team: meters\r\n"), "{head}");
        assert!(body.lines().any(|line| line == "emqx_connections_count 0"), "{body}");
    }
    admin.put("/prometheus", &json!({"push_gateway": {"url": "ftp://x"}})).expect_error(400, "BAD_REQUEST");
    admin
        .put("/prometheus", &json!({"push_gateway": {"headers": {"authorization": "******"}}}))
        .expect_error(400, "BAD_REQUEST");
    let after = admin.put("/prometheus", &json!({})).expect_status(200).json();
    assert_eq!(after["push_gateway"]["enable"], json!(false));
    node.nobody().get("/prometheus/stats").expect_status(200);
}
