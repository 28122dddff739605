//! A node in the background: started, asked, stopped, killed and started again.

use crate::binary_process::Dunlin;
use crate::lifecycle_site::{LISTENERS, Site, address_in, eventually, send};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::Client;
use rustix::process::Signal;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// A field of `/proc/<pid>/stat`, counted from 1; the second one has no blanks here.
fn stat(pid: u32, field: usize) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    text.split(' ').nth(field - 1).expect("there are more").to_owned()
}

/// Also if nobody has asked yet how.
fn has_ended(pid: u32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists() || stat(pid, 3) == "Z"
}

#[test]
fn a_node_is_started_and_stopped() {
    let site = Site::new("");
    let output = site.good(&["start"]);
    let address = address_in(&output);
    assert_eq!(output.lines().last(), Some("Dunlin 0.1.0 is started successfully!"));
    assert_eq!(output.lines().count(), 2, "{output}");
    let mut client = Client::v5("c").connect_to(address);
    client.subscribe("t", AtLeastOnce);
    client.publish("t", "1", AtLeastOnce);
    assert_eq!(client.expect_publish().text(), "1");

    assert_eq!(site.good(&["ping"]), "pong\n");
    let pid = site.pid();
    assert_eq!(fs::read_to_string(site.data().join("dunlin.pid")).expect("there is one"), format!("{pid}\n"));
    assert_eq!(stat(pid, 6), pid.to_string(), "the session of whoever started it may end");
    assert_eq!(fs::read_link(format!("/proc/{pid}/fd/0")).expect("standard input"), Path::new("/dev/null"));

    assert_eq!(site.good(&["stop"]), "ok\n");
    assert!(has_ended(pid) && site.left_behind().is_empty());
    let log = fs::read_to_string(site.data().join("log/dunlin.log")).expect("there is a log");
    assert!(log.contains("anonymous_access_allowed"), "{log}");
}

fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).expect("it is there").permissions()) & 0o777
}

#[test]
fn who_starts_a_node_is_told_what_should_not_stay_so() {
    let site =
        Site::new("node.cookie = emqxsecretcookie\nnode.process_limit = 5\nlisteners.ssl.own.bind = \"127.0.0.1:0\"");
    let ended = site.run(&["start"]);
    let warnings: Vec<_> = ended.errors.lines().collect();
    assert!(warnings.iter().all(|line| line.starts_with("warning: ")), "{warnings:#?}");
    let about = ["node.cookie", "node.process_limit", "ssl:own: no certificate", "nobody asks who a client is"];
    for words in about {
        assert!(warnings.iter().any(|line| line.contains(words)), "{words} is not in {warnings:#?}");
    }
    assert_eq!(warnings.len(), about.len(), "{warnings:#?}");
    ended.good();
    // Nobody else reads messages and passwords.
    assert_eq!(mode(&site.data()), 0o700);
    let mut folders = vec![site.data()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("it can be read").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|name| name == "log") && !entry.starts_with(site.data().join("log"))
            {
                assert_eq!(mode(&entry), 0o600, "{}", entry.display());
            }
        }
    }
}

#[test]
fn where_nothing_runs_that_is_said() {
    let site = Site::new("node.name = \"n@h\"");
    for command in ["stop", "ping", "pid"] {
        let ended = site.run(&[command]);
        assert_eq!(ended.output, "");
        assert_eq!(ended.failure(), "dunlin: Node 'n@h' not responding to pings.", "{command}");
    }
    let ended = site.run(&["ctl", "status"]);
    assert_eq!((ended.code, ended.output.as_str()), (Some(3), ""));
}

#[test]
fn a_second_start_is_refused_and_changes_nothing() {
    let site = Site::new("");
    let address = site.start();
    let pid = site.pid();
    let why = site.run(&["start"]).failure();
    assert!(why.contains("already running") && why.contains(&format!("process {pid}")), "{why}");
    let why = site.run(&["foreground"]).failure();
    assert!(why.contains("another broker") && why.contains(&format!("process {pid}")), "{why}");
    assert_eq!(site.pid(), pid);
    let _client = Client::v5("c").connect_to(address);
}

#[test]
fn the_number_of_a_process_alone_proves_nothing() {
    let site = Site::new("");
    fs::create_dir(site.data()).expect("a data folder");
    // This process, as a killed node could have had the number before.
    fs::write(site.data().join("dunlin.pid"), format!("{}\n", std::process::id())).expect("it is written");
    for command in ["stop", "ping", "pid"] {
        assert!(site.run(&[command]).failure().contains("not responding"));
    }
    site.start();
    assert_ne!(site.pid(), std::process::id());
}

#[test]
fn a_killed_node_is_started_again() {
    let site = Site::new("");
    site.start();
    let pid = site.pid();
    site.signal(Signal::KILL);
    eventually(|| site.run(&["pid"]).code.filter(|code| *code == 1));
    assert_eq!(site.left_behind(), ["dunlin.pid", "dunlin.sock"]);
    assert!(site.run(&["stop"]).failure().contains("not responding"));
    site.start();
    assert_ne!(site.pid(), pid);
    assert_eq!(site.good(&["stop"]), "ok\n");
    assert!(site.left_behind().is_empty());
}

#[test]
fn a_restart_is_another_process() {
    let site = Site::new("");
    site.good(&["restart"]);
    let pid = site.pid();
    let output = site.good(&["restart"]);
    assert!(output.ends_with("is started successfully!\n"), "{output}");
    assert_ne!(site.pid(), pid);
    assert!(has_ended(pid));
}

#[test]
fn emqx_and_emqx_ctl_are_other_names() {
    let site = Site::new("");
    let [emqx, emqx_ctl] = ["emqx", "emqx_ctl"].map(|name| {
        let link = site.path(name);
        symlink(env!("CARGO_BIN_EXE_dunlin"), &link).expect("a link");
        link
    });
    address_in(&site.run_as(&emqx, &["start"], &[]).good());
    assert_eq!(site.run_as(&emqx, &["ping"], &[]).good(), "pong\n");
    for (program, arguments) in [(&emqx, &["ctl", "status"][..]), (&emqx_ctl, &["status"])] {
        let status = site.run_as(program, arguments, &[]).good();
        assert_eq!(status, "Node 'dunlin@127.0.0.1' 0.1.0 is started\n");
    }
    assert_eq!(site.run_as(&emqx, &["stop"], &[]).good(), "ok\n");
}

#[test]
fn sighup_reads_the_configuration_and_clients_notice_nothing() {
    let site = Site::new("");
    let mut client = Client::v5("c").connect_to(site.start());
    client.subscribe("t", AtLeastOnce);
    site.configure("log.file.level = info");
    site.signal(Signal::HUP);
    eventually(|| site.good(&["ctl", "log", "primary-level"]).starts_with("info").then_some(()));
    let log = || fs::read_to_string(site.data().join("log/dunlin.log")).expect("there is a log");
    eventually(|| log().contains("config_reloaded").then_some(()));
    client.publish("t", "1", AtLeastOnce);
    assert_eq!(client.expect_publish().text(), "1");

    // What is wrong changes nothing.
    site.configure("log.file.level = loud");
    site.signal(Signal::HUP);
    eventually(|| log().contains("config_reload_failed").then_some(()));
    assert!(log().contains("dunlin.conf:8"), "{}", log());
    assert_eq!(site.good(&["ctl", "log", "primary-level"]), "info\n");
    client.publish("t", "2", AtLeastOnce);
    assert_eq!(client.expect_publish().text(), "2");
}

#[test]
fn a_stop_that_takes_long_says_so_and_one_that_takes_too_long_fails() {
    let site = Site::new("");
    site.start();
    let pid = site.pid();
    site.signal(Signal::STOP);
    let ended = site.run(&["stop", "--stop-timeout", "6"]);
    let lines: Vec<_> = ended.errors.lines().collect();
    assert_eq!((ended.code, ended.output.as_str(), lines.len()), (Some(1), "", 2), "{ended:#?}");
    assert_eq!(lines[0], "dunlin: still stopping after 5 s");
    assert!(lines[1].contains("dangling after 6 seconds") && lines[1].contains(&pid.to_string()), "{}", lines[1]);
    let again = site.run_as(Path::new(env!("CARGO_BIN_EXE_dunlin")), &["stop"], &[("EMQX_WAIT_FOR_STOP", "1")]);
    assert!(again.failure().contains("after 1 seconds"));
    send(pid, Signal::CONT);
    eventually(|| site.left_behind().is_empty().then_some(()));
}

#[test]
fn the_console_shows_what_happens() {
    let site = Site::new("");
    let data = site.data();
    let listener = [("DUNLIN_NODE__DATA_DIR", data.to_str().expect("a path in UTF-8"))];
    let mut dunlin = Dunlin::run(LISTENERS, &["console"], &listener);
    dunlin.line_with(&["[info]", "starting"]);
    dunlin.address("tcp:default");
    let handlers = site.good(&["ctl", "log", "handlers", "list"]);
    assert!(
        handlers.contains("LogHandler(id=console, level=debug, destination=console, status=started)"),
        "{handlers}"
    );
    assert!(
        handlers.contains("LogHandler(id=file, level=warning") && handlers.contains("status=stopped)"),
        "{handlers}"
    );
    dunlin.terminate();
    assert_eq!(dunlin.wait().code, Some(0));
    assert!(site.left_behind().is_empty());
}

#[test]
fn a_console_in_the_background_is_a_file_unless_it_is_wanted() {
    let site = Site::new(
        "log { console { enable = true, level = info, formatter = json }, file { level = info, formatter = json } }",
    );
    site.start();
    for name in ["log/dunlin.log", "log/dunlin.out"] {
        let text = fs::read_to_string(site.data().join(name)).expect("there is one");
        assert!(text.lines().any(|line| line.starts_with('{') && line.contains("\"starting\"")), "{name}: {text}");
    }
    drop(site);
    let site = Site::new("");
    let elsewhere = site.path("logs");
    let environment = [("EMQX_LOG_DIR", elsewhere.to_str().expect("a path in UTF-8"))];
    address_in(&site.run_as(Path::new(env!("CARGO_BIN_EXE_dunlin")), &["start"], &environment).good());
    assert!(elsewhere.join("dunlin.log").exists());
    let text = fs::read_to_string(elsewhere.join("dunlin.out")).expect("there is one");
    assert_eq!(text.lines().count(), 1, "the address and nothing else: {text}");
}

#[test]
fn a_configuration_that_was_broken_keeps_nobody_from_stopping_the_node() {
    let site = Site::new("");
    site.start();
    site.configure("mqtt.max_inflite = 3");
    assert_eq!(site.good(&["ping"]), "pong\n");
    // Refused before anything is stopped.
    assert!(site.run(&["restart"]).failure().contains("max_inflite"));
    assert_eq!(site.good(&["ping"]), "pong\n");
    assert_eq!(site.good(&["stop"]), "ok\n");
    assert_eq!(site.run(&["stop"]).failure(), "dunlin: Node not responding to pings.");
}

#[test]
fn a_long_path_to_the_data_folder_is_no_hindrance() {
    let site = Site::new("");
    let data = site.path(&"x".repeat(120));
    let environment = [("DUNLIN_NODE__DATA_DIR", data.to_str().expect("a path in UTF-8"))];
    let run = |arguments: &[&str]| site.run_as(Path::new(env!("CARGO_BIN_EXE_dunlin")), arguments, &environment).good();
    address_in(&run(&["start"]));
    assert_eq!(run(&["ping"]), "pong\n");
    assert_eq!(run(&["stop"]), "ok\n");
}

#[test]
fn what_a_script_holds_is_not_held_by_the_node() {
    let site = Site::new("");
    let path = site.path("lock");
    let script = "exec 9>\"$1\" && flock 9 && \"$0\" start";
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_dunlin")])
        .arg(&path)
        .env("DUNLIN_CONFIG", site.path("dunlin.conf"));
    assert!(command.status().expect("sh runs").success());
    assert_eq!(site.good(&["ping"]), "pong\n");
    let lock = fs::File::open(&path).expect("the script made it");
    lock.try_lock().expect("the script has ended, and nobody else has the lock");
}

#[test]
fn a_supervisor_is_told() {
    let site = Site::new("");
    let path = site.path("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).expect("a socket");
    let [notify, data] = [path, site.data()].map(|path| path.to_str().expect("a path in UTF-8").to_owned());
    let environment = [("NOTIFY_SOCKET", &*notify), ("DUNLIN_NODE__DATA_DIR", &data)];
    let dunlin = Dunlin::run(LISTENERS, &[], &environment);
    let told = || {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).expect("it is told");
        String::from_utf8(bytes[..length].to_vec()).expect("text")
    };
    assert_eq!(told(), "READY=1");
    assert_eq!(site.good(&["ping"]), "pong\n");
    dunlin.terminate();
    assert_eq!(told(), "STOPPING=1");
    assert_eq!(dunlin.wait().code, Some(0));
}

#[test]
fn version_and_help_are_told() {
    let site = Site::new("");
    assert_eq!(site.good(&["version"]), "dunlin 0.1.0\n");
    assert_eq!(site.good(&["--version"]), "dunlin 0.1.0\n");
    let help = site.good(&["--help"]);
    for word in ["start", "stop", "restart", "console", "foreground", "ping", "pid", "check_config", "version", "ctl"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{word} "))), "{word}: {help}");
    }
    for command in ["start", "stop"] {
        assert!(site.good(&[command, "--help"]).contains(&format!("Examples:\n  dunlin {command}\n")));
    }
    assert!(!site.good(&["foreground", "--help"]).contains("--background"));
    assert_eq!(site.run(&["explode"]).code, Some(2));
}
