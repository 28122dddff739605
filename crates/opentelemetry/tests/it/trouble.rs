//! A collector that is gone, slow, or does not want what it gets costs a full queue and nothing else.

use crate::{at_once, line, settings, wait_until};
use dunlin_opentelemetry::{BatchSettings, ExportCounts, Exporter, Protocol, Signal, Signals};
use dunlin_real_servers::{CollectorServer, free_port};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

fn lines_only(batches: BatchSettings) -> Signals {
    Signals { logs: Some(batches), ..Signals::default() }
}

#[test]
fn one_that_is_gone_gets_everything_that_fits_when_it_is_back() {
    let Some(mut collector) = CollectorServer::start() else { return };
    collector.process().kill();
    let counts = Arc::new(ExportCounts::default());
    let endpoint = format!("http://127.0.0.1:{}", collector.grpc_port());
    let settings = settings(endpoint, Protocol::Grpc);
    let exporter = Exporter::start(settings, lines_only(at_once()), &counts).expect("it starts");
    let queue = exporter.logs().expect("lines are exported");
    // There is room for 100.
    queue.push_all((0..700).map(|number| line(&format!("line {number}"))));
    assert!(counts.dropped(Signal::Logs) >= 600, "{counts:?}");
    collector.restart();
    collector.wait_until("the first line", |received| received.contains("\"line 0\"").then_some(()));
    exporter.stop(Duration::from_secs(10));
    assert_eq!(counts.exported(Signal::Logs) + counts.dropped(Signal::Logs), 700, "{counts:?}");
}

#[test]
fn one_that_never_answers_is_given_up_and_nobody_waits_at_the_end() {
    let Some(mut collector) = CollectorServer::start() else { return };
    collector.process().freeze();
    let counts = Arc::new(ExportCounts::default());
    let endpoint = format!("http://127.0.0.1:{}", collector.http_port());
    let batches = BatchSettings { exporting_timeout: Duration::from_millis(100), ..at_once() };
    let settings = settings(endpoint, Protocol::HttpProtobuf);
    let exporter = Exporter::start(settings, lines_only(batches), &counts).expect("it starts");
    let queue = exporter.logs().expect("lines are exported");
    queue.push(line("lost"));
    wait_until("it is dropped", || counts.dropped(Signal::Logs) == 1);
    assert_eq!((counts.exported(Signal::Logs), counts.dropped(Signal::Logs)), (0, 1));
    // It ends although the batch in hand has no answer, and the one behind it is counted.
    queue.push(line("lost, too"));
    queue.push(line("and this"));
    exporter.stop(Duration::ZERO);
    assert_eq!((counts.exported(Signal::Logs), counts.dropped(Signal::Logs)), (0, 3));
    collector.process().thaw();
}

#[test]
fn nobody_there_is_no_reason_to_wait_at_the_end() {
    let counts = Arc::new(ExportCounts::default());
    let settings = settings(format!("http://127.0.0.1:{}", free_port()), Protocol::Grpc);
    let exporter = Exporter::start(settings, lines_only(at_once()), &counts).expect("it starts");
    exporter.logs().expect("lines are exported").push(line("lost"));
    drop(exporter);
    assert_eq!((counts.exported(Signal::Logs), counts.dropped(Signal::Logs)), (0, 1));
}

/// Answers one request over HTTP/1.1, and gives back its head in lower case.
fn one_request(listener: &TcpListener, answer: &str) -> String {
    let (stream, _) = listener.accept().expect("somebody connects");
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).expect("it speaks HTTP") > 2 {
        head += &std::mem::take(&mut line).to_ascii_lowercase();
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("it has a length");
    let mut body = vec![0; length.trim().parse().expect("a number")];
    reader.read_exact(&mut body).expect("it has a body");
    reader.get_mut().write_all(answer.as_bytes()).expect("it waits for the answer");
    head
}

#[test]
fn headers_are_sent_and_a_refusal_is_counted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}/base", listener.local_addr().expect("an address"));
    let mut settings = settings(endpoint, Protocol::HttpProtobuf);
    settings.headers = vec![("authorization".to_owned(), "Basic abc".to_owned())];
    assert!(!format!("{settings:?}").contains("abc"));
    let counts = Arc::new(ExportCounts::default());
    let exporter = Exporter::start(settings, lines_only(at_once()), &counts).expect("it starts");
    exporter.logs().expect("lines are exported").push(line("unwanted"));
    let head = one_request(&listener, "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    assert!(head.starts_with("post /base/v1/logs http/1.1\r\n"), "{head}");
    for field in ["authorization: basic abc\r\n", "content-type: application/x-protobuf\r\n"] {
        assert!(head.contains(field), "{field}: {head}");
    }
    wait_until("it is dropped", || counts.dropped(Signal::Logs) == 1);
    let families = dunlin_telemetry::render_families(&counts.families());
    assert!(families.contains("{signal=\"logs\",reason=\"rejected\"} 1\n"), "{families}");
}

#[test]
fn what_cannot_be_an_endpoint_is_refused() {
    for endpoint in ["https://127.0.0.1:1", "http://", "not a url"] {
        let error = Exporter::check(&settings(endpoint.to_owned(), Protocol::Grpc)).unwrap_err().to_string();
        assert!(error.starts_with("opentelemetry.exporter.endpoint: "), "{error}");
    }
}
