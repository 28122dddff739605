//! What is counted of each client.

use crate::api_client::ApiNode;
use dunlin_broker::{Broker, ClientFacts, Metric};
use dunlin_codec::AckKind;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, TestBroker};
use serde_json::json;

fn facts(broker: &Broker, client_id: &str) -> ClientFacts {
    broker.clients().find(client_id).expect("an answer").expect("it is there")
}

#[test]
fn the_only_client_has_what_the_broker_has() {
    for workers in [1, 4] {
        let broker = TestBroker::with(&format!("node.workers = {workers}"));
        let mut client = Client::v5("only").connect(&broker);
        client.subscribe("t", ExactlyOnce);
        for (qos, times) in [(AtMostOnce, 1), (AtLeastOnce, 2), (ExactlyOnce, 3)] {
            for _ in 0..times {
                client.publish("t", "x", qos);
                client.expect_publish();
            }
        }
        client.publish("nobody", "x", AtLeastOnce);
        client.ping();
        let traffic = facts(&broker, "only").traffic;
        assert_eq!((traffic.messages_received, traffic.messages_sent), ([1, 3, 3], [1, 2, 3]));
        for (count, metric) in [
            (traffic.packets_received, Metric::PacketsReceived),
            (traffic.packets_sent, Metric::PacketsSent),
            (traffic.read_bytes, Metric::BytesReceived),
            (traffic.written_bytes, Metric::BytesSent),
        ] {
            assert_eq!(count, broker.metric(metric), "{metric:?} with {workers} workers");
        }
        let packets = (traffic.packets_received, traffic.packets_sent);
        assert!(traffic.reads > 5 && traffic.reads <= packets.0 && traffic.writes > 5 && traffic.writes <= packets.1);
    }
}

#[test]
fn what_a_client_does_not_get_is_counted_for_it() {
    let broker = TestBroker::with("mqtt.max_mqueue_len = 2, mqtt.await_rel_timeout = 1s");
    let mut slow = Client::v5("slow").receive_maximum(1).maximum_packet_size(100).manual_acks().connect(&broker);
    slow.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("p").connect(&broker);
    publisher.publish("t", [b'x'; 200], AtLeastOnce);
    for payload in ["1", "2", "3", "4", "5"] {
        publisher.publish("t", payload, AtLeastOnce);
    }
    let before = facts(&broker, "slow");
    assert_eq!((before.drops.too_large, before.drops.queue_full, before.drops.deliveries), (1, 2, 3));
    assert_eq!((before.queue_dropped, before.traffic.messages_sent), (2, [0, 1, 0]));
    let first = slow.expect_publish();
    slow.ack(AckKind::PubAck, first.packet_id);
    slow.expect_publish();
    assert_eq!(facts(&broker, "slow").traffic.messages_sent, [0, 2, 0]);
    slow.send_publish("other", "x", ExactlyOnce);
    broker.wait_until("it is given up", |broker| facts(broker, "slow").drops.release_timeouts == 1);
    assert_eq!(facts(&broker, "p").drops, Default::default());
}

#[test]
fn operators_see_the_names_of_emqx() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let mut client = Client::v5("c").connect_to(node.mqtt);
    client.subscribe("t", AtLeastOnce);
    client.publish("t", "x", AtLeastOnce);
    client.expect_publish();
    client.ping();
    let one = admin.get("/clients/c").expect_status(200).json();
    for (name, count) in [
        ("recv_pkt", 5),
        ("recv_msg", 1),
        ("recv_msg.qos0", 0),
        ("recv_msg.qos1", 1),
        ("recv_msg.qos2", 0),
        ("recv_msg.dropped", 0),
        ("recv_msg.dropped.await_pubrel_timeout", 0),
        ("send_pkt", 5),
        ("send_msg", 1),
        ("send_msg.qos0", 0),
        ("send_msg.qos1", 1),
        ("send_msg.qos2", 0),
        ("send_msg.dropped", 0),
        ("send_msg.dropped.expired", 0),
        ("send_msg.dropped.queue_full", 0),
        ("send_msg.dropped.too_large", 0),
        ("mqueue_dropped", 0),
    ] {
        assert_eq!(one[name], json!(count), "{name} of {one}");
    }
    for name in ["recv_cnt", "recv_oct", "send_cnt", "send_oct"] {
        assert!(one[name].as_u64() >= Some(4), "{name} of {one}");
    }
    let cut = admin.get("/clients?fields=clientid,recv_msg.qos1,send_oct").expect_status(200).json();
    assert_eq!(cut["data"][0], json!({"clientid": "c", "recv_msg.qos1": 1, "send_oct": one["send_oct"]}));
}
