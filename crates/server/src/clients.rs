//! Clients and subscriptions as the API and the command line show them.

mod held_messages;
mod timeline;

pub(crate) use held_messages::HeldMessages;
pub(crate) use timeline::timeline_object;

use dunlin_api::MomentMillis;
use dunlin_api::clients::{ClientObject, ClientTraffic, Limit};
use dunlin_api::slow_subscriptions::SlowSubscriptionObject;
use dunlin_api::subscriptions::SubscriptionObject;
use dunlin_broker::{ClientDrops, ClientFacts, SlowSubscription, SubscriptionFacts};
use dunlin_model::ProtocolVersion;
use dunlin_session::TrafficTotal;

/// A client on this node.
pub(crate) fn client_object(node: &str, facts: ClientFacts) -> ClientObject {
    let port = facts.peer.map(|peer| peer.port());
    ClientObject {
        node: node.to_owned(),
        clientid: facts.client_id.to_string(),
        username: facts.username.map(|name| name.to_string()),
        ip_address: facts.peer.map(|peer| peer.ip().to_string()),
        port,
        peerport: port,
        listener: facts.listener.map(|id| id.to_string()),
        zone: facts.zone.to_string(),
        proto_name: if facts.version == ProtocolVersion::V3 { "MQIsdp" } else { "MQTT" },
        proto_ver: facts.version as u8,
        keepalive: facts.keep_alive_secs,
        clean_start: facts.clean_start,
        expiry_interval: facts.expiry_secs,
        connected: facts.is_connected,
        connected_at: facts.connected_at.map(MomentMillis),
        disconnected_at: facts.disconnected_at.map(MomentMillis),
        created_at: facts.created_at.map(MomentMillis),
        is_bridge: false,
        is_expired: false,
        is_persistent: facts.expiry_secs > 0,
        durable: facts.is_durable,
        enable_authn: facts.is_authenticated,
        mountpoint: facts.mountpoint.map(|mountpoint| mountpoint.to_string()),
        client_attrs: facts.attributes,
        subscriptions_cnt: facts.subscriptions,
        subscriptions_max: facts.max_subscriptions.into(),
        inflight_cnt: facts.inflight,
        inflight_max: facts.max_inflight,
        mqueue_len: facts.queued,
        mqueue_max: facts.max_queued,
        awaiting_rel_cnt: facts.awaiting_release,
        awaiting_rel_max: Limit::from(Some(facts.max_awaiting_release).filter(|max| *max > 0)),
        mqueue_dropped: facts.queue_dropped,
        heap_size: facts.memory_bytes,
        traffic: traffic(&facts.traffic, &facts.drops),
    }
}

fn traffic(traffic: &TrafficTotal, drops: &ClientDrops) -> ClientTraffic {
    let ([recv_msg_qos0, recv_msg_qos1, recv_msg_qos2], [send_msg_qos0, send_msg_qos1, send_msg_qos2]) =
        (traffic.messages_received, traffic.messages_sent);
    ClientTraffic {
        recv_cnt: traffic.reads,
        recv_oct: traffic.read_bytes,
        recv_pkt: traffic.packets_received,
        recv_msg: traffic.messages_received.iter().sum(),
        recv_msg_qos0,
        recv_msg_qos1,
        recv_msg_qos2,
        recv_msg_dropped: drops.release_timeouts,
        recv_msg_dropped_await_pubrel_timeout: drops.release_timeouts,
        send_cnt: traffic.writes,
        send_oct: traffic.written_bytes,
        send_pkt: traffic.packets_sent,
        send_msg: traffic.messages_sent.iter().sum(),
        send_msg_qos0,
        send_msg_qos1,
        send_msg_qos2,
        send_msg_dropped: drops.deliveries,
        send_msg_dropped_expired: drops.expired,
        send_msg_dropped_queue_full: drops.queue_full,
        send_msg_dropped_too_large: drops.too_large,
    }
}

/// A subscription on this node.
pub(crate) fn subscription_object(node: &str, facts: SubscriptionFacts) -> SubscriptionObject {
    let SubscriptionFacts { client_id, filter, options, subscription_id: _, is_durable } = facts;
    SubscriptionObject {
        node: node.to_owned(),
        clientid: client_id.to_string(),
        topic: filter.to_string(),
        qos: options.qos.as_u8(),
        nl: u8::from(options.no_local),
        rap: u8::from(options.retain_as_published),
        rh: options.retain_handling as u8,
        durable: is_durable,
    }
}

/// A subscription that is served slowly.
pub(crate) fn slow_subscription_object(node: &str, slow: SlowSubscription) -> SlowSubscriptionObject {
    SlowSubscriptionObject {
        clientid: slow.client_id.into(),
        node: node.to_owned(),
        topic: slow.topic.into(),
        timespan: slow.took_ms,
        last_update_time: slow.at,
    }
}
