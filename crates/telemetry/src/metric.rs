//! What is counted.

/// Makes the enumeration of its list of names, so that there is one.
macro_rules! metrics {
    ($($(#[$doc:meta])+ $metric:ident = $name:literal,)+) => {
        /// What is counted; [`Metric::as_str`] is its public name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(usize)]
        pub enum Metric {
            $($(#[$doc])+ #[doc = concat!("\n\n`", $name, "`")] $metric,)+
        }

        impl Metric {
            /// All metrics, in order.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$metric),+];

            /// The public name: `messages.received`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$metric => $name,)+
                }
            }
        }
    };
}

metrics! {
    /// Bytes read from clients.
    BytesReceived = "bytes.received",
    /// Bytes written to clients.
    BytesSent = "bytes.sent",
    /// Packets read.
    PacketsReceived = "packets.received",
    /// Packets written.
    PacketsSent = "packets.sent",
    /// CONNECT packets.
    PacketsConnectReceived = "packets.connect.received",
    /// CONNACK packets written, those too that refuse.
    PacketsConnackSent = "packets.connack.sent",
    /// CONNACK packets that refused.
    PacketsConnackError = "packets.connack.error",
    /// CONNACK packets that refused a client that may not come in.
    PacketsConnackAuthError = "packets.connack.auth_error",
    /// PUBLISH packets read.
    PacketsPublishReceived = "packets.publish.received",
    /// PUBLISH packets written.
    PacketsPublishSent = "packets.publish.sent",
    /// PUBLISH packets that were refused.
    PacketsPublishError = "packets.publish.error",
    /// PUBLISH packets and wills that the client may not send.
    PacketsPublishAuthError = "packets.publish.auth_error",
    /// PUBLISH packets of QoS 1 and 2 that were refused: more than the limit.
    PacketsPublishQuotaExceeded = "packets.publish.quota_exceeded",
    /// PUBACK packets read.
    PacketsPubackReceived = "packets.puback.received",
    /// PUBACK packets written.
    PacketsPubackSent = "packets.puback.sent",
    /// PUBACK packets for an unknown identifier.
    PacketsPubackMissed = "packets.puback.missed",
    /// PUBREC packets read.
    PacketsPubrecReceived = "packets.pubrec.received",
    /// PUBREC packets written.
    PacketsPubrecSent = "packets.pubrec.sent",
    /// PUBREC packets for an unknown identifier.
    PacketsPubrecMissed = "packets.pubrec.missed",
    /// PUBREL packets read.
    PacketsPubrelReceived = "packets.pubrel.received",
    /// PUBREL packets written.
    PacketsPubrelSent = "packets.pubrel.sent",
    /// PUBREL packets for an unknown identifier.
    PacketsPubrelMissed = "packets.pubrel.missed",
    /// PUBCOMP packets read.
    PacketsPubcompReceived = "packets.pubcomp.received",
    /// PUBCOMP packets written.
    PacketsPubcompSent = "packets.pubcomp.sent",
    /// PUBCOMP packets for an unknown identifier.
    PacketsPubcompMissed = "packets.pubcomp.missed",
    /// SUBSCRIBE packets.
    PacketsSubscribeReceived = "packets.subscribe.received",
    /// Filters of SUBSCRIBE packets that were refused.
    PacketsSubscribeError = "packets.subscribe.error",
    /// Filters of SUBSCRIBE packets that the client may not have.
    PacketsSubscribeAuthError = "packets.subscribe.auth_error",
    /// SUBACK packets written.
    PacketsSubackSent = "packets.suback.sent",
    /// UNSUBSCRIBE packets.
    PacketsUnsubscribeReceived = "packets.unsubscribe.received",
    /// UNSUBACK packets written.
    PacketsUnsubackSent = "packets.unsuback.sent",
    /// PINGREQ packets.
    PacketsPingreqReceived = "packets.pingreq.received",
    /// PINGRESP packets written.
    PacketsPingrespSent = "packets.pingresp.sent",
    /// DISCONNECT packets.
    PacketsDisconnectReceived = "packets.disconnect.received",
    /// DISCONNECT packets written.
    PacketsDisconnectSent = "packets.disconnect.sent",
    /// AUTH packets.
    PacketsAuthReceived = "packets.auth.received",
    /// AUTH packets written.
    PacketsAuthSent = "packets.auth.sent",
    /// Messages published by clients.
    MessagesReceived = "messages.received",
    /// Messages delivered to clients.
    MessagesSent = "messages.sent",
    /// Messages published at QoS 0.
    MessagesQos0Received = "messages.qos0.received",
    /// Messages published at QoS 1.
    MessagesQos1Received = "messages.qos1.received",
    /// Messages published at QoS 2.
    MessagesQos2Received = "messages.qos2.received",
    /// Messages delivered at QoS 0.
    MessagesQos0Sent = "messages.qos0.sent",
    /// Messages delivered at QoS 1.
    MessagesQos1Sent = "messages.qos1.sent",
    /// Messages delivered at QoS 2.
    MessagesQos2Sent = "messages.qos2.sent",
    /// Messages of QoS 1 and 2 that their receivers have acknowledged.
    MessagesAcked = "messages.acked",
    /// Messages without a publisher who waits: wills, delayed ones whose time has come, those of operators. A part of what
    /// EMQX counts as `messages.publish`.
    MessagesPublishUnattended = "messages.publish.unattended",
    /// Messages that were handed to the queues of durable sessions.
    MessagesPersisted = "messages.persisted",
    /// Messages that matched no subscription.
    MessagesDroppedNoSubscribers = "messages.dropped.no_subscribers",
    /// Wills and delayed messages of clients that were banned before their time came.
    MessagesDroppedBanned = "messages.dropped.banned",
    /// QoS 2 exchanges given up by the publisher.
    MessagesDroppedAwaitPubrelTimeout = "messages.dropped.await_pubrel_timeout",
    /// Messages beyond a limit that were dropped without a word to their publishers.
    MessagesDroppedQuotaExceeded = "messages.dropped.quota_exceeded",
    /// Messages of clients that had more open than they may: they end their connections.
    MessagesDroppedReceiveMaximum = "messages.dropped.receive_maximum",
    /// Retained messages stored or replaced.
    MessagesRetained = "messages.retained",
    /// Retained messages not stored, for all reasons.
    MessagesRetainedRefused = "messages.retained.refused",
    /// Retained messages not stored: there are as many as there may be.
    MessagesRetainedRefusedTableFull = "messages.retained.refused.table_full",
    /// Retained messages not stored: the payload is too large.
    MessagesRetainedRefusedPayloadTooLarge = "messages.retained.refused.payload_too_large",
    /// Retained messages not stored: too many came in a time.
    MessagesRetainedRefusedRate = "messages.retained.refused.rate_exceeded",
    /// Messages taken to be published later.
    MessagesDelayed = "messages.delayed",
    /// Messages to a delayed topic that were not taken.
    MessagesDelayedRefused = "messages.delayed.refused",
    /// Deliveries given up, for all reasons.
    DeliveryDropped = "delivery.dropped",
    /// Deliveries pushed out of a full queue.
    DeliveryDroppedQueueFull = "delivery.dropped.queue_full",
    /// QoS 0 deliveries that a queue does not store.
    DeliveryDroppedQos0Msg = "delivery.dropped.qos0_msg",
    /// Deliveries whose message had expired.
    DeliveryDroppedExpired = "delivery.dropped.expired",
    /// Deliveries above the client's Maximum Packet Size.
    DeliveryDroppedTooLarge = "delivery.dropped.too_large",
    /// Deliveries to the publisher itself, which asked not to get them.
    DeliveryDroppedNoLocal = "delivery.dropped.no_local",
    /// Retained messages of clients that are banned.
    DeliveryDroppedBanned = "delivery.dropped.banned",
    /// Deliveries that waited when their session ended.
    DeliveryDroppedSessionEnded = "delivery.dropped.session_ended",
    /// QoS 0 deliveries beyond what the client may get in a time.
    DeliveryDroppedQuotaExceeded = "delivery.dropped.quota_exceeded",
    /// QoS 0 deliveries not made: the event loop had more to do than it could do.
    DeliveryDroppedOverload = "delivery.dropped.overload",
    /// Deliveries to durable sessions that the disk did not take, without a publisher to tell.
    DeliveryDroppedStoreUnavailable = "delivery.dropped.store_unavailable",
    /// Stored messages that could not be read any more.
    DeliveryDroppedUnreadable = "delivery.dropped.unreadable",
    /// Connections let in.
    ClientConnected = "client.connected",
    /// Connections that ended after being let in.
    ClientDisconnected = "client.disconnected",
    /// Clients let in without being asked who they are.
    ClientAuthAnonymous = "client.auth.anonymous",
    /// Clients that authenticators let in.
    AuthenticationSuccess = "authentication.success",
    /// Clients that authenticators refused.
    AuthenticationFailure = "authentication.failure",
    /// Sessions created.
    SessionCreated = "session.created",
    /// Sessions resumed.
    SessionResumed = "session.resumed",
    /// Sessions that outlived their connection.
    SessionDisconnected = "session.disconnected",
    /// Sessions taken over by another connection.
    SessionTakenover = "session.takenover",
    /// Sessions ended by a clean start.
    SessionDiscarded = "session.discarded",
    /// Sessions ended for any other reason.
    SessionTerminated = "session.terminated",
    /// Connections closed at once: the connection limit was reached.
    ConnectionsRefusedLimit = "connections.refused.limit",
    /// Connections closed at once: more came in a second than `max_conn_rate`.
    ConnectionsRefusedRate = "connections.refused.rate",
    /// Connections closed at once: `access_rules` deny their address.
    ConnectionsRefusedAddress = "connections.refused.address",
    /// Times that a connection was not read from for a while: it had sent as much as it may in a time.
    ConnectionsPaused = "connections.paused",
    /// Clients refused: others with their user name or attribute have all the connections there may be.
    ConnectionsRefusedQuota = "connections.refused.quota",
    /// Clients refused: event loops had more to do than they could do.
    OverloadProtectionNewConn = "overload_protection.new_conn",
}
