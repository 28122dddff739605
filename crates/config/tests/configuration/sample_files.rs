//! Whole files as they stand on machines that ran EMQX: what loads, and with which warnings.

use crate::{errors_of, load_text};
use dunlin_config::{EnableAuthn, Limiter, Listener, Loaded, load};
use std::time::Duration;

/// A file that lies where packages put it.
fn load_file(text: &str, variables: &[(&str, &str)]) -> Loaded {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load(text, "/etc/emqx/emqx.conf", variables).unwrap_or_else(|errors| panic!("{errors}"))
}

fn listener<'a>(loaded: &'a Loaded, id: &str) -> &'a Listener {
    loaded.config.listeners.iter().find(|listener| listener.id() == id).unwrap_or_else(|| panic!("no {id}"))
}

/// The keys of warnings that are not about the kind of a listener.
fn warned_keys(loaded: &Loaded) -> Vec<&str> {
    let about_keys = loaded.warnings.iter().filter(|warning| !warning.message.ends_with("is not started"));
    about_keys.map(|warning| warning.key.as_str()).collect()
}

/// Every option of a TLS listener, with the values that EMQX's reference has.
#[test]
fn a_tls_listener_with_every_option() {
    let loaded = load_file(
        r#"
listeners.ssl.secure = {
    bind = "0.0.0.0:8885"
    enabled = true
    acceptors = 16
    enable_authn = true
    max_connections = infinity
    max_conn_rate = infinity
    mountpoint = ""
    zone = default
    access_rules = ["allow all"]
    allow_log_packet_data_from = ""
    proxy_protocol = false
    proxy_protocol_timeout = 3s
    tcp_options {
        active_n = 100, backlog = 1024, buffer = 4KB, high_watermark = 1MB, keepalive = none, nodelay = true
        reuseaddr = true, send_timeout = 15s, send_timeout_close = true
    }
    ssl_options {
        cacertfile = "${EMQX_ETC_DIR}/certs/cacert.pem"
        certfile = "${EMQX_ETC_DIR}/certs/cert.pem"
        keyfile = "${EMQX_ETC_DIR}/certs/key.pem"
        verify = verify_none
        fail_if_no_peer_cert = false
        reuse_sessions = true
        depth = 10
        versions = [tlsv1.3, tlsv1.2]
        ciphers = "TLS_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256,ECDHE-RSA-AES256-GCM-SHA384"
        secure_renegotiate = true
        log_level = notice
        hibernate_after = 5s
        honor_cipher_order = true
        client_renegotiation = true
        handshake_timeout = 15s
        gc_after_handshake = false
        enable_crl_check = false
        ocsp { enable_ocsp_stapling = false, responder_url = "http://ocsp.example.com", refresh_interval = 5m }
    }
}
"#,
        &[],
    );
    let secure = listener(&loaded, "ssl:secure");
    let ssl = secure.kind.ssl().unwrap();
    assert_eq!(format!("{:?}", ssl.certfile.as_ref().unwrap()), "File(/etc/emqx/certs/cert.pem)");
    assert_eq!((ssl.ciphers.len(), ssl.reuse_sessions, ssl.ocsp.is_some()), (3, true, false));
    let erlang = ["client_renegotiation", "gc_after_handshake", "hibernate_after", "log_level", "secure_renegotiate"];
    assert_eq!(warned_keys(&loaded), erlang.map(|key| format!("listeners.ssl.secure.ssl_options.{key}")));
}

/// The same for WebSocket, whose lists are texts with commas.
#[test]
fn a_websocket_listener_with_every_option() {
    let loaded = load_file(
        r#"
listeners.wss.web {
  bind = 8085
  enable_authn = quick_deny_anonymous
  websocket {
    allow_origin_absence = true
    check_origin_enable = true
    check_origins = "https://app.example.com, https://www.example.com"
    compress = true
    deflate_opts {
      level = best_speed
      client_context_takeover = "no_takeover"
      client_max_window_bits = 15
      mem_level = 8
      server_context_takeover = "takeover"
      server_max_window_bits = 15
      strategy = "default"
    }
    fail_if_no_subprotocol = true
    idle_timeout = "7200s"
    max_frame_size = "infinity"
    mqtt_path = "/mqtt"
    mqtt_piggyback = "multiple"
    proxy_address_header = "x-forwarded-for"
    proxy_port_header = "x-forwarded-port"
    supported_subprotocols = "mqtt, mqtt-v3, mqtt-v3.1.1, mqtt-v5"
    validate_utf8 = true
  }
  ssl_options { certfile = "data/certs/cert.pem", keyfile = "data/certs/key.pem", password = "file:///run/secrets/tls" }
}
"#,
        &[],
    );
    let web = listener(&loaded, "wss:web");
    assert_eq!(web.enable_authn, EnableAuthn::QuickDenyAnonymous);
    let websocket = web.kind.websocket().unwrap();
    assert_eq!(websocket.check_origins, ["https://app.example.com", "https://www.example.com"]);
    assert_eq!(websocket.supported_subprotocols.len(), 4);
    assert!(!websocket.deflate_opts.client_context_takeover && websocket.deflate_opts.server_context_takeover);
    assert_eq!(warned_keys(&loaded), [""; 0]);
}

#[test]
fn a_quic_listener() {
    let loaded = load_file(
        r#"
listeners.quic.default {
  enabled = true
  bind = "0.0.0.0:14567"
  max_connections = 1024000
  acceptors = 16
  ciphers = ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"]
  idle_timeout_ms = 0
  server_resumption_level = 2
  ssl_options { cacertfile = "c/ca.pem", certfile = "c/cert.pem", keyfile = "c/key.pem", verify = verify_none }
}
"#,
        &[],
    );
    let quic = listener(&loaded, "quic:default");
    assert_eq!((quic.bind.to_string().as_str(), quic.max_connections), ("0.0.0.0:14567", Some(1_024_000)));
    assert_eq!(quic.kind.ssl().unwrap().ciphers.len(), 3);
    assert_eq!(warned_keys(&loaded), ["listeners.quic.default.server_resumption_level"]);
}

/// What a deb package brings, changed by hand as its manual says, with the variables of a container on top.
#[test]
fn a_file_of_a_package_with_variables_of_a_container() {
    let file = r#"
## NOTE: settings here override what the dashboard changes
node {
  name = "emqx@127.0.0.1"
  cookie = "emqxsecretcookie"
  data_dir = "/var/lib/emqx"
}
cluster { name = emqxcl, discovery_strategy = manual }
dashboard { listeners.http.bind = 18083 }
include "/etc/emqx/conf.d/none.conf"
mqtt { max_packet_size = 2MB, keepalive_multiplier = 1.5, session_expiry_interval = 2h }
zones.factory.mqtt { max_inflight = 1, max_qos_allowed = 1 }
listeners.tcp.default { max_connections = 1024000 }
listeners.tcp.factory { bind = "10.0.0.1:11883", zone = factory, mountpoint = "factory/${clientid}/" }
listeners.ws.default = marked_for_deletion
log.file { level = warning, path = "${EMQX_LOG_DIR}/emqx.log" }
psk_authentication { enable = false, init_file = "${EMQX_DATA_DIR}/psk", separator = ":", chunk_size = 50 }
crl_cache { refresh_interval = 15m, http_timeout = 15s, capacity = 100 }
"#;
    let variables = [
        ("EMQX_HOST", "node1.example.com"),
        ("EMQX_NODE__COOKIE", "s3cret"),
        ("EMQX_LOG__TO", "console"),
        ("EMQX_LISTENERS__SSL__DEFAULT__ENABLE", "false"),
        ("EMQX_LISTENERS__TCP__DEFAULT__MAX_CONNECTIONS", "5000"),
    ];
    let loaded = load_file(file, &variables);
    let config = &loaded.config;
    assert_eq!(config.node.name.as_str(), "emqx@node1.example.com");
    assert_eq!(listener(&loaded, "tcp:default").max_connections, Some(5000));
    let factory = listener(&loaded, "tcp:factory");
    assert_eq!(config.zones[&factory.zone].mqtt.max_inflight.get(), 1);
    assert_eq!(config.zones[&factory.zone].mqtt.max_packet_size_bytes, 2 << 20);
    assert!(!config.listeners.iter().any(|listener| listener.id() == "ws:default"));
    assert!(!listener(&loaded, "ssl:default").enable);
    assert_eq!(config.psk_authentication.init_file.as_ref().unwrap().to_str(), Some("/var/lib/emqx/psk"));
    assert_eq!(config.crl_cache.refresh_interval, Duration::from_secs(900));
    let log_file = &config.log.files["default"];
    assert_eq!((log_file.path.to_str(), log_file.handler.enable), (Some("/var/lib/emqx/log/emqx.log"), false));
    assert_eq!(config.dashboard.http.bind, Some("0.0.0.0:18083".parse().unwrap()));
    assert!(warned_keys(&loaded).contains(&"cluster"), "{:?}", loaded.warnings);
}

/// Rates in all the forms of EMQX 5.
#[test]
fn rates_of_a_listener() {
    let loaded = load_file(
        r#"
listeners.tcp.default {
  max_conn_rate = "1000/s", max_conn_burst = "10000/60m"
  messages_rate = "1000/s", messages_burst = "10000/60m"
  bytes_rate = "1MB/s", bytes_burst = "100MB/60m"
  subscribes_rate = "120/1m", subscribes_burst = "10/10s"
}
"#,
        &[],
    );
    let rate = listener(&loaded, "tcp:default").max_conn_rate.unwrap();
    assert_eq!((rate.count.get(), rate.period), (1000, Duration::from_secs(1)));
    let Limiter { messages, bytes, subscribes, .. } = listener(&loaded, "tcp:default").limiter;
    let texts = [messages, bytes, subscribes]
        .map(|limit| [limit.rate, limit.burst].map(|rate| rate.map(|rate| (rate.count.get(), rate.period.as_secs()))));
    assert_eq!(
        texts,
        [
            [Some((1_000, 1)), Some((10_000, 3_600))],
            [Some((1 << 20, 1)), Some((100 << 20, 3_600))],
            [Some((120, 60)), Some((10, 10))]
        ]
    );
    assert_eq!(warned_keys(&loaded), [""; 0]);
}

/// What is said of a listener of EMQX 4 can be written as it is said, and then loads.
#[test]
fn the_answers_to_a_file_of_emqx_4_are_a_file_of_today() {
    let old = "\
listener.tcp.external = 0.0.0.0:11883
listener.tcp.external.acceptors = 8
listener.tcp.external.max_connections = 1024000
listener.tcp.external.max_conn_rate = 1000
listener.tcp.external.mountpoint = devices/%c/
listener.tcp.external.rate_limit = 100KB,10s
listener.tcp.external.access.1 = allow all
listener.tcp.external.proxy_protocol = on
listener.tcp.external.proxy_protocol_timeout = 3s
listener.tcp.external.backlog = 1024
listener.tcp.external.send_timeout = 15s
listener.tcp.external.nodelay = true
listener.ssl.external = 18883
listener.ssl.external.tls_versions = tlsv1.3,tlsv1.2
listener.ssl.external.keyfile = etc/certs/key.pem
listener.ssl.external.certfile = etc/certs/cert.pem
listener.ssl.external.cacertfile = etc/certs/cacert.pem
listener.ssl.external.verify = verify_peer
listener.ssl.external.fail_if_no_peer_cert = true
listener.ssl.external.depth = 10
listener.ssl.external.key_password = yourpass
listener.ssl.external.ciphers = TLS_AES_256_GCM_SHA384,ECDHE-ECDSA-AES256-GCM-SHA384
listener.ssl.external.handshake_timeout = 15s
listener.ssl.external.secure_renegotiate = off
listener.ssl.external.reuse_sessions = on
listener.ssl.external.honor_cipher_order = on
listener.ssl.external.peer_cert_as_username = cn
listener.ws.external = 18083
listener.ws.external.mqtt_path = /mqtt
listener.ws.external.idle_timeout = 60s
listener.ws.external.max_frame_size = 0
listener.ws.external.mqtt_piggyback = multiple
listener.ws.external.check_origins = http://localhost:18083
listener.ws.external.supported_subprotocols = mqtt, mqtt-v5
zone.external.max_inflight = 16
zone.internal.max_mqueue_len = 1000
";
    let errors = errors_of(old);
    assert_eq!(errors.len(), old.lines().count(), "{errors:#?}");
    // What has to stand beside an answer is in another one here.
    let answers = errors.iter().filter_map(|error| error.split(", beside ").next()?.split_once("; write "));
    let lines: Vec<String> =
        answers.flat_map(|(_, answer)| answer.split('`').skip(1).step_by(2).map(str::to_owned)).collect();
    assert_eq!(lines.len(), errors.len(), "{errors:#?}");
    let loaded = load_text(&lines.join("\n")).unwrap_or_else(|errors| panic!("{errors}\n{lines:#?}"));
    let ids: Vec<_> = loaded.config.listeners.iter().map(Listener::id).collect();
    assert_eq!(ids, ["tcp:default", "ssl:default", "ws:default", "wss:default"]);
    assert_eq!(listener(&loaded, "tcp:default").mountpoint, "devices/${clientid}/");
    assert_eq!(loaded.config.zones["internal"].mqtt.max_inflight.get(), 16);
}
