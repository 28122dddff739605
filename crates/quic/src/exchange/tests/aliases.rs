//! Topic aliases, which each data stream has for itself.

use super::{CONTROL, FIRST, SECOND, Scene, StreamNumber};
use dunlin_codec::{Packet, Publish};
use dunlin_model::Qos;

/// [MQTT-3.3.2-12]
#[test]
fn an_alias_of_a_data_stream_is_resolved_on_its_way() {
    let mut scene = Scene::v5();
    for (stream, topic) in [(FIRST, "first"), (SECOND, "second")] {
        let (set, used) =
            (scene.publish(Qos::AtLeastOnce, 1, topic, Some(1)), scene.publish(Qos::AtMostOnce, 0, "", Some(1)));
        let (plain_set, plain) =
            (scene.publish(Qos::AtLeastOnce, 1, topic, None), scene.publish(Qos::AtMostOnce, 0, topic, None));
        assert_eq!(scene.client(stream, &set), plain_set);
        assert_eq!(scene.client(stream, &used), plain);
        let puback = scene.ack(Packet::PubAck, 1);
        assert_eq!(scene.broker(&puback), [(stream, puback)]);
    }
    let again = scene.publish(Qos::AtMostOnce, 0, "other", Some(1));
    scene.client(FIRST, &again);
    let (used, plain) =
        (scene.publish(Qos::AtMostOnce, 0, "", Some(1)), scene.publish(Qos::AtMostOnce, 0, "other", None));
    assert_eq!(scene.client(FIRST, &used), plain);
}

#[test]
fn aliases_of_the_control_stream_are_the_brokers_business() {
    let mut scene = Scene::v5();
    for packet in [scene.publish(Qos::AtMostOnce, 0, "a", Some(1)), scene.publish(Qos::AtMostOnce, 0, "", Some(1))] {
        assert_eq!(scene.client(CONTROL, &packet), packet);
    }
}

/// [MQTT-3.3.2-8], [MQTT-3.3.2-9]
#[test]
fn an_alias_out_of_range_is_for_the_broker_to_refuse() {
    for alias in [0, 6] {
        let mut scene = Scene::v5();
        let packet = raw_alias(&scene, alias);
        assert_eq!(scene.client(FIRST, &packet), packet);
    }
}

/// A PUBLISH with any alias, even one that has no place in a packet.
fn raw_alias(scene: &Scene, alias: u16) -> Vec<u8> {
    let mut packet = scene.publish(Qos::AtMostOnce, 0, "t", Some(5));
    let at = packet.len() - 3;
    packet[at..at + 2].copy_from_slice(&alias.to_be_bytes());
    packet
}

#[test]
fn an_alias_the_stream_has_not_set_ends_the_connection() {
    let mut scene = Scene::v5();
    let set = scene.publish(Qos::AtMostOnce, 0, "a", Some(1));
    scene.client(FIRST, &set);
    scene.client(CONTROL, &set);
    let used = scene.publish(Qos::AtMostOnce, 0, "", Some(1));
    // Neither a topic nor an alias: every broker refuses that.
    assert_eq!(scene.client(SECOND, &used), [0x30, 3, 0, 0, 0]);
    assert!(scene.exchange.is_over());
}

#[test]
fn short_packets_with_long_topics_do_not_pile_up() {
    let mut scene = Scene::v5();
    let topic = "x".repeat(60_000);
    let (set, used) =
        (scene.publish(Qos::AtMostOnce, 0, &topic, Some(1)), scene.publish(Qos::AtMostOnce, 0, "", Some(1)));
    scene.client(FIRST, &set);
    scene.exchange.client_sent(FIRST, &used.repeat(1000));
    scene.exchange.advance();
    assert!(scene.exchange.to_broker().len() < 128 * 1024, "{}", scene.exchange.to_broker().len());
    assert_eq!(scene.broker_reads().len(), 1000 * scene.publish(Qos::AtMostOnce, 0, &topic, None).len());
}

#[test]
fn topics_of_aliases_have_a_budget() {
    let mut scene = Scene::v5();
    let topic = "x".repeat(60_000);
    let set_five = |scene: &mut Scene, stream| {
        for alias in 1..=5 {
            let set = scene.publish(Qos::AtMostOnce, 0, &topic, Some(alias));
            scene.client(stream, &set);
        }
        scene.exchange.is_over()
    };
    for stream in [FIRST, FIRST, FIRST, FIRST, SECOND] {
        assert!(!set_five(&mut scene, stream), "the same aliases again take nothing");
    }
    scene.exchange.open(StreamNumber(3));
    assert!(!set_five(&mut scene, StreamNumber(3)), "900 KB");
    // A stream that has ended gives back what its aliases took.
    scene.exchange.finish(FIRST);
    scene.broker_reads();
    scene.exchange.open(StreamNumber(4));
    assert!(!set_five(&mut scene, StreamNumber(4)), "900 KB");
    scene.exchange.open(StreamNumber(5));
    assert!(set_five(&mut scene, StreamNumber(5)), "1.2 MB");
}

#[test]
fn the_brokers_aliases_are_used_on_the_control_stream_only() {
    let mut scene = Scene::v5();
    scene.subscribed(FIRST, "first/#", None);
    let publish = |scene: &Scene, topic: &str, topic_alias| {
        let packet = Publish { topic, topic_alias, payload: &[1; 300], ..Publish::default() };
        scene.bytes(&Packet::Publish(packet))
    };
    // Announced on the control stream, and used there.
    for packet in [publish(&scene, "other", Some(1)), publish(&scene, "", Some(1))] {
        assert_eq!(scene.broker(&packet), [(CONTROL, packet)]);
    }
    // Announced to a data stream, which does not see it.
    let plain = publish(&scene, "first/a", None);
    for packet in [publish(&scene, "first/a", Some(2)), publish(&scene, "", Some(2))] {
        assert_eq!(scene.broker(&packet), [(FIRST, plain.clone())]);
    }
    // Later the same alias is for the control stream, which has not seen it announced.
    scene.subscribed(CONTROL, "first/#", None);
    let used = publish(&scene, "", Some(2));
    assert_eq!(scene.broker(&used), [(CONTROL, plain)]);
}
