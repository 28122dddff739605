//! What becomes of clients while somebody who is asked about them is gone and `ignore_backend_failures` says that others are asked, and
//! what `deny_action = disconnect` makes of those who publish meanwhile.

use crate::access_crowd::{Crowd, expect_only};
use crate::access_redis::{add_to_redis, redis_parts};
use crate::access_scenario::{
    BackEnd, LOGINS, TIMEOUT, come_in, node, refusals, until_both_go_on, until_nobody_is_left, wait_for,
};
use dunlin_broker::Metric;
use dunlin_model::DisconnectReason;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::ReasonCode::{NoMatchingSubscribers, NotAuthorized, Success};
use dunlin_model::SubscriptionOptions;
use dunlin_real_servers::RedisServer;
use dunlin_testkit::{Client, TestBroker};

fn server() -> (RedisServer, String) {
    let server = RedisServer::start();
    add_to_redis(|command| server.cli(command));
    let place = format!("redis_type = single, server = \"127.0.0.1:{}\"", server.port());
    (server, place)
}

#[test]
fn where_failures_are_ignored_the_next_one_decides_or_nobody() {
    let (mut server, place) = server();
    let folder = tempfile::tempdir().expect("a folder");
    let users = folder.path().join("users.csv");
    std::fs::write(&users, "user_id,password,is_superuser\nbob,right,false\n").expect("it can be written");
    let (authenticator, source) = redis_parts(&place);
    let broker = TestBroker::with(&format!(
        "authentication = [{{ {authenticator} }}, {{ mechanism = password_based, backend = built_in_database, \
         bootstrap_file = \"{}\", bootstrap_type = plain }}]
         authorization {{ no_match = deny, ignore_backend_failures = true, node_cache.enable = false
         sources = [{{ {source} }}, {{ type = file, rules = \"{{allow, {{username, \\\"bob\\\"}}, publish, [\\\"own/bob/#\\\"]}}.\" }}] }}
         authentication_settings {{ ignore_backend_failures = true, node_cache.enable = false }}",
        users.display()
    ));
    wait_for(&broker, "connected");
    assert_eq!(refusals(&broker, "eve", "right"), (NotAuthorized, 5));
    let mut ann = come_in(&broker, "ann", "right");
    let crowds = ["ann", "bob"].map(|name| Crowd::come_to(&broker, name, TIMEOUT));
    let [anns, bobs] = ["ann", "bob"].map(|name| Crowd::publish_to(&broker, name, TIMEOUT));
    until_both_go_on(&broker);
    server.kill();
    wait_for(&broker, "disconnected");
    for _ in 0..LOGINS {
        // Nothing else knows ann.
        assert_eq!(refusals(&broker, "ann", "right"), (NotAuthorized, 5));
        assert_eq!(ann.publish("own/ann/meanwhile", "x", AtLeastOnce), NotAuthorized);
        let mut bob = come_in(&broker, "bob", "right");
        assert_eq!(bob.publish("own/bob/meanwhile", "x", AtLeastOnce), NoMatchingSubscribers);
        assert_eq!(bob.publish("own/ann/meanwhile", "x", AtLeastOnce), NotAuthorized);
        bob.disconnect();
    }
    let ignored = broker.server().access().authentications()[0].1.tally()[0].ignore;
    assert!(ignored > 2 * LOGINS as u64, "{ignored}");
    assert!(broker.server().authorization().expect("sources").sources[0].ignore > 0);
    server.start_again();
    wait_for(&broker, "connected");
    until_both_go_on(&broker);
    let [ann_came, bob_came] = crowds.map(Crowd::stop);
    expect_only(&ann_came, &[Success, NotAuthorized]);
    expect_only(&bob_came, &[Success]);
    expect_only(&bobs.stop(), &[NoMatchingSubscribers]);
    let published = anns.stop();
    expect_only(&published, &[NoMatchingSubscribers, NotAuthorized]);
    assert!(published.iter().all(|codes| codes.last() == Some(&NoMatchingSubscribers)), "{published:?}");
    drop(ann);
    until_nobody_is_left(&broker);
}

#[test]
fn who_publishes_while_nobody_can_be_asked_is_denied_as_deny_action_says() {
    let (mut server, place) = server();
    let (authenticator, source) = redis_parts(&place);
    let ignoring = node(&authenticator, &source);
    let disconnecting = TestBroker::with(&format!(
        "authentication = [{{ {authenticator} }}]
         authorization {{ deny_action = disconnect, node_cache.enable = false, sources = [{{ {source} }}] }}"
    ));
    let mut staying = come_in(&ignoring, "ann", "right");
    let come = |connecting: dunlin_testkit::Connecting<'_>| {
        let connecting = connecting.with(|connect| crate::access_scenario::login(connect, "ann", "right"));
        connecting.connect(&disconnecting)
    };
    let mut going = ["publishes", "publishes once", "subscribes"].map(|id| come(Client::v5(id)));
    let mut older = come(Client::v4("older"));
    for client in going.iter_mut().chain([&mut older, &mut staying]) {
        client.publish("own/ann/before", "x", AtLeastOnce);
    }
    server.kill();
    wait_for(&ignoring, "disconnected");
    let denied = ignoring.metric(Metric::PacketsPublishAuthError);
    staying.send_publish("own/ann/dropped", "x", AtMostOnce);
    assert_eq!(staying.publish("own/ann/denied", "x", AtLeastOnce), NotAuthorized);
    let options = SubscriptionOptions::default();
    assert_eq!(staying.subscribe_all(None, &[("own/ann/#", options)]), [NotAuthorized]);
    ignoring.wait_until("both are counted", |inner| inner.metric(Metric::PacketsPublishAuthError) == denied + 2);
    let [publishing, publishing_once, subscribing] = &mut going;
    publishing.send_publish("own/ann/denied", "x", AtLeastOnce);
    publishing_once.send_publish("own/ann/dropped", "x", AtMostOnce);
    subscribing.send_subscribe(None, &[("own/ann/#", options)]);
    for client in &mut going {
        client.expect_disconnect(NotAuthorized);
    }
    older.send_publish("own/ann/denied", "x", AtLeastOnce);
    older.expect_closed();
    disconnecting.wait_until("all are gone for that", |inner| inner.disconnects(DisconnectReason::NotAuthorized) == 4);
    until_nobody_is_left(&disconnecting);
    server.start_again();
    wait_for(&ignoring, "connected");
    assert_eq!(staying.publish("own/ann/after", "x", AtLeastOnce), NoMatchingSubscribers);
}
