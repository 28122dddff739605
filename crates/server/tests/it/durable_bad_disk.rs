//! What clients meet with when the disk fails or is full: brokers on a disk that is simulated.

use crate::lifecycle_site::eventually;
use dunlin_broker::{Broker, BrokerSettings, DurableSettings, ListenerSettings, Metric};
use dunlin_codec::Packet;
use dunlin_inbox::space;
use dunlin_model::Qos::{AtLeastOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_storage::{disk::SimulatedDisk, key_value::MemoryKeyValue};
use dunlin_testkit::{Client, Connecting};
use std::net::SocketAddr;
use std::sync::Arc;

const SEGMENT_BYTES: u32 = 256 * 1024;

/// Nothing but the test has the disk written to.
const NEVER_MS: u64 = 3_600_000;

/// A disk, and what is stored beside it.
struct Scene {
    disk: Arc<SimulatedDisk>,
    key_value: Arc<MemoryKeyValue>,
}

impl Scene {
    fn new() -> Self {
        Self { disk: Arc::new(SimulatedDisk::new(7)), key_value: Arc::new(MemoryKeyValue::new(4, &space::ALL)) }
    }

    fn start(&self) -> (Broker, SocketAddr) {
        let durable = DurableSettings {
            enable: true,
            segment_bytes: SEGMENT_BYTES,
            checkpoint_interval_ms: NEVER_MS,
            ..DurableSettings::default()
        };
        let settings = BrokerSettings { durable, ..BrokerSettings::default() };
        let listener = ListenerSettings::new("tcp:default", "127.0.0.1:0".parse().expect("an address"));
        let broker = Broker::start_on(settings, &[listener], self.disk.clone(), self.key_value.clone());
        let broker = broker.expect("it starts");
        let address = broker.addresses()[0].1;
        (broker, address)
    }
}

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

fn leave_subscribed(address: SocketAddr, id: &str) {
    let mut client = lasting(id).connect_to(address);
    client.subscribe("t/#", ExactlyOnce);
    client.disconnect();
}

fn alarm_names(broker: &Broker) -> Vec<String> {
    broker.alarms().into_iter().map(|alarm| alarm.name).collect()
}

/// [MQTT-4.3.2-4] [MQTT-4.3.3-8]
#[test]
fn nothing_is_acknowledged_or_shown_that_the_disk_may_not_have() {
    let scene = Scene::new();
    let (broker, address) = scene.start();
    leave_subscribed(address, "away");
    // It has one message in hand and reads nothing: the rest waits on the disk for it.
    let mut slow = lasting("slow").receive_maximum(1).connect_to(address);
    slow.subscribe("t/#", AtLeastOnce);
    let mut clean = Client::v5("clean").connect_to(address);
    clean.subscribe("elsewhere", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect_to(address);
    let kept: Vec<_> = (0..300).map(|number| number.to_string()).collect();
    for payload in &kept {
        assert_eq!(publisher.publish("t/1", payload, AtLeastOnce), ReasonCode::Success);
    }
    scene.disk.fail_sync(1);
    publisher.send_publish("t/1", "never acknowledged", AtLeastOnce);
    publisher.expect_disconnect(ReasonCode::ImplementationSpecificError);
    assert_eq!(alarm_names(&broker), ["durable_store_failed"]);

    let mut publisher = Client::v5("publisher").connect_to(address);
    for qos in [AtLeastOnce, ExactlyOnce] {
        assert_eq!(publisher.publish("t/1", "refused", qos), ReasonCode::QuotaExceeded);
    }
    assert_eq!(publisher.publish("elsewhere", "goes on", AtLeastOnce), ReasonCode::Success);
    clean.expect_payloads(["goes on"]);
    let mut late = lasting("late").send_connect(address);
    let is_refused = |packet: &Packet<'_>| matches!(packet, Packet::ConnAck(connack) if connack.reason_code == ReasonCode::ServerUnavailable);
    late.recv_where("a refusal", is_refused);
    late.expect_closed();
    let shown: Vec<_> = slow.drain().iter().map(|delivery| delivery.text().to_owned()).collect();
    assert!(!shown.is_empty() && kept.starts_with(&shown), "{shown:?}");
    drop((broker, slow));

    scene.disk.crash();
    let (_broker, address) = scene.start();
    lasting("away").connect_to(address).expect_payloads(&kept);
}

#[test]
fn a_full_disk_is_told_to_publishers_and_service_goes_on_when_there_is_room() {
    let scene = Scene::new();
    let (broker, address) = scene.start();
    leave_subscribed(address, "away");
    scene.disk.set_capacity(4 * u64::from(SEGMENT_BYTES));
    let mut publisher = Client::v5("publisher").connect_to(address);
    let mut accepted = 0;
    while publisher.publish("t/1", vec![b'x'; 20_000], AtLeastOnce) == ReasonCode::Success {
        accepted += 1;
        assert!(accepted < 200, "the disk does not become full");
    }
    assert!(accepted > 0);
    assert_eq!(alarm_names(&broker), ["durable_store_full"]);
    assert_eq!(publisher.publish("t/1", "refused", ExactlyOnce), ReasonCode::QuotaExceeded);
    assert_eq!(publisher.publish_retained("kept", "refused, too", AtLeastOnce), ReasonCode::QuotaExceeded);
    // Before 5.0 there is no way to say it: no acknowledgement, and the client tries again.
    let mut older = Client::v4("older").connect_to(address);
    older.send_publish("t/1", "not acknowledged", AtLeastOnce);
    older.expect_nothing();
    let mut clean = Client::v5("clean").connect_to(address);
    clean.subscribe("elsewhere", AtLeastOnce);
    assert_eq!(publisher.publish("elsewhere", "goes on", AtLeastOnce), ReasonCode::Success);
    clean.expect_payloads(["goes on"]);

    scene.disk.set_capacity(u64::MAX);
    eventually(|| alarm_names(&broker).is_empty().then_some(()));
    assert_eq!(publisher.publish("t/1", "fits", AtLeastOnce), ReasonCode::Success);
    let mut away = lasting("away").connect_to(address);
    for _ in 0..accepted {
        assert_eq!(away.expect_publish().text().len(), 20_000);
    }
    away.expect_payloads(["fits"]);
    assert_eq!(broker.metric(Metric::DeliveryDropped), 0);
}
