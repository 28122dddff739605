//! Every type of source of rules, and one row for each of its keys.

use crate::back_end_keys::{http_rows, ldap_rows, mongodb_rows, mysql_rows, postgresql_rows, redis_rows, ssl_rows};
use crate::entry_row::{Entry, EntryRow, key};
use dunlin_config::Config;
use dunlin_config::authorization_sources::SourceKind::*;

/// What is in the entry of this type.
macro_rules! the {
    ($kind:ident, $config:ident) => {
        match &$config.authorization.sources[0].kind {
            $kind(entry) => entry,
            other => panic!("{other:?}"),
        }
    };
}

/// A part of what is in the entry of this type.
macro_rules! part {
    ($kind:ident.$($field:ident).+) => {
        |c: &Config| match &c.authorization.sources[0].kind {
            $kind(entry) => &entry.$($field).+,
            other => panic!("{other:?}"),
        }
    };
}

/// Keys of all.
fn common_rows() -> Vec<EntryRow> {
    vec![
        key!("enable", c => c.authorization.sources[0].enable, "true", ["false" => "false"], ["1"]),
        key!("precondition", c => c.authorization.sources[0].precondition.as_ref().map(ToString::to_string), "None",
            ["\"str_eq(username, 'a')\"" => "Some(\"str_eq(username, 'a')\")", "\"\"" => "None"], ["\"str_eq(\"", "{}"]),
    ]
}

/// Of those that ask somebody else.
fn health_row() -> EntryRow {
    key!("resource_opts.health_check_interval", c => c.authorization.sources[0].health_check_interval, "15s",
        ["1m" => "60s", "200" => "200ms"], ["99", "soon", "2d"])
}

fn entry(id: &'static str, required: &'static [(&'static str, &'static str)], rows: Vec<Vec<EntryRow>>) -> Entry {
    let has_back_end = !["file", "built_in_database"].contains(&id);
    let of_back_end = has_back_end.then(health_row);
    let rows = rows.into_iter().flatten().chain(common_rows()).chain(of_back_end).collect();
    Entry { list: "authorization.sources", id, required, rows }
}

fn own() -> Vec<Entry> {
    vec![
        entry(
            "file",
            &[("type", "file")],
            vec![vec![
                key!("path", c => the!(File, c), "Path(Default(\"acl.conf\"))",
                ["\"etc/rules\"" => "Path(Named(\"etc/rules\"))", "\"${EMQX_ETC_DIR}/acl.conf\"" => "Path(Named(\"./acl.conf\"))",
                 "\"\"" => "Path(Default(\"acl.conf\"))"], ["{}"]),
                key!("rules", c => the!(File, c), "Path(Default(\"acl.conf\"))",
                ["\"{deny, all}.\"" => "Rules(\"{deny, all}.\")", "\"\"" => "Rules(\"\")"], ["[]"]),
            ]],
        ),
        entry(
            "built_in_database",
            &[("type", "built_in_database")],
            vec![vec![
                key!("max_rules", c => the!(BuiltInDatabase, c).max_rules, "100", ["1" => "1"], ["0", "100001"]),
            ]],
        ),
    ]
}

fn tables() -> Vec<Entry> {
    vec![
        entry(
            "mysql",
            &[("type", "mysql"), ("server", "db"), ("database", "mqtt"), ("query", "\"SELECT * FROM r\"")],
            vec![
                mysql_rows(part!(Mysql.servers)),
                ssl_rows(part!(Mysql.servers.ssl)),
                vec![
                    key!("query", c => the!(Mysql, c).query, "required", ["\"SELECT ${zone}\"" => "\"SELECT ${zone}\""],
                ["\"SELECT ${password}\"", "\"\""]),
                ],
            ],
        ),
        entry(
            "postgresql",
            &[
                ("type", "postgresql"),
                ("server", "db"),
                ("database", "mqtt"),
                ("username", "u"),
                ("query", "\"SELECT * FROM r\""),
            ],
            vec![
                postgresql_rows(part!(Postgresql.servers)),
                ssl_rows(part!(Postgresql.servers.ssl)),
                vec![
                    key!("query", c => the!(Postgresql, c).query, "required", ["\"SELECT ${zone}\"" => "\"SELECT ${zone}\""],
                    ["\"SELECT ${password}\"", "\"\""]),
                    key!("disable_prepared_statements", c => the!(Postgresql, c).disable_prepared_statements, "false",
                    ["true" => "true"], ["1"]),
                ],
            ],
        ),
    ]
}

fn others() -> Vec<Entry> {
    vec![
        entry(
            "mongodb",
            &[
                ("type", "mongodb"),
                ("mongo_type", "rs"),
                ("servers", "\"m1,m2:27018\""),
                ("replica_set_name", "rs0"),
                ("database", "mqtt"),
                ("collection", "rules"),
            ],
            vec![
                mongodb_rows(part!(Mongodb.documents.servers)),
                ssl_rows(part!(Mongodb.documents.servers.ssl)),
                vec![
                    key!("collection", c => the!(Mongodb, c).documents.collection, "required", ["u" => "\"u\""], ["\"\""]),
                    key!("filter", c => the!(Mongodb, c).documents.filter, "{}",
                    ["{ a.b = \"${username}\" }" => "{\"a\": Object {\"b\": String(\"${username}\")}}"], ["{ a = \"${password}\" }"]),
                    key!("limit", c => the!(Mongodb, c).limit, "1000", ["1" => "1"], ["0", "100001"]),
                    key!("skip", c => the!(Mongodb, c).skip, "0", ["5" => "5"], ["-1"]),
                ],
            ],
        ),
        entry(
            "redis",
            &[("type", "redis"), ("server", "db"), ("cmd", "\"HGETALL acl:${username}\"")],
            vec![
                redis_rows(part!(Redis.servers)),
                ssl_rows(part!(Redis.servers.ssl)),
                vec![
                    key!("cmd", c => the!(Redis, c).cmd, "required", ["\"HGETALL x\"" => "\"HGETALL x\""], ["\"HGETALL ${password}\"", "\"\""]),
                ],
            ],
        ),
        entry(
            "ldap",
            &[("type", "ldap"), ("server", "db"), ("username", "\"cn=root\""), ("base_dn", "\"dc=x\"")],
            vec![
                ldap_rows(part!(Ldap.directory)),
                ssl_rows(part!(Ldap.directory.ssl)),
                vec![
                    key!("publish_attribute", c => the!(Ldap, c).rules.publish, "Some(\"mqttPublishTopic\")",
                    ["p" => "Some(\"p\")", "\"\"" => "None"], ["[]"]),
                    key!("subscribe_attribute", c => the!(Ldap, c).rules.subscribe, "Some(\"mqttSubscriptionTopic\")",
                    ["p" => "Some(\"p\")"], ["[]"]),
                    key!("all_attribute", c => the!(Ldap, c).rules.all, "Some(\"mqttPubSubTopic\")", ["p" => "Some(\"p\")"], ["[]"]),
                    key!("acl_rule_attribute", c => the!(Ldap, c).rules.acl_rule, "Some(\"mqttAclRule\")", ["p" => "Some(\"p\")"], ["[]"]),
                ],
            ],
        ),
        entry(
            "http",
            &[("type", "http"), ("method", "post"), ("url", "\"http://h/acl\"")],
            vec![
                http_rows(part!(Http.service)),
                ssl_rows(part!(Http.service.ssl)),
                vec![
                    key!("request_timeout", c => the!(Http, c).service.request_timeout, "30s", ["1s" => "1s"], ["0s"]),
                ],
            ],
        ),
    ]
}

pub(crate) fn entries() -> Vec<Entry> {
    [own(), tables(), others()].into_iter().flatten().collect()
}
