//! What is said of the mistakes that people make with authenticators and sources of rules.

use crate::{errors_of, warnings_of};

const MYSQL: &str = "mechanism = password_based, backend = mysql, server = db, database = d, query = \"SELECT 1\"";
const HTTP: &str = "mechanism = password_based, backend = http, method = post, url = \"http://h\"";

/// The error lines of an entry of `authentication`, without what is the same in all.
fn errors_of_entry(entry: &str) -> Vec<String> {
    let errors = errors_of(&format!("authentication = [{{ {entry} }}]"));
    errors.iter().map(|line| line.replace("dunlin.conf:1: ", "")).collect()
}

#[test]
fn what_does_not_exist_is_named_with_what_does() {
    for (entry, expected) in [
        (
            "enable = true",
            "`authentication.1.mechanism` is missing; it must be one of `password_based`, `jwt`, `scram`, `cinfo`",
        ),
        (
            "mechanism = password, backend = mysql",
            "`authentication.1.mechanism` is `password`, but must be one of `password_based`, `jwt`, `scram`, `cinfo`",
        ),
        (
            "mechanism = scram, backend = mysql",
            "`authentication.1.backend` is `mysql`, but must be one of `built_in_database`, `http`",
        ),
        (
            "mechanism = gssapi, backend = kerberos, principal = p, server_fqdn = s",
            "`authentication.1.mechanism`: authentication by Kerberos is not supported yet, and what cannot be asked must not \
             stand in the list as if it were; take the entry away",
        ),
        (
            "mechanism = gcp_device",
            "`authentication.1.mechanism`: authentication by keys of devices of GCP is not supported yet, and what cannot be \
             asked must not stand in the list as if it were; take the entry away",
        ),
    ] {
        assert_eq!(errors_of_entry(entry), [expected], "{entry}");
    }
}

#[test]
fn what_cannot_be_together_is_said() {
    for (entry, expected) in [
        (
            format!("{HTTP}s").replace("http://h\"s", "https://h\""),
            "`authentication.1.url`: begins with `https://`; write `ssl.enable = true` beside it",
        ),
        (
            format!("{MYSQL}, ssl {{ enable = true, certfile = c }}"),
            "`authentication.1.ssl.certfile`: needs `keyfile`, the key of the certificate",
        ),
        (
            format!("{MYSQL}, servers = other"),
            "`authentication.1.server`: stands beside `servers`, and both mean the same; take one of them away",
        ),
        (
            "mechanism = password_based, backend = redis, server = \"a,b\", cmd = \"HGET u:${username} password\"".into(),
            "`authentication.1.server`: names several servers, and `redis_type` is `single`; name one, or write \
             `redis_type = cluster` or `sentinel`",
        ),
        (
            "mechanism = password_based, backend = redis, redis_type = cluster, servers = a, database = 2, \
             cmd = \"HGET u:${username} password\""
                .into(),
            "`authentication.1.database`: must be 0: a cluster has no other database",
        ),
        (
            "mechanism = password_based, backend = mongodb, mongo_type = single, server = \"a,b\", database = d, collection = c".into(),
            "`authentication.1.server`: names several servers, and `mongo_type` is `single`; name one, or write \
             `mongo_type = rs` or `sharded`",
        ),
        (
            "mechanism = password_based, backend = mongodb, mongo_type = single, server = a, database = d, collection = c, \
             password = p"
                .into(),
            "`authentication.1.username`: and `password` are needed together, or neither of them",
        ),
    ] {
        assert_eq!(errors_of_entry(&entry), [expected], "{entry}");
    }
    assert_eq!(
        errors_of("authorization.sources = [{ type = file, path = a, rules = \"\" }]"),
        [
            "dunlin.conf:1: `authorization.sources.1.rules`: stands beside `path`, and rules come from one of them; take the other \
          away"
        ]
    );
}

#[test]
fn two_of_one_kind_are_an_error_in_every_list() {
    let scram = "{ mechanism = scram, backend = built_in_database }";
    assert_eq!(
        errors_of(&format!("authentication = [\n{scram},\n{scram}]")),
        [
            "dunlin.conf:3: `authentication.2`: `scram:built_in_database` is in the list already, and it can have one of each; take \
          one away"
        ]
    );
    assert_eq!(
        errors_of(&format!("listeners.tcp.default.authentication = [{scram}, {scram}]")),
        [
            "dunlin.conf:1: `listeners.tcp.default.authentication.2`: `scram:built_in_database` is in the list already, and it can \
          have one of each; take one away"
        ]
    );
    assert_eq!(
        errors_of("authorization.sources = [{ type = file }, { type = built_in_database }, { type = file }]"),
        [
            "dunlin.conf:1: `authorization.sources.3`: `file` is in the list already, and it can have one of each; take one away"
        ]
    );
}

#[test]
fn names_that_stand_for_nothing_are_found() {
    let names = "password, username, clientid, peerhost, peerport, cert_subject, dn, cert_common_name, cn, cert_pem, \
                 cert_san.dns, cert_san.ip, cert_san.email, cert_san.uri, zone, listener, sockport, proto_name, proto_ver, mountpoint, is_superuser, client_attrs.*";
    assert_eq!(
        errors_of_entry(&MYSQL.replace("SELECT 1", "SELECT p WHERE n = ${usrname}")),
        [format!("`authentication.1.query`: nothing is known as `${{usrname}}` (at 19); there are: {names}")]
    );
    let redis = "mechanism = password_based, backend = redis, server = db, cmd = \"HGET u:${usrname} password\"";
    assert_eq!(
        errors_of_entry(redis),
        [format!(
            "`authentication.1.cmd`: `HGET u:${{usrname}} password` has a placeholder that does not exist; there are {names}"
        )]
    );
    // EMQX sends what it does not know, so that is no error.
    let http = format!(
        "{HTTP}, body {{ u = \"${{usrname}}\", p = \"${{password}}\", x = \"${{client_attrs.x}} ${{$}}{{a}}\" }}"
    );
    let warnings = warnings_of(&format!("authentication = [{{ {http} }}]"));
    let expected = "dunlin.conf:1: `authentication.1.body.u`: `${usrname}` stands for nothing and is sent as it is; did you mean \
                    `${username}`?";
    assert!(warnings.contains(&expected.to_owned()), "{warnings:?}");
    assert_eq!(warnings.iter().filter(|line| line.contains("stands for nothing")).count(), 1, "{warnings:?}");
}

#[test]
fn a_server_that_anybody_can_be_is_a_warning() {
    let warnings = warnings_of(&format!("authentication = [{{ {MYSQL}, ssl.enable = true }}]"));
    let expected = "dunlin.conf:1: `authentication.1.ssl.verify`: is `verify_none`: whoever stands in between can be the server \
                    and say who comes in; write `verify = verify_peer`";
    assert!(warnings.contains(&expected.to_owned()), "{warnings:?}");
    for good in ["ssl.enable = false", "ssl { enable = true, verify = verify_peer }"] {
        let warnings = warnings_of(&format!("authentication = [{{ {MYSQL}, {good} }}]"));
        assert!(!warnings.iter().any(|line| line.contains("verify_none")), "{warnings:?}");
    }
}

#[test]
fn everything_wrong_in_an_entry_is_said_at_once() {
    let entry = "mechanism = password_based, backend = postgresql, server = \"a:0\", pool_size = 0, ssl.verify = yes, passwrd = p";
    assert_eq!(
        errors_of_entry(entry),
        [
            "`authentication.1.query` is missing; it must be a text that is not empty",
            "`authentication.1.server` is `a:0`, but must be `host` or `host:port` such as `db.example.com:5432`, more of them \
             with commas between",
            "`authentication.1.database` is missing; it must be a text that is not empty",
            "`authentication.1.username` is missing; it must be text",
            "`authentication.1.pool_size` is `0`, but must be a whole number from 1 to 10000",
            "`authentication.1.ssl.verify` is `yes`, but must be one of `verify_none`, `verify_peer`",
            "unknown key `authentication.1.passwrd`; did you mean `authentication.1.password`?",
        ]
    );
}
