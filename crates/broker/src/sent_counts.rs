//! What sessions have sent goes into the counters, once a turn.

use dunlin_session::Sent;
use dunlin_telemetry::{CounterBlock, Metric};

/// Counts what the sessions of a worker have sent in a turn.
pub(crate) fn count_sent(counters: &CounterBlock, sent: Sent) {
    if sent.is_nothing() {
        return;
    }
    let publishes = sent.publishes();
    let [qos0, qos1, qos2] = sent.publish;
    let packets = [
        (Metric::PacketsPublishSent, publishes),
        (Metric::PacketsConnackSent, sent.connack),
        (Metric::PacketsPubackSent, sent.puback),
        (Metric::PacketsPubrecSent, sent.pubrec),
        (Metric::PacketsPubrelSent, sent.pubrel),
        (Metric::PacketsPubcompSent, sent.pubcomp),
        (Metric::PacketsSubackSent, sent.suback),
        (Metric::PacketsUnsubackSent, sent.unsuback),
        (Metric::PacketsPingrespSent, sent.pingresp),
        (Metric::PacketsDisconnectSent, sent.disconnect),
    ];
    let all = packets.iter().map(|(_, count)| *count).sum();
    let messages = [
        // As in EMQX, what the broker tells of itself is no message that was sent; it goes out at QoS 0.
        (Metric::MessagesSent, publishes - sent.system.min(publishes)),
        (Metric::MessagesQos0Sent, qos0.saturating_sub(sent.system)),
        (Metric::MessagesQos1Sent, qos1),
        (Metric::MessagesQos2Sent, qos2),
        (Metric::MessagesAcked, sent.acknowledged),
        (Metric::PacketsSent, all),
    ];
    for (metric, count) in packets.into_iter().chain(messages).filter(|(_, count)| *count > 0) {
        counters.add(metric, count);
    }
}
