//! One row per key of a listener; those that all kinds have are shown at one of them.

use crate::row::{Row, row};
use dunlin_config::{Config, ListenerKind, QuicOptions, SslOptions, WebSocketOptions};

pub(crate) fn rows() -> Vec<Row> {
    let sections = [common_rows(), tcp_rows(), websocket_rows(), certificate_rows(), ssl_rows(), quic_rows()];
    sections.into_iter().flatten().collect()
}

/// Of `ssl:default`.
fn ssl(config: &Config) -> &SslOptions {
    config.listeners[1].kind.ssl().expect("it has TLS")
}

/// Of `ws:default`.
fn websocket(config: &Config) -> &WebSocketOptions {
    config.listeners[2].kind.websocket().expect("it has WebSocket")
}

/// Of `quic:default`, which is there only where somebody wants it.
fn quic(config: &Config) -> Option<(&QuicOptions, &SslOptions)> {
    match &config.listeners.get(4)?.kind {
        ListenerKind::Quic { quic, ssl } => Some((quic, ssl)),
        other => panic!("{other:?}"),
    }
}

fn common_rows() -> Vec<Row> {
    vec![
        row!("listeners.tcp.default.enable", c => c.listeners[0].enable, "true", ["false" => "false"], ["0"]),
        row!("listeners.tcp.default.enabled", c => c.listeners[0].enable, "true", ["no" => "false"], ["0"]),
        row!("listeners.tcp.default.bind", c => c.listeners[0].bind, "0.0.0.0:1883",
            ["1884" => "0.0.0.0:1884", "\":1884\"" => "0.0.0.0:1884", "\"127.0.0.1:0\"" => "127.0.0.1:0",
             "127.0.0.1:1884" => "127.0.0.1:1884", "\"[::1]:1884\"" => "[::1]:1884"],
            ["65536", "\"localhost:1883\"", "\"127.0.0.1\"", "\"1.2.3.4:99999\""]),
        row!("listeners.tcp.default.max_connections", c => c.listeners[0].max_connections, "None",
            ["1024000" => "Some(1024000)", "infinity" => "None"], ["0", "-1"]),
        row!("listeners.tcp.default.acceptors", c => c.listeners.len(), "4", ["16" => "4"], []),
        row!("listeners.tcp.default.max_conn_rate", c => c.listeners[0].max_conn_rate, "None",
            ["\"1000/s\"" => "Some(Rate { count: 1000, period: 1s })", "500" => "Some(Rate { count: 500, period: 1s })",
             "infinity" => "None"], ["0", "fast", "\"0/s\""]),
        row!("listeners.tcp.default.max_conn_burst", c => c.listeners[0].max_conn_burst, "None",
            ["\"10000/60m\"" => "Some(Rate { count: 10000, period: 3600s })"], ["-1"]),
        row!("listeners.ssl.default.mountpoint", c => c.listeners[1].mountpoint, "\"\"",
            ["\"a/${clientid}/\"" => "\"a/${clientid}/\""], ["\"a/#\"", "\"+/\"", "[]"]),
        row!("listeners.tcp.default.zone", c => c.listeners[0].zone, "\"default\"", ["z" => "\"z\""], ["{}"],
            beside "zones.z {}"),
        row!("listeners.tcp.default.enable_authn", c => c.listeners[0].enable_authn, "Yes",
            ["true" => "Yes", "false" => "No", "quick_deny_anonymous" => "QuickDenyAnonymous"], ["maybe"]),
        row!("listeners.tcp.default.access_rules", c => c.listeners[0].access_rules,
            "[AccessRule { allow: true, network: None }]",
            ["[\"allow 10.0.0.0/8\", \"deny all\"]" =>
                "[AccessRule { allow: true, network: Some(10.0.0.0/8) }, AccessRule { allow: false, network: None }]",
             "\"deny ::1\"" => "[AccessRule { allow: false, network: Some(::1/128) }]", "[]" => "[]"],
            ["[\"allow\"]", "[\"permit all\"]", "[\"allow 10.0.0.0/33\"]", "[\"allow all now\"]", "{ a = 1 }"]),
        row!("listeners.ws.default.proxy_protocol", c => c.listeners[2].proxy_protocol, "false", ["true" => "true"], ["v2"]),
        row!("listeners.ws.default.proxy_protocol_timeout", c => c.listeners[2].proxy_protocol_timeout, "3s",
            ["500ms" => "500ms"], ["0s", "2d"]),
        row!("listeners.tcp.default.allow_log_packet_data_from", c => c.listeners[0].allow_log_packet_data_from, "[]",
            ["\"127.0.0.0/8, ::1\"" => "[127.0.0.0/8, ::1/128]", "[\"10.0.0.1\"]" => "[10.0.0.1/32]", "\"\"" => "[]"],
            ["all", "\"127.0.0.0/8, x\"", "{ a = 1 }"]),
    ]
}

fn tcp_rows() -> Vec<Row> {
    vec![
        row!("listeners.tcp.default.tcp_options.backlog", c => c.listeners[0].tcp_options.backlog, "1024",
            ["128" => "128"], ["0", "65536"]),
        row!("listeners.tcp.default.tcp_options.nodelay", c => c.listeners[0].tcp_options.nodelay, "true",
            ["false" => "false"], ["slow"]),
        row!("listeners.tcp.default.tcp_options.nolinger", c => c.listeners[0].tcp_options.nolinger, "false",
            ["true" => "true"], ["0s"]),
        row!("listeners.tcp.default.tcp_options.send_timeout", c => c.listeners[0].tcp_options.send_timeout, "15s",
            ["5s" => "5s", "250" => "250ms"], ["0s", "infinity"]),
        row!("listeners.tcp.default.tcp_options.keepalive", c => c.listeners[0].tcp_options.keepalive, "None",
            ["\"240,30,5\"" => "Some(TcpKeepalive { idle: 240s, interval: 30s, probes: 5 })", "none" => "None"],
            ["\"240,30\"", "\"0,30,5\"", "\"72001,30,5\"", "\"240,751,5\"", "\"240,30,91\"", "5"]),
        row!("listeners.tcp.default.tcp_options.sndbuf", c => c.listeners[0].tcp_options.send_buffer_bytes, "None",
            ["4KB" => "Some(4096)", "auto" => "None"], ["0", "2GB"]),
        row!("listeners.tcp.default.tcp_options.recbuf", c => c.listeners[0].tcp_options.receive_buffer_bytes, "None",
            ["4KB" => "Some(4096)", "auto" => "None"], ["0", "2GB"]),
        row!("listeners.tcp.default.tcp_options.high_watermark", c => c.listeners[0].tcp_options.high_watermark_bytes,
            "1048576", ["2MB" => "2097152"], ["0", "high"]),
    ]
}

fn websocket_rows() -> Vec<Row> {
    vec![
        row!("listeners.ws.default.websocket.mqtt_path", c => websocket(c).mqtt_path, "\"/mqtt\"",
            ["\"/\"" => "\"/\"", "/a/b" => "\"/a/b\""], ["mqtt", "\"/a?b\"", "\"/a b\""]),
        row!("listeners.ws.default.websocket.mqtt_piggyback", c => websocket(c).mqtt_piggyback, "Multiple",
            ["single" => "Single", "multiple" => "Multiple"], ["double"]),
        row!("listeners.ws.default.websocket.compress", c => websocket(c).compress, "false", ["true" => "true"], ["gzip"]),
        row!("listeners.ws.default.websocket.idle_timeout", c => websocket(c).idle_timeout, "7200s",
            ["1m" => "60s", "7200000" => "7200s"], ["0s", "infinity"]),
        row!("listeners.ws.default.websocket.max_frame_size", c => websocket(c).max_frame_size_bytes, "None",
            ["1MB" => "Some(1048576)", "infinity" => "None"], ["0", "big"]),
        row!("listeners.ws.default.websocket.fail_if_no_subprotocol", c => websocket(c).fail_if_no_subprotocol, "true",
            ["false" => "false"], ["1"]),
        row!("listeners.ws.default.websocket.supported_subprotocols", c => websocket(c).supported_subprotocols,
            "[\"mqtt\", \"mqtt-v3\", \"mqtt-v3.1.1\", \"mqtt-v5\"]",
            ["\"mqtt, mqtt-v5\"" => "[\"mqtt\", \"mqtt-v5\"]", "[mqtt]" => "[\"mqtt\"]"], ["{ a = 1 }", "[[]]"]),
        row!("listeners.ws.default.websocket.check_origin_enable", c => websocket(c).check_origin_enable, "false",
            ["true" => "true"], ["1"]),
        row!("listeners.ws.default.websocket.allow_origin_absence", c => websocket(c).allow_origin_absence, "true",
            ["false" => "false"], ["1"]),
        row!("listeners.ws.default.websocket.check_origins", c => websocket(c).check_origins,
            "[\"http://localhost:18083\", \"http://127.0.0.1:18083\"]",
            ["\"https://a.example, https://b.example\"" => "[\"https://a.example\", \"https://b.example\"]"],
            ["a.example", "\"https://a.example/\""]),
        row!("listeners.ws.default.websocket.proxy_address_header", c => websocket(c).proxy_address_header,
            "\"x-forwarded-for\"", ["X-Real-IP" => "\"X-Real-IP\"", "\"\"" => "\"\""], ["\"a b\"", "\"a:\""]),
        row!("listeners.ws.default.websocket.proxy_port_header", c => websocket(c).proxy_port_header,
            "\"x-forwarded-port\"", ["\"\"" => "\"\""], ["\"a b\""]),
        row!("listeners.ws.default.websocket.deflate_opts.level", c => websocket(c).deflate_opts.level, "Default",
            ["none" => "None", "best_compression" => "BestCompression", "best_speed" => "BestSpeed"], ["9"]),
        row!("listeners.ws.default.websocket.deflate_opts.mem_level", c => websocket(c).deflate_opts.mem_level, "8",
            ["1" => "1", "9" => "9"], ["0", "10"]),
        row!("listeners.ws.default.websocket.deflate_opts.strategy", c => websocket(c).deflate_opts.strategy, "Default",
            ["filtered" => "Filtered", "huffman_only" => "HuffmanOnly", "rle" => "Rle"], ["fixed"]),
        row!("listeners.ws.default.websocket.deflate_opts.server_context_takeover",
            c => websocket(c).deflate_opts.server_context_takeover, "true", ["no_takeover" => "false"], ["false"]),
        row!("listeners.ws.default.websocket.deflate_opts.client_context_takeover",
            c => websocket(c).deflate_opts.client_context_takeover, "true",
            ["takeover" => "true", "no_takeover" => "false"], ["never"]),
        row!("listeners.ws.default.websocket.deflate_opts.server_max_window_bits",
            c => websocket(c).deflate_opts.server_max_window_bits, "15", ["8" => "8"], ["7", "16"]),
        row!("listeners.wss.default.websocket.deflate_opts.client_max_window_bits",
            c => c.listeners[3].kind.websocket().map(|w| w.deflate_opts.client_max_window_bits), "Some(15)",
            ["9" => "Some(9)"], ["7", "16"]),
    ]
}

fn certificate_rows() -> Vec<Row> {
    vec![
        row!("listeners.ssl.default.ssl_options.certfile", c => ssl(c).certfile, "None",
            ["\"etc/cert.pem\"" => "Some(File(etc/cert.pem))",
             "\"-----BEGIN CERTIFICATE-----\\nMII\"" => "Some(Inline(******))"], ["\"\"", "{}"],
            beside "listeners.ssl.default.ssl_options.keyfile = k"),
        row!("listeners.ssl.default.ssl_options.keyfile", c => ssl(c).keyfile, "None",
            ["\"/k.pem\"" => "Some(File(/k.pem))", "\"two\\nlines\"" => "Some(Inline(******))"], ["\"\"", "[]"],
            beside "listeners.ssl.default.ssl_options.certfile = c"),
        row!("listeners.ssl.default.ssl_options.password", c => ssl(c).password, "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))"], ["[]"]),
        row!("listeners.ssl.default.ssl_options.managed_certs", c => ssl(c).managed_certs, "[]",
            ["{ bundle_name = b }" => "[ManagedCertificate { bundle_name: \"b\", namespace: None, sni: None }]",
             "[{ bundle_name = b, namespace = n, sni = \"a.example\" }]" =>
                "[ManagedCertificate { bundle_name: \"b\", namespace: Some(\"n\"), sni: Some(\"a.example\") }]"],
            ["c", "{ sni = a }", "[{ namespace = n }]", "[5]", "{ bundle_name = \"../b\" }"]),
        row!("listeners.ssl.default.ssl_options.sni_certs", c => ssl(c).sni_certs, "[]",
            ["[{ certfile = c, keyfile = k }]" =>
                "[SniCertificate { names: [], certfile: File(c), keyfile: File(k), password: None }]",
             "[{ certfile = c, keyfile = k, password = p, names = \"a, *.b\" }]" =>
                "[SniCertificate { names: [\"a\", \"*.b\"], certfile: File(c), keyfile: File(k), password: \
                 Some(Secret(******)) }]"],
            ["c", "[{ certfile = c }]", "[{ keyfile = k }]", "[5]"]),
        row!("listeners.wss.default.ssl_options.cacertfile", c => c.listeners[3].kind.ssl().map(|s| &s.cacertfile),
            "Some(None)", ["ca.pem" => "Some(Some(File(ca.pem)))"], ["\"\""]),
        row!("listeners.ssl.default.ssl_options.verify", c => ssl(c).verify_peer, "false",
            ["verify_peer" => "true", "verify_none" => "false"], ["true"],
            beside "listeners.ssl.default.ssl_options.cacertfile = c"),
        row!("listeners.ssl.default.ssl_options.fail_if_no_peer_cert", c => ssl(c).fail_if_no_peer_cert, "false",
            ["true" => "true"], ["1"], beside "listeners.ssl.default.ssl_options.verify = verify_peer"),
        row!("listeners.ssl.default.ssl_options.depth", c => ssl(c).depth, "10", ["0" => "0", "255" => "255"], ["256"]),
        row!("listeners.ssl.default.ssl_options.partial_chain", c => ssl(c).partial_chain, "Off",
            ["false" => "Off", "true" => "LastCertificate", "cacert_from_cacertfile" => "LastCertificate",
             "two_cacerts_from_cacertfile" => "LastTwoCertificates"], ["one"]),
        row!("listeners.ssl.default.ssl_options.verify_peer_ext_key_usage", c => ssl(c).verify_peer_ext_key_usage, "[]",
            ["\"serverAuth,OID:1.3.6.1.5.5.7.3.2\"" => "[\"serverAuth\", \"OID:1.3.6.1.5.5.7.3.2\"]",
             "[clientAuth]" => "[\"clientAuth\"]"], ["client", "\"OID:1.x\"", "\"OID:12\""]),
        row!("listeners.ssl.default.ssl_options.enable_crl_check", c => ssl(c).enable_crl_check, "false",
            ["true" => "true"], ["1"], beside "listeners.ssl.default.ssl_options.verify = verify_peer"),
        row!("listeners.ssl.default.ssl_options.crl_files", c => ssl(c).crl_files, "[]",
            ["[a.crl, \"/b.crl\"]" => "[File(a.crl), File(/b.crl)]"], ["[[]]"]),
    ]
}

fn ssl_rows() -> Vec<Row> {
    vec![
        row!("listeners.ssl.default.ssl_options.versions", c => ssl(c).versions, "[Tls13, Tls12]",
            ["[\"tlsv1.3\"]" => "[Tls13]", "\"tlsv1.2, tlsv1.3\"" => "[Tls12, Tls13]", "[tlsv1.2]" => "[Tls12]"],
            ["[\"tlsv1.2\", \"tlsv1.1\"]", "[\"tlsv1\"]", "sslv3"]),
        row!("listeners.ssl.default.ssl_options.ciphers", c => ssl(c).ciphers, "[]",
            ["\"TLS_AES_256_GCM_SHA384,ECDHE-RSA-AES256-GCM-SHA384\"" =>
                "[\"TLS_AES_256_GCM_SHA384\", \"ECDHE-RSA-AES256-GCM-SHA384\"]",
             "[TLS_AES_128_GCM_SHA256]" => "[\"TLS_AES_128_GCM_SHA256\"]", "\"\"" => "[]"], ["{ a = 1 }"]),
        row!("listeners.ssl.default.ssl_options.honor_cipher_order", c => ssl(c).honor_cipher_order, "true",
            ["false" => "false"], ["1"]),
        row!("listeners.ssl.default.ssl_options.reuse_sessions", c => ssl(c).reuse_sessions, "false", ["true" => "true"], ["1"]),
        row!("listeners.ssl.default.ssl_options.session_tickets", c => ssl(c).session_tickets, "Disabled",
            ["stateless" => "Stateless", "stateless_with_cert" => "StatelessWithCertificate"], ["true", "stateful"]),
        row!("listeners.ssl.default.ssl_options.handshake_timeout", c => ssl(c).handshake_timeout, "15s",
            ["5s" => "5s"], ["0s", "infinity"]),
        row!("listeners.ssl.default.ssl_options.ocsp.enable_ocsp_stapling", c => ssl(c).ocsp.is_some(), "false",
            ["true" => "true"], ["1"]),
        row!("listeners.ssl.default.ssl_options.ocsp.responder_url",
            c => ssl(c).ocsp.as_ref().and_then(|o| o.responder_url.as_deref()), "None",
            ["\"http://ocsp.example.com\"" => "Some(\"http://ocsp.example.com\")"], ["ocsp.example.com", "\"http://\""],
            beside "listeners.ssl.default.ssl_options.ocsp.enable_ocsp_stapling = true"),
        row!("listeners.ssl.default.ssl_options.ocsp.issuer_pem",
            c => ssl(c).ocsp.as_ref().and_then(|o| o.issuer_pem.as_ref()), "None",
            ["\"issuer.pem\"" => "Some(File(issuer.pem))"], ["\"\""],
            beside "listeners.ssl.default.ssl_options.ocsp.enable_ocsp_stapling = true"),
        row!("listeners.ssl.default.ssl_options.ocsp.refresh_interval",
            c => ssl(c).ocsp.as_ref().map(|o| o.refresh_interval), "None", ["1m" => "Some(60s)"], ["0s"],
            beside "listeners.ssl.default.ssl_options.ocsp.enable_ocsp_stapling = true"),
        row!("listeners.ssl.default.ssl_options.ocsp.refresh_http_timeout",
            c => ssl(c).ocsp.as_ref().map(|o| o.refresh_http_timeout), "None", ["1s" => "Some(1s)"], ["0s"],
            beside "listeners.ssl.default.ssl_options.ocsp.enable_ocsp_stapling = true"),
    ]
}

fn quic_rows() -> Vec<Row> {
    vec![
        row!("listeners.quic.default.bind", c => c.listeners.get(4).map(|l| l.bind), "None",
            ["14568" => "Some(0.0.0.0:14568)"], ["x"], beside "listeners.quic.default {}"),
        row!("listeners.quic.default.idle_timeout", c => quic(c).map(|(q, _)| q.idle_timeout), "None",
            ["10s" => "Some(Some(10s))", "0" => "Some(None)"], ["2d"], beside "listeners.quic.default {}"),
        row!("listeners.quic.default.idle_timeout_ms", c => quic(c).map(|(q, _)| q.idle_timeout), "None",
            ["5000" => "Some(Some(5s))"], ["x"], beside "listeners.quic.default {}"),
        row!("listeners.quic.default.handshake_idle_timeout", c => quic(c).map(|(q, _)| q.handshake_idle_timeout), "None",
            ["5s" => "Some(5s)"], ["0s"], beside "listeners.quic.default {}"),
        row!("listeners.quic.default.keep_alive_interval", c => quic(c).map(|(q, _)| q.keep_alive_interval), "None",
            ["5s" => "Some(Some(5s))", "0s" => "Some(None)"], ["x"], beside "listeners.quic.default {}"),
        row!("listeners.quic.default.peer_bidi_stream_count", c => quic(c).map(|(q, _)| q.peer_bidi_stream_count), "None",
            ["1" => "Some(1)"], ["0", "65536"], beside "listeners.quic.default {}"),
        row!("listeners.quic.default.peer_unidi_stream_count", c => quic(c).map(|(q, _)| q.peer_unidi_stream_count), "None",
            ["0" => "Some(0)"], ["65536"], beside "listeners.quic.default {}"),
        row!("listeners.quic.default.ciphers", c => quic(c).map(|(_, s)| &s.ciphers), "None",
            ["[TLS_AES_256_GCM_SHA384]" => "Some([\"TLS_AES_256_GCM_SHA384\"])"], ["{ a = 1 }"],
            beside "listeners.quic.default {}"),
        row!("listeners.quic.default.ssl_options.verify", c => quic(c).map(|(_, s)| s.verify_peer), "None",
            ["verify_peer" => "Some(true)"], ["yes"], beside "listeners.quic.default.ssl_options.cacertfile = c"),
        row!("listeners.quic.default.ssl_options.certfile", c => quic(c).map(|(_, s)| (&s.certfile, &s.versions)), "None",
            ["c" => "Some((Some(File(c)), [Tls13]))"], ["\"\""],
            beside "listeners.quic.default.ssl_options.keyfile = k"),
    ]
}
