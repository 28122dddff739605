//! `listener.<tcp|ssl|ws|wss>.<name>.<option>` of EMQX 4.

use super::{flag, go, rate, two, write_all, write_one};

/// Options of the socket, of TLS and of WebSocket, which have objects of their own today.
const TCP_OPTIONS: [&str; 9] =
    ["active_n", "backlog", "buffer", "nodelay", "recbuf", "reuseaddr", "send_timeout", "send_timeout_close", "sndbuf"];
const SSL_OPTIONS: [&str; 11] = [
    "cacertfile",
    "certfile",
    "depth",
    "fail_if_no_peer_cert",
    "handshake_timeout",
    "honor_cipher_order",
    "keyfile",
    "reuse_sessions",
    "secure_renegotiate",
    "verify",
    "dhfile",
];
const WEBSOCKET: [&str; 12] = [
    "allow_origin_absence",
    "check_origin_enable",
    "check_origins",
    "compress",
    "fail_if_no_subprotocol",
    "idle_timeout",
    "max_frame_size",
    "mqtt_path",
    "mqtt_piggyback",
    "proxy_address_header",
    "proxy_port_header",
    "supported_subprotocols",
];

/// What to write instead of an option of a listener, the empty one is its address; and what has to stand beside that. Only the
/// listener `default` of each kind has an address without being told.
pub(super) fn advice(kind: &str, name: &str, option: &str, value: &str) -> String {
    let advice = advice_on_option(kind, name, option, value);
    let mut beside = Vec::new();
    if name != "default" && !option.is_empty() && advice.starts_with("write `listeners.") {
        beside.push(format!("`listeners.{kind}.{name}.bind`"));
    }
    let other_half = match option {
        "certfile" => Some("keyfile"),
        "keyfile" => Some("certfile"),
        _ => None,
    };
    beside.extend(other_half.map(|other| format!("`listeners.{kind}.{name}.ssl_options.{other}`")));
    if beside.is_empty() { advice } else { format!("{advice}, beside {}", beside.join(" and ")) }
}

fn advice_on_option(kind: &str, name: &str, option: &str, value: &str) -> String {
    let key = |option: &str| format!("listeners.{kind}.{name}.{option}");
    let one = |option: &str, value: &str| write_one(&key(option), value);
    match option {
        "" => one("bind", value),
        "max_clients" => one("max_connections", value),
        "max_conn_rate" => one("max_conn_rate", &rate(value)),
        // 100KB,10s is a rate; 1024,4096 is a rate per second and how much may come at once.
        "rate_limit" => match two(value, ',').filter(|(_, burst)| burst.bytes().all(|b| b.is_ascii_digit())) {
            Some((each_second, burst)) => {
                write_all(&[(key("bytes_rate"), format!("{each_second}/s")), (key("bytes_burst"), burst.into())])
            }
            None => one("bytes_rate", &rate(value)),
        },
        "peer_cert_as_username" | "peer_cert_as_clientid" => write_one(&format!("mqtt.{option}"), value),
        "tls_versions" => one("ssl_options.versions", &list(value)),
        "ciphers" | "psk_ciphers" => one("ssl_options.ciphers", &list(value)),
        // Never the password itself: what is said here goes to terminals and logs.
        "key_password" => format!("write `{} = \"…\"` with the same password", key("ssl_options.password")),
        "max_frame_size" if value == "0" => one("websocket.max_frame_size", "infinity"),
        // The zone of all clients, whose options stand at the root today.
        "zone" if value == "external" => go("its options are those of every listener that names no zone"),
        "mountpoint" => one("mountpoint", &value.replace("%c", "${clientid}").replace("%u", "${username}")),
        "tune_buffer" => go("the kernel chooses the sizes of buffers that are not set"),
        _ if option.starts_with("access.") => one("access_rules", &format!("[\"{value}\"]")),
        _ if TCP_OPTIONS.contains(&option) => one(&format!("tcp_options.{option}"), flag(value)),
        _ if SSL_OPTIONS.contains(&option) => one(&format!("ssl_options.{option}"), flag(value)),
        _ if WEBSOCKET.contains(&option) => one(&format!("websocket.{option}"), flag(value)),
        _ => one(option, flag(value)),
    }
}

/// `a,b` as `["a", "b"]`.
fn list(value: &str) -> String {
    let items: Vec<_> = value.split(',').map(|item| format!("\"{}\"", item.trim())).collect();
    format!("[{}]", items.join(", "))
}
