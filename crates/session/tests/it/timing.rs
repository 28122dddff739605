//! How long deliveries take, as histograms have it.

use crate::{
    Q0, Q1, Q2,
    scene::{Scene, delivery, narrow, v5},
};
use dunlin_model::{Qos, ReasonCode};
use dunlin_telemetry::{Latency, latencies_of};

/// A scene whose session began at 1,000,000.
fn scene() -> Scene {
    Scene::with(narrow(1, 10), &v5())
}

/// How many were counted, and their sum.
fn counted(scene: &Scene, latency: Latency) -> (u64, u64) {
    let histogram = latencies_of(std::slice::from_ref(&scene.latencies), latency).expect("there is a block");
    (histogram.count(), histogram.sum)
}

fn deliver(scene: &mut Scene, qos: Qos, received_at: u64) {
    scene.deliver(delivery("t", qos, b"x", None, received_at));
}

#[test]
fn a_delivery_lasts_until_it_is_written_and_its_acknowledgement_from_then_on() {
    let mut scene = scene();
    scene.now = 1_000_200;
    deliver(&mut scene, Q1, 1_000_100);
    deliver(&mut scene, Q2, 1_000_200);
    assert_eq!(counted(&scene, Latency::DeliveryQos1), (1, 100));
    assert_eq!(counted(&scene, Latency::DeliveryQos2), (0, 0), "the window is closed");
    scene.now = 1_000_500;
    scene.puback(1);
    assert_eq!(counted(&scene, Latency::DeliveryAckQos1), (1, 300));
    assert_eq!(counted(&scene, Latency::DeliveryQos2), (1, 300));
    scene.pubrec(2, ReasonCode::Success);
    scene.now = 1_000_900;
    scene.pubcomp(2);
    assert_eq!(counted(&scene, Latency::DeliveryAckQos2), (1, 400));
    deliver(&mut scene, Q0, 1_000_850);
    assert_eq!(counted(&scene, Latency::DeliveryQos0), (1, 50));
}

#[test]
fn what_has_waited_for_the_client_to_come_is_left_out() {
    let mut scene = scene();
    deliver(&mut scene, Q1, 1_000_000);
    assert_eq!(counted(&scene, Latency::DeliveryQos1), (1, 0));
    scene.now = 1_001_000;
    deliver(&mut scene, Q1, 1_001_000);
    scene.now += 1;
    scene.break_and_resume();
    scene.now += 2;
    scene.puback(1);
    assert_eq!(counted(&scene, Latency::DeliveryAckQos1), (0, 0), "it was written on the connection before");
    assert_eq!(counted(&scene, Latency::DeliveryQos1), (1, 0), "it came before this connection");
    scene.now += 3;
    scene.puback(2);
    assert_eq!(counted(&scene, Latency::DeliveryAckQos1), (1, 3));
}

#[test]
fn a_delayed_message_was_meant_to_wait() {
    let mut scene = scene();
    scene.now = 1_009_000;
    let mut late = delivery("t", Q0, b"x", None, 1_000_000);
    late.message = late.message.delayed();
    assert_eq!(scene.deliver(late), ["PUBLISH q0 t x"]);
    assert_eq!(counted(&scene, Latency::DeliveryQos0), (0, 0));
}
