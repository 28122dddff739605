//! Who gets the broker's answers, and under which identifier.

use super::{CONTROL, FIRST, SECOND, Scene};
use dunlin_codec::{ConnAck, Packet};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode};

#[test]
fn nothing_but_the_control_stream_counts_before_the_connack() {
    let mut scene = Scene::unconnected(ProtocolVersion::V5);
    let (connect, message) = (scene.connect(), scene.publish(Qos::AtMostOnce, 0, "a", None));
    assert_eq!(scene.client(FIRST, &message), b"");
    assert_eq!(scene.client(CONTROL, &connect), connect);
    let connack = scene.bytes(&Packet::ConnAck(Box::default()));
    scene.broker(&connack);
    assert_eq!(scene.broker_reads(), message);
}

#[test]
fn nor_after_a_connack_that_refuses() {
    let mut scene = Scene::unconnected(ProtocolVersion::V5);
    let (connect, message) = (scene.connect(), scene.publish(Qos::AtMostOnce, 0, "a", None));
    scene.client(FIRST, &message);
    scene.client(CONTROL, &connect);
    let refusal = ConnAck { reason_code: ReasonCode::NotAuthorized, ..ConnAck::default() };
    let refusal = scene.bytes(&Packet::ConnAck(Box::new(refusal)));
    assert_eq!(scene.broker(&refusal), [(CONTROL, refusal)]);
    assert_eq!(scene.broker_reads(), b"");
}

#[test]
fn answers_go_back_where_the_question_came_from() {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let mut scene = Scene::connected(version);
        for (stream, id) in [(CONTROL, 1), (FIRST, 2), (SECOND, 3)] {
            let codes: &[u8] = if version.is_v5() { &[0] } else { &[] };
            let exactly_once = scene.publish(Qos::ExactlyOnce, id, "a", None);
            for (question, answer) in [
                (scene.publish(Qos::AtLeastOnce, id, "a", None), scene.ack(Packet::PubAck, id)),
                (exactly_once, scene.ack(Packet::PubRec, id)),
                (scene.ack(Packet::PubRel, id), scene.ack(Packet::PubComp, id)),
                (scene.subscribe(id, &["a"], None), scene.suback(id, &[0])),
                (scene.unsubscribe(id, &["a"]), scene.unsuback(id, codes)),
                (scene.bytes(&Packet::PingReq), scene.bytes(&Packet::PingResp)),
            ] {
                assert_eq!(scene.client(stream, &question), question);
                assert_eq!(scene.broker(&answer), [(stream, answer)]);
            }
        }
    }
}

#[test]
fn streams_may_use_the_same_identifier_at_a_time() {
    let mut scene = Scene::v5();
    let first = scene.publish(Qos::ExactlyOnce, 7, "a", None);
    assert_eq!(scene.client(FIRST, &first), first);
    // The broker has no use for a second 7.
    let seen = scene.client(SECOND, &first);
    assert_eq!(seen, scene.publish(Qos::ExactlyOnce, 65_535, "a", None));
    assert_eq!(scene.client(SECOND, &first), seen, "the same packet again is the same packet");

    let (pubrec, pubrel, pubcomp) =
        (scene.ack(Packet::PubRec, 7), scene.ack(Packet::PubRel, 7), scene.ack(Packet::PubComp, 7));
    let moved_pubrec = scene.ack(Packet::PubRec, 65_535);
    assert_eq!(scene.broker(&moved_pubrec), [(SECOND, pubrec.clone())]);
    assert_eq!(scene.broker(&pubrec), [(FIRST, pubrec)]);
    assert_eq!(scene.client(SECOND, &pubrel), scene.ack(Packet::PubRel, 65_535));
    assert_eq!(scene.client(FIRST, &pubrel), pubrel);
    assert_eq!(scene.broker(&pubcomp), [(FIRST, pubcomp.clone())]);
    let moved_pubcomp = scene.ack(Packet::PubComp, 65_535);
    assert_eq!(scene.broker(&moved_pubcomp), [(SECOND, pubcomp)]);
    // All is settled: the identifier is free again, for whoever comes first.
    assert_eq!(scene.client(SECOND, &first), first);
}

#[test]
fn a_refused_publish_of_qos_2_is_over() {
    let mut scene = Scene::v5();
    let publish = scene.publish(Qos::ExactlyOnce, 7, "a", None);
    scene.client(FIRST, &publish);
    let refusal = scene.refusal(Packet::PubRec, 7);
    assert_eq!(scene.broker(&refusal), [(FIRST, refusal)]);
    assert_eq!(scene.client(SECOND, &publish), publish);
}

#[test]
fn a_flow_of_an_earlier_connection_keeps_its_identifier() {
    let mut scene = Scene::v5();
    let (pubrel, pubcomp) = (scene.ack(Packet::PubRel, 7), scene.ack(Packet::PubComp, 7));
    assert_eq!(scene.client(FIRST, &pubrel), pubrel);
    assert_eq!(scene.broker(&pubcomp), [(FIRST, pubcomp)]);
}

#[test]
fn the_brokers_release_goes_where_the_client_said_received() {
    let mut scene = Scene::v5();
    let (pubrec, pubrel, pubcomp) =
        (scene.ack(Packet::PubRec, 7), scene.ack(Packet::PubRel, 7), scene.ack(Packet::PubComp, 7));
    for stream in [FIRST, CONTROL, SECOND] {
        assert_eq!(scene.client(stream, &pubrec), pubrec);
        assert_eq!(scene.broker(&pubrel), [(stream, pubrel.clone())]);
        // Acknowledgements of the broker's packets are taken on any stream.
        assert_eq!(scene.client(FIRST, &pubcomp), pubcomp);
    }
    assert_eq!(scene.broker(&pubrel), [(CONTROL, pubrel.clone())]);
    // What it said last counts.
    scene.client(FIRST, &pubrec);
    scene.client(CONTROL, &pubrec);
    assert_eq!(scene.broker(&pubrel), [(CONTROL, pubrel.clone())]);
    // A delivery the client refuses needs no release, and what comes after it is another one.
    let refusal = scene.refusal(Packet::PubRec, 7);
    scene.client(FIRST, &pubrec);
    scene.client(FIRST, &refusal);
    assert_eq!(scene.broker(&pubrel), [(CONTROL, pubrel)]);
}

#[test]
fn what_a_gone_stream_waited_for_goes_to_the_control_stream() {
    let mut scene = Scene::v5();
    let (publish, puback) = (scene.publish(Qos::AtLeastOnce, 7, "a", None), scene.ack(Packet::PubAck, 7));
    scene.client(FIRST, &publish);
    scene.exchange.abandon(FIRST);
    assert_eq!(scene.broker(&puback), [(CONTROL, puback.clone())]);

    // Under the identifier the broker knows.
    let (other, moved) = (scene.publish(Qos::AtLeastOnce, 7, "b", None), scene.ack(Packet::PubAck, 65_535));
    scene.client(FIRST, &publish);
    scene.client(SECOND, &other);
    scene.exchange.abandon(SECOND);
    assert_eq!(scene.client(CONTROL, &other), scene.publish(Qos::AtLeastOnce, 65_535, "b", None));
    assert_eq!(scene.broker(&moved), [(CONTROL, puback.clone())]);
    assert_eq!(scene.broker(&puback), [(FIRST, puback.clone())]);

    // Unless that would be taken for an answer to its own.
    scene.client(FIRST, &publish);
    scene.client(CONTROL, &publish);
    scene.exchange.abandon(FIRST);
    assert_eq!(scene.broker(&puback), []);
    let moved = scene.ack(Packet::PubAck, 65_534);
    assert_eq!(scene.broker(&moved), [(CONTROL, puback)]);
}

#[test]
fn a_stream_is_done_when_it_has_its_answers() {
    let mut scene = Scene::v5();
    let (publish, puback) = (scene.publish(Qos::AtLeastOnce, 7, "a", None), scene.ack(Packet::PubAck, 7));
    scene.exchange.client_sent(FIRST, &publish);
    scene.exchange.finish(FIRST);
    assert!(!scene.exchange.is_done(FIRST), "its packet is still here");
    scene.broker_reads();
    assert!(!scene.exchange.is_done(FIRST), "its answer is still to come");
    scene.exchange.broker_sent(&puback);
    scene.exchange.advance();
    assert!(!scene.exchange.is_done(FIRST), "its answer is still here");
    assert_eq!(scene.client_reads(), [(FIRST, puback)]);
    assert!(scene.exchange.is_done(FIRST));
    scene.exchange.close(FIRST);
    assert!(!scene.exchange.is_over());
    assert!(!scene.exchange.is_done(CONTROL), "the control stream is, when the connection is");
}

#[test]
fn a_stream_that_has_asked_for_a_sign_of_life_is_not_done() {
    let mut scene = Scene::v5();
    let (ping, pong) = (scene.bytes(&Packet::PingReq), scene.bytes(&Packet::PingResp));
    scene.client(FIRST, &ping);
    scene.exchange.finish(FIRST);
    scene.broker_reads();
    assert!(!scene.exchange.is_done(FIRST));
    assert_eq!(scene.broker(&pong), [(FIRST, pong)]);
    assert!(scene.exchange.is_done(FIRST));
}

#[test]
fn pings_beyond_the_limit_wait() {
    let mut scene = Scene::v5();
    let (ping, pong) = (scene.bytes(&Packet::PingReq), scene.bytes(&Packet::PingResp));
    assert_eq!(scene.client(FIRST, &ping.repeat(300)).len(), 256 * ping.len());
    scene.broker(&pong.repeat(40));
    assert_eq!(scene.broker_reads().len(), 40 * ping.len());
    assert_eq!(scene.broker(&pong.repeat(256)), [(FIRST, pong.repeat(256))]);
    assert_eq!(scene.broker_reads().len(), 4 * ping.len());
    scene.broker(&pong.repeat(4));

    // They are sent, even by a client that has left meanwhile.
    scene.client(CONTROL, &ping.repeat(300));
    scene.exchange.finish(CONTROL);
    scene.exchange.advance();
    assert!(!scene.exchange.is_over());
    scene.broker(&pong.repeat(44));
    assert_eq!(scene.broker_reads(), ping.repeat(44));
    assert!(scene.exchange.is_over());
}
