//! Changes of a configuration, with a node that takes note of what it is told.

use super::*;
use crate::listening::Reread;
use crate::node::{Applied, ListenerState, NodeError};
use crate::{AnswerCacheState, AuthenticatorState, AuthorizationState};
use dunlin_access::Row;
use dunlin_auth_built_in_database::{RuleDatabase, RuleSubject, UserDatabase};
use dunlin_banned::{Ban, BanFilter, BanPage, Who};
use dunlin_broker::Clients;
use dunlin_config::{Config, LogLevel};
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

/// Takes over keys of `mqtt` and says that everything else needs a restart.
#[derive(Default)]
struct Noted {
    changed: Mutex<Vec<Vec<String>>>,
}

impl Node for Noted {
    fn stats(&self) -> Result<Vec<(String, u64)>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn metrics(&self) -> Result<Vec<(String, u64)>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn listeners(&self) -> Result<Vec<ListenerState>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn start_listener(&self, _: &str) -> Result<(), NodeError> {
        Err(NodeError::Stopping)
    }

    fn stop_listener(&self, _: &str) -> Result<(), NodeError> {
        Err(NodeError::Stopping)
    }

    fn restart_listener(&self, _: &str) -> Result<(), NodeError> {
        Err(NodeError::Stopping)
    }

    /// Files that access control names are never there.
    fn check(&self, config: &Config) -> Result<(), NodeError> {
        let is_good = config.authentication.is_empty();
        if is_good { Ok(()) } else { Err(NodeError::Refused("authentication: a file is missing".into())) }
    }

    fn apply(&self, _: &Config, changes: &[Change]) -> Applied {
        let keys: Vec<_> = changes.iter().map(|change| change.key.clone()).collect();
        if !keys.is_empty() {
            self.changed.lock().push(keys.clone());
        }
        let (live, restart) = keys.into_iter().partition(|key| key.starts_with("mqtt."));
        Applied { live, restart, ..Applied::default() }
    }

    fn traces(&self) -> Result<crate::Traces, NodeError> {
        Err(NodeError::Stopping)
    }

    fn ban(&self, _: Ban, _: bool) -> Result<(), NodeError> {
        Err(NodeError::Stopping)
    }

    fn unban(&self, _: &Who) -> Result<bool, NodeError> {
        Err(NodeError::Stopping)
    }

    fn authenticators(&self) -> Result<Vec<AuthenticatorState>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn authorization(&self) -> Result<Option<AuthorizationState>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn login_cache(&self) -> Result<AnswerCacheState, NodeError> {
        Err(NodeError::Stopping)
    }

    fn verdict_cache(&self) -> Result<AnswerCacheState, NodeError> {
        Err(NodeError::Stopping)
    }

    fn overload(&self) -> Result<crate::node::OverloadState, NodeError> {
        Err(NodeError::Stopping)
    }

    fn users(&self, _: Option<&str>, _: &str) -> Result<UserDatabase, NodeError> {
        Err(NodeError::Stopping)
    }

    fn rules(&self) -> Result<Arc<RuleDatabase>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn set_rules(&self, _: Vec<(RuleSubject<'_>, Vec<Row>)>) -> Result<(), NodeError> {
        Err(NodeError::Stopping)
    }

    fn remove_rules(&self, _: Option<RuleSubject<'_>>) -> Result<(), NodeError> {
        Err(NodeError::Stopping)
    }

    fn clean_verdicts(&self, _: Option<&str>) -> Result<(), NodeError> {
        Err(NodeError::Stopping)
    }

    fn clear_bans(&self) -> Result<usize, NodeError> {
        Err(NodeError::Stopping)
    }

    fn clients(&self) -> Result<Clients, NodeError> {
        Err(NodeError::Stopping)
    }

    fn retained_messages(&self) -> Result<dunlin_broker::RetainedMessages, NodeError> {
        Err(NodeError::Stopping)
    }

    fn bans(&self, _: &BanFilter, _: usize, _: usize) -> Result<BanPage, NodeError> {
        Err(NodeError::Stopping)
    }

    fn accounts(&self) -> Result<Arc<dunlin_api::Accounts>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn slow_subscriptions(&self) -> Result<dunlin_broker::SlowSubscriptions, NodeError> {
        Err(NodeError::Stopping)
    }

    fn topic_metrics(&self) -> Result<dunlin_broker::TopicMetrics, NodeError> {
        Err(NodeError::Stopping)
    }

    fn metadata(&self) -> Result<Arc<dunlin_storage::metadata::MetadataStore>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn import_tables(&self, _: &[crate::backup::StoredRow]) -> Result<(), NodeError> {
        Err(NodeError::Stopping)
    }

    fn api_addresses(&self) -> Result<Vec<(&'static str, std::net::SocketAddr)>, NodeError> {
        Err(NodeError::Stopping)
    }

    fn clean_pem_cache(&self) -> Result<Reread, NodeError> {
        Err(NodeError::Stopping)
    }
}

struct Scene {
    folder: TempDir,
    configuration: LiveConfiguration,
    node: Noted,
    logs: Logs,
}

impl Scene {
    /// With these texts as `dunlin.conf` and `cluster.hocon`.
    fn new(file: &str, cluster: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        fs::create_dir_all(data_dir.join("configs")).unwrap();
        fs::write(data_dir.join("configs/cluster.hocon"), cluster).unwrap();
        let path = folder.path().join("dunlin.conf");
        fs::write(&path, with_data_dir(&folder, file)).unwrap();
        let configuration = Configuration::read(Some(&path)).unwrap();
        let logs = Logs::start(&HandlerSettings::all(&configuration.config().log));
        Self { configuration: LiveConfiguration::new(configuration), folder, node: Noted::default(), logs }
    }

    fn load(&self, text: &str, mode: ChangeMode) -> Result<ChangeReport, ChangeError> {
        self.configuration.load(("new.hocon", text), mode, &self.node, &self.logs)
    }

    fn reload(&self, mode: ChangeMode) -> Result<ChangeReport, ChangeError> {
        self.configuration.reload(mode, &self.node, &self.logs)
    }

    fn remove(&self, key: &str) -> Result<ChangeReport, ChangeError> {
        self.configuration.remove(key, &self.node, &self.logs)
    }

    fn cluster(&self) -> String {
        fs::read_to_string(self.folder.path().join("data/configs/cluster.hocon")).unwrap()
    }

    fn write_file(&self, text: &str) {
        fs::write(self.folder.path().join("dunlin.conf"), with_data_dir(&self.folder, text)).unwrap();
    }

    /// Files beside `cluster.hocon`.
    fn backups(&self) -> usize {
        fs::read_dir(self.folder.path().join("data/configs")).unwrap().count() - 1
    }
}

/// On the first line, so that the text begins on the second.
fn with_data_dir(folder: &TempDir, text: &str) -> String {
    format!("node.data_dir = \"{}/data\"\n{text}", folder.path().display())
}

#[test]
fn what_is_loaded_is_written_beside_what_was_there() {
    let scene = Scene::new("", "# ours\nmqtt {\n  max_inflight = 5 # few\n}\n");
    let report = scene.load("mqtt { max_inflight = 9, max_qos_allowed = 1 }", ChangeMode::Merge).unwrap();
    assert_eq!(report.live, ["mqtt.max_inflight", "mqtt.max_qos_allowed"]);
    assert_eq!(scene.cluster(), "# ours\nmqtt {\n  max_inflight = 9 # few\n  max_qos_allowed = 1\n}\n");
    let backup = fs::read_to_string(report.backup.expect("there was one")).unwrap();
    assert!(backup.contains("max_inflight = 5 # few"));
    assert_eq!(
        scene.configuration.show(Some("mqtt.max_inflight"), What::Set).unwrap().text,
        "mqtt {\n  max_inflight = 9\n}\n"
    );
}

#[test]
fn nothing_is_written_that_the_node_could_not_start_with() {
    let scene = Scene::new("", "mqtt.max_inflight = 5\n");
    let text = "mqtt.max_inflight = 6, authentication = [{ mechanism = jwt, algorithm = hmac-based, secret = a }]";
    let error = scene.load(text, ChangeMode::Merge).unwrap_err();
    assert_eq!(error.to_string(), "authentication: a file is missing");
    assert_eq!(scene.cluster(), "mqtt.max_inflight = 5\n");
    scene.write_file(text);
    assert_eq!(scene.reload(ChangeMode::Merge).unwrap_err().to_string(), "authentication: a file is missing");
    assert_eq!(*scene.node.changed.lock(), Vec::<Vec<String>>::new());
}

#[test]
fn what_somebody_else_wrote_is_not_overwritten() {
    let scene = Scene::new("", "mqtt.max_inflight = 5\n");
    let path = scene.folder.path().join("data/configs/cluster.hocon");
    fs::write(&path, "mqtt.max_inflight = 6\n").unwrap();
    for result in [scene.load("mqtt.max_qos_allowed = 1", ChangeMode::Merge), scene.remove("mqtt.max_inflight")] {
        assert!(result.unwrap_err().to_string().contains("conf reload"));
    }
    assert_eq!(scene.cluster(), "mqtt.max_inflight = 6\n");
    assert_eq!(scene.reload(ChangeMode::Merge).unwrap().live, ["mqtt.max_inflight"]);
    scene.load("mqtt.max_qos_allowed = 1", ChangeMode::Merge).unwrap();
    assert!(scene.cluster().starts_with("mqtt.max_inflight = 6\n"));
}

#[test]
fn replacing_forgets_what_a_root_had() {
    let scene = Scene::new("", "mqtt { max_inflight = 5, max_qos_allowed = 1 }\nretainer.enable = false\n");
    let report = scene.load("mqtt.max_inflight = 9", ChangeMode::Replace).unwrap();
    assert_eq!(report.live, ["mqtt.max_inflight", "mqtt.max_qos_allowed"]);
    let text = scene.cluster();
    assert!(!text.contains("max_qos_allowed") && text.contains("retainer.enable = false"), "{text}");
}

#[test]
fn what_is_wrong_changes_nothing() {
    let scene = Scene::new("", "mqtt.max_inflight = 5\n");
    for (text, words) in [
        ("mqtt.max_qos_allowed = 3", &["new.hocon:1", "`mqtt.max_qos_allowed`", "one of"][..]),
        ("mqtt.max_inflite = 3", &["did you mean `mqtt.max_inflight`"]),
        ("mqtt {", &["new.hocon"]),
        ("# nothing", &["nothing to load", "new.hocon"]),
        ("node.workers = 2", &["Cannot update read-only key 'node'."]),
    ] {
        let error = scene.load(text, ChangeMode::Merge).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{text}: {error}");
    }
    assert_eq!((scene.cluster().as_str(), scene.backups()), ("mqtt.max_inflight = 5\n", 0));
    assert!(scene.node.changed.lock().is_empty());
}

#[test]
fn what_the_file_sets_is_refused_with_its_place() {
    let scene = Scene::new("mqtt { max_inflight = 7 }", "");
    let error =
        scene.load("mqtt { max_inflight = 9, max_qos_allowed = 1 }", ChangeMode::Merge).unwrap_err().to_string();
    assert!(error.contains("`mqtt.max_inflight` is set by") && error.contains("dunlin.conf:2"), "{error}");
    assert!(!error.contains("max_qos_allowed"), "{error}");
    assert_eq!((scene.cluster().as_str(), scene.backups()), ("", 0));
    // The same value does no harm.
    scene.load("mqtt { max_inflight = 7, max_qos_allowed = 1 }", ChangeMode::Merge).unwrap();
    let error = scene.remove("listeners").unwrap_err().to_string();
    assert!(error.contains("is not set"), "{error}");
}

#[test]
fn what_is_removed_has_its_default_again() {
    let scene = Scene::new("retainer.enable = true", "mqtt { max_inflight = 5, max_qos_allowed = 1 }\n");
    assert_eq!(scene.remove("mqtt.max_inflight").unwrap().live, ["mqtt.max_inflight"]);
    assert!(!scene.cluster().contains("max_inflight"));
    for (key, words) in [
        ("mqtt.max_inflight", "`mqtt.max_inflight` is not set"),
        ("retainer.enable", "dunlin.conf:2: remove it there"),
        ("a..b", "no key"),
    ] {
        let error = scene.remove(key).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn the_file_is_read_again() {
    let scene = Scene::new("mqtt.max_inflight = 7", "");
    assert_eq!(scene.reload(ChangeMode::Merge).unwrap(), ChangeReport::default());
    scene.write_file("mqtt.max_inflight = 8\nretainer.max_payload_size = 2MB");
    let report = scene.reload(ChangeMode::Merge).unwrap();
    assert_eq!(
        (&*report.live, &*report.restart),
        (&["mqtt.max_inflight".to_owned()][..], &["retainer.max_payload_size".to_owned()][..])
    );
    // It is told until the node has been restarted, or the key has its old value again.
    assert_eq!(scene.reload(ChangeMode::Merge).unwrap().restart, ["retainer.max_payload_size"]);
    assert_eq!(scene.configuration.needs_restart(), ["retainer.max_payload_size"]);
    scene.write_file("mqtt.max_inflight = 8");
    assert_eq!(scene.reload(ChangeMode::Merge).unwrap().restart, [""; 0]);
    scene.write_file("mqtt.max_inflight = many");
    assert!(scene.reload(ChangeMode::Merge).unwrap_err().to_string().contains("dunlin.conf:2"));
    assert!(
        scene.configuration.show(Some("mqtt"), What::Set).unwrap().text.contains("max_inflight = 8"),
        "all is as it was"
    );
}

#[test]
fn what_people_leave_to_run_time_can_be_changed() {
    let scene = Scene::new("mqtt.max_inflight = 7", "");
    fs::write(scene.folder.path().join("base.hocon"), "mqtt { max_inflight = 4, max_qos_allowed = 1 }").unwrap();
    assert_eq!(scene.reload(ChangeMode::Merge).unwrap().live, ["mqtt.max_qos_allowed"]);
    let error = scene.remove("mqtt.max_qos_allowed").unwrap_err().to_string();
    assert!(error.contains("base.hocon:1: remove it there"), "{error}");
    assert_eq!(scene.load("mqtt.max_qos_allowed = 0", ChangeMode::Merge).unwrap().live, ["mqtt.max_qos_allowed"]);
    // What the file mentions is forgotten, what only `base.hocon` mentions is not.
    scene.load("retainer.enable = false", ChangeMode::Merge).unwrap();
    scene.write_file("");
    fs::write(scene.folder.path().join("base.hocon"), "mqtt.max_qos_allowed = 1\nretainer.enable = true").unwrap();
    scene.reload(ChangeMode::Replace).unwrap();
    assert!(scene.cluster().contains("max_qos_allowed = 0") && scene.cluster().contains("enable = false"));
    assert_eq!(scene.remove("mqtt.max_qos_allowed").unwrap().live, ["mqtt.max_qos_allowed"]);
    fs::write(scene.folder.path().join("base.hocon"), "mqtt {").unwrap();
    let error = scene.reload(ChangeMode::Merge).unwrap_err().to_string();
    assert!(error.contains("base.hocon:1"), "{error}");
}

#[test]
fn reloading_can_forget_what_was_changed_at_run_time() {
    let cluster = "mqtt.max_qos_allowed = 1\nretainer.enable = false\n";
    let scene = Scene::new("mqtt.max_inflight = 7", cluster);
    scene.reload(ChangeMode::Merge).unwrap();
    assert_eq!(scene.cluster(), cluster);
    let report = scene.reload(ChangeMode::Replace).unwrap();
    assert_eq!(scene.cluster(), "retainer.enable = false\n");
    assert_eq!((report.live, report.backup.is_some()), (vec!["mqtt.max_qos_allowed".to_owned()], true));
}

#[test]
fn the_log_follows() {
    let scene = Scene::new("", "");
    let report = scene.load("log.console { level = error, enable = false }", ChangeMode::Merge).unwrap();
    assert_eq!(report.live, ["log.console.enable", "log.console.level"]);
    let console = &scene.logs.handlers()[0];
    assert_eq!((console.level, console.is_started), (LogLevel::Error, false));
    let report = scene.load("log.file { enable = true, extra { level = info } }", ChangeMode::Merge).unwrap();
    assert_eq!(report.live, ["log.file.default.enable", "log.file.extra"]);
    let handlers: Vec<_> = scene.logs.handlers().into_iter().map(|handler| handler.name).collect();
    assert_eq!(handlers, ["console", "file", "extra"]);
    assert!(scene.folder.path().join("data/log/extra.log").exists());
    assert!(scene.node.changed.lock().is_empty(), "nothing else has to know");
    let report = scene.load("log.throttling.time_window = 5s", ChangeMode::Merge).unwrap();
    assert_eq!(*scene.node.changed.lock(), [["log.throttling.time_window"]], "{report:?}");
}

#[test]
fn what_has_no_effect_is_not_said_to_be_in_effect() {
    let scene = Scene::new("", "");
    let text = "mqtt.max_inflight = 5\ntelemetry.enable = true";
    let report = scene.load(text, ChangeMode::Merge).unwrap();
    assert_eq!((&report.live[..], report.warnings.len()), (&["mqtt.max_inflight".to_owned()][..], 1));
    assert!(scene.cluster().contains("telemetry"), "it is kept for the day when there is something to act upon it");
}

#[test]
fn a_log_file_that_cannot_be_written_is_told() {
    let scene = Scene::new("", "");
    let path = scene.folder.path().join("dunlin.conf/x.log");
    let text = format!("log {{ console.level = error, file.x.path = \"{}\" }}", path.display());
    let report = scene.load(&text, ChangeMode::Merge).unwrap();
    assert_eq!(report.live, ["log.console.level"]);
    assert!(matches!(&report.failed[..], [one] if one.starts_with("log.file.x: cannot write ")), "{report:?}");
}

#[test]
fn secrets_are_not_shown_and_keys_are() {
    let scene = Scene::new("node.cookie = abc\ndashboard.default_password = xyz", "mqtt.max_inflight = 5\n");
    let shown = scene.configuration.show(None, What::Set).unwrap();
    let (text, json) = (&shown.text, &shown.values);
    assert!(text.contains("******") && !text.contains("abc") && !text.contains("xyz"), "{text}");
    assert_eq!((&json["node"]["cookie"], &json["mqtt"]["max_inflight"]), (&Json::from("******"), &Json::from(5)));
    assert_eq!(scene.configuration.roots(What::Set), ["dashboard", "mqtt", "node"]);
    assert!(!format!("{:?}", scene.configuration.state.lock().current).contains("abc"));
    let error = scene.configuration.show(Some("retainer.enable"), What::Set).unwrap_err().to_string();
    assert!(error.contains("`retainer.enable` is not set"), "{error}");
}

#[test]
fn what_is_in_effect_is_shown_with_its_defaults() {
    let scene = Scene::new(
        "node.cookie = abc\ndashboard.default_password = xyz\ntelemetry.enable = true",
        "mqtt.max_inflight = 5\n",
    );
    let shown = scene.configuration.show(None, What::Effective).unwrap();
    assert!(
        !shown.text.contains("abc") && !shown.text.contains("xyz") && !shown.text.contains("\ntelemetry"),
        "{}",
        shown.text
    );
    let json = &shown.values;
    assert_eq!((&json["retainer"]["enable"], &json["mqtt"]["max_inflight"]), (&Json::from(true), &Json::from(5)));
    let roots = scene.configuration.roots(What::Effective);
    assert!(roots.contains(&"retainer".to_owned()) && !roots.contains(&"telemetry".to_owned()), "{roots:?}");
    let places = scene.configuration.show(Some("mqtt"), What::Effective).unwrap().places;
    assert!(
        places.contains("cluster.hocon:1\n") && places.contains("mqtt.max_qos_allowed = 2  # default\n"),
        "{places}"
    );
    for (key, words) in [
        ("telemetry", "dunlin.conf:4, but has no effect here"),
        ("mqtt.max_inflite", "`mqtt.max_inflite` is no key"),
        ("a..b", "no key"),
    ] {
        let error = scene.configuration.show(Some(key), What::Effective).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    // What is shown can be taken for a file, secrets apart.
    let again = dunlin_config::load(&shown.text, "shown", []).unwrap().config;
    let Config { node: _, ref mqtt, ref listeners, .. } = again;
    let now = scene.configuration.state.lock().current.config().clone();
    assert_eq!((mqtt, listeners), (&now.mqtt, &now.listeners));
}

#[test]
fn what_is_wrong_with_a_text_is_told_with_its_own_lines() {
    let scene = Scene::new("", "mqtt { max_inflight = 5, max_qos_allowed = 1 }\n");
    for mode in [ChangeMode::Merge, ChangeMode::Replace] {
        let error = scene.load("mqtt.max_inflight = 6\n\nmqtt.shiny = 1", mode).unwrap_err().to_string();
        assert!(error.starts_with("new.hocon:3: unknown key `mqtt.shiny`"), "{error}");
        let error = scene.load("\nlisteners.tcp.own.max_connections = 5", mode).unwrap_err().to_string();
        assert!(error.contains("new.hocon") && !error.contains("cluster.hocon"), "{error}");
    }
}

#[test]
fn what_cannot_be_read_in_the_data_folder_names_its_key() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/configs"), "no folder").unwrap();
    let path = folder.path().join("dunlin.conf");
    fs::write(&path, with_data_dir(&folder, "")).unwrap();
    let error = Configuration::read(Some(&path)).unwrap_err().to_string();
    assert!(error.contains("data/configs/cluster.hocon") && error.contains("`node.data_dir`"), "{error}");
}
