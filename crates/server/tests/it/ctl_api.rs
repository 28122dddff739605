//! `dunlin ctl` about the API and the node as a whole: `api_keys`, `admins mfa`, `topic-metrics`, `top`, `cluster`; and completion.

use crate::lifecycle_site::Site;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::Client;
use serde_json::{Value, json};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn keys_are_made_shown_disabled_and_removed() {
    let site = Site::new("");
    site.start();
    let keys = |arguments: &[&str]| site.good(&[&["ctl", "api_keys"], arguments].concat());
    let made = parsed(&keys(&[
        "add",
        "--name",
        "ci",
        "--role",
        "viewer",
        "--valid-days",
        "2",
        "--scopes",
        "monitoring,audit",
    ]));
    assert!(made["api_secret"].as_str().is_some_and(|secret| secret.len() > 30), "{made}");
    assert_eq!((&made["role"], &made["scopes"]), (&json!("viewer"), &json!(["monitoring", "audit"])));
    let shown = parsed(&keys(&["show", "--name", "ci"]));
    assert_eq!(
        (&shown["api_secret"], &shown["enable"], &shown["expired"]),
        (&Value::Null, &json!(true), &json!(false))
    );
    assert_eq!(parsed(&keys(&["disable", "--name", "ci"]))["enable"], json!(false));
    assert_eq!(parsed(&keys(&["enable", "--name", "ci"]))["enable"], json!(true));
    assert_eq!(parsed(&keys(&["list"])).as_array().map(Vec::len), Some(1));
    assert_eq!(keys(&["del", "--name", "ci"]), "ok\n");
    assert!(site.run(&["ctl", "api_keys", "show", "--name", "ci"]).failure().contains("Not Found."));
    let refused = site.run(&["ctl", "api_keys", "add", "--name", "1x"]).failure();
    assert!(refused.contains("Name should be"), "{refused}");
    let refused = site.run(&["ctl", "api_keys", "add", "--name", "x", "--scopes", "user_management"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
}

#[test]
fn a_second_factor_is_asked_for_and_taken_away() {
    let site = Site::new("");
    site.start();
    site.good(&["ctl", "admins", "add", "ann", "secret-12"]);
    let mfa = || {
        let users = parsed(&site.good(&["ctl", "admins", "list", "--json"]));
        let ann = users.as_array().into_iter().flatten().find(|user| user["username"] == "ann");
        ann.expect("she is there")["mfa"].as_str().expect("a word").to_owned()
    };
    assert_eq!(mfa(), "none");
    assert_eq!(site.good(&["ctl", "admins", "mfa", "ann", "enable"]), "ok\n");
    assert_eq!(mfa(), "totp");
    assert_eq!(site.good(&["ctl", "admins", "mfa", "ann", "disable"]), "ok\n");
    assert_eq!(mfa(), "disabled");
    assert_eq!(site.run(&["ctl", "admins", "mfa", "nobody", "enable"]).code, Some(1));
}

#[test]
fn topics_are_counted() {
    let site = Site::new("");
    let mut client = Client::v5("c").connect_to(site.start());
    let counted = |arguments: &[&str]| site.good(&[&["ctl", "topic-metrics"], arguments].concat());
    assert_eq!(counted(&["list"]), "No topics.\n");
    assert_eq!(counted(&["add", "a/b"]), "ok\n");
    client.publish("a/b", "1", AtLeastOnce);
    let shown = parsed(&counted(&["show", "a/b", "--json"]));
    assert_eq!(shown["metrics"]["messages.in.count"], json!(1), "{shown}");
    assert!(counted(&["list"]).starts_with("a/b\n  messages."), "a block for each topic");
    assert_eq!(counted(&["reset", "a/b"]), "ok\n");
    assert_eq!(parsed(&counted(&["list", "--json"]))[0]["metrics"]["messages.in.count"], json!(0));
    assert_eq!(counted(&["del", "a/b"]), "ok\n");
    assert!(site.run(&["ctl", "topic-metrics", "show", "a/b"]).failure().contains("not counted"));
    assert!(site.run(&["ctl", "topic-metrics", "add", "a/#"]).failure().contains("wildcards"));
}

#[test]
fn top_looks_once() {
    let site = Site::new("");
    let _client = Client::v5("c").connect_to(site.start());
    let shown = site.good(&["ctl", "top", "--once", "--interval", "1"]);
    assert!(shown.contains("connections ") && shown.contains("messages in"), "{shown}");
    let look = parsed(&site.good(&["ctl", "top", "--once", "--interval", "1", "--json"]));
    assert_eq!(
        (&look["stats"]["connections.count"], &look["rates_per_second"]["messages.received"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn what_is_not_built_is_said() {
    let site = Site::new("node.name = \"emqx@10.0.0.1\"");
    site.start();
    let status = "Cluster status: #{running_nodes => ['emqx@10.0.0.1'],stopped_nodes => []}\n";
    assert_eq!(site.good(&["ctl", "cluster", "status"]), status);
    let status = json!({"running_nodes": ["emqx@10.0.0.1"], "stopped_nodes": []});
    assert_eq!(parsed(&site.good(&["ctl", "cluster", "status", "--json"])), status);
    assert!(site.run(&["ctl", "cluster", "join", "emqx@10.0.0.2"]).failure().contains("Failed to join the cluster"));
    assert!(site.run(&["ctl", "rules", "list"]).failure().contains("no rule engine"));
    assert!(site.run(&["ctl", "mnesia"]).failure().contains("no Erlang"));
}

#[test]
fn shells_complete_the_commands() {
    let site = Site::new("");
    for (shell, expected) in
        [("bash", "complete -F _dunlin"), ("zsh", "#compdef dunlin"), ("fish", "complete -c dunlin")]
    {
        let script = site.good(&["completion", shell]);
        assert!(script.contains(expected) && script.contains("topic-metrics"), "{shell}");
    }
}

/// What bash itself makes of the script, for words that begin so.
#[test]
fn bash_completes_words_and_options() {
    let site = Site::new("");
    let script = site.path("dunlin.bash");
    std::fs::write(&script, site.good(&["completion", "bash"])).expect("the script is written");
    let completed = |words: &[&str]| {
        let line = "source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                    _dunlin dunlin \"${@: -1}\" \"${@: -2:1}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
        let bash =
            std::process::Command::new("bash").args(["--norc", "-c", line, "bash"]).arg(&script).args(words).output();
        let bash = bash.expect("bash runs");
        assert!(bash.status.success() && bash.stderr.is_empty(), "{bash:?}");
        String::from_utf8(bash.stdout).expect("text").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(completed(&["dunlin", "ct"]), ["ctl"]);
    assert_eq!(completed(&["dunlin", "ctl", "slow"]), ["slow-subs"]);
    assert_eq!(completed(&["dunlin", "ctl", "slow-subs", "c"]), ["clean"]);
    assert_eq!(completed(&["dunlin", "ctl", "listeners", "en"]), ["enable"]);
    assert_eq!(completed(&["dunlin", "ctl", "clients", "list", "--j"]), ["--json"]);
    assert_eq!(completed(&["dunlin", "nothing"]), [""; 0]);
}

#[test]
fn a_terminal_sees_that_an_export_goes_on_and_a_pipe_does_not() {
    let site = Site::new("");
    site.start();
    let piped = site.run(&["ctl", "data", "export"]);
    assert_eq!((piped.code, piped.errors.as_str()), (Some(0), ""));
    // `script` gives it a terminal.
    let line = format!("{} ctl data export", env!("CARGO_BIN_EXE_dunlin"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).env("DUNLIN_CONFIG", site.path("dunlin.conf"));
    let shown = script.output().expect("script runs (util-linux)");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("exporting configuration and tables … 0 s"), "{shown:?}");
    assert!(shown.contains("Data has been successfully exported to "), "{shown:?}");
}
