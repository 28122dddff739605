//! Pre-shared keys of TLS: the node that has them in a file, opens to who knows them and closes to who does not, tells none of them.

use crate::access_secrets::{PLANTED, expect_no_secret};
use crate::doors::openssl;
use crate::lifecycle_site::{Site, eventually};
use serde_json::Value;
use std::fs;
use std::net::SocketAddr;

/// With this identity and this key: what OpenSSL's client printed.
fn visit(address: SocketAddr, identity: &str, secret: &str) -> String {
    let secret: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    openssl(address, &["-psk_identity", identity, "-psk", &secret, "-tls1_2"]).expect("it is installed")
}

#[test]
fn planted_pre_shared_keys_are_never_told() {
    if crate::clients::program("openssl").is_none() {
        return;
    }
    let site = Site::new("");
    let (key, file) = (format!("{PLANTED}-psk"), site.path("psk.txt"));
    fs::write(&file, format!("sensor7:{key}\nsensor8:{key}-of-another\n")).expect("it is written");
    site.configure(&format!(
        "psk_authentication {{ enable = true, init_file = \"{}\" }}
         log.file.default {{ enable = true, level = debug }}
         log.throttling.time_window = 1s
         listeners.ssl.keys {{ bind = \"127.0.0.1:0\", ssl_options.ciphers = [\"PSK-AES128-GCM-SHA256\"] }}",
        file.display()
    ));
    let start = site.run(&["start"]);
    assert_eq!(start.code, Some(0), "{}", start.errors);
    let listeners: Value = serde_json::from_str(&site.good(&["ctl", "listeners", "--json"])).expect("JSON");
    let of_ssl = listeners.as_array().into_iter().flatten().find(|listener| listener["id"] == "ssl:keys");
    let address = of_ssl.and_then(|listener| listener["listen_on"].as_str()).expect("an address");
    let address: SocketAddr = address.parse().expect("an address");
    let welcome = visit(address, "sensor7", &key);
    assert!(welcome.contains("\x20\x02\0\0"), "who has the key is let in: {welcome}");
    for (identity, secret) in [("sensor8", key.as_str()), ("sensor9", &key), ("sensor7", "wrong")] {
        assert!(!visit(address, identity, secret).contains("\x20\x02\0\0"), "{identity}");
    }
    // A line that is broken is told of by its number.
    fs::write(&file, format!("sensor7:{key}\n{PLANTED}-without-a-name\n")).expect("it is written");
    let mut said = vec![start.output, start.errors];
    for arguments in [
        &["conf", "show"][..],
        &["conf", "show", "psk_authentication"],
        &["listeners"],
        &["pem_cache", "clean"],
        &["conf", "reload"],
        &["status"],
        &["broker", "metrics"],
    ] {
        let ended = site.run(&[&["ctl"], arguments].concat());
        said.extend([ended.output, ended.errors]);
    }
    let log_of = |site: &Site| {
        let files =
            fs::read_dir(site.data().join("log")).expect("a folder").map(|entry| entry.expect("an entry").path());
        files
            .map(|path| String::from_utf8_lossy(&fs::read(path).expect("it can be read")).into_owned())
            .collect::<String>()
    };
    eventually(|| log_of(&site).contains("unknown_psk_identity").then_some(()));
    let stop = site.run(&["stop"]);
    said.extend([stop.output, stop.errors, log_of(&site)]);
    said.iter().for_each(|text| expect_no_secret(text));
}
