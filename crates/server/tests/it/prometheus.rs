//! What a Prometheus gets, and whether boards and tools that know EMQX get on with it.

use dunlin_model::Qos::AtLeastOnce;
use dunlin_telemetry::{FamilyKind, MetricFamily, render_families};
use dunlin_testkit::{Authority, Client, TestBroker};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

fn value(families: &[MetricFamily], name: &str) -> Option<f64> {
    families.iter().find(|family| family.name == name)?.points.first()?.number()
}

#[test]
fn every_metric_that_boards_of_emqx_query_exists() {
    let broker = TestBroker::start();
    let families = broker.server().metric_families();
    let names: BTreeSet<_> = families.iter().map(|family| family.name.as_str()).collect();
    assert_eq!(names.len(), families.len(), "a name is there twice");
    let wanted =
        include_str!("prometheus_boards.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let missing: Vec<_> = wanted.filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn numbers_are_those_of_the_node() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.publish("t", "x", AtLeastOnce);
    client.expect_publish();
    let families = broker.server().metric_families();
    for (name, expected) in
        [("emqx_connections_count", 1.0), ("emqx_packets_connect", 1.0), ("emqx_messages_qos1_received", 1.0)]
    {
        assert_eq!(value(&families, name), Some(expected), "{name}");
    }
    assert!(value(&families, "emqx_vm_total_memory") > Some(1e6));
    client.disconnect();
    broker.wait_until("it is gone", |broker| broker.connections() == 0);
    let text = render_families(&broker.server().metric_families());
    assert!(text.contains("\nemqx_client_disconnected_reason{reason=\"normal\"} 1\n"), "{text}");
}

#[test]
fn sources_and_authenticators_have_labels() {
    let broker = TestBroker::with(
        "authentication = [{ mechanism = password_based, backend = built_in_database }]\n\
         authorization.sources = [{ type = file, rules = \"{deny, all, publish, [\\\"secret\\\"]}.\" }]",
    );
    let text = render_families(&broker.server().access_families());
    for line in [
        "emqx_authn_enable{id=\"password_based:built_in_database\"} 1",
        "emqx_authn_total{id=\"password_based:built_in_database\"} 0",
        "emqx_authz_status{type=\"file\"} 1",
        "emqx_banned_count 0",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}: {text}");
    }
}

#[test]
fn when_certificates_expire_is_known() {
    let authority = Authority::new("authority");
    let server = authority.issue_expired("server");
    let broker = TestBroker::with(&format!("listeners.ssl.default.ssl_options {{ {} }}", server.keys()));
    let of_listener = || {
        let text = render_families(&broker.server().metric_families());
        let begin = "emqx_cert_expiry_at{listener_type=\"ssl\",listener_name=\"default\"} ";
        text.lines().find_map(|line| line.strip_prefix(begin)?.parse::<u64>().ok())
    };
    // The last day of 2020.
    assert_eq!(of_listener(), Some(1_609_372_800));
    let _renewed = authority.issue("server");
    broker.certificates().clean_pem_cache();
    assert!(of_listener() > Some(4_000_000_000), "{:?}", of_listener());
}

/// What a family is called in queries.
fn names_of(family: &MetricFamily) -> Vec<String> {
    let ends: &[&str] = if family.kind == FamilyKind::Histogram { &["_bucket", "_sum", "_count"] } else { &[""] };
    ends.iter().map(|end| format!("{}{end}", family.name)).collect()
}

/// Words of a text that begin as metrics do.
fn metric_names(text: &str) -> BTreeSet<String> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_of_name(letter));
    words.filter(|word| word.starts_with("emqx_") || word.starts_with("dunlin_")).map(str::to_owned).collect()
}

#[test]
fn our_own_board_and_rules_ask_for_what_there_is() {
    let broker = TestBroker::with("authentication = [{ mechanism = password_based, backend = built_in_database }]");
    let families = [broker.server().metric_families(), broker.server().access_families()].concat();
    let known: BTreeSet<_> = families.iter().flat_map(names_of).collect();
    let deploy = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy");
    for file in ["grafana/dunlin.json", "prometheus/alerts.yml"] {
        let text = std::fs::read_to_string(format!("{deploy}/{file}")).expect("it is there");
        let missing: Vec<_> = metric_names(&text).into_iter().filter(|name| !known.contains(name)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
    }
    let mut tool = Command::new("promtool");
    let output =
        tool.args(["check", "rules"]).arg(format!("{deploy}/prometheus/alerts.yml")).output().expect("promtool runs");
    assert!(output.status.success(), "{output:?}");
}

/// `promtool check metrics` reads it. Where it has something to say, that is about names, which are EMQX's.
#[test]
fn promtool_reads_it() {
    let broker = TestBroker::start();
    let _client = Client::v5("c").connect(&broker);
    let mut text = render_families(&broker.server().metric_families());
    text.push_str(&render_families(&broker.server().access_families()));
    let mut tool = Command::new("promtool");
    tool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = tool.spawn().expect("promtool starts (`make servers` installs it)");
    running.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = running.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let is_about_names = |line: &str| {
        line.contains("counter metrics should have \"_total\" suffix")
            || line.contains("non-histogram and non-summary metrics should not have \"_count\" suffix")
            || line.contains("should not contain abbreviated units")
            || line.contains("use base unit")
    };
    let others: Vec<_> = said.lines().filter(|line| !line.trim().is_empty() && !is_about_names(line)).collect();
    assert!(others.is_empty(), "{others:?}");
}
