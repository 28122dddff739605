//! Options of `dunlin sub` and `dunlin pub`, as the broker sees them.

use crate::lifecycle_site::send;
use crate::quick_tests::{Subscriber, command, run};
use dunlin_broker::ClientFacts;
use dunlin_model::RetainHandling;
use dunlin_testkit::TestBroker;
use rustix::process::Signal;
use std::io::Write as _;
use std::process::Stdio;

fn facts(broker: &TestBroker, client_id: &str) -> ClientFacts {
    broker.clients().find(client_id).expect("an answer").expect("it is there")
}

/// The filters that a client is subscribed to.
fn filters(broker: &TestBroker, client_id: &str) -> Vec<String> {
    let found = broker.clients().subscriptions_of(client_id).expect("an answer").unwrap_or_default();
    found.iter().map(|subscription| subscription.filter.to_string()).collect()
}

#[test]
fn sub_leaves_out_what_it_is_told_to() {
    let broker = TestBroker::start();
    let publish = |topic: &str, payload: &str, more: &[&str]| {
        run(broker.port(), &[&["pub", "-q", "1", "-t", topic, "-m", payload], more].concat()).good();
    };
    let subscriber = Subscriber::start(&broker, &["sub", "-t", "a/#", "-T", "a/secret/#", "-v", "-C", "2", "-W", "20"]);
    for (topic, payload) in [("a/1", "one"), ("a/secret/1", "hidden"), ("a/2", "two")] {
        publish(topic, payload, &[]);
    }
    assert_eq!(subscriber.end().good(), "a/1 one\na/2 two\n");

    publish("kept", "old", &["-r"]);
    let only_new = Subscriber::start(&broker, &["sub", "-t", "kept", "-R", "-N", "-C", "1", "-W", "20"]);
    publish("kept", "new", &[]);
    assert_eq!(only_new.end().good(), "new", "no retained message, and no line end");
    let only_old = Subscriber::start(&broker, &["sub", "-t", "kept", "--retained-only", "-W", "20"]);
    publish("kept", "newer", &[]);
    assert_eq!(only_old.end().good(), "old\n");
    // An empty message makes the topic forget.
    run(broker.port(), &["pub", "-q", "1", "-t", "kept", "-n", "-r"]).good();
    let late = run(broker.port(), &["sub", "-t", "kept", "-W", "1"]);
    assert_eq!((late.code, late.output.as_str()), (Some(27), ""));
}

#[test]
fn sub_subscribes_with_the_options_of_the_version_5() {
    let broker = TestBroker::start();
    let options = ["--no-local", "--retain-as-published", "--retain-handling", "never", "-q", "2"];
    let who = ["sub", "-i", "s", "-k", "77", "-u", "ann", "-x", "600", "-t", "a"];
    let subscriber = Subscriber::start(&broker, &[&who[..], &options[..]].concat());
    let found = broker.clients().subscriptions_of("s").expect("an answer").expect("it is there");
    let given = found[0].options;
    assert!(given.no_local && given.retain_as_published && given.qos.as_u8() == 2, "{given:?}");
    assert_eq!(given.retain_handling, RetainHandling::Never);
    let client = facts(&broker, "s");
    assert_eq!((client.keep_alive_secs, client.username.as_deref(), client.expiry_secs), (Some(77), Some("ann"), 600));
    send(subscriber.id(), Signal::INT);
    subscriber.end().good();
    // The session lasts: one subscription is given up in it, another made.
    run(broker.port(), &["sub", "-i", "s", "-c", "-x", "600", "-U", "a", "-t", "b", "-E"]).good();
    assert_eq!(filters(&broker, "s"), ["b"]);
    let prefixed = Subscriber::start(&broker, &["sub", "-I", "meter-", "-t", "p"]);
    let page = broker.clients().page(&Default::default(), 0, 10).expect("an answer");
    let has_prefix = |facts: &ClientFacts| facts.client_id.starts_with("meter-") && facts.client_id.len() > 6;
    assert!(page.clients.iter().any(has_prefix), "{page:?}");
    send(prefixed.id(), Signal::INT);
    prefixed.end().good();
}

#[test]
fn pub_takes_its_message_from_everywhere_and_as_often_as_it_is_told() {
    let broker = TestBroker::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("message");
    std::fs::write(&file, "from a file\nof two lines").expect("the file is written");
    let subscriber = Subscriber::start(&broker, &["sub", "-t", "a", "-N", "-C", "5", "-W", "20", "-F", "[%p]"]);
    run(broker.port(), &["pub", "-q", "1", "-t", "a", "-f", file.to_str().expect("a path in UTF-8")]).good();
    let mut whole = command(broker.port(), &["pub", "-q", "1", "-t", "a", "-s"]);
    let mut whole = whole.stdin(Stdio::piped()).spawn().expect("dunlin runs");
    whole.stdin.take().expect("a pipe").write_all(b"all\nof it").expect("it is taken");
    assert!(whole.wait().expect("it ends").success());
    run(broker.port(), &["pub", "-q", "1", "-t", "a", "-m", "x", "--repeat", "3", "--repeat-delay", "0.01"]).good();
    let shown = subscriber.end().good();
    assert_eq!(shown.replace("]\n", "]"), "[from a file\nof two lines][all\nof it][x][x][x]");
    let missing = run(broker.port(), &["pub", "-t", "a", "-f", "/nowhere/at/all"]).failure();
    assert!(missing.contains("/nowhere/at/all"), "{missing}");
}

#[test]
fn a_quiet_pub_counts_nothing_and_fails_all_the_same() {
    let broker = TestBroker::with("authorization { no_match = deny, sources = [] }");
    let quiet = run(broker.port(), &["pub", "-q", "1", "-t", "a", "-m", "b", "--repeat", "3", "--quiet"]);
    assert_eq!((quiet.code, quiet.output.as_str(), quiet.errors.as_str()), (Some(1), "", ""));
}

#[test]
fn a_will_is_published_as_it_was_left() {
    let broker = TestBroker::start();
    let will = ["--will-topic", "w", "--will-payload", "lost", "--will-qos", "1", "--will-retain"];
    let subscriber = Subscriber::start(&broker, &[&["sub", "-t", "a"][..], &will[..]].concat());
    send(subscriber.id(), Signal::KILL);
    let _ = subscriber.end();
    broker.wait_until("its will is kept", |broker| broker.retained() == 1);
    let shown = run(broker.port(), &["sub", "-t", "w", "-q", "1", "-F", "%t %p %q %r", "-C", "1", "-W", "20"]).good();
    assert_eq!(shown, "w lost 1 1\n");
}

#[test]
fn tls_has_the_version_that_is_asked_for() {
    let authority = dunlin_testkit::Authority::new("authority");
    let keys = authority.issue("server").keys();
    let broker = TestBroker::with(&format!("listeners.ssl.default.ssl_options {{ {keys}, versions = [\"tlsv1.3\"] }}"));
    let port = broker.address_of("ssl:default").port();
    let certificate = authority.certificate();
    let cafile = certificate.to_str().expect("a path in UTF-8");
    let publish = |version: &str| {
        run(port, &["pub", "--cafile", cafile, "--tls-version", version, "-q", "1", "-t", "a", "-m", "b"])
    };
    publish("tlsv1.3").good();
    assert!(publish("tlsv1.2").failure().contains("TLS"));
}
