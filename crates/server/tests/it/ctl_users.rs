//! `dunlin ctl authn users`: users of a running node, for clients that show a password and for those of SCRAM.

use crate::access_scram_clients::{answer, begin_at, come_in_at, expect_refusal, knows};
use crate::lifecycle_site::{Site, address_in, eventually};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{self, BadUserNameOrPassword, NoMatchingSubscribers, NotAuthorized, Success};
use dunlin_testkit::Client;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;

const DATABASE: &str = "authentication = [{ mechanism = password_based, backend = built_in_database }]";

fn try_login(address: SocketAddr, username: &str, password: &str) -> (Client, ReasonCode) {
    let connecting = Client::v5(username).with(|connect| {
        connect.username = Some(username);
        connect.password = Some(password.as_bytes());
    });
    let mut client = connecting.send_connect(address);
    let code = client.recv().connack().reason_code;
    (client, code)
}

/// How the broker answers a client with this password.
fn login(address: SocketAddr, username: &str, password: &str) -> ReasonCode {
    try_login(address, username, password).1
}

fn users(site: &Site, arguments: &[&str]) -> String {
    site.good(&[&["ctl", "authn", "users"], arguments].concat())
}

fn refused(site: &Site, arguments: &[&str]) -> String {
    site.run(&[&["ctl", "authn", "users"], arguments].concat()).failure()
}

#[test]
fn users_come_change_and_go_while_the_node_runs_and_outlive_it() {
    let site = Site::new(&format!("{DATABASE}\nauthorization {{ sources = [], no_match = deny }}"));
    let address = site.start();
    assert_eq!(login(address, "ann", "right"), NotAuthorized, "nobody knows her");
    assert_eq!(users(&site, &["add", "ann", "--password", "right"]), "User(ann, superuser=false)\n");
    let (mut ann, code) = try_login(address, "ann", "right");
    assert_eq!((code, ann.publish("t", "x", AtLeastOnce)), (Success, NotAuthorized));
    assert_eq!(login(address, "ann", "wrong"), BadUserNameOrPassword);
    assert!(refused(&site, &["add", "ann", "--password", "x"]).contains("`ann`: the user exists already"));

    fs::write(site.path("password"), "other\nsecond line\n").expect("it is written");
    let said = users(&site, &["set", "ann", "--password-file", "password", "--superuser", "true"]);
    assert_eq!(said, "User(ann, superuser=true)\n");
    assert_eq!(login(address, "ann", "right"), BadUserNameOrPassword);
    let (mut ann, code) = try_login(address, "ann", "other");
    assert_eq!((code, ann.publish("t", "x", AtLeastOnce)), (Success, NoMatchingSubscribers));
    users(&site, &["add", "bob\u{1b}[2J", "--password", "x"]);

    site.signal(Signal::KILL);
    // Its files are free when the last thread has ended.
    let address = eventually(|| {
        let started = site.run(&["start"]);
        (started.code == Some(0)).then(|| address_in(&started.output))
    });
    assert_eq!(login(address, "ann", "other"), Success);
    assert_eq!(
        users(&site, &["list"]),
        "User(ann, superuser=true)\nUser(bob\\u{1b}[2J, superuser=false)\n",
        "nothing commands a terminal"
    );
    assert_eq!(users(&site, &["del", "ann"]), "ann is no user any more\n");
    assert_eq!(login(address, "ann", "other"), NotAuthorized);
    assert!(refused(&site, &["del", "ann"]).contains("there is no such user"));
    assert!(refused(&site, &["set", "ann", "--superuser", "true"]).contains("there is no such user"));
}

#[test]
fn a_file_is_imported_in_portions_and_a_list_has_pages() {
    let site = Site::new(DATABASE);
    let address = site.start();
    users(&site, &["add", "u007", "--password", "mine"]);
    let rows: String = (0..250).map(|number| format!("u{number:03},p{number},{}\n", number == 1)).collect();
    fs::write(site.path("users.csv"), format!("user_id,password,is_superuser\n{rows}")).expect("it is written");
    let said = users(&site, &["import", "users.csv"]);
    assert_eq!(said, "250 users: 249 added, 0 replaced, 0 unchanged, 1 kept as they were\n");
    assert_eq!((login(address, "u249", "p249"), login(address, "u007", "mine")), (Success, Success));
    let json: Value =
        serde_json::from_str(&users(&site, &["import", "users.csv", "--replace", "--json"])).expect("JSON");
    assert_eq!((&json["total"], &json["replaced"], &json["added"]), (&250.into(), &250.into(), &0.into()));
    assert_eq!(login(address, "u007", "p7"), Success);

    assert!(users(&site, &["list", "--limit", "2"]).ends_with("superuser=true)\nmore of 250: --page 2\n"));
    assert_eq!(users(&site, &["list", "--superuser", "true"]), "User(u001, superuser=true)\n");
    assert!(users(&site, &["list", "--like", "24", "--limit", "1"]).ends_with("more: --page 2\n"));
    let page: Value = serde_json::from_str(&users(&site, &["list", "--page", "3", "--json"])).expect("JSON");
    assert_eq!((page["data"].as_array().map(Vec::len), &page["meta"]["hasnext"]), (Some(50), &false.into()));
    assert_eq!(page["data"][49]["user_id"], "u249");

    // Nothing of a file that has a mistake anywhere.
    fs::write(site.path("bad.json"), r#"[{"user_id": "new", "password": "p"}, {"user_id": ""}]"#)
        .expect("it is written");
    let why = refused(&site, &["import", "bad.json"]);
    assert!(why.contains("bad.json: entry 2: `user_id` is empty"), "{why}");
    assert_eq!(users(&site, &["list", "--like", "new"]), "");
    assert!(refused(&site, &["import", "users.txt"]).contains("neither in .csv nor in .json"));
    let hashed =
        "user_id,password_hash,salt\nhans,6dd4bb98e10e2e7ae0b7ba4e1a2bb1c5c8fd6b1f0f6ed36b93bd4c8d61b3bd04,s\n";
    fs::write(site.path("hashed.csv"), hashed).expect("it is written");
    users(&site, &["import", "hashed.csv", "--passwords", "hash"]);
    assert_eq!(login(address, "hans", "x"), BadUserNameOrPassword);
}

#[test]
fn users_of_scram_are_added_to_a_node_that_runs() {
    let scram = "authentication = [{ mechanism = scram, backend = built_in_database, iteration_count = 16 }]";
    let site = Site::new(scram);
    let address = site.start();
    let whose = ["--id", "scram:built_in_database"];
    let mut stranger = begin_at(address, "c", &knows("ann", "pencil"));
    answer(&mut stranger, &knows("ann", "pencil"));
    expect_refusal(&mut stranger, NotAuthorized);
    users(&site, &[&["add", "ann", "--password", "pencil"][..], &whose].concat());
    come_in_at(address, "c", &knows("ann", "pencil")).ping();
    users(&site, &[&["set", "ann", "--password", "crayon"][..], &whose].concat());
    come_in_at(address, "c", &knows("ann", "crayon")).ping();
    fs::write(site.path("users.json"), r#"[{"user_id": "bob", "password": "pen"}]"#).expect("it is written");
    users(&site, &[&["import", "users.json"][..], &whose].concat());
    come_in_at(address, "c", &knows("bob", "pen")).ping();
    let hashes = [&["import", "users.json", "--passwords", "hash"][..], &whose].concat();
    assert!(refused(&site, &hashes).contains("`password_hash` is missing"));
}

#[test]
fn users_of_a_listener_are_its_own_and_what_keeps_none_says_so() {
    let own = "[{ mechanism = password_based, backend = built_in_database, user_id_type = clientid }]";
    let site = Site::new(&format!(
        "{DATABASE}\nauthentication = ${{authentication}} [{{ mechanism = jwt, algorithm = hmac-based, secret = s }}]\n\
         listeners.tcp.other {{ bind = 0, authentication = {own} }}"
    ));
    let address = site.start();
    users(&site, &["add", "ann", "--password", "x"]);
    assert_eq!(users(&site, &["list", "--chain", "tcp:other"]), "", "the node's users are not its own");
    users(&site, &["add", "meter", "--password", "x", "--chain", "tcp:other"]);
    assert_eq!((login(address, "ann", "x"), login(address, "meter", "x")), (Success, NotAuthorized));
    for (arguments, reason) in [
        (&["--chain", "tcp:default"][..], "`tcp:default` has no authenticators of its own"),
        (&["--id", "jwt"], "`jwt` keeps no users"),
        (&["--id", "password_based:redis"], "it has password_based:built_in_database, jwt"),
    ] {
        let why = refused(&site, &[&["list"], arguments].concat());
        assert!(why.contains(reason), "{why}");
    }
    assert!(refused(&site, &["add", "eve"]).contains("a user has a password"));
    assert!(refused(&site, &["set", "ann"]).contains("nothing is to change"));
}
