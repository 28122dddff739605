//! The same table for the sources of rules that are servers of others: PostgreSQL, MariaDB, Redis in its three arrangements, MongoDB
//! and a directory.

use crate::access_databases::sql_place;
use crate::access_rule_table::{play_configured, play_configured_allowing};
use dunlin_real_servers::{
    Certificates, FerretdbServer, MariadbServer, PostgresqlServer, RedisCluster, RedisSentinel, RedisServer,
    SlapdServer,
};
use mongodb::Client;
use mongodb::bson::doc;

/// What topics begin with where rules see them: nothing, or a mountpoint.
const PREFIXES: [&str; 2] = ["", "m/"];

/// Permission, action and topic of each rule.
fn rules() -> Vec<[String; 3]> {
    let of_prefix = |prefix: &str| {
        [
            ["allow", "all", &format!("{prefix}open/#")],
            ["allow", "all", &format!("{prefix}own/${{clientid}}/#")],
            ["deny", "all", &format!("{prefix}closed/#")],
            ["deny", "subscribe", &format!("eq {prefix}#")],
        ]
        .map(|rule| rule.map(str::to_owned))
    };
    PREFIXES.into_iter().flat_map(of_prefix).collect()
}

fn table() -> String {
    let rows = rules().into_iter().map(|[permission, action, topic]| {
        format!("INSERT INTO mqtt_acl VALUES ('c', '{permission}', '{action}', '{topic}');")
    });
    let columns = "clientid varchar(100), permission varchar(10), action varchar(10), topic varchar(100)";
    format!("CREATE TABLE mqtt_acl ({columns});") + &rows.collect::<String>()
}

const QUERY: &str = "SELECT permission, action, topic FROM mqtt_acl WHERE clientid = ${clientid}";

#[test]
fn postgresql() {
    let server = PostgresqlServer::start();
    server.execute(&table());
    play_configured("postgresql", &format!("type = postgresql, {}", sql_place(server.address(), QUERY)));
}

#[test]
fn mysql() {
    let server = MariadbServer::start();
    server.execute(&table());
    play_configured("mysql", &format!("type = mysql, {}", sql_place(server.address(), QUERY)));
}

fn add_to_redis(cli: impl Fn(&[&str]) -> String) {
    for [permission, action, topic] in rules() {
        if permission == "allow" {
            cli(&["HSET", "mqtt_acl:c", &topic, &action]);
        }
    }
}

/// Nothing that a Redis says denies: what is denied elsewhere is no match here.
fn play_redis(name: &str, place: &str) {
    play_configured_allowing(name, &format!("type = redis, {place}, cmd = \"HGETALL mqtt_acl:${{clientid}}\""));
}

#[test]
fn redis() {
    let server = RedisServer::start();
    add_to_redis(|command| server.cli(command));
    play_redis("redis, single", &format!("redis_type = single, server = \"127.0.0.1:{}\"", server.port()));
}

#[test]
fn redis_cluster() {
    let cluster = RedisCluster::start();
    add_to_redis(|command| cluster.cli(command));
    let nodes: Vec<_> = cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    play_redis("redis, cluster", &format!("redis_type = cluster, servers = \"{}\"", nodes.join(",")));
}

#[test]
fn redis_sentinel() {
    let mut master = RedisServer::start_with(&["--repl-diskless-sync-delay", "0"]);
    add_to_redis(|command| master.cli(command));
    // Sentinels begin with one that has somebody to follow it.
    let _replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", master.port())]);
    master.process().wait_for_line("Synchronization with replica");
    let sentinel = RedisSentinel::start("mqtt", &master);
    play_redis(
        "redis, sentinel",
        &format!("redis_type = sentinel, servers = \"127.0.0.1:{}\", sentinel = mqtt", sentinel.port()),
    );
}

#[test]
fn mongodb() {
    let server = FerretdbServer::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let url = format!("mongodb://127.0.0.1:{}/?directConnection=true", server.port());
        let collection = Client::with_uri_str(url).await.expect("a client").database("mqtt").collection("rules");
        for [permission, action, topic] in rules() {
            let rule = doc! { "clientid": "c", "permission": permission, "action": action, "topics": [topic] };
            collection.insert_one(rule).await.expect("a document");
        }
    });
    let place = format!("mongo_type = single, server = \"127.0.0.1:{}\", database = mqtt", server.port());
    let filter = "filter { clientid = \"${clientid}\" }";
    play_configured("mongodb", &format!("type = mongodb, {place}, collection = rules, {filter}"));
}

#[test]
fn ldap() {
    let rules = rules().into_iter().map(|[permission, action, topic]| {
        let rule = format!(r#"{{"permission":"{permission}","action":"{action}","topic":"{topic}"}}"#);
        // One attribute for what all may do, and one for rules with everything.
        if permission == "allow" { format!("mqttPubSubTopic: {topic}\n") } else { format!("mqttAclRule: {rule}\n") }
    });
    let entry = "dn: uid=c,dc=example,dc=org\nobjectClass: account\nobjectClass: mqttUser\nuid: c\n".to_owned();
    let server = SlapdServer::start(&(entry + &rules.collect::<String>()), &Certificates::for_host("localhost"));
    let place = format!(
        "server = \"127.0.0.1:{}\", username = \"{}\", password = \"{}\", base_dn = \"dc=example,dc=org\"",
        server.port(),
        SlapdServer::ADMINISTRATOR,
        SlapdServer::PASSWORD
    );
    play_configured("ldap", &format!("type = ldap, {place}, filter = \"(uid=${{clientid}})\""));
}
