//! From configurations to layers, and certificates that change.

mod certificates;
pub(super) mod http_server;
#[cfg(feature = "psk")]
mod pre_shared_keys;
mod revocation;
mod signed;

use super::{Certificates, layering, quic_server_config};
use dunlin_config::{Config, Listener, Mqtt};
use dunlin_transport::Stage;
use std::path::Path;

/// A configuration that keeps its data in a folder.
fn configuration(folder: &Path, text: &str) -> Config {
    let text = format!("node.data_dir = \"{}\"\n{text}", folder.display());
    dunlin_config::load(&text, "dunlin.conf", []).unwrap().config
}

fn listener<'a>(config: &'a Config, id: &str) -> &'a Listener {
    config.listeners.iter().find(|listener| listener.id() == id).unwrap()
}

#[test]
fn every_kind_has_its_layers() {
    let folder = tempfile::tempdir().unwrap();
    let text = "listeners.tcp.proxied { bind = 1, proxy_protocol = true, proxy_protocol_timeout = 4s }\n\
                listeners.ssl.default.ssl_options.handshake_timeout = 5s\n\
                listeners.wss.proxied { bind = 2, proxy_protocol = true, websocket.idle_timeout = 6s }\n\
                listeners.quic.default.bind = 3";
    let config = configuration(folder.path(), text);
    let certificates = Certificates::new(&config);
    let rows = [
        ("tcp:default", None),
        ("quic:default", None),
        ("tcp:proxied", Some([Some(4_000), None, None])),
        ("ssl:default", Some([None, Some(5_000), None])),
        ("ws:default", Some([None, None, Some(7_200_000)])),
        ("wss:proxied", Some([Some(3_000), Some(15_000), Some(6_000)])),
    ];
    for (id, expected) in rows {
        let layering = layering(listener(&config, id), &Mqtt::default(), &certificates).unwrap();
        let timeouts = layering.map(|layering| {
            assert_eq!(layering.timeout_ms(Stage::Upgrade), Some(15_000));
            [layering.timeout_ms(Stage::Proxy), layering.timeout_ms(Stage::Tls), layering.idle_timeout_ms()]
        });
        assert_eq!(timeouts, expected, "{id}");
    }
    let quic = quic_server_config(listener(&config, "quic:default"), &certificates).unwrap();
    assert_eq!(quic.alpn_protocols, [b"mqtt"]);
    let error = quic_server_config(listener(&config, "ssl:default"), &certificates).unwrap_err();
    assert_eq!(error.to_string(), "listeners.ssl.default is not a quic listener");
}

#[test]
fn certificates_name_clients_as_the_configuration_says() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "mqtt { peer_cert_as_username = dn, peer_cert_as_clientid = md5 }");
    let layering =
        layering(listener(&config, "ssl:default"), &config.mqtt, &Certificates::new(&config)).unwrap().unwrap();
    let shown = format!("{layering:?}");
    assert!(shown.contains("username: Some(Subject), client_id: Some(Md5)"), "{shown}");
}

#[test]
fn mistakes_are_one_line_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let text = "listeners.wss.front { bind = 1, ssl_options { certfile = \"/nowhere/cert.pem\", keyfile = \"/nowhere/key.pem\" } }";
    let config = configuration(folder.path(), text);
    let error = layering(listener(&config, "wss:front"), &Mqtt::default(), &Certificates::new(&config)).unwrap_err();
    let line = error.to_string();
    assert!(
        line.starts_with("listeners.wss.front.ssl_options.certfile: /nowhere/cert.pem cannot be read: ")
            && !line.contains('\n'),
        "{line}"
    );
}
