//! `dunlin ctl trace` and `dunlin ctl traces`, with EMQX's words.

use crate::lifecycle_site::{Site, eventually};
use dunlin_testkit::Client;

#[test]
fn traces_are_begun_listed_stopped_and_deleted() {
    let site = Site::new("");
    let address = site.start();
    assert_eq!(
        site.good(&["ctl", "traces", "start", "t1", "clientid", "c1"]),
        "cluster_trace t1 clientid c1 successfully\n"
    );
    assert_eq!(site.good(&["ctl", "traces", "list"]), "Trace(t1: clientid=c1, running, LogSize:0)\n");
    Client::v5("c1").connect_to(address).disconnect();
    let file = site.data().join("trace/trace_t1.log");
    eventually(|| std::fs::read_to_string(&file).ok()?.contains("connection_closed, reason: normal").then_some(()));
    assert!(
        site.run(&["ctl", "traces", "start", "t1", "topic", "#"]).failure().contains("there is a trace t1 already")
    );
    assert_eq!(site.good(&["ctl", "traces", "stop", "t1"]), "Stop cluster_trace t1 successfully\n");
    let list = site.good(&["ctl", "traces", "list"]);
    assert!(list.starts_with("Trace(t1: clientid=c1, stopped, LogSize:"), "{list}");
    assert_eq!(site.good(&["ctl", "traces", "delete", "t1"]), "Del cluster_trace t1 successfully\n");
    assert_eq!((site.good(&["ctl", "traces", "list"]).as_str(), file.exists()), ("Cluster Trace is empty\n", false));
    assert!(site.run(&["ctl", "traces", "stop", "t1"]).failure().contains("there is no trace t1"));
}

#[test]
fn a_client_is_traced_by_its_name_alone() {
    let site = Site::new("");
    site.start();
    let said = site.good(&["ctl", "trace", "start", "client", "c1", "/tmp/c1.log"]);
    let path = site.data().join("trace/trace_c1.log");
    assert_eq!(said, format!("trace client c1 successfully\nIt is written to {}\n", path.display()));
    let list = site.good(&["ctl", "trace", "list"]);
    assert_eq!(list, format!("Trace(clientid=c1, level=debug, destination={:?})\n", path.display().to_string()));
    assert_eq!(site.good(&["ctl", "trace", "stop", "client", "c1"]), "stop tracing client c1 successfully\n");
    assert_eq!(site.good(&["ctl", "trace", "list"]), "Trace is empty\n");
    assert!(site.run(&["ctl", "trace", "stop", "client", "c1"]).failure().contains("not_found"));
    assert!(site.run(&["ctl", "trace", "start", "ip_address", "nowhere", "x"]).failure().contains("no IP address"));
}
