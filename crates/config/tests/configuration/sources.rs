//! Several sources over each other, and where each value came from.

use dunlin_config::{Origin, Sources};

fn sources(cluster: &str, file: &str, variables: &[(&str, &str)]) -> Sources {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sources::new(variables).with_cluster_file("cluster.hocon", cluster).with_file("etc/dunlin.conf", file)
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_what_was_changed_by_api() {
    let cluster = "mqtt { max_inflight = 1, max_awaiting_rel = 1, max_subscriptions = 1 }";
    let file = "\nmqtt.max_inflight = 2\nmqtt.max_awaiting_rel = 2";
    let loaded = sources(cluster, file, &[("DUNLIN_MQTT__MAX_INFLIGHT", "3")]).load().unwrap();
    let mqtt = &loaded.config.mqtt;
    assert_eq!((mqtt.max_inflight.get(), mqtt.max_awaiting_rel, mqtt.max_subscriptions), (3, Some(2), Some(1)));
    for (key, origin) in [
        ("mqtt.max_inflight", "environment variable DUNLIN_MQTT__MAX_INFLIGHT"),
        ("mqtt.max_awaiting_rel", "etc/dunlin.conf:3"),
        ("mqtt.max_subscriptions", "cluster.hocon:1"),
        ("mqtt.strict_mode", "default"),
    ] {
        assert_eq!(loaded.origin_of(key).to_string(), origin, "{key}");
    }
}

#[test]
fn what_people_leave_to_run_time_is_the_weakest() {
    let base = "mqtt { max_inflight = 4, max_awaiting_rel = 4, max_subscriptions = 4, max_qos_allowed = 1 }\n\
                node.data_dir = \"/b\"\nnode.tls_stateless_tickets_seed = ${?of.cluster}";
    let with_base = |cluster, file| sources(cluster, file, &[]).with_base_file("etc/base.hocon", base);
    let sources = with_base("mqtt { max_inflight = 1, max_awaiting_rel = 1 }\nnode = {}", "mqtt.max_inflight = 2");
    let loaded = sources.load().unwrap();
    let mqtt = &loaded.config.mqtt;
    assert_eq!((mqtt.max_inflight.get(), mqtt.max_awaiting_rel, mqtt.max_subscriptions), (2, Some(1), Some(4)));
    assert_eq!(loaded.origin_of("mqtt.max_subscriptions").to_string(), "etc/base.hocon:1");
    assert_eq!(sources.masked_by("mqtt.max_subscriptions"), Ok(None), "it is there to be changed");
    assert_eq!(sources.data_dir().unwrap().to_str(), Some("/b"));
    assert_eq!(with_base("", "node.data_dir = \"/d\"").data_dir().unwrap().to_str(), Some("/d"));
    let errors = Sources::new([]).with_base_file("etc/base.hocon", "mqtt.max_inflite = 1").load().unwrap_err();
    let expected = "etc/base.hocon:1: unknown key `mqtt.max_inflite`; did you mean `mqtt.max_inflight`?";
    assert_eq!(errors.to_string(), expected);
}

#[test]
fn errors_name_the_file_they_are_in() {
    let errors = sources("mqtt.shiny = 1\nnode = 1", "\nmqtt.max_inflight = x", &[("DUNLIN_MQTT__DULL", "1")]).load();
    let lines: Vec<String> = errors.unwrap_err().to_string().lines().map(str::to_owned).collect();
    let expected = [
        "etc/dunlin.conf:2: `mqtt.max_inflight` is `x`, but must be a whole number from 1 to 65535",
        "cluster.hocon:1: unknown key `mqtt.shiny`",
        "cluster.hocon:2: `node` is `1`, but must be an object `{ … }`",
        "environment variable DUNLIN_MQTT__DULL: unknown key `mqtt.dull`",
    ];
    assert_eq!(lines, expected);
    let error = sources("mqtt {", "", &[]).load().unwrap_err().to_string();
    assert!(error.starts_with("cluster.hocon:1: this `{` is not closed"), "{error}");
}

#[test]
fn what_masks_a_change_is_known() {
    let file = "mqtt.max_inflight = 2\n\nlisteners.tcp.default { bind = 1884 }\nretainer = null";
    let sources = sources("mqtt.max_subscriptions = 5", file, &[("EMQX_LOG__CONSOLE__LEVEL", "debug")]);
    let masked = |key| sources.masked_by(key).unwrap().map(|origin| origin.to_string());
    for (key, origin) in [
        ("mqtt.max_inflight", Some("etc/dunlin.conf:1")),
        ("mqtt", Some("etc/dunlin.conf:1")),
        ("mqtt.max_subscriptions", None),
        ("listeners.tcp.default", Some("etc/dunlin.conf:3")),
        ("listeners.tcp.other", None),
        ("retainer.enable", Some("etc/dunlin.conf:4")),
        ("log.console.level", Some("environment variable EMQX_LOG__CONSOLE__LEVEL")),
        ("broker", None),
    ] {
        assert_eq!(masked(key).as_deref(), origin, "{key}");
    }
}

#[test]
fn the_data_folder_is_known_before_the_file_in_it_is_read() {
    let data_dir = |file, variables: &[_]| sources("node.data_dir = x", file, variables).data_dir().unwrap();
    assert_eq!(data_dir("", &[]).to_str(), Some("data"));
    assert_eq!(data_dir("node.data_dir = \"/d\"\na = ${of.cluster.hocon}", &[]).to_str(), Some("/d"));
    assert_eq!(data_dir("node.data_dir = a", &[("EMQX_NODE__DATA_DIR", "/e")]).to_str(), Some("/e"));
    assert!(sources("", "node {", &[]).data_dir().is_err());
}

#[test]
fn folders_of_emqx_stand_in_paths() {
    let data_dir = |file, variables: &[_]| sources("", file, variables).load().unwrap().config.node.data_dir;
    assert_eq!(data_dir("node.data_dir = \"${EMQX_ETC_DIR}/../data\"", &[]).to_str(), Some("etc/../data"));
    let of_log = [("EMQX_LOG_DIR", "/l")];
    assert_eq!(data_dir("node.data_dir = ${DUNLIN_LOG_DIR}/data", &of_log).to_str(), Some("/l/data"));
    let variables = [("EMQX_ETC_DIR", "/opt/etc")];
    assert_eq!(data_dir("node.data_dir = \"${EMQX_ETC_DIR}/data\"", &variables).to_str(), Some("/opt/etc/data"));
}

#[test]
fn the_folder_of_the_configuration_file_is_known() {
    let etc_dir = |variables: &[_]| sources("", "", variables).load().unwrap().config.etc_dir;
    assert_eq!(etc_dir(&[]), Some("etc".into()));
    assert_eq!(etc_dir(&[("EMQX_ETC_DIR", "/opt/etc")]), Some("/opt/etc".into()));
}

#[test]
fn the_data_folder_stands_in_paths_too() {
    let certificate = |file: &str, variables: &[(&str, &str)]| {
        let listeners = sources("", file, variables).load().unwrap().config.listeners;
        format!("{:?}", listeners[1].kind.ssl().unwrap().certfile.as_ref().unwrap())
    };
    let key = "listeners.ssl.default.ssl_options { keyfile = k, certfile =";
    for (file, variables, expected) in [
        (format!("{key} \"${{EMQX_DATA_DIR}}/certs/c.pem\" }}"), &[][..], "File(data/certs/c.pem)"),
        (format!("{key} ${{EMQX_DATA_DIR}}/c.pem }}"), &[], "File(data/c.pem)"),
        (format!("node.data_dir = \"/var/d\"\n{key} \"$DUNLIN_DATA_DIR/c.pem\" }}"), &[], "File(/var/d/c.pem)"),
        (format!("node.data_dir = \"${{EMQX_ETC_DIR}}/d\"\n{key} ${{EMQX_DATA_DIR}}/c }}"), &[], "File(etc/d/c)"),
        (format!("{key} \"${{EMQX_DATA_DIR}}/c\" }}"), &[("EMQX_NODE__DATA_DIR", "/e")], "File(/e/c)"),
        (format!("{key} \"${{EMQX_DATA_DIR}}/c\" }}"), &[("EMQX_DATA_DIR", "/f")], "File(/f/c)"),
        (format!("{key} \"${{EMQX_ETC_DIR}}/certs/c.pem\" }}"), &[], "File(etc/certs/c.pem)"),
    ] {
        assert_eq!(certificate(&file, variables), expected, "{file}");
    }
    let itself = sources("", "node.data_dir = \"${EMQX_DATA_DIR}\"", &[]).load().unwrap().config.node.data_dir;
    assert_eq!(itself.to_str(), Some("data"));
}

#[test]
fn name_and_host_of_the_node_can_be_set_apart() {
    let name = |file, variables: &[_]| {
        let loaded = sources("", file, variables).load().unwrap();
        (loaded.config.node.name.as_str().to_owned(), loaded.origin_of("node.name"))
    };
    let from = |variable| Origin::variable(variable);
    let of_file = "node.name = \"emqx@10.0.0.1\"";
    assert_eq!(name("", &[("EMQX_HOST", "a.b")]), ("dunlin@a.b".into(), from("EMQX_HOST")));
    assert_eq!(name(of_file, &[("DUNLIN_HOST", "c"), ("EMQX_HOST", "d")]), ("emqx@c".into(), from("DUNLIN_HOST")));
    assert_eq!(name(of_file, &[("EMQX_NAME", "e")]), ("e@10.0.0.1".into(), from("EMQX_NAME")));
    assert_eq!(name(of_file, &[("EMQX_HOST", "")]).0, "emqx@10.0.0.1");
    let all = [("EMQX_HOST", "f"), ("EMQX_NODE_NAME", "g@h")];
    assert_eq!(name(of_file, &all), ("g@h".into(), from("EMQX_NODE_NAME")));
}

#[test]
fn items_of_a_list_are_set_by_number() {
    let file = "durable_sessions.ack_overrides = [{ topic = a, ack = memory }]";
    let key = |rest: &str| format!("DUNLIN_DURABLE_SESSIONS__ACK_OVERRIDES__{rest}");
    let topics = |variables: &[(&str, &str)]| {
        let loaded = sources("", file, variables).load().map_err(|errors| errors.to_string())?;
        Ok::<_, String>(loaded.config.durable_sessions.ack_overrides.into_iter().map(|o| o.topic).collect::<Vec<_>>())
    };
    let entry = "{ topic = b, ack = memory }";
    assert_eq!(topics(&[(&key("1__TOPIC"), "b/#")]).as_deref(), Ok(&["b/#".to_owned()][..]));
    let names: Vec<_> = (2..=11).map(|number| key(&number.to_string())).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), entry)).collect();
    assert_eq!(topics(&many).unwrap().len(), 11);
    let error = topics(&[(&key("4"), entry)]).unwrap_err();
    let expected = format!(
        "environment variable {}: item 4 of a list of 1 cannot be set; items count from 1, and 2 is the next to add",
        key("4")
    );
    assert_eq!(error, expected);
}

#[test]
fn a_cookie_is_a_secret_and_the_default_one_is_warned_of() {
    let loaded = sources("", "node.cookie = emqxsecretcookie", &[]).load().unwrap();
    let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    let expected = "etc/dunlin.conf:1: `node.cookie`: default (insecure) cookie is in use: everybody knows it, it is \
                    EMQX's; configure `node.cookie` in etc/dunlin.conf or override it from the environment variable \
                    DUNLIN_NODE__COOKIE (EMQX_NODE__COOKIE is understood too), and use the same cookie for all nodes in \
                    the cluster";
    assert_eq!(warnings, [expected]);
    let loaded = sources("", "", &[("EMQX_NODE__COOKIE", "file:///run/secrets/cookie")]).load().unwrap();
    let cookie = loaded.config.node.cookie.unwrap();
    assert_eq!(cookie.file().unwrap().to_str(), Some("/run/secrets/cookie"));
    let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    let start = "environment variable EMQX_NODE__COOKIE: `node.cookie`: its file /run/secrets/cookie cannot be read: ";
    assert!(warnings.len() == 1 && warnings[0].starts_with(start), "{warnings:?}");
    // Who follows the advice hears no more of it.
    assert!(sources("", "node.cookie = another", &[]).load().unwrap().warnings.is_empty());
    assert_eq!(format!("{:?}", dunlin_config::Secret::new("abc")), "Secret(******)");
}
