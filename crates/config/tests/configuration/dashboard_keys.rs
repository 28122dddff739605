//! One row per key of `dashboard` and `api_key`.

use crate::row::{Row, row};

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row!("dashboard.listeners.http.enable", c => c.dashboard.http.bind.is_some(), "false", ["false" => "false"], ["1"]),
        row!("dashboard.listeners.http.bind", c => c.dashboard.http.bind, "None",
            ["18083" => "Some(0.0.0.0:18083)", "\"127.0.0.1:0\"" => "Some(127.0.0.1:0)", "0" => "None",
             "\":18083\"" => "Some(0.0.0.0:18083)", "\"[::1]:1\"" => "Some([::1]:1)"], ["65536", "here"]),
        row!("dashboard.listeners.http.max_connections", c => c.dashboard.http.max_connections, "512", ["1" => "1"], ["0"]),
        row!("dashboard.listeners.http.backlog", c => c.dashboard.http.backlog, "1024", ["5" => "5"], ["0"]),
        row!("dashboard.listeners.http.send_timeout", c => c.dashboard.http.send_timeout, "10s", ["5000" => "5s"], ["0"]),
        row!("dashboard.listeners.http.inet6", c => c.dashboard.http.bind, "None", ["true" => "None"], ["1"]),
        row!("dashboard.listeners.http.ipv6_v6only", c => c.dashboard.http.ipv6_v6only, "false", ["true" => "true"], ["1"]),
        row!("dashboard.listeners.https.enable", c => c.dashboard.https.bind.is_some(), "false", ["false" => "false"], ["1"]),
        row!("dashboard.listeners.https.bind", c => c.dashboard.https.bind, "None",
            ["18084" => "Some(0.0.0.0:18084)"], ["[]"]),
        row!("dashboard.listeners.https.max_connections", c => c.dashboard.https.max_connections, "512", ["1" => "1"], ["0"]),
        row!("dashboard.listeners.https.backlog", c => c.dashboard.https.backlog, "1024", ["5" => "5"], ["0"]),
        row!("dashboard.listeners.https.send_timeout", c => c.dashboard.https.send_timeout, "10s", ["1s" => "1s"], ["2d"]),
        row!("dashboard.listeners.https.inet6", c => c.dashboard.https.bind, "None", ["true" => "None"], ["1"]),
        row!("dashboard.listeners.https.ipv6_v6only", c => c.dashboard.https.ipv6_v6only, "false", ["true" => "true"], ["1"]),
        row!("dashboard.listeners.https.ssl_options.depth", c => c.dashboard.ssl.depth, "10", ["2" => "2"], ["256"]),
        row!("dashboard.default_username", c => c.dashboard.default_username, "\"admin\"", ["ann" => "\"ann\"", "\"\"" => "\"\""], ["[]"]),
        row!("dashboard.default_password", c => c.dashboard.default_password, "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))"], ["{}"]),
        row!("dashboard.token_expired_time", c => c.dashboard.token_expired_time, "3600s",
            ["30m" => "1800s", "5000" => "5s"], ["0", "2000d"]),
        row!("dashboard.password_expired_time", c => c.dashboard.password_expired_time, "None",
            ["90d" => "Some(7776000s)", "60" => "Some(60s)", "0" => "None"], ["x"]),
        row!("dashboard.unsuccessful_login_max_attempts", c => c.dashboard.unsuccessful_login_max_attempts, "5", ["1" => "1"], ["0"]),
        row!("dashboard.unsuccessful_login_interval", c => c.dashboard.unsuccessful_login_interval, "300s", ["10" => "10s"], ["0"]),
        row!("dashboard.unsuccessful_login_lock_duration", c => c.dashboard.unsuccessful_login_lock_duration, "600s",
            ["1m" => "60s"], ["2d"]),
        row!("dashboard.cors", c => c.dashboard.cors, "false", ["true" => "true"], ["1"]),
        row!("api_key.bootstrap_file", c => c.api_key.bootstrap_file, "None",
            ["\"/etc/keys\"" => "Some(\"/etc/keys\")", "\"\"" => "None"], ["[]"]),
    ]
}

#[test]
fn a_listener_can_be_on_ipv6_or_off() {
    let bind = |text: &str| crate::load_text(text).unwrap().config.dashboard.http.bind.map(|bind| bind.to_string());
    assert_eq!(bind("dashboard.listeners.http { bind = 18083, inet6 = true }").as_deref(), Some("[::]:18083"));
    assert_eq!(bind("dashboard.listeners.http { bind = 18083, enable = false }"), None);
}
