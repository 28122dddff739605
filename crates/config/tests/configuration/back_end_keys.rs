//! Keys that authenticators and sources of rules have in common.

use crate::entry_row::{EntryRow, key};
use dunlin_config::Config;
use dunlin_config::back_end::{
    ClientSsl, HttpService, LdapDirectory, MongodbDeployment, MongodbServers, RedisServers, SqlServers,
};

/// `host:port` of each.
macro_rules! addresses {
    ($servers:expr) => {
        $servers.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
}

/// `ssl`.
pub(crate) fn ssl_rows(ssl: fn(&Config) -> &ClientSsl) -> Vec<EntryRow> {
    vec![
        key!("ssl.enable", c => ssl(c).enable, "false", ["true" => "true", "off" => "false"], ["1"]),
        key!("ssl.verify", c => ssl(c).verify_peer, "false",
            ["verify_peer" => "true", "verify_none" => "false"], ["true", "none"]),
        key!("ssl.cacertfile", c => ssl(c).cacertfile, "None",
            ["\"etc/ca.pem\"" => "Some(File(etc/ca.pem))", "\"\"" => "None",
             "\"-----BEGIN CERTIFICATE-----\\nMIIB\"" => "Some(Inline(******))"], ["[]"]),
        key!("ssl.certfile", c => ssl(c).certfile, "None", ["c" => "Some(File(c))"], ["{}"], beside ["ssl.keyfile" = "k"]),
        key!("ssl.keyfile", c => ssl(c).keyfile, "None", ["k" => "Some(File(k))"], ["{}"], beside ["ssl.certfile" = "c"]),
        key!("ssl.password", c => ssl(c).password, "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))"], ["[]"]),
        key!("ssl.managed_certs", c => ssl(c).managed_cert, "None",
            ["{ bundle_name = b, namespace = n }" =>
                "Some(ManagedCertificate { bundle_name: \"b\", namespace: Some(\"n\"), sni: None })"], ["c"]),
        key!("ssl.server_name_indication", c => ssl(c).server_name_indication, "Host",
            ["db.example.com" => "Name(\"db.example.com\")", "disable" => "Disabled"], ["\"a b\"", "{}"]),
        key!("ssl.versions", c => ssl(c).versions, "[Tls13, Tls12]",
            ["[\"tlsv1.3\"]" => "[Tls13]", "\"tlsv1.2\"" => "[Tls12]"], ["[\"tlsv1.1\"]", "[]", "{}"]),
        key!("ssl.ciphers", c => ssl(c).ciphers, "[]",
            ["\"TLS_AES_128_GCM_SHA256,ECDHE-RSA-AES128-GCM-SHA256\"" =>
                "[\"TLS_AES_128_GCM_SHA256\", \"ECDHE-RSA-AES128-GCM-SHA256\"]"], ["{}"]),
        key!("ssl.depth", c => ssl(c).enable, "false", ["10" => "false"], ["256", "x"]),
    ]
}

/// A MySQL or PostgreSQL.
pub(crate) fn sql_rows(servers: fn(&Config) -> &SqlServers) -> Vec<EntryRow> {
    vec![
        key!("database", c => servers(c).database, "required", ["mqtt2" => "\"mqtt2\""], ["{}"]),
        key!("password", c => servers(c).password, "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))", "\"\"" => "None"], ["{}"]),
        key!("pool_size", c => servers(c).pool_size, "8", ["1" => "1", "10000" => "10000"], ["0", "10001", "many"]),
        key!("query_timeout", c => servers(c).query_timeout, "5s", ["100ms" => "100ms", "2000" => "2s"], ["0s", "2d"]),
    ]
}

/// `server` of a MySQL, whose port is 3306.
pub(crate) fn mysql_rows(servers: fn(&Config) -> &SqlServers) -> Vec<EntryRow> {
    let mut rows = sql_rows(servers);
    rows.push(key!("server", c => addresses!(servers(c).servers), "required",
        ["\"db:3307\"" => "[\"db:3307\"]", "\"a, [::1]:5\"" => "[\"a:3306\", \"[::1]:5\"]", "[a, b]" => "[\"a:3306\", \"b:3306\"]"],
        ["\"\"", "[]", "\"db:0\"", "\"db:x\"", "\"u@db\"", "\"mysql://db\"", "{}"]));
    rows.push(key!("username", c => servers(c).username, "\"root\"", ["u" => "\"u\""], ["[]"]));
    rows
}

/// `server` of a PostgreSQL, whose port is 5432.
pub(crate) fn postgresql_rows(servers: fn(&Config) -> &SqlServers) -> Vec<EntryRow> {
    let mut rows = sql_rows(servers);
    rows.push(key!("server", c => addresses!(servers(c).servers), "required",
        ["\"a,b:1\"" => "[\"a:5432\", \"b:1\"]"], ["\":5432\"", "[\"a,b\"]"]));
    rows.push(key!("username", c => servers(c).username, "required", ["u2" => "\"u2\""], ["[]"]));
    rows
}

/// A MongoDB with `mongo_type = rs`.
pub(crate) fn mongodb_rows(servers: fn(&Config) -> &MongodbServers) -> Vec<EntryRow> {
    vec![
        key!("mongo_type", c => match servers(c).deployment {
                MongodbDeployment::ReplicaSet { .. } => "rs",
                MongodbDeployment::Single => "single",
                MongodbDeployment::Sharded => "sharded",
            }, "required", ["rs" => "\"rs\"", "sharded" => "\"sharded\""], ["cluster", "[]"]),
        key!("servers", c => servers(c).servers, "required",
            ["\"a, b:1\"" => "[\"a:27017\", \"b:1\"]", "[\"[::1]\"]" => "[\"[::1]:27017\"]"], ["\"\"", "\"a:b\""]),
        key!("srv_record", c => (servers(c).srv_record, servers(c).servers.clone()), "(false, [\"m1:27017\", \"m2:27018\"])",
            ["true" => "(true, [\"m.example.com\"])"], ["1"], beside ["servers" = "\"m.example.com\""]),
        key!("replica_set_name", c => servers(c).deployment, "required",
            ["rs9" => "ReplicaSet { name: \"rs9\", reads: Primary }"], ["\"\"", "[]"]),
        key!("r_mode", c => servers(c).deployment, "ReplicaSet { name: \"rs0\", reads: Primary }",
            ["slave_ok" => "ReplicaSet { name: \"rs0\", reads: SecondaryPreferred }"], ["slave"]),
        key!("database", c => servers(c).database, "required", ["mqtt2" => "\"mqtt2\""], ["\"\"", "{}"]),
        key!("username", c => servers(c).username, "None", ["u" => "Some(\"u\")"], ["{}"], beside ["password" = "p"]),
        key!("password", c => servers(c).password, "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))"], ["{}"], beside ["username" = "u"]),
        key!("auth_source", c => servers(c).auth_source, "\"admin\"", ["mqtt" => "\"mqtt\""], ["{}"]),
        key!("pool_size", c => servers(c).pool_size, "8", ["1" => "1"], ["0", "10001"]),
        key!("query_timeout", c => servers(c).query_timeout, "5s", ["1s" => "1s"], ["0s"]),
    ]
}

/// A Redis with `redis_type = sentinel`.
pub(crate) fn redis_rows(servers: fn(&Config) -> &RedisServers) -> Vec<EntryRow> {
    vec![
        key!("redis_type", c => servers(c).deployment, "Single",
            ["sentinel" => "Sentinel { master_name: \"mymaster\" }", "cluster" => "Cluster", "single" => "Single"],
            ["shared"], beside ["sentinel" = "mymaster"]),
        key!("server", c => addresses!(servers(c).servers), "required",
            ["\"a:7000\"" => "[\"a:7000\"]", "[r]" => "[\"r:6379\"]"], ["\"a,b\"", "\"\"", "\"a:b\""]),
        key!("sentinel", c => servers(c).deployment, "Single",
            ["m2" => "Sentinel { master_name: \"m2\" }"], ["[]"], beside ["redis_type" = "sentinel"]),
        key!("database", c => servers(c).database, "0", ["5" => "5"], ["-1", "x"]),
        key!("username", c => servers(c).username, "None", ["u" => "Some(\"u\")"], ["{}"], beside ["password" = "p"]),
        key!("password", c => servers(c).password, "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))"], ["{}"]),
        key!("sentinel_username", c => servers(c).sentinel_username, "None", ["u" => "Some(\"u\")"], ["{}"],
            beside ["sentinel_password" = "p"]),
        key!("sentinel_password", c => servers(c).sentinel_password, "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))"], ["{}"]),
        key!("pool_size", c => servers(c).pool_size, "8", ["1" => "1"], ["0", "10001"]),
        key!("query_timeout", c => servers(c).query_timeout, "5s", ["1s" => "1s"], ["0s"]),
    ]
}

/// A directory.
pub(crate) fn ldap_rows(directory: fn(&Config) -> &LdapDirectory) -> Vec<EntryRow> {
    vec![
        key!("server", c => addresses!(directory(c).servers), "required",
            ["\"a,b:636\"" => "[\"a:389\", \"b:636\"]"], ["\"ldap://a\"", "\"\""]),
        key!("username", c => directory(c).username, "required", ["\"cn=a,dc=b\"" => "\"cn=a,dc=b\"", "\"\"" => "\"\""], ["{}"]),
        key!("password", c => directory(c).password, "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))"], ["{}"]),
        key!("base_dn", c => directory(c).base_dn, "required",
            ["\"uid=${username},dc=x\"" => "\"uid=${username},dc=x\""], ["\"\"", "{}"]),
        key!("filter", c => directory(c).filter, "\"(objectClass=mqttUser)\"",
            ["\"(uid=${username})\"" => "\"(uid=${username})\""], ["\"\"", "{}"]),
        key!("query_timeout", c => directory(c).query_timeout, "5s", ["1s" => "1s"], ["0s"]),
        key!("request_timeout", c => directory(c).connect_timeout, "10s", ["1s" => "1s"], ["0s", "soon"]),
        key!("pool_size", c => directory(c).pool_size, "8", ["1" => "1"], ["0", "10001"]),
        key!("start_tls", c => directory(c).start_tls, "false", ["true" => "true"], ["1"], beside ["ssl.enable" = "true"]),
    ]
}

/// A web service with `method = post`.
pub(crate) fn http_rows(service: fn(&Config) -> &HttpService) -> Vec<EntryRow> {
    vec![
        key!("method", c => service(c).method, "required", ["get" => "Get", "post" => "Post"], ["put", "GET", "[]"]),
        key!("url", c => service(c).url, "required",
            ["\"http://h/a?u=${username}\"" => "\"http://h/a?u=${username}\"", "\"HTTP://[::1]:5\"" => "\"HTTP://[::1]:5\""],
            ["h", "\"ftp://h\"", "\"http://\"", "\"http:///a\"", "\"http://u:p@h/\"", "\"http://${host}/\"", "\"http://h/ a\"",
             "\"http://h/#a\"", "{}", "\"\""]),
        key!("headers", c => service(c).headers, "[]",
            ["{ X-App = a, Content-Type = \"application/json\" }" =>
                "[(\"content-type\", \"application/json\"), (\"x-app\", \"a\")]"],
            ["x", "[]", "{ x = {} }", "{ x = \"a\\nb\" }"]),
        key!("body", c => service(c).body, "{}",
            ["{ u = \"${username}\", n = 5, \"a.b\" = [true, null, 1.5] }" =>
                "{\"a.b\": Array [Bool(true), Null, Number(1.5)], \"n\": Number(5), \"u\": String(\"${username}\")}"],
            ["x", "[1]"]),
        key!("oauth2.enable", c => service(c).oauth2.is_some(), "false", ["false" => "false"], ["1"]),
        key!("oauth2.grant_type", c => service(c).oauth2.is_some(), "false",
            ["client_credentials" => "false"], ["password", "[]"]),
        key!("oauth2.token_endpoint", c => service(c).oauth2.as_ref().map(|oauth2| oauth2.token_endpoint.clone()), "None",
            ["\"http://h/token\"" => "Some(\"http://h/token\")"], ["h", "\"http://u:p@h/\"", "{}"],
            beside ["oauth2.enable" = "true", "oauth2.client_id" = "i", "oauth2.client_secret" = "s"]),
        key!("oauth2.client_id", c => service(c).oauth2.as_ref().map(|oauth2| oauth2.client_id.clone()), "None",
            ["i" => "Some(\"i\")"], ["{}"],
            beside ["oauth2.enable" = "true", "oauth2.token_endpoint" = "\"http://h/\"", "oauth2.client_secret" = "s"]),
        key!("oauth2.client_secret", c => service(c).oauth2.as_ref().map(|oauth2| oauth2.client_secret.clone()), "None",
            ["abc" => "Some(Secret(******))", "\"file:///p\"" => "Some(Secret(/p))"], ["{}"],
            beside ["oauth2.enable" = "true", "oauth2.token_endpoint" = "\"http://h/\"", "oauth2.client_id" = "i"]),
        key!("oauth2.scope", c => service(c).oauth2.as_ref().and_then(|oauth2| oauth2.scope.clone()), "None",
            ["\"a b\"" => "Some(\"a b\")"], ["{}"],
            beside ["oauth2.enable" = "true", "oauth2.token_endpoint" = "\"http://h/\"", "oauth2.client_id" = "i",
                "oauth2.client_secret" = "s"]),
        key!("oauth2.timeout", c => service(c).oauth2.as_ref().map(|oauth2| oauth2.timeout), "None",
            ["1s" => "Some(1s)"], ["0s"],
            beside ["oauth2.enable" = "true", "oauth2.token_endpoint" = "\"http://h/\"", "oauth2.client_id" = "i",
                "oauth2.client_secret" = "s"]),
        key!("oauth2.ssl", c => service(c).oauth2.as_ref().map(|oauth2| oauth2.ssl.enable), "None",
            ["{}" => "Some(true)", "{ verify = verify_peer }" => "Some(true)"], ["x", "{ enable = 1 }"],
            beside ["oauth2.enable" = "true", "oauth2.token_endpoint" = "\"https://h/\"", "oauth2.client_id" = "i",
                "oauth2.client_secret" = "s"]),
        key!("connect_timeout", c => service(c).connect_timeout, "15s", ["1s" => "1s"], ["0s"]),
        key!("pool_size", c => service(c).pool_size, "8", ["1" => "1"], ["0", "10001"]),
        key!("max_inactive", c => service(c).max_inactive, "10s", ["1m" => "60s"], ["0s"]),
    ]
}
