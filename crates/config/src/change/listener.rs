//! What is different in `listeners`. Every change is one of the listener.

use super::{Change, Effect, differing};
use crate::settings::{DeflateOptions, Listener, ListenerKind, QuicOptions, SslOptions, TcpOptions, WebSocketOptions};
use std::collections::BTreeMap;

/// As [`differing`], without effects.
macro_rules! keys {
    ($type:ident, $old:expr, $new:expr, { $($field:ident: $key:literal),+ $(,)? }) => {
        differing!($type, $old, $new, { $($field: $key => ()),+ }).into_iter().map(|(key, ())| key).collect::<Vec<_>>()
    };
}

/// Listeners are told apart by their ids.
pub(super) fn changes(old: &[Listener], new: &[Listener]) -> Vec<Change> {
    let mut pairs: BTreeMap<String, [Option<&Listener>; 2]> = BTreeMap::new();
    for (place, listeners) in [old, new].into_iter().enumerate() {
        for listener in listeners {
            pairs.entry(listener.id()).or_default()[place] = Some(listener);
        }
    }
    let mut changes = Vec::new();
    for (id, pair) in pairs {
        let path = format!("listeners.{}", id.replacen(':', ".", 1));
        let effect = || Effect::Listener(id.clone());
        if let [Some(old), Some(new)] = pair {
            let keys = keys_of(old, new);
            changes.extend(keys.into_iter().map(|key| Change { key: format!("{path}.{key}"), effect: effect() }));
        } else {
            changes.push(Change { key: path, effect: effect() });
        }
    }
    changes
}

/// The differing keys of two listeners with one id.
fn keys_of(old: &Listener, new: &Listener) -> Vec<String> {
    let keys = keys!(Listener, old, new, {
        kind: "",
        name: "",
        enable: "enable",
        bind: "bind",
        max_connections: "max_connections",
        max_conn_rate: "max_conn_rate",
        max_conn_burst: "max_conn_burst",
        mountpoint: "mountpoint",
        zone: "zone",
        enable_authn: "enable_authn",
        authentication: "authentication",
        access_rules: "access_rules",
        proxy_protocol: "proxy_protocol",
        proxy_protocol_timeout: "proxy_protocol_timeout",
        allow_log_packet_data_from: "allow_log_packet_data_from",
        limiter: "",
        tcp_options: "",
    });
    // Those without a name have keys of their own.
    let mut keys: Vec<String> = keys.into_iter().filter(|key| !key.is_empty()).map(str::to_owned).collect();
    let mut add = |object: &str, below: Vec<&str>| keys.extend(below.into_iter().map(|key| format!("{object}{key}")));
    add("", new.limiter.differing(&old.limiter));
    add("tcp_options.", tcp_keys(&old.tcp_options, &new.tcp_options));
    if let (Some(old), Some(new)) = (old.kind.websocket(), new.kind.websocket()) {
        add("websocket.", websocket_keys(old, new));
        add("websocket.deflate_opts.", deflate_keys(&old.deflate_opts, &new.deflate_opts));
    }
    if let (ListenerKind::Quic { quic: old, .. }, ListenerKind::Quic { quic: new, .. }) = (&old.kind, &new.kind) {
        add("", quic_keys(old, new));
    }
    let is_quic = matches!(new.kind, ListenerKind::Quic { .. });
    if let (Some(old), Some(new)) = (old.kind.ssl(), new.kind.ssl()) {
        // The ciphers of QUIC stand beside its `ssl_options`.
        let (beside, below): (Vec<_>, Vec<_>) =
            ssl_keys(old, new).into_iter().partition(|key| is_quic && *key == "ciphers");
        add("", beside);
        add("ssl_options.", below);
    }
    keys
}

fn tcp_keys(old: &TcpOptions, new: &TcpOptions) -> Vec<&'static str> {
    keys!(TcpOptions, old, new, {
        backlog: "backlog",
        nodelay: "nodelay",
        nolinger: "nolinger",
        send_timeout: "send_timeout",
        keepalive: "keepalive",
        send_buffer_bytes: "sndbuf",
        receive_buffer_bytes: "recbuf",
        high_watermark_bytes: "high_watermark",
    })
}

fn websocket_keys(old: &WebSocketOptions, new: &WebSocketOptions) -> Vec<&'static str> {
    let keys = keys!(WebSocketOptions, old, new, {
        mqtt_path: "mqtt_path",
        mqtt_piggyback: "mqtt_piggyback",
        compress: "compress",
        deflate_opts: "",
        idle_timeout: "idle_timeout",
        max_frame_size_bytes: "max_frame_size",
        fail_if_no_subprotocol: "fail_if_no_subprotocol",
        supported_subprotocols: "supported_subprotocols",
        check_origin_enable: "check_origin_enable",
        allow_origin_absence: "allow_origin_absence",
        check_origins: "check_origins",
        proxy_address_header: "proxy_address_header",
        proxy_port_header: "proxy_port_header",
    });
    keys.into_iter().filter(|key| !key.is_empty()).collect()
}

fn deflate_keys(old: &DeflateOptions, new: &DeflateOptions) -> Vec<&'static str> {
    keys!(DeflateOptions, old, new, {
        level: "level",
        mem_level: "mem_level",
        strategy: "strategy",
        server_context_takeover: "server_context_takeover",
        client_context_takeover: "client_context_takeover",
        server_max_window_bits: "server_max_window_bits",
        client_max_window_bits: "client_max_window_bits",
    })
}

fn ssl_keys(old: &SslOptions, new: &SslOptions) -> Vec<&'static str> {
    keys!(SslOptions, old, new, {
        certfile: "certfile",
        keyfile: "keyfile",
        password: "password",
        managed_certs: "managed_certs",
        sni_certs: "sni_certs",
        cacertfile: "cacertfile",
        verify_peer: "verify",
        fail_if_no_peer_cert: "fail_if_no_peer_cert",
        depth: "depth",
        partial_chain: "partial_chain",
        verify_peer_ext_key_usage: "verify_peer_ext_key_usage",
        enable_crl_check: "enable_crl_check",
        crl_files: "crl_files",
        versions: "versions",
        ciphers: "ciphers",
        honor_cipher_order: "honor_cipher_order",
        reuse_sessions: "reuse_sessions",
        session_tickets: "session_tickets",
        handshake_timeout: "handshake_timeout",
        ocsp: "ocsp",
    })
}

fn quic_keys(old: &QuicOptions, new: &QuicOptions) -> Vec<&'static str> {
    keys!(QuicOptions, old, new, {
        idle_timeout: "idle_timeout",
        handshake_idle_timeout: "handshake_idle_timeout",
        keep_alive_interval: "keep_alive_interval",
        peer_bidi_stream_count: "peer_bidi_stream_count",
        peer_unidi_stream_count: "peer_unidi_stream_count",
    })
}
