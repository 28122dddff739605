//! Every kind of authenticator, and one row for each of its keys.

use crate::back_end_keys::{http_rows, ldap_rows, mongodb_rows, mysql_rows, postgresql_rows, redis_rows, ssl_rows};
use crate::entry_row::{Entry, EntryRow, key};
use dunlin_config::Config;
use dunlin_config::authentication::AuthenticatorKind::{self as Kind, *};
use dunlin_config::authentication::{JwtKeys, LdapMethod};

/// What is in the entry of this kind.
macro_rules! the {
    ($kind:ident, $config:ident) => {
        match &$config.authentication[0].kind {
            $kind(entry) => entry,
            other => panic!("{other:?}"),
        }
    };
}

/// A part of what is in the entry of this kind.
macro_rules! part {
    ($kind:ident.$($field:ident).+) => {
        |c: &Config| match &c.authentication[0].kind {
            $kind(entry) => &entry.$($field).+,
            other => panic!("{other:?}"),
        }
    };
}

fn kind(config: &Config) -> &Kind {
    &config.authentication[0].kind
}

/// Keys of all.
fn common_rows() -> Vec<EntryRow> {
    vec![
        key!("enable", c => c.authentication[0].enable, "true", ["false" => "false"], ["1"]),
        key!("precondition", c => c.authentication[0].precondition.as_ref().map(ToString::to_string), "None",
            ["\"str_eq(username, 'a')\"" => "Some(\"str_eq(username, 'a')\")", "\"\"" => "None"], ["\"str_eq(\"", "{}"]),
    ]
}

/// `password_hash_algorithm` of back ends.
fn hash_rows(algorithm: fn(&Config) -> &dunlin_passwords::Algorithm) -> Vec<EntryRow> {
    vec![key!("password_hash_algorithm", c => algorithm(c), "Digest(Sha256, Prefix)",
            ["{ name = plain, salt_position = disable }" => "Plain(Disable)", "{ name = md5 }" => "Digest(Md5, Prefix)",
             "{ name = sha, salt_position = suffix }" => "Digest(Sha1, Suffix)", "{ name = sha512 }" => "Digest(Sha512, Prefix)",
             "{ name = bcrypt }" => "Bcrypt(BcryptPassword { rounds: 10 })",
             "{ name = bcrypt, salt_rounds = 5 }" => "Bcrypt(BcryptPassword { rounds: 5 })",
             "{ name = pbkdf2, mac_fun = ripemd160, iterations = 4096 }" =>
                "Pbkdf2(Pbkdf2Password { digest: Ripemd160, iterations: 4096, key_bytes: 20 })",
             "{ name = pbkdf2, mac_fun = sha256, iterations = 1, dk_length = 16 }" =>
                "Pbkdf2(Pbkdf2Password { digest: Sha256, iterations: 1, key_bytes: 16 })"],
            ["sha256", "{}", "{ salt_position = prefix }", "{ name = sha3 }", "{ name = sha256, salt_position = middle }",
             "{ name = bcrypt, salt_rounds = 3 }", "{ name = bcrypt, salt_rounds = 16 }", "{ name = pbkdf2 }",
             "{ name = pbkdf2, mac_fun = sha3, iterations = 1 }", "{ name = pbkdf2, mac_fun = sha, iterations = 0 }",
             "{ name = pbkdf2, mac_fun = sha, iterations = 1, dk_length = 513 }", "{ name = md5, iterations = 5 }"])]
}

/// Of those that ask somebody else.
fn health_row() -> EntryRow {
    key!("resource_opts.health_check_interval", c => c.authentication[0].health_check_interval, "15s",
        ["1m" => "60s", "200" => "200ms"], ["99", "soon", "2d"])
}

fn entry(id: &'static str, required: &'static [(&'static str, &'static str)], rows: Vec<Vec<EntryRow>>) -> Entry {
    let has_back_end = !["password_based:built_in_database", "scram:built_in_database", "jwt", "cinfo"].contains(&id);
    let of_back_end = has_back_end.then(health_row);
    let rows = rows.into_iter().flatten().chain(common_rows()).chain(of_back_end).collect();
    Entry { list: "authentication", id, required, rows }
}

fn tables() -> Vec<Entry> {
    vec![
        entry(
            "password_based:built_in_database",
            &[("mechanism", "password_based"), ("backend", "built_in_database")],
            vec![
                hash_rows(part!(BuiltInDatabase.password_hash_algorithm)),
                vec![
                    key!("user_id_type", c => the!(BuiltInDatabase, c).user_id_type, "Username",
                    ["clientid" => "ClientId", "username" => "Username"], ["both"]),
                    key!("bootstrap_file", c => the!(BuiltInDatabase, c).bootstrap_file, "Default(\"auth-built-in-db-bootstrap.csv\")",
                    ["\"/etc/users.json\"" => "Named(\"/etc/users.json\")", "\"${EMQX_ETC_DIR}/u.csv\"" => "Named(\"./u.csv\")",
                     "\"\"" => "Default(\"auth-built-in-db-bootstrap.csv\")"], ["[]"]),
                    key!("bootstrap_type", c => the!(BuiltInDatabase, c).bootstrap_type, "Plain", ["hash" => "Hash"], ["csv"]),
                ],
            ],
        ),
        entry(
            "password_based:mysql",
            &[
                ("mechanism", "password_based"),
                ("backend", "mysql"),
                ("server", "db"),
                ("database", "mqtt"),
                ("query", "\"SELECT password_hash FROM u WHERE n = ${username}\""),
            ],
            vec![
                hash_rows(part!(Mysql.password_hash_algorithm)),
                mysql_rows(part!(Mysql.servers)),
                ssl_rows(part!(Mysql.servers.ssl)),
                vec![
                    key!("query", c => the!(Mysql, c).query, "required", ["\"SELECT ${password}\"" => "\"SELECT ${password}\""],
                ["\"SELECT ${usrname}\"", "\"\"", "{}"]),
                ],
            ],
        ),
        entry(
            "password_based:postgresql",
            &[
                ("mechanism", "password_based"),
                ("backend", "postgresql"),
                ("server", "db"),
                ("database", "mqtt"),
                ("username", "u"),
                ("query", "\"SELECT password_hash FROM u WHERE n = ${username}\""),
            ],
            vec![
                hash_rows(part!(Postgresql.password_hash_algorithm)),
                postgresql_rows(part!(Postgresql.servers)),
                ssl_rows(part!(Postgresql.servers.ssl)),
                vec![
                    key!("query", c => the!(Postgresql, c).query, "required", ["\"SELECT 1\"" => "\"SELECT 1\""],
                    ["\"SELECT ${usrname}\"", "\" \"", "[]"]),
                    key!("disable_prepared_statements", c => the!(Postgresql, c).disable_prepared_statements, "false",
                    ["true" => "true"], ["1"]),
                ],
            ],
        ),
    ]
}

fn stores() -> Vec<Entry> {
    vec![
        entry(
            "password_based:mongodb",
            &[
                ("mechanism", "password_based"),
                ("backend", "mongodb"),
                ("mongo_type", "rs"),
                ("servers", "\"m1,m2:27018\""),
                ("replica_set_name", "rs0"),
                ("database", "mqtt"),
                ("collection", "users"),
            ],
            vec![
                hash_rows(part!(Mongodb.password_hash_algorithm)),
                mongodb_rows(part!(Mongodb.documents.servers)),
                ssl_rows(part!(Mongodb.documents.servers.ssl)),
                vec![
                    key!("collection", c => the!(Mongodb, c).documents.collection, "required", ["u" => "\"u\""], ["\"\"", "{}"]),
                    key!("filter", c => the!(Mongodb, c).documents.filter, "{}",
                    ["{ name = \"${username}\", \"$or\" = [{ a = 1 }] }" =>
                        "{\"$or\": Array [Object {\"a\": Number(1)}], \"name\": String(\"${username}\")}"],
                    ["{ name = \"${usrname}\" }", "{ a = [{ b = \"${clientid}${username}\" }] }", "x"]),
                    key!("password_hash_field", c => the!(Mongodb, c).password_hash_field, "\"password_hash\"", ["p" => "\"p\""], ["\"\""]),
                    key!("salt_field", c => the!(Mongodb, c).salt_field, "\"salt\"", ["s" => "\"s\""], ["\"\""]),
                    key!("is_superuser_field", c => the!(Mongodb, c).is_superuser_field, "\"is_superuser\"", ["s" => "\"s\""], ["\"\""]),
                    key!("clientid_override_field", c => the!(Mongodb, c).clientid_override_field, "\"clientid_override\"",
                    ["s" => "\"s\""], ["\"\""]),
                ],
            ],
        ),
        entry(
            "password_based:redis",
            &[
                ("mechanism", "password_based"),
                ("backend", "redis"),
                ("server", "db"),
                ("cmd", "\"HMGET u:${username} password_hash salt\""),
            ],
            vec![
                hash_rows(part!(Redis.password_hash_algorithm)),
                redis_rows(part!(Redis.servers)),
                ssl_rows(part!(Redis.servers.ssl)),
                vec![
                    key!("cmd", c => the!(Redis, c).cmd, "required", ["\"HGET u:${clientid} password\"" => "\"HGET u:${clientid} password\""],
                ["\"HGET ${username}${clientid} p\"", "\"HGET ${user} p\"", "\"\"", "[]"]),
                ],
            ],
        ),
        entry(
            "password_based:ldap",
            &[
                ("mechanism", "password_based"),
                ("backend", "ldap"),
                ("server", "db"),
                ("username", "\"cn=root\""),
                ("base_dn", "\"dc=x\""),
            ],
            vec![ldap_rows(part!(Ldap.directory)), ssl_rows(part!(Ldap.directory.ssl)), ldap_method_rows()],
        ),
    ]
}

fn ldap_method_rows() -> Vec<EntryRow> {
    vec![
        key!("method.type", c => matches!(the!(Ldap, c).method, LdapMethod::Bind { .. }), "false",
            ["bind" => "true", "hash" => "false"], ["simple"]),
        key!("method.password_attribute", c => the!(Ldap, c).method, "Hash { password_attribute: \"userPassword\" }",
            ["p" => "Hash { password_attribute: \"p\" }"], ["\"\""]),
        key!("method.is_superuser_attribute", c => the!(Ldap, c).is_superuser_attribute, "\"isSuperuser\"", ["s" => "\"s\""], ["\"\""]),
        key!("method.bind_password", c => the!(Ldap, c).method, "Hash { password_attribute: \"userPassword\" }",
            ["\"${password}\"" => "Bind { bind_password: Secret(******) }"], ["{}"], beside ["method.type" = "bind"]),
        key!("publish_attribute", c => the!(Ldap, c).rules.publish, "None", ["p" => "Some(\"p\")", "\"\"" => "None"], ["[]"]),
        key!("subscribe_attribute", c => the!(Ldap, c).rules.subscribe, "None", ["p" => "Some(\"p\")"], ["[]"]),
        key!("all_attribute", c => the!(Ldap, c).rules.all, "None", ["p" => "Some(\"p\")"], ["[]"]),
        key!("acl_rule_attribute", c => the!(Ldap, c).rules.acl_rule, "None", ["p" => "Some(\"p\")"], ["[]"]),
        key!("acl_ttl_attribute", c => the!(Ldap, c).rules.acl_ttl, "None", ["p" => "Some(\"p\")"], ["[]"]),
    ]
}

fn others() -> Vec<Entry> {
    vec![
        entry(
            "password_based:http",
            &[("mechanism", "password_based"), ("backend", "http"), ("method", "post"), ("url", "\"http://h/auth\"")],
            vec![
                http_rows(part!(Http.service)),
                ssl_rows(part!(Http.service.ssl)),
                vec![key!("request_timeout", c => the!(Http, c).service.request_timeout, "5s", ["1s" => "1s"], ["0s"])],
            ],
        ),
        entry(
            "scram:http",
            &[("mechanism", "scram"), ("backend", "http"), ("method", "post"), ("url", "\"http://h/auth\"")],
            vec![
                http_rows(part!(ScramHttp.service)),
                ssl_rows(part!(ScramHttp.service.ssl)),
                vec![
                    key!("request_timeout", c => the!(ScramHttp, c).service.request_timeout, "5s", ["1s" => "1s"], ["0s"]),
                    key!("algorithm", c => the!(ScramHttp, c).algorithm, "Sha256", ["sha512" => "Sha512"], ["sha1"]),
                    key!("iteration_count", c => the!(ScramHttp, c).iteration_count, "4096", ["1" => "1"], ["0", "10000001"]),
                ],
            ],
        ),
        entry(
            "scram:built_in_database",
            &[("mechanism", "scram"), ("backend", "built_in_database")],
            vec![vec![
                key!("algorithm", c => the!(ScramBuiltInDatabase, c).algorithm, "Sha256",
                ["sha512" => "Sha512", "sha256" => "Sha256"], ["sha"]),
                key!("iteration_count", c => the!(ScramBuiltInDatabase, c).iteration_count, "4096",
                ["10000000" => "10000000"], ["0", "10000001"]),
            ]],
        ),
        entry(
            "cinfo",
            &[("mechanism", "cinfo"), ("checks", "[{ is_match = \"true\", result = deny }]")],
            vec![vec![key!("checks",
                c => the!(ClientInfo, c).checks.iter()
                    .map(|check| (check.is_match.iter().map(ToString::to_string).collect::<Vec<_>>(), check.result))
                    .collect::<Vec<_>>(),
                "required",
                ["[{ is_match = \"str_eq(a, b)\", result = allow }]" => "[([\"str_eq(a, b)\"], Allow)]",
                 "[{ is_match = [a, b], result = ignore }, { is_match = c, result = deny }]" =>
                    "[([\"a\", \"b\"], Ignore), ([\"c\"], Deny)]"],
                ["[]", "x", "[{ is_match = a }]", "[{ result = allow }]", "[{ is_match = [], result = allow }]",
                 "[{ is_match = \"((\", result = allow }]", "[{ is_match = a, result = yes }]"])]],
        ),
    ]
}

fn token_rows() -> Vec<EntryRow> {
    vec![
        key!("from", c => the!(Jwt, c).from, "Password", ["username" => "Username", "password" => "Password"], ["header"]),
        key!("verify_claims", c => the!(Jwt, c).verify_claims, "[]",
            ["{ sub = \"${clientid}\", a = b }" => "[(\"a\", \"b\"), (\"sub\", \"${clientid}\")]", "[]" => "[]", "{}" => "[]",
             "[{ name = sub, value = \"${username}\" }]" => "[(\"sub\", \"${username}\")]"],
            ["sub", "{ exp = 5 }", "[{ name = sub }]", "{ sub = {} }"]),
        key!("acl_claim_name", c => the!(Jwt, c).acl_claim_name, "\"acl\"", ["rules" => "\"rules\""], ["[]"]),
        key!("disconnect_after_expire", c => the!(Jwt, c).disconnect_after_expire, "true", ["false" => "false"], ["1"]),
        key!("on_missing_jwt", c => the!(Jwt, c).on_missing_jwt, "Ignore", ["deny" => "Deny"], ["allow"]),
        key!("on_bad_signature", c => the!(Jwt, c).on_bad_signature, "Deny", ["ignore" => "Ignore"], ["allow"]),
    ]
}

fn endpoint(config: &Config) -> &dunlin_config::authentication::JwtEndpoint {
    match kind(config) {
        Jwt(jwt) => match &jwt.keys {
            JwtKeys::Endpoint(endpoint) => endpoint,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn tokens() -> Vec<Entry> {
    vec![
        entry(
            "jwt",
            &[("mechanism", "jwt"), ("algorithm", "hmac-based"), ("secret", "abc")],
            vec![
                token_rows(),
                vec![
                    key!("algorithm", c => matches!(the!(Jwt, c).keys, JwtKeys::Secret { .. }), "required",
                    ["hmac-based" => "true", "public-key" => "false"], ["HS256"], beside ["public_key" = "k"]),
                    key!("secret", c => the!(Jwt, c).keys, "required",
                    ["5" => "Secret { secret: Secret(******), is_base64: false }",
                     "\"file:///s\"" => "Secret { secret: Secret(/s), is_base64: false }"], ["{}"]),
                    key!("secret_base64_encoded", c => the!(Jwt, c).keys, "Secret { secret: Secret(******), is_base64: false }",
                    ["true" => "Secret { secret: Secret(******), is_base64: true }"], ["1"]),
                    key!("use_jwks", c => matches!(the!(Jwt, c).keys, JwtKeys::Endpoint(_)), "false",
                    ["true" => "true", "false" => "false"], ["1"], beside ["endpoint" = "\"http://h/k\""]),
                ],
            ],
        ),
        entry(
            "jwt",
            &[("mechanism", "jwt"), ("algorithm", "public-key"), ("public_key", "k")],
            vec![
                token_rows(),
                vec![
                    key!("algorithm", c => matches!(the!(Jwt, c).keys, JwtKeys::Secret { .. }), "required", ["public-key" => "false"], []),
                    key!("use_jwks", c => matches!(the!(Jwt, c).keys, JwtKeys::Endpoint(_)), "false", ["false" => "false"], []),
                    key!("public_key", c => the!(Jwt, c).keys, "required",
                    ["\"etc/jwt.pem\"" => "PublicKey(File(etc/jwt.pem))",
                     "\"-----BEGIN PUBLIC KEY-----\\nMFkw\"" => "PublicKey(Inline(******))"], ["\"\"", "[]"]),
                ],
            ],
        ),
        entry(
            "jwt",
            &[("mechanism", "jwt"), ("use_jwks", "true"), ("endpoint", "\"http://h/keys\"")],
            vec![
                token_rows(),
                ssl_rows(|c| &endpoint(c).ssl),
                vec![
                    key!("use_jwks", c => matches!(the!(Jwt, c).keys, JwtKeys::Endpoint(_)), "required", ["true" => "true"], []),
                    key!("endpoint", c => endpoint(c).endpoint, "required", ["\"http://i/\"" => "\"http://i/\""], ["i", "\"http://u:p@i\""]),
                    key!("refresh_interval", c => endpoint(c).refresh_interval, "300s", ["60" => "60s", "1h" => "3600s"], ["0", "8d"]),
                    key!("request_timeout", c => endpoint(c).request_timeout, "5s", ["1s" => "1s"], ["0s"]),
                    key!("headers", c => endpoint(c).headers, "[]", ["{ Accept = j }" => "[(\"accept\", \"j\")]"], ["x"]),
                ],
            ],
        ),
    ]
}

pub(crate) fn entries() -> Vec<Entry> {
    [tables(), stores(), others(), tokens()].into_iter().flatten().collect()
}
