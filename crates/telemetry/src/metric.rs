//! What is counted.

/// What is counted; [`Metric::as_str`] is its public name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum Metric {
    /// `bytes.received`: Bytes read from clients.
    BytesReceived,
    /// `bytes.sent`: Bytes written to clients.
    BytesSent,
    /// `packets.received`: Packets read.
    PacketsReceived,
    /// `packets.sent`: Packets written in answer to a client, PUBLISH included.
    PacketsSent,
    /// `packets.connect.received`: CONNECT packets.
    PacketsConnectReceived,
    /// `packets.connack.error`: CONNACK packets that refused.
    PacketsConnackError,
    /// `packets.connack.auth_error`: CONNACK packets that refused a client that may not come in.
    PacketsConnackAuthError,
    /// `packets.publish.received`: PUBLISH packets read.
    PacketsPublishReceived,
    /// `packets.publish.sent`: PUBLISH packets written.
    PacketsPublishSent,
    /// `packets.publish.error`: PUBLISH packets that were refused.
    PacketsPublishError,
    /// `packets.publish.auth_error`: PUBLISH packets and wills that the client may not send.
    PacketsPublishAuthError,
    /// `packets.publish.quota_exceeded`: PUBLISH packets of QoS 1 and 2 that were refused: more than the limit.
    PacketsPublishQuotaExceeded,
    /// `packets.puback.received`: PUBACK packets read.
    PacketsPubackReceived,
    /// `packets.puback.missed`: PUBACK packets for an unknown identifier.
    PacketsPubackMissed,
    /// `packets.pubrec.received`: PUBREC packets read.
    PacketsPubrecReceived,
    /// `packets.pubrec.missed`: PUBREC packets for an unknown identifier.
    PacketsPubrecMissed,
    /// `packets.pubrel.received`: PUBREL packets read.
    PacketsPubrelReceived,
    /// `packets.pubrel.missed`: PUBREL packets for an unknown identifier.
    PacketsPubrelMissed,
    /// `packets.pubcomp.received`: PUBCOMP packets read.
    PacketsPubcompReceived,
    /// `packets.pubcomp.missed`: PUBCOMP packets for an unknown identifier.
    PacketsPubcompMissed,
    /// `packets.subscribe.received`: SUBSCRIBE packets.
    PacketsSubscribeReceived,
    /// `packets.subscribe.error`: Filters of SUBSCRIBE packets that were refused.
    PacketsSubscribeError,
    /// `packets.subscribe.auth_error`: Filters of SUBSCRIBE packets that the client may not have.
    PacketsSubscribeAuthError,
    /// `packets.unsubscribe.received`: UNSUBSCRIBE packets.
    PacketsUnsubscribeReceived,
    /// `packets.pingreq.received`: PINGREQ packets.
    PacketsPingreqReceived,
    /// `packets.disconnect.received`: DISCONNECT packets.
    PacketsDisconnectReceived,
    /// `packets.auth.received`: AUTH packets.
    PacketsAuthReceived,
    /// `messages.received`: Messages published by clients.
    MessagesReceived,
    /// `messages.sent`: Messages delivered to clients.
    MessagesSent,
    /// `messages.qos0.received`: Messages published at QoS 0.
    MessagesQos0Received,
    /// `messages.qos1.received`: Messages published at QoS 1.
    MessagesQos1Received,
    /// `messages.qos2.received`: Messages published at QoS 2.
    MessagesQos2Received,
    /// `messages.dropped.no_subscribers`: Messages that matched no subscription.
    MessagesDroppedNoSubscribers,
    /// `messages.dropped.banned`: Wills and delayed messages of clients that were banned before their time came.
    MessagesDroppedBanned,
    /// `messages.dropped.await_pubrel_timeout`: QoS 2 exchanges given up by the publisher.
    MessagesDroppedAwaitPubrelTimeout,
    /// `messages.dropped.quota_exceeded`: Messages beyond a limit that were dropped without a word to their publishers.
    MessagesDroppedQuotaExceeded,
    /// `messages.retained`: Retained messages stored or replaced.
    MessagesRetained,
    /// `messages.retained.refused`: Retained messages not stored: the table is full or the payload too large.
    MessagesRetainedRefused,
    /// `messages.delayed`: Messages taken to be published later.
    MessagesDelayed,
    /// `messages.delayed.refused`: Messages to a delayed topic that were not taken.
    MessagesDelayedRefused,
    /// `delivery.dropped`: Deliveries given up, for all reasons.
    DeliveryDropped,
    /// `delivery.dropped.queue_full`: Deliveries pushed out of a full queue.
    DeliveryDroppedQueueFull,
    /// `delivery.dropped.qos0_msg`: QoS 0 deliveries that a queue does not store.
    DeliveryDroppedQos0Msg,
    /// `delivery.dropped.expired`: Deliveries whose message had expired.
    DeliveryDroppedExpired,
    /// `delivery.dropped.too_large`: Deliveries above the client's Maximum Packet Size.
    DeliveryDroppedTooLarge,
    /// `delivery.dropped.no_local`: Deliveries to the publisher itself, which asked not to get them.
    DeliveryDroppedNoLocal,
    /// `delivery.dropped.banned`: Retained messages of clients that are banned.
    DeliveryDroppedBanned,
    /// `delivery.dropped.session_ended`: Deliveries that waited when their session ended.
    DeliveryDroppedSessionEnded,
    /// `delivery.dropped.quota_exceeded`: QoS 0 deliveries beyond what the client may get in a time.
    DeliveryDroppedQuotaExceeded,
    /// `delivery.dropped.store_unavailable`: Deliveries to durable sessions that the disk did not take, without a publisher to tell.
    DeliveryDroppedStoreUnavailable,
    /// `delivery.dropped.unreadable`: Stored messages that could not be read any more.
    DeliveryDroppedUnreadable,
    /// `client.connected`: Connections let in.
    ClientConnected,
    /// `client.disconnected`: Connections that ended after being let in.
    ClientDisconnected,
    /// `session.created`: Sessions created.
    SessionCreated,
    /// `session.resumed`: Sessions resumed.
    SessionResumed,
    /// `session.takenover`: Sessions taken over by another connection.
    SessionTakenover,
    /// `session.discarded`: Sessions ended by a clean start.
    SessionDiscarded,
    /// `session.terminated`: Sessions ended for any other reason.
    SessionTerminated,
    /// `connections.refused.limit`: Connections closed at once: the connection limit was reached.
    ConnectionsRefusedLimit,
    /// `connections.refused.rate`: Connections closed at once: more came in a second than `max_conn_rate`.
    ConnectionsRefusedRate,
    /// `connections.refused.address`: Connections closed at once: `access_rules` deny their address.
    ConnectionsRefusedAddress,
    /// `connections.paused`: Times that a connection was not read from for a while: it had sent as much as it may in a time.
    ConnectionsPaused,
}

impl Metric {
    /// Every metric, `ALL[metric as usize] == metric`.
    pub const ALL: [Self; 62] = [
        Self::BytesReceived,
        Self::BytesSent,
        Self::PacketsReceived,
        Self::PacketsSent,
        Self::PacketsConnectReceived,
        Self::PacketsConnackError,
        Self::PacketsConnackAuthError,
        Self::PacketsPublishReceived,
        Self::PacketsPublishSent,
        Self::PacketsPublishError,
        Self::PacketsPublishAuthError,
        Self::PacketsPublishQuotaExceeded,
        Self::PacketsPubackReceived,
        Self::PacketsPubackMissed,
        Self::PacketsPubrecReceived,
        Self::PacketsPubrecMissed,
        Self::PacketsPubrelReceived,
        Self::PacketsPubrelMissed,
        Self::PacketsPubcompReceived,
        Self::PacketsPubcompMissed,
        Self::PacketsSubscribeReceived,
        Self::PacketsSubscribeError,
        Self::PacketsSubscribeAuthError,
        Self::PacketsUnsubscribeReceived,
        Self::PacketsPingreqReceived,
        Self::PacketsDisconnectReceived,
        Self::PacketsAuthReceived,
        Self::MessagesReceived,
        Self::MessagesSent,
        Self::MessagesQos0Received,
        Self::MessagesQos1Received,
        Self::MessagesQos2Received,
        Self::MessagesDroppedNoSubscribers,
        Self::MessagesDroppedBanned,
        Self::MessagesDroppedAwaitPubrelTimeout,
        Self::MessagesDroppedQuotaExceeded,
        Self::MessagesRetained,
        Self::MessagesRetainedRefused,
        Self::MessagesDelayed,
        Self::MessagesDelayedRefused,
        Self::DeliveryDropped,
        Self::DeliveryDroppedQueueFull,
        Self::DeliveryDroppedQos0Msg,
        Self::DeliveryDroppedExpired,
        Self::DeliveryDroppedTooLarge,
        Self::DeliveryDroppedNoLocal,
        Self::DeliveryDroppedBanned,
        Self::DeliveryDroppedSessionEnded,
        Self::DeliveryDroppedQuotaExceeded,
        Self::DeliveryDroppedStoreUnavailable,
        Self::DeliveryDroppedUnreadable,
        Self::ClientConnected,
        Self::ClientDisconnected,
        Self::SessionCreated,
        Self::SessionResumed,
        Self::SessionTakenover,
        Self::SessionDiscarded,
        Self::SessionTerminated,
        Self::ConnectionsRefusedLimit,
        Self::ConnectionsRefusedRate,
        Self::ConnectionsRefusedAddress,
        Self::ConnectionsPaused,
    ];

    /// Its public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BytesReceived => "bytes.received",
            Self::BytesSent => "bytes.sent",
            Self::PacketsReceived => "packets.received",
            Self::PacketsSent => "packets.sent",
            Self::PacketsConnectReceived => "packets.connect.received",
            Self::PacketsConnackError => "packets.connack.error",
            Self::PacketsConnackAuthError => "packets.connack.auth_error",
            Self::PacketsPublishReceived => "packets.publish.received",
            Self::PacketsPublishSent => "packets.publish.sent",
            Self::PacketsPublishError => "packets.publish.error",
            Self::PacketsPublishAuthError => "packets.publish.auth_error",
            Self::PacketsPublishQuotaExceeded => "packets.publish.quota_exceeded",
            Self::PacketsPubackReceived => "packets.puback.received",
            Self::PacketsPubackMissed => "packets.puback.missed",
            Self::PacketsPubrecReceived => "packets.pubrec.received",
            Self::PacketsPubrecMissed => "packets.pubrec.missed",
            Self::PacketsPubrelReceived => "packets.pubrel.received",
            Self::PacketsPubrelMissed => "packets.pubrel.missed",
            Self::PacketsPubcompReceived => "packets.pubcomp.received",
            Self::PacketsPubcompMissed => "packets.pubcomp.missed",
            Self::PacketsSubscribeReceived => "packets.subscribe.received",
            Self::PacketsSubscribeError => "packets.subscribe.error",
            Self::PacketsSubscribeAuthError => "packets.subscribe.auth_error",
            Self::PacketsUnsubscribeReceived => "packets.unsubscribe.received",
            Self::PacketsPingreqReceived => "packets.pingreq.received",
            Self::PacketsDisconnectReceived => "packets.disconnect.received",
            Self::PacketsAuthReceived => "packets.auth.received",
            Self::MessagesReceived => "messages.received",
            Self::MessagesSent => "messages.sent",
            Self::MessagesQos0Received => "messages.qos0.received",
            Self::MessagesQos1Received => "messages.qos1.received",
            Self::MessagesQos2Received => "messages.qos2.received",
            Self::MessagesDroppedNoSubscribers => "messages.dropped.no_subscribers",
            Self::MessagesDroppedBanned => "messages.dropped.banned",
            Self::MessagesDroppedAwaitPubrelTimeout => "messages.dropped.await_pubrel_timeout",
            Self::MessagesDroppedQuotaExceeded => "messages.dropped.quota_exceeded",
            Self::MessagesRetained => "messages.retained",
            Self::MessagesRetainedRefused => "messages.retained.refused",
            Self::MessagesDelayed => "messages.delayed",
            Self::MessagesDelayedRefused => "messages.delayed.refused",
            Self::DeliveryDropped => "delivery.dropped",
            Self::DeliveryDroppedQueueFull => "delivery.dropped.queue_full",
            Self::DeliveryDroppedQos0Msg => "delivery.dropped.qos0_msg",
            Self::DeliveryDroppedExpired => "delivery.dropped.expired",
            Self::DeliveryDroppedTooLarge => "delivery.dropped.too_large",
            Self::DeliveryDroppedNoLocal => "delivery.dropped.no_local",
            Self::DeliveryDroppedBanned => "delivery.dropped.banned",
            Self::DeliveryDroppedSessionEnded => "delivery.dropped.session_ended",
            Self::DeliveryDroppedQuotaExceeded => "delivery.dropped.quota_exceeded",
            Self::DeliveryDroppedStoreUnavailable => "delivery.dropped.store_unavailable",
            Self::DeliveryDroppedUnreadable => "delivery.dropped.unreadable",
            Self::ClientConnected => "client.connected",
            Self::ClientDisconnected => "client.disconnected",
            Self::SessionCreated => "session.created",
            Self::SessionResumed => "session.resumed",
            Self::SessionTakenover => "session.takenover",
            Self::SessionDiscarded => "session.discarded",
            Self::SessionTerminated => "session.terminated",
            Self::ConnectionsRefusedLimit => "connections.refused.limit",
            Self::ConnectionsRefusedRate => "connections.refused.rate",
            Self::ConnectionsRefusedAddress => "connections.refused.address",
            Self::ConnectionsPaused => "connections.paused",
        }
    }
}
