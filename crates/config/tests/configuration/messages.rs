//! What is said about a file: errors, warnings, conflicts, places.

use crate::{errors_of, load_text, warnings_of};
use dunlin_config::{Config, load};

#[test]
fn every_error_is_reported_in_the_order_of_the_file() {
    let text = "retainer.enabel = true\nmqtt {\n  max_qos_allowed = 3\n\n  max_infligth = 5\n}\nfoo = 1\n";
    assert_eq!(
        errors_of(text),
        [
            "dunlin.conf:1: unknown key `retainer.enabel`; did you mean `retainer.enable`?",
            "dunlin.conf:3: `mqtt.max_qos_allowed` is `3`, but must be one of `0`, `1`, `2`",
            "dunlin.conf:5: unknown key `mqtt.max_infligth`; did you mean `mqtt.max_inflight`?",
            "dunlin.conf:7: unknown key `foo`",
        ]
    );
}

#[test]
fn a_value_of_the_wrong_shape_is_named() {
    assert_eq!(errors_of("mqtt = 5"), ["dunlin.conf:1: `mqtt` is `5`, but must be an object `{ … }`"]);
    assert_eq!(
        errors_of("mqtt.strict_mode { }"),
        ["dunlin.conf:1: `mqtt.strict_mode` is an object, but must be true or false"]
    );
    assert_eq!(
        errors_of("mqtt.strict_mode = [true]"),
        ["dunlin.conf:1: `mqtt.strict_mode` is a list, but must be true or false"]
    );
}

#[test]
fn syntax_errors_have_a_line() {
    let errors = errors_of("mqtt {\n  max_inflight = \n");
    assert!(errors[0].starts_with("dunlin.conf:"), "{errors:?}");
    let errors = errors_of("a = 1\nmqtt.max_inflight = ${NOWHERE}\n");
    assert!(errors[0].starts_with("dunlin.conf:2: ") && errors[0].contains("NOWHERE"), "{errors:?}");
}

#[test]
fn what_emqx_knows_and_this_broker_does_not_is_a_warning() {
    let text = r#"
node.cookie = "secret"
cluster { name = emqxcl, discovery_strategy = manual }
listeners.ssl.default.bind = 8883
listeners.tcp.default { tcp_options.active_n = 10, acceptors = 4 }
mqtt { keepalive_check_interval = 30s }
log.file.default { level = warning, payload_encode = hex }
telemetry.enable = true
"#;
    let no_effect =
        |line: u32, key: &str| format!("dunlin.conf:{line}: `{key}` is not supported yet and has no effect");
    assert_eq!(
        warnings_of(text),
        [
            no_effect(3, "cluster"),
            "dunlin.conf:7: `log.file.default.payload_encode` has no effect: payloads are never in the log; a trace shows them"
                .to_owned(),
            no_effect(6, "mqtt.keepalive_check_interval"),
            no_effect(8, "telemetry"),
        ]
    );
}

#[test]
fn what_tunes_the_processes_of_erlang_is_a_warning() {
    let text =
        "overload_protection {\n enable = true\n backoff_delay = 1\n backoff_gc = true\n backoff_hibernation = true\n}";
    let warning = |line: u32, key: &str| {
        format!(
            "dunlin.conf:{line}: `overload_protection.{key}` has no effect: what it tunes in EMQX does not exist here"
        )
    };
    assert_eq!(
        warnings_of(text),
        [warning(3, "backoff_delay"), warning(4, "backoff_gc"), warning(5, "backoff_hibernation")]
    );
}

#[test]
fn a_value_that_is_accepted_but_not_honoured_is_said() {
    assert_eq!(
        warnings_of("retainer.delivery_rate = \"10/s\"\ndashboard.listeners.http.proxy_header = true"),
        [
            "dunlin.conf:2: `dashboard.listeners.http.proxy_header` is not supported yet and has no effect: the addresses of \
             clients are those of the load balancer"
        ]
    );
    assert_eq!(warnings_of("retainer.backend { type = built_in_database, storage_type = disc }"), [""; 0]);
}

#[test]
fn what_tunes_the_storage_of_emqx_is_a_warning() {
    let text = "durable_sessions {\n  enable = true\n  checkpoint_interval = 15s\n  batch_size = 100\n  \
                heartbeat_interval = 5s\n  shared_subs { leader_timeout = 5s }\n}\n\
                durable_storage.messages { backend = builtin_raft, n_shards = 16 }";
    let no_effect = |line: u32, key: &str| {
        format!("dunlin.conf:{line}: `durable_sessions.{key}` has no effect: what it tunes in EMQX does not exist here")
    };
    assert_eq!(
        warnings_of(text),
        [
            no_effect(4, "batch_size"),
            no_effect(5, "heartbeat_interval"),
            no_effect(6, "shared_subs"),
            "dunlin.conf:8: `durable_storage` is not supported yet and has no effect".to_owned(),
        ]
    );
}

#[test]
fn who_asks_for_a_quorum_is_told_what_there_is() {
    let ways_out = "must be one of `memory`, `local_fsync`; `quorum` needs a cluster, which is not supported yet";
    assert_eq!(
        errors_of("durable_sessions.ack = quorum"),
        [format!("dunlin.conf:1: `durable_sessions.ack` is `quorum`, but {ways_out}")]
    );
    assert_eq!(
        errors_of("durable_sessions.ack_overrides = [\n{ topic = a, ack = memory }\n{ topic = b, ack = quorum }]"),
        [format!("dunlin.conf:3: `durable_sessions.ack_overrides.2.ack` is `quorum`, but {ways_out}")]
    );
}

#[test]
fn an_entry_of_a_list_is_named_by_its_number_and_all_that_is_wrong_in_it_is_reported() {
    let text =
        "\ndurable_sessions {\n  ack_overrides = [ { topic = a, ack = memory, qos = 1 }, { tpoic = \"a/b\" }, 5 ]\n}";
    let missing_ack = "is missing; it must be one of `memory`, `local_fsync`; `quorum` needs a cluster, which is not \
                       supported yet";
    let missing_topic = "is missing; it must be a topic filter such as `site/+/alarm/#`, without `$share`, `$queue` or \
                         `$exclusive`";
    assert_eq!(
        errors_of(text),
        [
            "dunlin.conf:3: unknown key `durable_sessions.ack_overrides.1.qos`".to_owned(),
            format!("dunlin.conf:3: `durable_sessions.ack_overrides.2.topic` {missing_topic}"),
            format!("dunlin.conf:3: `durable_sessions.ack_overrides.2.ack` {missing_ack}"),
            "dunlin.conf:3: unknown key `durable_sessions.ack_overrides.2.tpoic`; did you mean \
             `durable_sessions.ack_overrides.2.topic`?"
                .to_owned(),
            "dunlin.conf:3: `durable_sessions.ack_overrides.3` is `5`, but must be an object `{ … }`".to_owned(),
        ]
    );
}

#[test]
fn an_included_file_counts_and_is_found_beside_the_file() {
    let folder = std::env::temp_dir().join(format!("dunlin-config-include-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("limits.conf"), "mqtt { max_inflight = 6, shiny = 1 }").unwrap();
    let main_file = folder.join("dunlin.conf");
    let errors = load("include \"limits.conf\"", main_file.to_str().unwrap(), []).unwrap_err().to_string();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(errors.ends_with("limits.conf:1: unknown key `mqtt.shiny`"), "{errors}");
}

/// The sample that EMQX's manual gives for a production node loads, with warnings for what is missing here.
#[test]
fn a_file_written_for_emqx_loads() {
    let text = r#"
node { name = "emqx@10.0.0.1", cookie = "file:///run/secrets/cookie" }
cluster { discovery_strategy = static, static.seeds = ["emqx@10.0.0.1", "emqx@10.0.0.2"] }
listeners.ssl.default { bind = "0.0.0.0:8883", ssl_options { verify = verify_peer, fail_if_no_peer_cert = true } }
authentication = [ { mechanism = password_based, backend = built_in_database, user_id_type = username } ]
authorization { no_match = deny, sources = [ { type = file, path = "${EMQX_ETC_DIR}/acl.conf" } ] }
"#;
    let loaded = load_text(text).unwrap();
    assert_eq!(loaded.config.node.name.as_str(), "emqx@10.0.0.1");
    // `cluster`, its file of seeds, and a file for the cookie that is not there.
    assert_eq!(loaded.warnings.len(), 3, "{:?}", loaded.warnings);
    assert_eq!(loaded.config.mqtt, Config::default().mqtt);
}

/// What the README shows is what works.
#[test]
fn the_examples_of_the_readme_load_without_a_warning() {
    let readme = include_str!("../../../../README.md");
    let examples: Vec<_> = readme.split("```hocon\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        assert_eq!(warnings_of(example), [""; 0]);
    }
}

#[test]
fn a_build_without_pre_shared_keys_says_so() {
    assert_eq!(warnings_of("psk_authentication.enable = false"), [""; 0]);
    let warnings = warnings_of("psk_authentication { enable = true, init_file = \"psk.txt\" }");
    if cfg!(feature = "psk") {
        return assert_eq!(warnings, [""; 0]);
    }
    assert!(warnings.len() == 1 && warnings[0].contains("this build has no pre-shared keys"), "{warnings:?}");
}

/// In EMQX 5.0 the key said what a client may be late by; the server waited for twice that.
#[test]
fn the_older_name_of_the_keepalive_multiplier_is_half_of_it() {
    let of = |text: &str| load_text(text).unwrap().config.mqtt.keepalive_multiplier;
    assert_eq!((of("mqtt.keepalive_backoff = 0.75"), of("mqtt.keepalive_backoff = 1")), (1.5, 2.0));
    assert_eq!(of("mqtt { keepalive_backoff = 1, keepalive_multiplier = 3 }"), 3.0, "the newer name counts");
    assert_eq!(warnings_of("mqtt.keepalive_backoff = 1"), [""; 0]);
    assert!(errors_of("mqtt.keepalive_backoff = 0.4")[0].contains("keepalive_backoff"));
    assert!(errors_of("mqtt.keepalive_backoff = {}")[0].contains("keepalive_backoff"));
}
