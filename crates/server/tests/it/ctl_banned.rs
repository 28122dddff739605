//! `dunlin ctl banned`: who is kept out, by an operator, with clients that are not ours.

use crate::clients::program;
use crate::lifecycle_site::{Site, address_in, eventually};
use dunlin_model::ReasonCode;
use dunlin_testkit::Client;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// How `mosquitto_pub` ended, and what it said; `None` where it is not installed.
fn publish(address: SocketAddr, arguments: &[&str]) -> Option<(bool, String)> {
    let mut command = Command::new(program("mosquitto_pub")?);
    command.args(["-h", "127.0.0.1", "-p", &address.port().to_string(), "-t", "t", "-m", "x"]).args(arguments);
    let output = command.output().expect("mosquitto_pub runs");
    Some((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn somebody_is_banned_and_let_in_again() {
    let site = Site::new("");
    let address = site.start();
    let mut meter = Client::v5("meter-7").connect_to(address);
    let mut other = Client::v5("meter-8").connect_to(address);
    let added = site.good(&[
        "ctl",
        "banned",
        "add",
        "clientid",
        "meter-7",
        "--reason",
        "sends nonsense",
        "--until",
        "infinity",
    ]);
    assert!(added.starts_with("Banned(as=clientid, who=meter-7, by=ctl, reason=sends nonsense, at=2"), "{added}");
    assert!(added.ends_with("Z, until=infinity)\n"), "{added}");
    meter.expect_disconnect(ReasonCode::AdministrativeAction);
    other.ping();
    let why = site.run(&["ctl", "banned", "add", "clientid", "meter-7"]).failure();
    assert!(why.contains("`meter-7` is banned already"), "{why}");
    let replaced = site.good(&["ctl", "banned", "add", "clientid", "meter-7", "--for", "1h", "--replace", "--json"]);
    assert_eq!((&json(&replaced)["who"], &json(&replaced)["reason"]), (&"meter-7".into(), &"".into()));
    site.good(&["ctl", "banned", "add", "peerhost_net", "192.0.2.77/24", "--by", "boot"]);
    let page = json(&site.good(&["ctl", "banned", "list", "--limit", "1", "--json"]));
    assert_eq!((&page["data"][0]["who"], &page["meta"]["count"]), (&"meter-7".into(), &2.into()));
    assert_eq!(page["meta"]["hasnext"], true);
    let list = site.good(&["ctl", "banned", "list", "--by", "boot"]);
    assert!(list.starts_with("Banned(as=peerhost_net, who=192.0.2.0/24, by=boot, ") && list.lines().count() == 1);
    assert!(site.good(&["ctl", "banned", "list", "--limit", "1"]).ends_with("more of 2: --page 2\n"));
    assert_eq!(
        site.good(&["ctl", "banned", "del", "peerhost_net", "192.0.2.0/24"]),
        "peerhost_net 192.0.2.0/24 is not banned any more\n"
    );
    let why = site.run(&["ctl", "banned", "del", "clientid", "meter-8"]).failure();
    assert!(why.contains("clientid `meter-8` is not banned"), "{why}");
    assert_eq!(site.good(&["ctl", "banned", "clear"]), "1 bans removed\n");
    assert_eq!(site.good(&["ctl", "banned", "list"]), "");
    Client::v5("meter-7").connect_to(address).ping();
}

#[test]
fn what_is_no_ban_is_refused_with_the_reason() {
    let site = Site::new("");
    site.start();
    for (arguments, reason) in [
        (&["nobody", "x"][..], "`as` is one of clientid, "),
        (&["peerhost", "localhost"], "`localhost` is no address"),
        (&["clientid_re", "("], "no regular expression"),
        (&["clientid", "x", "--until", "soon"], "`until` is a moment"),
        (&["clientid", "x", "--until", "2001-01-01T00:00:00Z"], "in the past"),
    ] {
        let why = site.run(&[&["ctl", "banned", "add"], arguments].concat()).failure();
        assert!(why.contains(reason), "{why}");
    }
    assert_eq!(json(&site.good(&["ctl", "banned", "list", "--json"]))["meta"]["count"], 0);
    let help = site.good(&["ctl", "banned", "--help"]);
    assert!(help.contains("dunlin ctl banned add clientid meter-7"), "{help}");
}

#[test]
fn bans_outlive_a_node_that_is_killed() {
    let site = Site::new("");
    site.start();
    site.good(&["ctl", "banned", "add", "username", "ann"]);
    site.good(&["ctl", "banned", "add", "clientid", "c1"]);
    site.good(&["ctl", "banned", "del", "clientid", "c1"]);
    site.signal(Signal::KILL);
    // Its files are free when the last thread has ended.
    let address = eventually(|| {
        let started = site.run(&["start"]);
        (started.code == Some(0)).then(|| address_in(&started.output))
    });
    assert!(site.good(&["ctl", "banned", "list"]).starts_with("Banned(as=username, who=ann, "));
    let Some((is_in, said)) = publish(address, &["-i", "c1", "-u", "ann", "-V", "mqttv5"]) else { return };
    assert!(!is_in && said.contains("Banned"), "{said}");
    let (is_in, said) = publish(address, &["-i", "c1", "-u", "ann", "-V", "mqttv311"]).expect("it is installed");
    assert!(!is_in && said.contains("not authorised"), "{said}");
    let (is_in, said) = publish(address, &["-i", "c1", "-u", "bob"]).expect("it is installed");
    assert!(is_in, "{said}");
}

#[test]
fn a_file_bans_from_the_beginning_and_only_then() {
    let site = Site::new("");
    let file = site.path("bans.csv");
    fs::write(&file, "as,who,reason,at,until,by\nclientid,c1,why,2021-10-25T21:53:47+08:00,,boot\nnobody,x,,,,\n")
        .expect("it is written");
    site.configure(&format!("banned.bootstrap_file = \"{}\"", file.display()));
    let address = site.start();
    let listed = "Banned(as=clientid, who=c1, by=boot, reason=why, at=2021-10-25T13:53:47Z, until=infinity)\n";
    assert_eq!(site.good(&["ctl", "banned", "list"]), listed);
    let mut refused = Client::v5("c1").send_connect(address);
    assert_eq!(refused.recv().connack().reason_code, ReasonCode::Banned);
    fs::write(&file, "as,who\nclientid,c2\n").expect("it is written");
    site.good(&["restart"]);
    assert_eq!(site.good(&["ctl", "banned", "list"]), listed);
    let log = fs::read_to_string(site.data().join("log/dunlin.log")).expect("a log");
    assert!(log.contains("invalid_banned_items") && log.contains("line: 3"), "{log}");
}

#[test]
fn flapping_detection_is_switched_on_while_the_node_runs() {
    let site = Site::new("");
    let address = site.start();
    for _ in 0..5 {
        Client::v5("c").connect_to(address).disconnect();
    }
    site.configure("flapping_detect { enable = true, max_count = 2, ban_time = 1h }");
    let said = site.good(&["ctl", "conf", "reload"]);
    assert!(said.contains("flapping_detect.enable is in effect for clients that connect from now on"), "{said}");
    Client::v5("c").connect_to(address).disconnect();
    let mut refused = Client::v5("c").send_connect(address);
    assert_eq!(refused.recv().connack().reason_code, ReasonCode::Banned);
    let list = site.good(&["ctl", "banned", "list"]);
    assert!(list.contains("who=c, by=flapping detector, reason=flapping is detected, "), "{list}");
}
