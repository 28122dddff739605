//! Nodes whose configuration names a Redis: a server, a cluster, or sentinels.

use crate::access_crowd::{Crowd, expect_only};
use crate::access_scenario::{
    BackEnd, LOGINS, TIMEOUT, WRONG, admitted, allowed_and_failed, come_in, node, play, pool, refusals, stored,
    until_both_go_on, until_let_in, until_nobody_is_left, wait_for,
};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{NoMatchingSubscribers, NotAuthorized, ServerUnavailable, Success};
use dunlin_real_servers::{RedisCluster, RedisSentinel, RedisServer};
use dunlin_testkit::TestBroker;
use std::time::Duration;

/// A user with this name, and what it may do.
fn add(cli: impl Fn(&[&str]) -> String, name: &str) {
    let stored = stored();
    cli(&["HSET", &format!("mqtt_user:{name}"), "password_hash", &stored.hash, "salt", &stored.salt]);
    cli(&["HSET", &format!("mqtt_acl:{name}"), "own/${username}/#", "publish"]);
}

pub(crate) fn add_to_redis(cli: impl Fn(&[&str]) -> String) {
    add(cli, "ann");
}

/// An authenticator and a source of rules that ask a Redis, wherever it is.
pub(crate) fn redis_parts(place: &str) -> (String, String) {
    let place = format!("{place}, query_timeout = 4s, {}", pool());
    let user = "cmd = \"HMGET mqtt_user:${username} password_hash salt is_superuser\"";
    (
        format!("mechanism = password_based, backend = redis, {place}, {user}"),
        format!("type = redis, {place}, cmd = \"HGETALL mqtt_acl:${{username}}\""),
    )
}

fn redis_node(place: &str) -> TestBroker {
    let (authenticator, source) = redis_parts(place);
    node(&authenticator, &source)
}

impl BackEnd for RedisServer {
    fn kill(&mut self) {
        self.process().kill();
    }

    fn start_again(&mut self) {
        self.restart();
        add_to_redis(|command| self.cli(command));
    }
}

impl BackEnd for RedisCluster {
    fn kill(&mut self) {
        Self::kill(self);
    }

    fn start_again(&mut self) {
        Self::start_again(self);
    }
}

/// A master with somebody to follow it, and who watches both.
struct Watched {
    master: RedisServer,
    replica: RedisServer,
    sentinel: RedisSentinel,
}

impl Watched {
    fn start() -> Self {
        let mut master = RedisServer::start_with(&["--repl-diskless-sync-delay", "0"]);
        add_to_redis(|command| master.cli(command));
        let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", master.port())]);
        master.process().wait_for_line("Synchronization with replica");
        // It asks for a login of its own.
        let users = "user default off\nuser dunlin on >watchword ~* &* +@all";
        let sentinel = RedisSentinel::start_with("mqtt", &master, users);
        Self { master, replica, sentinel }
    }

    fn node(&self) -> TestBroker {
        redis_node(&format!(
            "redis_type = sentinel, servers = \"127.0.0.1:{}\", sentinel = mqtt, sentinel_username = dunlin, \
             sentinel_password = watchword",
            self.sentinel.port()
        ))
    }
}

impl BackEnd for Watched {
    /// All of them, before a sentinel makes another one the master.
    fn kill(&mut self) {
        self.sentinel.kill();
        self.replica.process().kill();
        self.master.process().kill();
    }

    fn start_again(&mut self) {
        self.master.restart();
        self.replica.restart();
        self.sentinel.start_again();
    }
}

#[test]
fn redis() {
    let mut server = RedisServer::start();
    add_to_redis(|command| server.cli(command));
    let broker = redis_node(&format!("redis_type = single, server = \"127.0.0.1:{}\"", server.port()));
    play(&broker, &mut server, WRONG);
}

fn cluster_node(cluster: &RedisCluster) -> TestBroker {
    let nodes: Vec<_> = cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
    redis_node(&format!("redis_type = cluster, servers = \"{}\"", nodes.join(",")))
}

#[test]
fn redis_cluster() {
    let mut cluster = RedisCluster::start();
    add_to_redis(|command| cluster.cli(command));
    play(&cluster_node(&cluster), &mut cluster, WRONG);
}

#[test]
fn a_cluster_without_one_of_its_masters_knows_the_users_of_the_others() {
    let mut cluster = RedisCluster::start();
    add_to_redis(|command| cluster.cli(command));
    let anns = cluster.owner("mqtt_user:ann").port();
    // Names are spread over the servers by their hash.
    let bob = ["bob", "bea", "ben", "bert", "bill", "bruce"].into_iter().find(|name| {
        add(|command| cluster.cli(command), name);
        cluster.owner(&format!("mqtt_user:{name}")).port() != anns
    });
    let bob = bob.expect("not all names are at one server");
    let broker = cluster_node(&cluster);
    let (anns_crowd, bobs_crowd) = (Crowd::come_to(&broker, "ann", TIMEOUT), Crowd::come_to(&broker, bob, TIMEOUT));
    let entered = admitted(&broker);
    broker.wait_until("both come in", |_| admitted(&broker) > entered + 4 * LOGINS as u64);
    cluster.owner("mqtt_user:ann").process().kill();
    broker.wait_until("it is missed", |_| {
        broker.server().access().authentications()[0].1.tally()[0].failed > LOGINS as u64
    });
    for _ in 0..LOGINS {
        assert_eq!(refusals(&broker, "ann", "right"), (ServerUnavailable, 3));
        come_in(&broker, bob, "right").disconnect();
    }
    expect_only(&anns_crowd.stop(), &[Success, ServerUnavailable]);
    expect_only(&bobs_crowd.stop(), &[Success]);
    let killed = cluster.nodes.iter_mut().find(|node| node.port() == anns).expect("it was there");
    killed.restart();
    for _ in 0..LOGINS {
        until_let_in(&broker, "ann", "right").disconnect();
    }
    until_nobody_is_left(&broker);
}

#[test]
fn redis_sentinel() {
    let mut watched = Watched::start();
    let broker = watched.node();
    play(&broker, &mut watched, WRONG);
    // Now the master alone dies, and a sentinel makes another one.
    wait_for(&broker, "connected");
    let (coming, publishing) = (Crowd::come_to(&broker, "ann", TIMEOUT), Crowd::publish_to(&broker, "ann", TIMEOUT));
    until_both_go_on(&broker);
    watched.master.process().kill();
    watched.sentinel.wait_for_failover();
    for _ in 0..LOGINS {
        until_let_in(&broker, "ann", "right").disconnect();
    }
    wait_for(&broker, "connected");
    until_both_go_on(&broker);
    expect_only(&coming.stop(), &[Success, ServerUnavailable]);
    let published = publishing.stop();
    expect_only(&published, &[NoMatchingSubscribers, NotAuthorized]);
    assert!(published.iter().all(|codes| codes.last() == Some(&NoMatchingSubscribers)), "{published:?}");
    let mut ann = come_in(&broker, "ann", "right");
    assert_eq!(ann.publish("own/ann/x", "x", AtLeastOnce), NoMatchingSubscribers);
    drop(ann);
    until_nobody_is_left(&broker);
}

#[test]
fn a_server_that_stands_still_is_waited_for_no_longer_than_its_timeout() {
    let mut server = RedisServer::start();
    add_to_redis(|command| server.cli(command));
    let (authenticator, source) =
        redis_parts(&format!("redis_type = single, server = \"127.0.0.1:{}\"", server.port()));
    let brief = |part: String| part.replace("query_timeout = 4s", "query_timeout = 1s");
    let broker = node(&brief(authenticator), &brief(source));
    wait_for(&broker, "connected");
    // None of them waits for more than a second, and what a busy machine adds.
    let timeout = Duration::from_secs(1);
    let (coming, publishing) = (Crowd::come_to(&broker, "ann", timeout), Crowd::publish_to(&broker, "ann", timeout));
    until_both_go_on(&broker);
    let (_, failed) = allowed_and_failed(&broker);
    server.process().freeze();
    wait_for(&broker, "disconnected");
    broker.wait_until("publishers are denied", |_| allowed_and_failed(&broker).1 > failed);
    assert_eq!(refusals(&broker, "ann", "right"), (ServerUnavailable, 3));
    server.process().thaw();
    for _ in 0..LOGINS {
        until_let_in(&broker, "ann", "right").disconnect();
    }
    wait_for(&broker, "connected");
    until_both_go_on(&broker);
    expect_only(&coming.stop(), &[Success, ServerUnavailable]);
    let published = publishing.stop();
    expect_only(&published, &[NoMatchingSubscribers, NotAuthorized]);
    assert!(published.iter().all(|codes| codes.last() == Some(&NoMatchingSubscribers)), "{published:?}");
    until_nobody_is_left(&broker);
}
