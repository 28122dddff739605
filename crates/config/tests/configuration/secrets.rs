//! Secrets in every key that can have one appear in nothing that the configuration says or shows.

use crate::entries::entries;
use crate::every_key::rows;
use dunlin_config::{Loaded, Sources, without_secrets};
use dunlin_hocon::write;

const PLANTED: &str = "pLanted5ecret";

/// Keys of EMQX that are not read here, with a secret each.
const NOT_READ: [&str; 22] = [
    "authentication = [{ mechanism = password_based, backend = mysql, password = PLANTED }]",
    "authentication = [{ mechanism = jwt, secret = PLANTED }]",
    "authentication = [{ backend = http, headers { authorization = \"Bearer PLANTED\" } }]",
    "authentication = [{ backend = http, url = \"http://user:PLANTED@127.0.0.1/\" }]",
    "authorization.sources = [{ type = redis, password = PLANTED }]",
    "authorization.sources = [{ type = mongodb, srv_record = false, password = PLANTED }]",
    "listeners.tcp.default.authentication = [{ backend = redis, password = PLANTED }]",
    "dashboard.default_password = PLANTED",
    "dashboard.sso.ldap.bind_password = PLANTED",
    "dashboard.sso.oidc.secret = PLANTED",
    "dashboard.sso.saml.sp_private_key = PLANTED",
    "connectors.mqtt.a { username = u, password = PLANTED }",
    "connectors.s3.a { access_key_id = k, secret_access_key = PLANTED }",
    "connectors.azure_blob_storage.a.account_key = PLANTED",
    "connectors.influxdb.a.parameters.token = PLANTED",
    "connectors.gcp_pubsub.a.service_account_json = \"{\\\"private_key\\\": \\\"PLANTED\\\"}\"",
    "connectors.kafka.a.authentication { mechanism = plain, password = PLANTED }",
    "cluster.links = [{ name = x, password = PLANTED }]",
    "cluster.etcd.ssl_options.password = PLANTED",
    "license.key = PLANTED",
    "opentelemetry.exporter.headers.authorization = PLANTED",
    "exhook.servers = [{ url = \"https://u:PLANTED@h:9000\" }]",
];

/// Everything that can be shown of what was loaded.
fn outputs(sources: &Sources, loaded: &Loaded) -> Vec<String> {
    let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
    vec![
        write(&loaded.effective),
        write(&without_secrets(&loaded.values)),
        format!("{loaded:?}"),
        format!("{sources:?}"),
        warnings.join("\n"),
    ]
}

#[track_caller]
fn assert_hidden(text: &str) {
    let sources_of =
        |text: &str| Sources::new([]).with_cluster_file("cluster.hocon", text).with_file("dunlin.conf", text);
    let sources = sources_of(text);
    match sources.load() {
        Ok(loaded) => {
            for output in outputs(&sources, &loaded) {
                assert!(!output.contains(PLANTED), "{text}: {output}");
            }
            assert!(write(&loaded.values).contains(PLANTED), "{text}: it is there to be found");
        }
        Err(errors) => assert!(!errors.to_string().contains(PLANTED), "{text}: {errors}"),
    }
    // With a mistake beside it, and one in it.
    for damaged in [format!("{text}\nmqtt.max_inflight = x"), format!("{text} }}"), text.replace('=', "= {")] {
        if let Err(errors) = sources_of(&damaged).load() {
            assert!(!errors.to_string().contains(PLANTED), "{damaged}: {errors}");
            assert!(!format!("{errors:?}").contains(PLANTED), "{damaged}");
        }
    }
}

#[test]
fn secrets_of_keys_that_are_read_are_not_shown() {
    let is_secret = |value: &str| value.trim_start_matches("Some(").starts_with("Secret(");
    let of_schema: Vec<_> =
        rows().into_iter().filter(|row| row.accepted.iter().any(|(_, value)| is_secret(value))).collect();
    assert!(of_schema.len() >= 3, "cookie, seed, passwords of keys");
    for row in of_schema {
        assert_hidden(&row.text(PLANTED));
        assert_hidden(&row.text("5").replace("= 5", &format!("= {PLANTED}")));
    }
    for pem in [
        "-----BEGIN PRIVATE KEY-----\\nPLANTED",
        "PLANTED\\nPLANTED",
        "-----BEGIN CERTIFICATE-----\\n-----BEGIN PRIVATE KEY-----PLANTED",
    ] {
        for kind in ["ssl", "wss", "quic"] {
            let text = format!(
                "listeners.{kind}.default {{ enable = false, ssl_options {{ certfile = c, keyfile = \"{pem}\" }} }}"
            );
            assert_hidden(&text.replace("PLANTED", PLANTED));
        }
    }
    let certificate = "{ certfile = c, keyfile = \"-----BEGIN EC PRIVATE KEY-----\\nPLANTED\", password = PLANTED }";
    let text = format!("listeners.ssl.default.ssl_options.sni_certs = [{certificate}]").replace("PLANTED", PLANTED);
    assert_hidden(&text);
}

#[test]
fn secrets_of_entries_are_not_shown() {
    let mut count = 0;
    for entry in entries() {
        let is_secret = |value: &str| value.contains("Secret(");
        let is_flag = |key: &str| key.ends_with("_encoded");
        for row in
            entry.rows.iter().filter(|row| !is_flag(row.key) && row.accepted.iter().any(|(_, value)| is_secret(value)))
        {
            assert_hidden(&entry.text_with(row, PLANTED));
            assert_hidden(&entry.text_with(row, PLANTED).replace(entry.list, "listeners.tcp.default.authentication"));
            count += 1;
        }
        let free = [
            ("headers", "{ X-App = PLANTED, accept = j }"),
            ("headers", "{ authorization = \"Bearer PLANTED\" }"),
            ("body", "{ app_secret = PLANTED, password = \"${password}\" }"),
            ("body", "{ a = { token = PLANTED } }"),
            ("filter", "{ password = PLANTED }"),
            ("url", "\"http://h/a?access_token=PLANTED\""),
            ("endpoint", "\"http://h/a?api_key=PLANTED\""),
        ];
        for (key, value) in free.iter().filter(|(key, _)| entry.rows.iter().any(|row| row.key == *key)) {
            let value = value.replace("PLANTED", PLANTED);
            assert_hidden(&entry.text(&[(key, value.as_str())]));
            count += 1;
        }
    }
    assert!(count > 40, "{count} secrets");
}

#[test]
fn secrets_of_keys_that_are_not_read_are_not_shown() {
    for text in NOT_READ {
        assert_hidden(&text.replace("PLANTED", PLANTED));
    }
}

#[test]
fn secrets_of_emqx_4_are_not_shown() {
    for text in [
        "listener.ssl.external.key_password = PLANTED",
        "auth.mysql.password = PLANTED",
        "bridge.mqtt.aws.password = PLANTED",
        "auth.jwt.secret = PLANTED",
        "node.cookie = PLANTED\nlistener.tcp.external = 1883",
    ] {
        assert_hidden(&text.replace("PLANTED", PLANTED));
    }
}

#[test]
fn secrets_in_variables_are_not_shown() {
    for name in ["DUNLIN_NODE__COOKIE", "EMQX_NODE_COOKIE", "EMQX_DASHBOARD__DEFAULT_PASSWORD", "EMQX_NODE__COOKIES"] {
        for value in [PLANTED.to_owned(), format!("\"{PLANTED}")] {
            let sources = Sources::new([(name.to_owned(), value.clone())]);
            match sources.load() {
                Ok(loaded) => {
                    for output in outputs(&sources, &loaded) {
                        assert!(!output.contains(PLANTED), "{name} {value}: {output}");
                    }
                }
                Err(errors) => assert!(!errors.to_string().contains(PLANTED), "{name} {value}: {errors}"),
            }
        }
    }
}

/// What is wrong is quoted, without what nobody should read.
#[test]
fn a_value_that_is_refused_is_told_without_its_password() {
    let text = "authentication = [{ mechanism = password_based, backend = http, url = \"http://u:pLanted5ecret@h/\" }]";
    let errors = crate::errors_of(text).join("\n");
    assert!(errors.contains("`http://******@h/`") && !errors.contains(PLANTED), "{errors}");
}
