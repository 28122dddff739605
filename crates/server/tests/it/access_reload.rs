//! Access control that changes while the node runs: all of it, or nothing.

use crate::access_web_service::web_service;
use crate::lifecycle_site::Site;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{NoMatchingSubscribers, NotAuthorized, Success};
use dunlin_testkit::Client;
use std::fs;

/// Loads a text into the node, which has to take it.
fn load(site: &Site, text: &str) -> String {
    fs::write(site.path("change.hocon"), text).expect("it can be written");
    site.good(&["ctl", "conf", "load", "change.hocon"])
}

/// As [`load`], of a text that is refused.
fn refused(site: &Site, text: &str) -> String {
    fs::write(site.path("change.hocon"), text).expect("it can be written");
    site.run(&["ctl", "conf", "load", "change.hocon"]).failure()
}

#[test]
fn rules_that_were_written_anew_count_for_those_who_are_connected() {
    let site = Site::new("");
    let address = site.start();
    let mut client = Client::v5("c").connect_to(address);
    assert_eq!(client.publish("t", "x", AtLeastOnce), NoMatchingSubscribers);

    fs::write(site.path("acl.conf"), "{deny, all, publish, [\"t\"]}.\n{allow, all}.\n").expect("it can be written");
    let said = site.good(&["ctl", "conf", "reload"]);
    assert!(said.contains("files of authentication and authorization"), "{said}");
    assert_eq!(client.publish("t", "x", AtLeastOnce), NotAuthorized);
    assert_eq!(client.publish("u", "x", AtLeastOnce), NoMatchingSubscribers);

    // What is not good changes nothing.
    fs::write(site.path("acl.conf"), "{allow, all}.\n{deny all}.\n").expect("it can be written");
    let why = site.run(&["ctl", "conf", "reload"]).failure();
    assert!(why.contains("authorization.sources (file)") && why.contains("line 2"), "{why}");
    assert_eq!(client.publish("t", "x", AtLeastOnce), NotAuthorized);
    let why = site.run(&["check_config"]).failure();
    assert!(why.contains("acl.conf, line 2"), "{why}");
}

#[test]
fn verdicts_are_forgotten_when_anything_about_rules_changes() {
    let site = Site::new("authorization.sources = []\nauthorization.no_match = allow");
    let mut client = Client::v5("c").connect_to(site.start());
    assert_eq!(client.publish("t", "x", AtLeastOnce), NoMatchingSubscribers);
    site.configure("authorization.sources = []\nauthorization.no_match = deny");
    let said = site.good(&["ctl", "conf", "reload"]);
    assert!(said.contains("authorization.no_match is in effect now"), "{said}");
    assert_eq!(client.publish("t", "x", AtLeastOnce), NotAuthorized);
}

#[test]
fn authenticators_come_and_go_and_none_comes_half() {
    let site = Site::new("");
    let address = site.start();
    let mut first = Client::v5("first").connect_to(address);
    let said = load(
        &site,
        "authentication = [{ mechanism = cinfo, checks = [{ is_match = \"str_eq(clientid, 'good')\", result = allow }] }]",
    );
    assert!(said.contains("authentication is in effect now"), "{said}");
    // Who is in stays in.
    first.ping();
    Client::v5("good").connect_to(address).ping();
    let mut bad = Client::v5("bad").send_connect(address);
    assert_eq!(bad.recv().connack().reason_code, NotAuthorized);

    // One of two cannot be made: neither is there, and the file of changes is as it was.
    let before = fs::read_to_string(site.data().join("configs/cluster.hocon")).expect("it is there");
    let why = refused(
        &site,
        "authentication = [{ mechanism = cinfo, checks = [{ is_match = \"true\", result = allow }] },
            { mechanism = jwt, algorithm = public-key, public_key = \"/nowhere/key.pem\" }]",
    );
    assert!(why.contains("authentication (jwt)") && why.contains("/nowhere/key.pem cannot be read"), "{why}");
    assert_eq!(fs::read_to_string(site.data().join("configs/cluster.hocon")).expect("it is there"), before);
    let mut bad = Client::v5("bad").send_connect(address);
    assert_eq!(bad.recv().connack().reason_code, NotAuthorized);

    site.good(&["ctl", "conf", "remove", "authentication"]);
    Client::v5("bad").connect_to(address).ping();
}

#[test]
fn a_listener_gets_authenticators_of_its_own_while_it_is_open() {
    let site = Site::new("");
    let address = site.start();
    load(
        &site,
        "listeners.tcp.default.authentication =
            [{ mechanism = cinfo, checks = [{ is_match = \"str_eq(clientid, 'good')\", result = allow }] }]",
    );
    Client::v5("good").connect_to(address).ping();
    let mut bad = Client::v5("bad").send_connect(address);
    assert_eq!(bad.recv().connack().reason_code, NotAuthorized);
    load(&site, "listeners.tcp.default.enable_authn = false");
    Client::v5("bad").connect_to(address).ping();
}

#[test]
fn a_node_says_what_keeps_it_from_starting() {
    let site = Site::new(
        "authentication = [{ mechanism = password_based, backend = postgresql, server = \"127.0.0.1\", database = d,
            username = u, query = \"SELECT 1\", ssl { enable = true, cacertfile = \"/nowhere/ca.pem\" } }]",
    );
    let why = site.run(&["start"]).failure();
    let expected = "authentication (password_based:postgresql): ssl.cacertfile: /nowhere/ca.pem cannot be read";
    assert!(why.contains(expected), "{why}");
}

#[test]
fn what_was_decided_is_counted_and_can_be_forgotten() {
    let site = Site::new(
        "node.name = \"dunlin@127.0.0.1\"\n\
         authentication = [{ mechanism = cinfo, checks = [{ is_match = \"str_eq(clientid, 'c')\", result = allow }] }]\n\
         authorization.sources = [{ type = built_in_database }]\nauthorization.no_match = allow",
    );
    let address = site.start();
    let mut client = Client::v5("c").connect_to(address);
    let mut stranger = Client::v5("stranger").send_connect(address);
    assert_eq!(stranger.recv().connack().reason_code, NotAuthorized);
    let authenticators = site.good(&["ctl", "authn"]);
    let line = "Authenticator(cinfo, chain=global, enable=true, status=connected, total=2, success=1, failed=0, nomatch=1, ignore=0)\n";
    assert_eq!(authenticators, line);

    let asked = |times: u64| {
        let json: serde_json::Value = serde_json::from_str(&site.good(&["ctl", "authz", "--json"])).expect("JSON");
        assert_eq!(json["sources"][0]["nomatch"], times, "{json}");
    };
    for _ in 0..3 {
        client.publish("t", "x", AtLeastOnce);
    }
    asked(1);
    for (whose, times) in [(&["c"][..], 2), (&["all"], 3), (&["node", "dunlin@127.0.0.1"], 4), (&["nobody"], 4)] {
        assert_eq!(site.good(&[&["ctl", "authz", "cache-clean"], whose].concat()), "ok\n");
        client.publish("t", "x", AtLeastOnce);
        client.publish("t", "x", AtLeastOnce);
        asked(times);
    }
    let why = site.run(&["ctl", "authz", "cache-clean", "node", "other@127.0.0.1"]).failure();
    assert!(why.contains("there is no node 'other@127.0.0.1'"), "{why}");
    assert!(site.good(&["ctl", "authz"]).contains("authorization.nomatch"), "counters are there");
}

#[test]
fn answers_that_are_kept_are_told() {
    let answering = |asked: &serde_json::Value| {
        let result = if asked["username"] == "ann" { "allow" } else { "ignore" };
        serde_json::json!({"result": result}).to_string()
    };
    let service = web_service(answering).expect("a service");
    let site = Site::new(&format!(
        "authentication = [{{ mechanism = password_based, backend = http, method = post, url = \"http://{service}/auth\",
            precondition = \"str_eq(clientid, 'c')\", body {{ username = \"${{username}}\" }} }}]
         authorization.node_cache.enable = false",
    ));
    let address = site.start();
    for (id, username, code) in
        [("c", "ann", Success), ("c", "ann", Success), ("c", "eve", NotAuthorized), ("d", "ann", NotAuthorized)]
    {
        let mut client = Client::v5(id).with(|connect| connect.username = Some(username)).send_connect(address);
        assert_eq!(client.recv().connack().reason_code, code, "{id} {username}");
    }
    let line = "total=4, success=2, failed=0, nomatch=1, ignore=1)\n";
    assert!(site.good(&["ctl", "authn"]).ends_with(line));
    let json: serde_json::Value =
        serde_json::from_str(&site.good(&["ctl", "authn", "node-cache", "--json"])).expect("JSON");
    for (name, value) in [("count", 2), ("hits", 1), ("misses", 2), ("inserts", 2), ("evictions", 0)] {
        assert_eq!(json[name], value, "{json}");
    }
    assert!(json["enable"] == true && json["memory"].as_u64() > Some(0), "{json}");
    let text = "NodeCache(enable=false, count=0, memory=0, hits=0, misses=0, inserts=0, evictions=0)\n";
    assert_eq!(site.good(&["ctl", "authz", "node-cache"]), text);
}
