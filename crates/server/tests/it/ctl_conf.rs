//! `dunlin ctl conf`: the configuration of a running node, shown and changed.

use crate::lifecycle_site::Site;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::Client;
use std::fs;
use std::os::unix::fs::PermissionsExt;

impl Site {
    fn load(&self, arguments: &[&str], text: &str) -> crate::lifecycle_site::Ended {
        fs::write(self.path("new.hocon"), text).expect("it is written");
        self.run(&[&["ctl", "conf", "load"], arguments, &["new.hocon"]].concat())
    }

    fn cluster(&self) -> Option<String> {
        fs::read_to_string(self.data().join("configs/cluster.hocon")).ok()
    }
}

#[test]
fn what_is_set_is_shown() {
    let site = Site::new("node.cookie = topsecret\nmqtt.max_inflight = 7");
    site.start();
    assert_eq!(site.good(&["ctl", "conf", "show", "mqtt", "--set"]), "mqtt {\n  max_inflight = 7\n}\n");
    let all = site.good(&["ctl", "conf", "show", "--set"]);
    assert!(all.contains("cookie = \"******\"") && !all.contains("topsecret") && all.contains("tcp"), "{all}");
    let json: serde_json::Value =
        serde_json::from_str(&site.good(&["ctl", "conf", "show", "--set", "--json"])).expect("JSON");
    assert_eq!((&json["mqtt"]["max_inflight"], &json["node"]["cookie"]), (&7.into(), &"******".into()));
    assert_eq!(site.good(&["ctl", "conf", "show_keys", "--set"]), "[listeners,mqtt,node]\n");
    let why = site.run(&["ctl", "conf", "show", "retainer.enable", "--set"]).failure();
    assert!(why.contains("`retainer.enable` is not set"), "{why}");
}

/// Planted wherever a secret can be: it is in the files of the operator, which only the operator reads, and nowhere else.
#[test]
fn secrets_are_nowhere_to_be_read() {
    const PLANTED: &str = "pLanted5ecret";
    let secrets = format!(
        "node {{ cookie = {PLANTED}, tls_stateless_tickets_seed = {PLANTED} }}\ndashboard.default_password = {PLANTED}\n\
         authentication = [{{ mechanism = password_based, backend = http, method = post, url = \"http://localhost/\", \
         headers {{ authorization = {PLANTED} }} }}, {{ mechanism = jwt, algorithm = \"hmac-based\", secret = {PLANTED} }}]\n\
         connectors.kafka.k.authentication {{ mechanism = plain, password = {PLANTED} }}\nlicense.key = {PLANTED}"
    );
    let site = Site::new(&secrets);
    site.start();
    let mut said = Vec::new();
    let mut run = |arguments: &[&str]| {
        let ended = site.run(arguments);
        said.push(format!("{arguments:?} {} {}", ended.output, ended.errors));
    };
    run(&["check_config"]);
    for options in [&[][..], &["--set"], &["--origins"], &["--json"], &["--set", "--origins"], &["--set", "--json"]] {
        run(&[&["ctl", "conf", "show"], options].concat());
    }
    run(&["ctl", "conf", "show", "node.cookie"]);
    let listener = "listeners.ssl.default { enable = false, ssl_options { password = PLANTED, keyfile = \"-----BEGIN \
                    PRIVATE KEY-----\\nPLANTED\", certfile = c } }\nconnectors.mqtt.m.password = PLANTED";
    for text in [
        "listeners.ssl.default.ssl_options.password = {PLANTED",
        "listeners.ssl.default.ssl_options { password = PLANTED, verify = PLANTED_not }",
        "node.cookie = PLANTED_new",
        "connectors.mqtt.m.password = \"PLANTED",
        listener,
        "connectors.mqtt.m.password = PLANTED_2",
    ] {
        fs::write(site.path("new.hocon"), text.replace("PLANTED", PLANTED)).expect("it is written");
        run(&["ctl", "conf", "load", "new.hocon"]);
    }
    run(&["ctl", "log", "set-level", "debug"]);
    site.configure(&format!("{secrets}_other\nretainer.enable = false"));
    run(&["ctl", "conf", "reload"]);
    run(&["ctl", "conf", "remove", "connectors.mqtt.m.password"]);
    run(&["ctl", "status"]);
    site.good(&["stop"]);
    for name in ["dunlin.log", "dunlin.out"] {
        said.push(fs::read_to_string(site.data().join("log").join(name)).expect("it is there"));
    }
    for text in said {
        // A word that is no secret in itself, written where none of the keys for secrets is, is shown.
        assert!(!text.replace(&format!("{PLANTED}_not"), "").contains(PLANTED), "{text}");
    }
    let configs: Vec<_> = fs::read_dir(site.data().join("configs")).expect("they are there").flatten().collect();
    assert!(site.cluster().is_some_and(|text| text.contains(PLANTED)) && configs.len() > 1);
    for file in configs {
        let mode = file.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: for the user that the node runs as", file.path().display());
    }
}

#[test]
fn what_is_in_effect_is_shown() {
    let site = Site::new("mqtt.max_inflight = 7");
    site.start();
    assert_eq!(
        site.good(&["ctl", "conf", "show", "delayed"]),
        "delayed {\n  enable = true\n  max_delayed_messages = infinity\n}\n"
    );
    let places = site.good(&["ctl", "conf", "show", "mqtt", "--origins"]);
    assert!(places.contains("mqtt.idle_timeout = \"15s\"  # default\n"), "{places}");
    assert!(places.lines().any(|line| line.starts_with("mqtt.max_inflight = 7") && line.ends_with("dunlin.conf:8")));
    let json: serde_json::Value = serde_json::from_str(&site.good(&["ctl", "conf", "show", "--json"])).expect("JSON");
    assert_eq!((&json["mqtt"]["max_inflight"], &json["retainer"]["enable"]), (&7.into(), &true.into()));
    let keys = site.good(&["ctl", "conf", "show_keys"]);
    assert!(
        keys.starts_with(
            "[alarm,api_key,authentication,authentication_settings,authorization,auto_subscribe,banned,broker,"
        ) && keys.contains(",retainer,"),
        "{keys}"
    );
    let why = site.run(&["ctl", "conf", "show", "mqtt.max_inflite"]).failure();
    assert!(why.contains("`mqtt.max_inflite` is no key"), "{why}");
}

#[test]
fn what_is_loaded_counts_now_and_after_a_restart() {
    let site = Site::new("");
    let mut client = Client::v5("c").connect_to(site.start());
    client.subscribe("t", AtLeastOnce);
    let report = site.load(&[], "# mine\nlog.file.level = error # few\n").good();
    assert_eq!(report, "log.file.default.level is in effect now\nok\n");
    assert_eq!(site.good(&["ctl", "log", "primary-level"]), "error\n");
    let report = site.load(&["--merge"], "log { file.level = info }\nretainer.max_payload_size = 2MB").good();
    assert!(report.contains("log.file.default.level is in effect now\n"), "{report}");
    assert!(report.contains("what cluster.hocon was before is in ") && report.ends_with("ok\n"), "{report}");
    let backup = report.lines().find_map(|line| line.strip_prefix("what cluster.hocon was before is in "));
    let backup = fs::read_to_string(backup.expect("its path")).expect("it is there");
    assert!(backup.contains("level = error"), "{backup}");
    assert!(site.cluster().is_some_and(|text| text.contains("max_payload_size")));
    client.publish("t", "1", AtLeastOnce);
    assert_eq!(client.expect_publish().text(), "1");

    site.good(&["restart"]);
    assert_eq!(site.good(&["ctl", "log", "primary-level"]), "info\n");
    assert!(!site.good(&["ctl", "status"]).contains("warning"));
}

#[test]
fn replacing_forgets_and_removing_too() {
    let site = Site::new("");
    site.start();
    site.load(&[], "log.file { level = info, formatter = json }\nmqtt.max_inflight = 5").good();
    let report = site.load(&["--replace"], "log.file.level = debug").good();
    assert!(report.contains("log.file.default.level is in effect now"), "{report}");
    assert!(site.cluster().is_some_and(|text| !text.contains("json") && text.contains("max_inflight")));
    let report = site.good(&["ctl", "conf", "remove", "log.file"]);
    assert!(report.contains("log.file.default.level is in effect now") && report.ends_with("ok\n"), "{report}");
    assert_eq!(site.good(&["ctl", "log", "primary-level"]), "warning\n");
    assert!(site.run(&["ctl", "conf", "remove", "log.file"]).failure().contains("`log.file` is not set"));
    assert_eq!(site.run(&["ctl", "conf", "load", "--merge", "--replace", "x"]).code, Some(2));
    let mut command = std::process::Command::new("sh");
    let script = "echo 'log.file.level = info' | \"$0\" ctl conf load -";
    command.args(["-c", script, env!("CARGO_BIN_EXE_dunlin")]).env("DUNLIN_CONFIG", site.path("dunlin.conf"));
    assert!(command.status().expect("sh runs").success());
    assert_eq!(site.good(&["ctl", "log", "primary-level"]), "info\n");
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let site = Site::new("mqtt.max_inflight = 7");
    site.start();
    for (text, words) in [
        ("mqtt.max_qos_allowed = 3", &["`mqtt.max_qos_allowed` is `3`, but must be"][..]),
        ("mqtt.max_inflite = 3", &["did you mean `mqtt.max_inflight`"]),
        ("mqtt {", &["new.hocon"]),
        ("mqtt { max_inflight = 9, max_qos_allowed = 1 }", &["`mqtt.max_inflight` is set by", "dunlin.conf:8"]),
        ("node.workers = 2", &["Cannot update read-only key 'node'."]),
        ("", &["nothing to load"]),
    ] {
        let why = site.load(&[], text).failure();
        assert!(words.iter().all(|word| why.contains(word)), "{text}: {why}");
    }
    assert_eq!(site.cluster(), None);
    let why = site.run(&["ctl", "conf", "load", "nowhere.hocon"]).failure();
    assert!(why.contains("cannot read nowhere.hocon"), "{why}");
    let why = site.run(&["ctl", "conf", "remove", "mqtt.max_inflight"]).failure();
    assert!(why.contains("dunlin.conf:8: remove it there"), "{why}");
}

#[test]
fn the_file_is_read_again() {
    let site = Site::new("");
    let mut client = Client::v5("c").connect_to(site.start());
    client.subscribe("t", AtLeastOnce);
    assert_eq!(site.good(&["ctl", "conf", "reload"]), "ok\n");
    site.load(&[], "log.file.level = info").good();
    site.configure("log.console.enable = true\nnode.workers = 2");
    let report = site.good(&["ctl", "conf", "reload", "--merge"]);
    assert_eq!(
        report,
        "log.console.enable is in effect now\nnode.workers is in effect after a restart of the node\nok\n"
    );
    let status = site.good(&["ctl", "status"]);
    assert!(status.contains("warning: `node.workers` was changed and is in effect after a restart"), "{status}");
    let report = site.good(&["ctl", "conf", "reload", "--replace"]);
    assert!(report.contains("log.file.default.level is in effect now"), "{report}");
    assert_eq!(site.cluster().as_deref(), Some(""));
    client.publish("t", "1", AtLeastOnce);
    assert_eq!(client.expect_publish().text(), "1");

    site.configure("mqtt.max_qos_allowed = 3");
    let why = site.run(&["ctl", "conf", "reload"]).failure();
    assert!(why.contains("dunlin.conf:8: `mqtt.max_qos_allowed`"), "{why}");
}

#[test]
fn listeners_follow_the_configuration() {
    let site = Site::new("");
    let mut client = Client::v5("c").connect_to(site.start());
    let report = site.load(&[], "listeners.tcp.second.bind = \"127.0.0.1:0\"").good();
    assert!(report.contains("listener tcp:second was started\n"), "{report}");
    assert_eq!(site.good(&["ctl", "listeners"]).matches("running         : true").count(), 2);
    let report = site.load(&[], "listeners.tcp.second.max_connections = 5").good();
    assert!(report.contains("listeners.tcp.second.max_connections is in effect for clients that connect from now on"));
    let report = site.load(&[], "listeners.tcp.second.tcp_options.backlog = 10").good();
    assert!(report.contains("listeners.tcp.second.tcp_options.backlog is in effect after a restart"), "{report}");

    // An address that cannot be had leaves the listener where it is.
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = other.local_addr().expect("its address");
    let refused = site.load(&[], &format!("listeners.tcp.second.bind = \"{taken}\""));
    assert_eq!(refused.code, Some(1));
    assert!(refused.output.contains("in use") && refused.output.contains("it listens where it did"), "{refused:?}");
    drop(other);
    let report = site.good(&["ctl", "conf", "remove", "listeners.tcp.second"]);
    assert!(report.contains("listener tcp:second was stopped\n"), "{report}");
    client.ping();
}

#[test]
fn one_node_agrees_with_itself() {
    let site = Site::new("");
    site.start();
    let status = site.good(&["ctl", "conf", "cluster_sync", "status"]);
    assert!(status.contains("All configuration synchronized") && status.contains("'dunlin@127.0.0.1'"), "{status}");
    assert!(site.good(&["ctl", "conf", "cluster_sync", "status", "--json"]).contains("\"synchronized\": true"));
}
