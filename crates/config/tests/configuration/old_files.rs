//! Files written for EMQX by people who never saw Dunlin.

use crate::{errors_of, load_text, warnings_of};
use std::time::Duration;

#[test]
fn every_key_of_emqx_4_is_answered_with_the_one_of_today() {
    let text = "## of EMQX 4\nmqtt.acl_nomatch = allow\nlistener.tcp.external = 0.0.0.0:1884\n\
                listener.tcp.external.max_conn_rate = 1000\nzone.external.max_mqueue_len = 500\n\
                force_shutdown_policy = 10000|64MB\nmqtt.max_inflight = 5\nshiny = 1";
    let old =
        |line: u32, key: &str, advice: &str| format!("dunlin.conf:{line}: `{key}` is a key of EMQX 4; write {advice}");
    assert_eq!(
        errors_of(text),
        [
            old(2, "mqtt.acl_nomatch", "`authorization.no_match = allow`"),
            // HOCON lets the next line hide this one: it is found in the text.
            old(3, "listener.tcp.external", "`listeners.tcp.default.bind = \"0.0.0.0:1884\"`"),
            old(4, "listener.tcp.external.max_conn_rate", "`listeners.tcp.default.max_conn_rate = \"1000/s\"`"),
            old(5, "zone.external.max_mqueue_len", "`mqtt.max_mqueue_len = 500`"),
            old(
                6,
                "force_shutdown_policy",
                "`force_shutdown.max_mailbox_size = 10000` and `force_shutdown.max_heap_size = 64MB`"
            ),
            "dunlin.conf:8: unknown key `shiny`".to_owned(),
        ]
    );
}

#[test]
fn a_line_that_is_no_hocon_is_answered_too() {
    let text = "node.name = \"a@b\"\nlistener.tcp.external.rate_limit = 1024,4096\nzone.external.max_inflight = 5\n";
    let errors = errors_of(text);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("dunlin.conf:2: `listener.tcp.external.rate_limit` is a key of EMQX 4; write "));
    assert!(errors[1].ends_with("write `mqtt.max_inflight = 5`"));
    // What is wrong beside old keys is said too.
    let errors = errors_of("zone.external.max_inflight = 5\nmqtt {\n");
    assert!(errors[1].starts_with("dunlin.conf:2: this `{` is not closed"), "{errors:?}");
}

#[test]
fn old_variables_are_a_warning_as_unknown_ones_are() {
    let variables = [("EMQX_ZONE__EXTERNAL__MAX_INFLIGHT".to_owned(), "7".to_owned())];
    let loaded = dunlin_config::load("", "dunlin.conf", variables).unwrap();
    let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    let expected = "environment variable EMQX_ZONE__EXTERNAL__MAX_INFLIGHT: `zone.external.max_inflight` is a key of EMQX 4 \
                    and has no effect; write `mqtt.max_inflight = 7`";
    assert_eq!(warnings, [expected]);
}

#[test]
fn what_tunes_erlang_is_one_warning_each() {
    let text = "node { process_limit = 2097152, max_ports = 1048576, dist_buffer_size = 8192 }\n\
                rpc { mode = async, tcp_server_port = 5369 }";
    let no_effect = |line: u32, key: &str| {
        format!("dunlin.conf:{line}: `{key}` has no effect: what it tunes in EMQX does not exist here")
    };
    let expected = [
        no_effect(1, "node.dist_buffer_size"),
        no_effect(1, "node.max_ports"),
        no_effect(1, "node.process_limit"),
        no_effect(2, "rpc"),
    ];
    assert_eq!(warnings_of(text), expected);
}

/// The forms that EMQX's samples and its own `cluster.hocon` have.
#[test]
fn all_forms_of_emqx_are_read() {
    let text = r##"
## a comment
// another
node {
    name = emqx@127.0.0.1
    cookie = "emqxsecretcookie"
    data_dir = "data" # when running a zip package
}
include "examples/none.conf"
listeners.tcp.default {
  bind = 0.0.0.0:1883
  enable = on, max_connections = infinity
  tcp_options { backlog = 1024, send_timeout = 15s, keepalive = "240,30,5" }
}
listeners.tcp.default.tcp_options.recbuf = 2KB
mqtt {
  idle_timeout : 5000
  "max_packet_size" : 1MB,
  session_expiry_interval = 1h30m
  await_rel_timeout = 1.5m
  mqueue_priorities { "t/1" = 10 }
}
mqtt.max_inflight = ${INFLIGHT}
durable_sessions.ack_overrides.1 { topic = "a/#", ack = memory }
durable_sessions.ack_overrides.2 = { topic = "b/#", ack = memory }
rule_engine {
  rules {
    rule_1 {
      sql = """~
        SELECT
          payload.x as x
        FROM
          "t/#"~"""
    }
  }
}
sysmon.os { sysmem_high_watermark = 70%, procmem_high_watermark = "5%" }
"##;
    let environment = [("INFLIGHT".to_owned(), "9".to_owned())];
    let loaded = dunlin_config::load(text, "etc/emqx.conf", environment).unwrap_or_else(|errors| panic!("{errors}"));
    let config = &loaded.config;
    assert_eq!(config.node.name.as_str(), "emqx@127.0.0.1");
    assert_eq!(config.listeners[0].tcp_options.receive_buffer_bytes, Some(2048));
    assert_eq!(config.mqtt.idle_timeout, Some(Duration::from_secs(5)));
    assert_eq!(config.mqtt.session_expiry_interval, Some(Duration::from_secs(5400)));
    assert_eq!(config.mqtt.await_rel_timeout, Duration::from_secs(90));
    assert_eq!(config.mqtt.max_inflight.get(), 9);
    assert_eq!(config.durable_sessions.ack_overrides.len(), 2);
    let sql = loaded.values.get(&["rule_engine", "rules", "rule_1", "sql"]).unwrap();
    assert_eq!(sql.value.as_text(), Some("SELECT\n  payload.x as x\nFROM\n  \"t/#\""));
    assert_eq!(loaded.warnings.len(), 3, "{:?}", loaded.warnings);
}

#[test]
fn a_mistake_is_one_line_with_its_place_and_the_way_out() {
    assert_eq!(
        errors_of("mqtt {\n  max_inflight 32\n}"),
        [
            "dunlin.conf:2: nothing is set: `max_inflight` is followed by no `=`; write `key = value`, or `key { … }`; put text \
          with special characters in quotes (column 16 of `max_inflight 32`)"
        ]
    );
    assert!(
        load_text("dashboard.default_password = \"abc")
            .unwrap_err()
            .to_string()
            .ends_with("`dashboard.default_password …`)")
    );
}
