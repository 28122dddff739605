//! Packets in pieces, long packets, and streams that make no sense.

use super::{CONTROL, Exchange, FIRST, SECOND, Scene};
use dunlin_codec::{Disconnect, Packet, Properties, Publish};
use dunlin_model::{ProtocolVersion, Qos};

fn large(scene: &Scene, bytes: usize) -> Vec<u8> {
    scene.bytes(&Packet::Publish(Publish { topic: "t", payload: &vec![1; bytes], ..Publish::default() }))
}

#[test]
fn a_control_stream_alone_is_not_held_up() {
    let mut exchange = Exchange::new(1024);
    let scene = Scene::unconnected(ProtocolVersion::V4);
    let connect = scene.connect();
    for end in 1..=connect.len() {
        exchange.client_sent(CONTROL, &connect[end - 1..end]);
        exchange.advance();
    }
    assert_eq!(exchange.to_broker(), connect);
    // As soon as it is known what it is, a packet goes on.
    let message = large(&scene, 500);
    exchange.broker_took(connect.len());
    exchange.client_sent(CONTROL, &message[..100]);
    exchange.advance();
    assert_eq!(exchange.to_broker(), &message[..100]);
}

#[test]
fn an_incomplete_packet_holds_up_only_its_own_stream() {
    let mut scene = Scene::v5();
    let (message, other) = (large(&scene, 1000), large(&scene, 10));
    assert_eq!(scene.client(FIRST, &message[..900]), b"");
    assert_eq!(scene.client(SECOND, &other), other);
    assert_eq!(scene.client(CONTROL, &other), other);
    assert_eq!(scene.client(FIRST, &message[900..]), message);
}

#[test]
fn a_long_packet_goes_on_before_it_is_complete_and_the_others_wait() {
    let mut scene = Scene::v5();
    let (message, other) = (large(&scene, 300_000), large(&scene, 10));
    let mut seen = scene.client(FIRST, &message[..100_000]);
    assert_eq!(seen.len(), 100_000);
    assert_eq!(scene.client(SECOND, &other), b"");
    assert_eq!(scene.client(CONTROL, &other), b"");
    seen.extend(scene.client(FIRST, &message[100_000..]));
    assert!(seen[..300_000] == message[..300_000]);
    assert!(seen.ends_with(&other) && seen.len() == message.len() + 2 * other.len());
}

#[test]
fn a_packet_that_is_too_large_is_for_the_broker_to_refuse() {
    for stream in [CONTROL, FIRST] {
        let mut scene = Scene::v5();
        let message = large(&scene, 1024 * 1024);
        let seen = scene.client(stream, &message[..5000]);
        assert_eq!(seen, &message[..5000]);
        assert!(scene.exchange.is_over());
        assert!(!scene.exchange.takes_from(CONTROL) && !scene.exchange.takes_from(SECOND));
    }
}

#[test]
fn a_length_that_is_none_is_for_the_broker_to_refuse() {
    let mut scene = Scene::v5();
    assert_eq!(scene.client(FIRST, &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1]), [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1]);
    assert!(scene.exchange.is_over());
}

#[test]
fn a_packet_that_ends_inside_its_own_front_is_for_the_broker_to_refuse() {
    // A PUBACK without identifier, a PUBLISH whose topic is longer than itself, a SUBSCRIBE of one byte, no type at all.
    for packet in [&[0x40, 1, 0][..], &[0x32, 4, 0, 9, b'a', b'b'], &[0x82, 1, 7], &[0, 0], &[0x36, 2, 0, 0]] {
        let mut scene = Scene::v5();
        assert_eq!(scene.client(FIRST, packet), packet);
    }
}

#[test]
fn properties_without_end_on_a_data_stream_end_the_connection() {
    let property = [&[0x26, 0, 1, b'k', 0, 50][..], &[b'v'; 50]].concat();
    let properties = property.repeat(3000);
    let properties = Properties::parse(&properties, true).unwrap();
    let mut scene = Scene::v5();
    let message = scene.bytes(&Packet::Publish(Publish { topic: "t", properties, ..Publish::default() }));
    assert!(message.len() > 150_000);
    // The control stream's properties need not be looked at.
    assert!(scene.client(CONTROL, &message) == message);
    scene.client(FIRST, &message[..140_000]);
    assert!(scene.exchange.is_over());
}

#[test]
fn the_end_of_the_control_stream_is_the_end() {
    let mut scene = Scene::v5();
    let message = scene.publish(Qos::AtMostOnce, 0, "a", None);
    scene.exchange.client_sent(CONTROL, &message);
    scene.exchange.finish(CONTROL);
    assert!(!scene.exchange.is_over());
    assert_eq!(scene.broker_reads(), message);
    assert!(scene.exchange.is_over());
}

#[test]
fn a_client_leaves_after_all_it_has_said_on_other_streams() {
    let mut scene = Scene::v5();
    let (disconnect, message) =
        (scene.bytes(&Packet::Disconnect(Disconnect::default())), scene.publish(Qos::AtMostOnce, 0, "a", None));
    scene.exchange.client_sent(CONTROL, &[&message[..], &disconnect].concat());
    scene.exchange.finish(CONTROL);
    scene.exchange.client_sent(FIRST, &message.repeat(3));
    scene.exchange.client_sent(SECOND, &message.repeat(4_000));
    let seen = scene.broker_reads();
    assert!(seen[..seen.len() - disconnect.len()] == message.repeat(4_004)[..]);
    assert!(seen.ends_with(&disconnect));
    assert!(scene.exchange.is_over());
}

#[test]
fn a_client_may_leave_within_a_packet_of_another_stream() {
    let mut scene = Scene::v5();
    let message = large(&scene, 300_000);
    scene.client(FIRST, &message[..100_000]);
    scene.exchange.finish(CONTROL);
    assert_eq!(scene.broker_reads(), b"");
    assert!(scene.exchange.is_over());
}

#[test]
fn the_end_of_a_data_stream_is_not() {
    let mut scene = Scene::v5();
    scene.exchange.finish(FIRST);
    scene.exchange.reset(SECOND);
    assert_eq!(scene.broker_reads(), b"");
    assert!(!scene.exchange.is_over());
    assert!(scene.exchange.is_done(FIRST) && scene.exchange.is_done(SECOND));
}

#[test]
fn a_data_stream_that_ends_within_a_packet_ends_the_connection() {
    let mut scene = Scene::v5();
    let message = large(&scene, 1000);
    scene.exchange.client_sent(FIRST, &message[..100]);
    scene.exchange.finish(FIRST);
    assert_eq!(scene.broker_reads(), &message[..100]);
    assert!(scene.exchange.is_over());
}

#[test]
fn a_data_stream_may_be_given_up_within_a_packet_nobody_has_seen() {
    let mut scene = Scene::v5();
    let message = large(&scene, 300_000);
    scene.client(FIRST, &message[..100]);
    scene.exchange.reset(FIRST);
    assert_eq!(scene.broker_reads(), b"");
    assert!(!scene.exchange.is_over());
    // Not so when its front has gone on.
    assert_eq!(scene.client(SECOND, &message[..100_000]).len(), 100_000);
    scene.exchange.reset(SECOND);
    scene.broker_reads();
    assert!(scene.exchange.is_over());
}

#[test]
fn whole_packets_of_a_stream_that_is_cut_off_count() {
    for stream in [CONTROL, FIRST] {
        let mut scene = Scene::v5();
        let message = large(&scene, 1000);
        scene.exchange.client_sent(stream, &[&message[..], &message[..100]].concat());
        scene.exchange.reset(stream);
        assert!(scene.broker_reads() == message);
        assert_eq!(scene.exchange.is_over(), stream == CONTROL);
        assert_eq!(scene.exchange.is_done(stream), stream == FIRST);
    }
}

#[test]
fn each_side_waits_while_the_other_does_not_read() {
    let mut scene = Scene::v5();
    scene.subscribed(FIRST, "t", None);
    let message = large(&scene, 10_000);
    let mut sent = 0;
    while scene.exchange.takes_from_broker() {
        scene.exchange.broker_sent(&message);
        scene.exchange.advance();
        sent += message.len();
        assert!(sent < 100_000);
    }
    assert_eq!(scene.exchange.to_client(FIRST).len(), sent);
    scene.exchange.client_took(FIRST, sent);
    assert!(scene.exchange.takes_from_broker());

    sent = 0;
    while scene.exchange.takes_from(SECOND) {
        scene.exchange.client_sent(SECOND, &message);
        scene.exchange.advance();
        sent += message.len();
        assert!(sent < 300_000);
    }
    assert!(scene.exchange.to_broker().len() < 80_000);
    assert_eq!(scene.broker_reads().len(), sent);
}

#[test]
fn a_delivery_to_a_stream_that_goes_away_is_cut_off_there_and_nowhere_else() {
    let mut scene = Scene::v5();
    scene.subscribed(FIRST, "t", None);
    let (message, other) = (large(&scene, 1000), scene.publish(Qos::AtMostOnce, 0, "o", None));
    assert_eq!(scene.broker(&message[..500]), [(FIRST, message[..500].to_vec())]);
    scene.exchange.finish(FIRST);
    assert!(!scene.exchange.is_done(FIRST));
    scene.exchange.abandon(FIRST);
    scene.exchange.broker_sent(&message[500..]);
    assert_eq!(scene.broker(&other), [(CONTROL, other)]);
}

#[test]
fn a_broker_that_left_is_not_waited_for() {
    let mut scene = Scene::v5();
    let message = large(&scene, 10);
    scene.exchange.client_sent(FIRST, &message);
    scene.exchange.advance();
    scene.exchange.broker_left();
    assert!(scene.exchange.is_over() && !scene.exchange.takes_from(FIRST));
}
