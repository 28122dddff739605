//! Packets as a trace shows them, in the words of EMQX. Passwords and what is exchanged to authenticate are never shown.

use super::{PayloadEncoding, PayloadView};
use dunlin_codec::{Ack, ConnAck, Connect, Disconnect, Packet, Publish, SubAck, Subscribe, Unsubscribe};
use dunlin_model::Qos;
use std::fmt::Write;

/// In the place of a secret.
const HIDDEN: &str = "******";

/// `PUBLISH(Q1, R0, D0, Topic=t/1, PacketId=3, Payload(text)=hello)`
pub(crate) fn packet_text(packet: &Packet<'_>, view: PayloadView) -> String {
    match packet {
        Packet::Connect(connect) => connect_text(connect, view),
        Packet::ConnAck(connack) => connack_text(connack),
        Packet::Publish(publish) => publish_text(publish, view),
        Packet::PubAck(ack) => ack_text("PUBACK", 0, ack),
        Packet::PubRec(ack) => ack_text("PUBREC", 0, ack),
        Packet::PubRel(ack) => ack_text("PUBREL", 1, ack),
        Packet::PubComp(ack) => ack_text("PUBCOMP", 0, ack),
        Packet::Subscribe(subscribe) => subscribe_text(subscribe),
        Packet::SubAck(suback) => codes_text("SUBACK", suback),
        Packet::Unsubscribe(unsubscribe) => unsubscribe_text(unsubscribe),
        Packet::UnsubAck(unsuback) => codes_text("UNSUBACK", unsuback),
        Packet::PingReq => "PINGREQ(Q0, R0, D0)".to_owned(),
        Packet::PingResp => "PINGRESP(Q0, R0, D0)".to_owned(),
        Packet::Disconnect(disconnect) => disconnect_text(disconnect),
        Packet::Auth(auth) => format!("AUTH(Q0, R0, D0, ReasonCode={})", auth.reason_code as u8),
    }
}

fn connect_text(connect: &Connect<'_>, view: PayloadView) -> String {
    let name = if connect.version as u8 == 3 { "MQIsdp" } else { "MQTT" };
    let mut text = format!(
        "CONNECT(Q0, R0, D0, ClientId={}, ProtoName={name}, ProtoVsn={}, CleanStart={}, KeepAlive={}",
        connect.client_id, connect.version as u8, connect.clean_start, connect.keep_alive
    );
    if let Some(username) = connect.username {
        let _ = write!(text, ", Username={username}");
    }
    if connect.password.is_some() {
        let _ = write!(text, ", Password={HIDDEN}");
    }
    if let Some(will) = &connect.will {
        let (qos, retain) = (will.qos as u8, u8::from(will.retain));
        let _ = write!(text, ", Will(Q{qos}, R{retain}, Topic={}, {})", will.topic, payload_text(will.payload, view));
    }
    text + ")"
}

fn connack_text(connack: &ConnAck<'_>) -> String {
    let (flags, code) = (u8::from(connack.session_present), connack.reason_code as u8);
    format!("CONNACK(Q0, R0, D0, AckFlags={flags}, ReasonCode={code})")
}

fn publish_text(publish: &Publish<'_>, view: PayloadView) -> String {
    let (qos, retain, dup) = (publish.qos as u8, u8::from(publish.retain), u8::from(publish.dup));
    let mut text = format!("PUBLISH(Q{qos}, R{retain}, D{dup}, Topic={}", publish.topic);
    if publish.qos > Qos::AtMostOnce {
        let _ = write!(text, ", PacketId={}", publish.packet_id);
    }
    if let Some(alias) = publish.topic_alias {
        let _ = write!(text, ", TopicAlias={alias}");
    }
    let _ = write!(text, ", {})", payload_text(publish.payload, view));
    text
}

fn ack_text(name: &str, qos: u8, ack: &Ack<'_>) -> String {
    format!("{name}(Q{qos}, R0, D0, PacketId={}, ReasonCode={})", ack.packet_id, ack.reason_code as u8)
}

fn subscribe_text(subscribe: &Subscribe<'_>) -> String {
    let filter = |(filter, options): (&str, dunlin_model::SubscriptionOptions)| {
        format!(
            "{filter}(#{{nl => {},qos => {},rap => {},rh => {}}})",
            u8::from(options.no_local),
            options.qos as u8,
            u8::from(options.retain_as_published),
            options.retain_handling as u8
        )
    };
    let filters: Vec<_> = subscribe.filters.iter().map(filter).collect();
    format!("SUBSCRIBE(Q1, R0, D0, PacketId={} TopicFilters=[{}])", subscribe.packet_id, filters.join(", "))
}

fn unsubscribe_text(unsubscribe: &Unsubscribe<'_>) -> String {
    let filters: Vec<_> = unsubscribe.filters.iter().collect();
    format!("UNSUBSCRIBE(Q1, R0, D0, PacketId={} TopicFilters=[{}])", unsubscribe.packet_id, filters.join(", "))
}

fn codes_text(name: &str, ack: &SubAck<'_>) -> String {
    let codes: Vec<_> = ack.reason_codes.iter().map(u8::to_string).collect();
    format!("{name}(Q0, R0, D0, PacketId={}, ReasonCodes=[{}])", ack.packet_id, codes.join(","))
}

fn disconnect_text(disconnect: &Disconnect<'_>) -> String {
    format!("DISCONNECT(Q0, R0, D0, ReasonCode={})", disconnect.reason_code as u8)
}

/// `Payload(text)=hello`; what is beyond the limit is counted.
pub(crate) fn payload_text(payload: &[u8], view: PayloadView) -> String {
    let shown = payload.get(..view.limit_bytes).unwrap_or(payload);
    let rest = payload.len() - shown.len();
    let more = if rest > 0 { format!("...({rest} bytes)") } else { String::new() };
    match view.encoding {
        PayloadEncoding::Hidden => format!("Payload={HIDDEN}"),
        PayloadEncoding::Hex => format!("Payload(hex)={}{more}", hex(shown)),
        PayloadEncoding::Text => match cut_text(shown) {
            Some(text) => {
                // A character that the limit cuts in two is left out whole.
                let rest = payload.len() - text.len();
                let more = if rest > 0 { format!("...({rest} bytes)") } else { String::new() };
                format!("Payload(text)={}{more}", text.escape_debug())
            }
            None => format!("Payload(hex)={}{more}", hex(shown)),
        },
    }
}

/// The text that bytes are, apart from a character that was cut at their end.
fn cut_text(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok(),
        Err(_) => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_codec::{Auth, SubscribeFilters, Will};
    use dunlin_model::{ProtocolVersion, ReasonCode, SubscriptionOptions};

    const VIEW: PayloadView = PayloadView { encoding: PayloadEncoding::Text, limit_bytes: 8 };

    #[test]
    fn packets_are_shown_as_emqx_shows_them() {
        let publish =
            Publish { topic: "t/1", qos: Qos::AtLeastOnce, packet_id: 3, payload: b"hello", ..Publish::default() };
        let connect = Connect {
            version: ProtocolVersion::V5,
            client_id: "c1",
            clean_start: true,
            keep_alive: 60,
            username: Some("u"),
            password: Some(b"hunter2"),
            will: Some(Will { topic: "w", qos: Qos::AtLeastOnce, payload: b"bye", ..Will::default() }),
            ..Connect::default()
        };
        let filters = [("t/#", SubscriptionOptions::default())];
        let subscribe = Subscribe {
            packet_id: 1,
            subscription_id: None,
            user_properties: dunlin_codec::UserProperties::default(),
            filters: SubscribeFilters::Values(&filters),
        };
        for (packet, expected) in [
            (Packet::Publish(publish), "PUBLISH(Q1, R0, D0, Topic=t/1, PacketId=3, Payload(text)=hello)"),
            (
                Packet::Connect(Box::new(connect)),
                "CONNECT(Q0, R0, D0, ClientId=c1, ProtoName=MQTT, ProtoVsn=5, CleanStart=true, KeepAlive=60, Username=u, \
                 Password=******, Will(Q1, R0, Topic=w, Payload(text)=bye))",
            ),
            (
                Packet::Subscribe(subscribe),
                "SUBSCRIBE(Q1, R0, D0, PacketId=1 TopicFilters=[t/#(#{nl => 0,qos => 0,rap => 0,rh => 0})])",
            ),
            (
                Packet::PubAck(Ack { packet_id: 3, reason_code: ReasonCode::NoMatchingSubscribers, ..Ack::default() }),
                "PUBACK(Q0, R0, D0, PacketId=3, ReasonCode=16)",
            ),
            (Packet::ConnAck(Box::default()), "CONNACK(Q0, R0, D0, AckFlags=0, ReasonCode=0)"),
            (Packet::PingReq, "PINGREQ(Q0, R0, D0)"),
            (
                Packet::Auth(Auth { authentication_data: Some(b"secret"), ..Auth::default() }),
                "AUTH(Q0, R0, D0, ReasonCode=0)",
            ),
        ] {
            assert_eq!(packet_text(&packet, VIEW), expected);
        }
    }

    #[test]
    fn payloads_are_cut_and_what_is_no_text_is_hex() {
        let shown = |payload: &[u8], encoding| payload_text(payload, PayloadView { encoding, limit_bytes: 4 });
        use PayloadEncoding::{Hex, Hidden, Text};
        assert_eq!(shown(b"abcdef", Text), "Payload(text)=abcd...(2 bytes)");
        assert_eq!(shown("abc\u{e9}f".as_bytes(), Text), "Payload(text)=abc...(3 bytes)");
        assert_eq!(shown(&[0xff, 0], Text), "Payload(hex)=FF00");
        assert_eq!(shown(b"a\nb", Text), "Payload(text)=a\\nb");
        assert_eq!(
            (shown(b"abcdef", Hex), shown(b"x", Hidden)),
            ("Payload(hex)=61626364...(2 bytes)".into(), "Payload=******".into())
        );
    }
}
