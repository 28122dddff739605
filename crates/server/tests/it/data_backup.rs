//! Export of what a node was set up with, and import into another one.

use crate::api_client::ApiNode;
use crate::lifecycle_site::Site;
use dunlin_testkit::Client;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The path of an archive that was made.
fn export(site: &Site, arguments: &[&str]) -> PathBuf {
    let said = parsed(&site.good(&[&["ctl", "data", "export", "--json"], arguments].concat()));
    PathBuf::from(said["path"].as_str().expect("a path"))
}

fn import(site: &Site, archive: &Path) -> String {
    site.good(&["ctl", "data", "import", archive.to_str().expect("a path in UTF-8")])
}

const DATABASES: &str = "authentication = [{ mechanism = password_based, backend = built_in_database }]\n\
                         authorization { sources = [{ type = built_in_database }], no_match = allow }";

/// In an archive are the keys that have no limits.
#[test]
fn a_key_with_limited_scopes_makes_itself_no_administrator() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let wanted = json!({"name": "nightly", "role": "administrator", "scopes": ["system"]});
    let key = admin.post("/api_key", &wanted).expect_status(200).json();
    let nightly =
        node.nobody().with_key(key["api_key"].as_str().expect("a key"), key["api_secret"].as_str().expect("a secret"));
    let archive = nightly.post("/data/export", &json!({})).expect_status(200).json();
    let name = archive["filename"].as_str().expect("a name");
    assert_eq!(nightly.get("/data/files").expect_status(200).json()["data"][0]["filename"], name);
    let path = format!("/data/files/{name}");
    nightly.get(&path).expect_error(403, "UNAUTHORIZED_ROLE");
    nightly.post_file("/data/files", "mine.tar.gz", b"whatever").expect_error(403, "UNAUTHORIZED_ROLE");
    nightly.post("/data/import", &json!({"filename": name})).expect_error(403, "UNAUTHORIZED_ROLE");
    nightly.get("/clients").expect_error(403, "UNAUTHORIZED_ROLE");
    assert!(!admin.get_bytes(&path).is_empty());
}

#[test]
fn one_node_is_set_up_as_another() {
    let first = Site::new(DATABASES);
    first.start();
    for arguments in [
        &["authn", "users", "add", "ann", "--password", "right"][..],
        &["banned", "add", "clientid", "c1", "--reason", "floods"],
        &["admins", "add", "bob", "secret-12"],
        &["api_keys", "add", "--name", "ci", "--api-secret", "a-secret-of-mine"],
    ] {
        first.good(&[&["ctl"], arguments].concat());
    }
    fs::write(first.path("more.hocon"), "mqtt.max_inflight = 77").expect("it is written");
    first.good(&["ctl", "conf", "load", "more.hocon"]);
    let archive = export(&first, &[]);
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&archive).expect("it is there").permissions());
    assert_eq!(mode & 0o777, 0o600);

    let second = Site::new(DATABASES);
    let address = second.start();
    let said = import(&second, &archive);
    for line in [
        "from dunlin 0.1.0\n",
        "api_keys: 1\n",
        "banned: 1\n",
        "builtin_authn: 1\n",
        "Data has been imported successfully.\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert!(second.good(&["ctl", "conf", "show", "mqtt.max_inflight"]).contains("77"));
    assert!(second.good(&["ctl", "banned", "list"]).contains("who=c1, by=ctl, reason=floods"));
    assert!(second.good(&["ctl", "admins", "list"]).contains("username=bob"));
    assert!(second.good(&["ctl", "api_keys", "list"]).contains("\"ci\""));
    let ann = Client::v5("ann").with(|connect| {
        connect.username = Some("ann");
        connect.password = Some(b"right");
    });
    ann.connect_to(address).disconnect();
    // The same again changes nothing.
    import(&second, &archive);
    assert_eq!(second.good(&["ctl", "data", "list"]), "No backups.\n");
}

#[test]
fn nothing_is_imported_by_half() {
    let first = Site::new("");
    first.start();
    first.good(&["ctl", "banned", "add", "clientid", "c1"]);
    fs::write(first.path("more.hocon"), "mqtt.max_inflight = 77\nmqtt.max_mqueue_len = 5").expect("it is written");
    first.good(&["ctl", "conf", "load", "more.hocon"]);
    let archive = export(&first, &[]);
    // Another value in the file of the operator has the last word.
    let second = Site::new("mqtt.max_inflight = 9");
    second.start();
    let refused = second.run(&["ctl", "data", "import", archive.to_str().expect("a path in UTF-8")]);
    assert!(refused.code == Some(1) && refused.errors.contains("mqtt.max_inflight"), "{refused:?}");
    assert!(!second.good(&["ctl", "conf", "show", "mqtt.max_mqueue_len"]).contains('5'));
    assert!(!second.good(&["ctl", "banned", "list"]).contains("c1"));
}

#[test]
fn a_start_says_where_the_dashboard_is() {
    let site = Site::new("dashboard.listeners.http.bind = \"127.0.0.1:0\"");
    let output = site.good(&["start"]);
    let line = output.lines().find_map(|line| line.strip_prefix("Dashboard and REST API on http://127.0.0.1:"));
    assert!(line.is_some_and(|line| line.ends_with(" started.")), "{output}");
}

#[test]
fn parts_are_exported_and_put_where_they_are_wanted() {
    let site = Site::new("");
    site.start();
    site.good(&["ctl", "banned", "add", "clientid", "c1"]);
    fs::create_dir(site.path("mine")).expect("a folder");
    let archive = export(&site, &["--root-keys", "mqtt", "--table-sets", "api_keys", "--dir", "mine"]);
    assert!(
        archive.starts_with("mine") && site.path("mine").join(archive.file_name().expect("a name")).is_file(),
        "{archive:?}"
    );
    site.good(&["ctl", "banned", "clear"]);
    let said = import(&site, &archive);
    assert!(!said.contains("banned"), "{said}");
    for arguments in [["--root-keys", "shoes"], ["--table-sets", "shoes"]] {
        let refused = site.run(&[&["ctl", "data", "export"][..], &arguments].concat()).failure();
        assert!(refused.contains("shoes"), "{refused}");
    }
    let refused = site.run(&["ctl", "data", "import", "../../etc/passwd.tar.gz"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
}

/// An archive of EMQX, as its own export lays it out.
fn archive_of_emqx(site: &Site) -> PathBuf {
    let folder = site.path("emqx-export-2026-08-07-10-00-00.000");
    fs::create_dir_all(folder.join("mnesia")).expect("a folder");
    fs::create_dir_all(folder.join("authz")).expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("it is written");
    write("META.hocon", "edition = \"ce\"\nversion = \"5.8.6\"\n");
    write(
        "cluster.hocon",
        "mqtt { max_inflight = 55 }\nconnectors { http { x { url = \"http://localhost\" } } }\nrule_engine { rules { r1 { sql = \"SELECT * FROM t\" } } }\nnode { name = \"emqx@10.0.0.1\" }\n",
    );
    write("mnesia/emqx_banned", "\u{3}");
    write("authz/acl.conf", "{allow, all}.\n");
    let archive = site.path("emqx-export.tar.gz");
    let mut command = Command::new("tar");
    command.arg("-czf").arg(&archive).arg("-C").arg(site.path("")).arg(folder.file_name().expect("a name"));
    assert!(command.status().expect("tar runs").success());
    archive
}

#[test]
fn an_archive_of_emqx_is_imported_as_far_as_it_goes() {
    let site = Site::new("");
    site.start();
    let said = import(&site, &archive_of_emqx(&site));
    assert!(said.contains("from emqx 5.8.6\nconfiguration: mqtt\n"), "{said}");
    assert!(said.contains("connectors") && said.contains("rule_engine") && said.contains("emqx_banned"), "{said}");
    assert!(site.good(&["ctl", "conf", "show", "mqtt.max_inflight"]).contains("55"));
    assert!(site.good(&["ctl", "status"]).contains("'dunlin@127.0.0.1'"));
    assert_eq!(fs::read_to_string(site.data().join("authz/acl.conf")).expect("it is there"), "{allow, all}.\n");
}

#[test]
fn archives_are_kept_given_and_removed_over_the_api() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    admin.post("/banned", &json!({"as": "clientid", "who": "c1"})).expect_status(200);
    let made = admin.post("/data/export", &json!({"table_sets": ["banned"]})).expect_status(200).json();
    let name = made["filename"].as_str().expect("a name").to_owned();
    let listed = admin.get("/data/files").expect_status(200).json();
    assert_eq!((&listed["meta"]["count"], &listed["data"][0]), (&json!(1), &made));
    let bytes = admin.get_bytes(&format!("/data/files/{name}"));
    assert_eq!((bytes.len() as u64, &bytes[..2]), (made["size"].as_u64().expect("bytes"), &[0x1f, 0x8b][..]));
    admin.delete("/banned").expect_status(204);
    admin.post("/data/import", &json!({"filename": name})).expect_status(204);
    let report = admin.post("/data/import?report=true", &json!({"filename": name})).expect_status(200).json();
    assert_eq!((&report["entries"], &report["left_out"]), (&json!({"banned": 1}), &json!([])), "{report}");
    assert!(report["origin"].as_str().is_some_and(|origin| origin.starts_with("dunlin ")), "{report}");
    assert_eq!(admin.get("/banned?clientid=c1").json()["meta"]["count"], json!(1));
    admin.post("/data/export", &json!({"table_sets": ["shoes"]})).expect_error(400, "BAD_REQUEST");
    admin.post("/data/import", &json!({"filename": "none.tar.gz"})).expect_error(404, "NOT_FOUND");
    for name in ["..%2F..%2Fmetadata%2Fx.tar.gz", "x.tar", ".hidden.tar.gz"] {
        admin.get(&format!("/data/files/{name}")).expect_error(400, "BAD_REQUEST");
        admin.delete(&format!("/data/files/{name}")).expect_error(400, "BAD_REQUEST");
    }
    admin.delete(&format!("/data/files/{name}")).expect_status(204);
    admin.post_file("/data/files", &name, &bytes).expect_status(204);
    assert_eq!(admin.get_bytes(&format!("/data/files/{name}")), bytes);
    for (name, content) in [("../x.tar.gz", &bytes[..]), ("x.zip", &bytes), ("x.tar.gz", b"no archive")] {
        admin.post_file("/data/files", name, content).expect_error(400, "BAD_REQUEST");
    }
    admin.delete(&format!("/data/files/{name}")).expect_status(204);
    admin.get(&format!("/data/files/{name}")).expect_error(404, "NOT_FOUND");
}
