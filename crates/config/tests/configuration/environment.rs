//! Environment variables.

use dunlin_config::{ConfigErrors, ListenerKind, Loaded, load};

fn load_with(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigErrors> {
    load(text, "dunlin.conf", variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn a_variable_overrides_the_file_and_dunlin_wins_over_emqx() {
    let file = "mqtt { max_inflight = 1, max_awaiting_rel = 1, max_subscriptions = 1 }";
    let variables =
        [("EMQX_MQTT__MAX_INFLIGHT", "2"), ("EMQX_MQTT__MAX_AWAITING_REL", "2"), ("DUNLIN_MQTT__MAX_INFLIGHT", "3")];
    let mqtt = load_with(file, &variables).unwrap().config.mqtt;
    assert_eq!((mqtt.max_inflight.get(), mqtt.max_awaiting_rel, mqtt.max_subscriptions), (3, Some(2), Some(1)));
}

#[test]
fn a_value_is_hocon_or_else_plain_text() {
    let variables = [
        ("DUNLIN_MQTT", "{ max_inflight = 7, mqueue_priorities { \"a/b\" = 3 } }"),
        ("DUNLIN_MQTT__RESPONSE_INFORMATION", "one\ntwo = 2"),
        ("DUNLIN_LISTENERS__TCP__DEFAULT__BIND", "127.0.0.1:1999"),
        ("DUNLIN_LISTENERS__TCP__OTHER__BIND", "\"127.0.0.1:0\""),
        ("EMQX_NODE__NAME", "broker@10.0.0.1"),
    ];
    let config = load_with("mqtt.max_subscriptions = 9", &variables).unwrap().config;
    assert_eq!(config.mqtt.max_inflight.get(), 7);
    assert_eq!(config.mqtt.max_subscriptions, Some(9), "an object is merged, not replaced");
    assert_eq!(config.mqtt.mqueue_priorities["a/b"], 3);
    assert_eq!(config.mqtt.response_information, "one\ntwo = 2");
    let tcp = config.listeners.iter().filter(|listener| listener.kind == ListenerKind::Tcp);
    let binds: Vec<_> = tcp.map(|listener| listener.bind.to_string()).collect();
    assert_eq!(binds, ["127.0.0.1:1999", "127.0.0.1:0"]);
    assert_eq!(config.node.name.as_str(), "broker@10.0.0.1");
}

#[test]
fn a_variable_can_be_a_list_and_replaces_the_one_of_the_file() {
    let file = "durable_sessions.ack_overrides = [{ topic = a, ack = memory }, { topic = b, ack = memory }]";
    let name = "DUNLIN_DURABLE_SESSIONS__ACK_OVERRIDES";
    let overrides = |value| {
        let loaded = load_with(file, &[(name, value)]).map_err(|errors| errors.to_string())?;
        Ok(loaded.config.durable_sessions.ack_overrides.into_iter().map(|entry| entry.topic).collect::<Vec<_>>())
    };
    assert_eq!(overrides(r#"[{ topic = "c/#", ack = local_fsync }]"#), Ok(vec!["c/#".to_owned()]));
    assert_eq!(overrides("[]"), Ok(Vec::new()));
    let expected = format!(
        "environment variable {name}: `durable_sessions.ack_overrides` is `memory`, but must be a list of objects \
         `[ {{ … }}, {{ … }} ]`"
    );
    assert_eq!(overrides("memory"), Err(expected));
}

#[test]
fn the_durable_parts_are_roots_of_ours() {
    let variables = [("EMQX_DELAYED", "{ max_delayed_messages = 5 }"), ("DUNLIN_DURABLE_SESSIONS", "{ enable = off }")];
    let config = load_with("", &variables).unwrap().config;
    assert_eq!((config.delayed.max_delayed_messages, config.durable_sessions.enable), (Some(5), false));
}

#[test]
fn short_names_of_emqx_images_are_understood() {
    let loaded = load_with("", &[("EMQX_NODE_NAME", "n@h"), ("EMQX_NODE_COOKIE", "secret")]).unwrap();
    assert_eq!(loaded.config.node.name.as_str(), "n@h");
    assert_eq!(loaded.config.node.cookie.unwrap().reveal().unwrap(), "secret");
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
}

#[test]
fn where_the_log_goes_is_what_emqx_images_are_told() {
    for (variable, value, console, file) in [
        ("EMQX_LOG__TO", "console", true, false),
        ("EMQX_LOG__TO", "default", true, false),
        ("EMQX_DEFAULT_LOG_HANDLER", "file", false, true),
        ("DUNLIN_DEFAULT_LOG_HANDLER", "both", true, true),
    ] {
        let loaded = load_with("log.file.extra {}", &[(variable, value)]).unwrap();
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
        let log = loaded.config.log;
        assert_eq!((log.console.enable, log.files["default"].handler.enable), (console, file), "{variable} {value}");
        assert!(log.files["extra"].handler.enable, "who gives it a name wants it");
    }
    let loaded = load_with("log { console.enable = true, file.enable = false }", &[("EMQX_LOG__TO", "file")]).unwrap();
    assert_eq!((loaded.config.log.console.enable, loaded.config.log.files["default"].handler.enable), (true, false));
}

#[test]
fn listeners_and_zones_can_be_set_by_variables() {
    let variables = [
        ("EMQX_LISTENERS__SSL__DEFAULT__SSL_OPTIONS__CERTFILE", "/run/tls/cert.pem"),
        ("EMQX_LISTENERS__SSL__DEFAULT__SSL_OPTIONS__KEYFILE", "/run/tls/key.pem"),
        ("EMQX_LISTENERS__SSL__DEFAULT__SSL_OPTIONS__VERSIONS", "[tlsv1.3]"),
        ("EMQX_LISTENERS__TCP__DEFAULT__ACCESS_RULES", "[\"allow 10.0.0.0/8\", \"deny all\"]"),
        ("EMQX_LISTENERS__WS__DEFAULT", "marked_for_deletion"),
        ("DUNLIN_ZONES__SLOW__MQTT__MAX_INFLIGHT", "1"),
        ("DUNLIN_LISTENERS__TCP__DEFAULT__ZONE", "slow"),
    ];
    let config = load_with("", &variables).unwrap().config;
    let ids: Vec<_> = config.listeners.iter().map(dunlin_config::Listener::id).collect();
    assert_eq!(ids, ["tcp:default", "ssl:default", "wss:default"]);
    let ssl = config.listeners[1].kind.ssl().unwrap();
    assert_eq!(format!("{:?} {:?}", ssl.certfile.as_ref().unwrap(), ssl.versions), "File(/run/tls/cert.pem) [Tls13]");
    assert_eq!(config.listeners[0].access_rules.len(), 2);
    assert_eq!(config.zones[&config.listeners[0].zone].mqtt.max_inflight.get(), 1);
}

#[test]
fn names_that_are_not_ours_are_passed_over() {
    let variables = [
        ("DUNLIN_SERVICE_HOST", "10.0.0.1"),
        ("DUNLIN_PORT_1883_TCP", "tcp://10.0.0.1:1883"),
        ("EMQX_", "x"),
        ("DUNLIN_MQTT__", "x"),
        ("MQTT__MAX_INFLIGHT", "0"),
    ];
    let loaded = load_with("", &variables).unwrap();
    assert_eq!(loaded, load_with("", &[]).unwrap());
}

#[test]
fn an_unknown_key_is_an_error_but_for_emqx_only_a_warning() {
    let error = load_with("", &[("DUNLIN_MQTT__MAX_INFLIGTH", "1")]).unwrap_err().to_string();
    let expected = "environment variable DUNLIN_MQTT__MAX_INFLIGTH: unknown key `mqtt.max_infligth`; \
                    did you mean `mqtt.max_inflight`?";
    assert_eq!(error, expected);
    let error = load_with("", &[("DUNLIN_MQT__STRICT_MODE", "true")]).unwrap_err().to_string();
    assert_eq!(error, "environment variable DUNLIN_MQT__STRICT_MODE: unknown key `mqt`; did you mean `mqtt`?");

    let loaded = load_with("", &[("EMQX_MQTT__SHINY", "1"), ("EMQX_FOO__BAR", "1")]).unwrap();
    let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "environment variable EMQX_FOO__BAR: `foo` is unknown and has no effect",
            "environment variable EMQX_MQTT__SHINY: `mqtt.shiny` is unknown and has no effect",
        ]
    );
}

#[test]
fn a_bad_value_names_its_variable_whoever_set_it() {
    let error = load_with("", &[("EMQX_MQTT__MAX_INFLIGHT", "none")]).unwrap_err().to_string();
    let expected = "environment variable EMQX_MQTT__MAX_INFLIGHT: `mqtt.max_inflight` is `none`, \
                    but must be a whole number from 1 to 65535";
    assert_eq!(error, expected);
}

#[test]
fn the_file_can_use_variables_and_variables_cannot() {
    let loaded = load_with("node.data_dir = ${HOME}/mqtt", &[("HOME", "/home/m")]).unwrap();
    assert_eq!(loaded.config.node.data_dir.to_str(), Some("/home/m/mqtt"));

    let variables = [("SECRET", "s"), ("DUNLIN_MQTT__RESPONSE_INFORMATION", "${SECRET}")];
    assert_eq!(load_with("", &variables).unwrap().config.mqtt.response_information, "${SECRET}");
}
