//! Packets and outputs in words, so that a test can say what it expects in a line. What has its default is left out.

use dunlin_codec::{Ack, ConnAck, Packet, Publish};
use dunlin_model::{Message, ReasonCode};
use dunlin_session::{Fault, Output, SubscribeRequest};
use std::fmt::{Debug, Write};

/// A packet to the client.
pub(crate) fn of_packet(packet: &Packet<'_>) -> String {
    match packet {
        Packet::ConnAck(connack) => of_connack(connack),
        Packet::Publish(publish) => of_publish(publish),
        Packet::PubAck(ack) => of_ack("PUBACK", ack),
        Packet::PubRec(ack) => of_ack("PUBREC", ack),
        Packet::PubRel(ack) => of_ack("PUBREL", ack),
        Packet::PubComp(ack) => of_ack("PUBCOMP", ack),
        Packet::SubAck(suback) => format!("SUBACK #{} {}", suback.packet_id, of_codes(suback.reason_codes)),
        Packet::UnsubAck(unsuback) => format!("UNSUBACK #{} {}", unsuback.packet_id, of_codes(unsuback.reason_codes)),
        Packet::PingResp => "PINGRESP".to_owned(),
        Packet::Disconnect(disconnect) => {
            assert_eq!(disconnect.session_expiry_interval, None, "[MQTT-3.14.2-2]");
            let mut line = format!("DISCONNECT {}", disconnect.reason_code);
            add(&mut line, "reason", disconnect.reason_string);
            line
        }
        other => panic!("a server never sends this: {other:?}"),
    }
}

/// Work for the broker.
pub(crate) fn of_output(output: &Output) -> String {
    match output {
        Output::Route { message, packet_id } => format!("route {}", of_message(message, *packet_id)),
        Output::Subscribe(request) => of_request(request),
        Output::Unsubscribe(filter) => format!("unsubscribe {filter}"),
        Output::PublishWill(message) => format!("will {}", of_message(message, 0)),
        Output::Dropped { message, reason } => format!("dropped {} {}", of_payload(message.payload()), reason.as_str()),
        Output::Redispatch(delivery) => {
            let filter = delivery.shared.as_deref().unwrap_or_default();
            format!("redispatch {} q{} {filter}", of_payload(delivery.message.payload()), delivery.qos.as_u8())
        }
        Output::Slow { message, took_ms } => format!("slow {} {took_ms}", message.topic()),
        Output::Missed(missed) => format!("missed {missed:?}"),
        Output::ReleaseTimedOut(count) => format!("given up {count}"),
        Output::Done { position } => format!("done {position}"),
        Output::Received { position } => format!("received {position}"),
        Output::Released { packet_id } => format!("released #{packet_id}"),
        Output::Close(reason) => format!("close {reason}"),
    }
}

/// The end of a connection.
pub(crate) fn of_fault(fault: Fault) -> String {
    format!("fault {} {}", fault.code, fault.reason)
}

/// A payload, which in these tests is text.
pub(crate) fn of_payload(payload: &[u8]) -> String {
    match payload.len() {
        0..=20 => String::from_utf8_lossy(payload).into_owned(),
        len => format!("({len} bytes)"),
    }
}

fn of_publish(publish: &Publish<'_>) -> String {
    let mut line = format!("PUBLISH q{}", publish.qos.as_u8());
    if publish.packet_id > 0 {
        let _ = write!(line, " #{}", publish.packet_id);
    }
    let topic = if publish.topic.is_empty() { "-" } else { publish.topic };
    let _ = write!(line, " {topic} {}", of_payload(publish.payload));
    flag(&mut line, "dup", publish.dup);
    flag(&mut line, "retain", publish.retain);
    add(&mut line, "alias", publish.topic_alias);
    add(&mut line, "expiry", publish.message_expiry_interval);
    let ids: Vec<_> = publish.subscription_ids.iter().collect();
    add(&mut line, "ids", (!ids.is_empty()).then_some(ids));
    add(&mut line, "response", publish.properties.response_topic());
    line
}

fn of_message(message: &Message, packet_id: u16) -> String {
    let mut line = format!("q{}", message.qos().as_u8());
    if packet_id > 0 {
        let _ = write!(line, " #{packet_id}");
    }
    let _ = write!(line, " {} {}", message.topic(), of_payload(message.payload()));
    flag(&mut line, "retain", message.retain());
    add(&mut line, "expiry", message.expiry_secs());
    line
}

fn of_ack(name: &str, ack: &Ack<'_>) -> String {
    assert_eq!(ack.reason_string, None, "none is ever wanted here");
    let mut line = format!("{name} #{}", ack.packet_id);
    if ack.reason_code != ReasonCode::Success {
        let _ = write!(line, " {}", ack.reason_code);
    }
    line
}

fn of_connack(connack: &ConnAck<'_>) -> String {
    let mut line = format!("CONNACK {}", connack.reason_code);
    flag(&mut line, "present", connack.session_present);
    add(&mut line, "expiry", connack.session_expiry_interval);
    add(&mut line, "receive", connack.receive_maximum);
    add(&mut line, "qos", connack.maximum_qos.map(|qos| qos.as_u8()));
    add(&mut line, "retain", connack.retain_available);
    add(&mut line, "size", connack.maximum_packet_size);
    add(&mut line, "id", connack.assigned_client_identifier);
    add(&mut line, "aliases", connack.topic_alias_maximum);
    add(&mut line, "reason", connack.reason_string);
    add(&mut line, "wildcard", connack.wildcard_subscription_available);
    add(&mut line, "ids", connack.subscription_identifiers_available);
    add(&mut line, "shared", connack.shared_subscription_available);
    add(&mut line, "alive", connack.server_keep_alive);
    add(&mut line, "response", connack.response_information);
    add(&mut line, "method", connack.authentication_method);
    add(&mut line, "data", connack.authentication_data);
    line
}

fn of_codes(codes: &[u8]) -> String {
    let names: Vec<_> = codes
        .iter()
        .map(|code| ReasonCode::from_u8(*code).map_or_else(|| format!("{code:#x}"), |code| code.to_string()))
        .collect();
    names.join(" ")
}

fn of_request(request: &SubscribeRequest) -> String {
    let mut line = format!("subscribe #{}", request.packet_id);
    add(&mut line, "id", (request.subscription_id > 0).then_some(request.subscription_id));
    for item in &request.items {
        let _ = write!(line, ", {} q{} {}", item.filter, item.options.qos.as_u8(), item.code);
        flag(&mut line, "new", item.is_new);
        flag(&mut line, "no-local", item.options.no_local);
    }
    line
}

fn flag(line: &mut String, name: &str, is_set: bool) {
    if is_set {
        line.push(' ');
        line.push_str(name);
    }
}

fn add(line: &mut String, name: &str, value: Option<impl Debug>) {
    if let Some(value) = value {
        let _ = write!(line, " {name}={value:?}");
    }
}
