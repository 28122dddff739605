//! Why a connection ended.

/// Why a connection ended, counted per listener under the name [`DisconnectReason::as_str`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DisconnectReason {
    /// `normal`: the client sent DISCONNECT.
    Normal,
    /// `tcp_closed`: the peer closed the socket.
    TcpClosed,
    /// `econnreset`: the peer reset the connection.
    ConnectionReset,
    /// `epipe`: writing to a connection the peer had closed.
    BrokenPipe,
    /// `etimedout`: the kernel gave up on the peer.
    TimedOut,
    /// `einval`: any other socket failure.
    SocketError,
    /// `send_timeout`: the peer read nothing for `tcp_options.send_timeout` while acknowledged messages waited.
    SendTimeout,
    /// `keepalive_timeout`: nothing arrived for keep alive × multiplier.
    KeepAliveTimeout,
    /// `idle_timeout`: no CONNECT within `mqtt.idle_timeout`.
    IdleTimeout,
    /// `frame_too_large`: a packet above `mqtt.max_packet_size`.
    FrameTooLarge,
    /// `frame_error`: bytes that are no MQTT packet.
    FrameError,
    /// `invalid_connect_packet`: the first packet was no valid CONNECT.
    InvalidConnectPacket,
    /// `malformed_packet`: a packet that breaks the wire format.
    MalformedPacket,
    /// `malformed_properties`: a property list that breaks the wire format.
    MalformedProperties,
    /// `malformed_variable_byte_integer`: a length of more than four bytes.
    MalformedVariableByteInteger,
    /// `invalid_packet_id`: packet identifier 0.
    InvalidPacketId,
    /// `bad_subqos`: a quality of service of 3.
    BadQos,
    /// `bad_frame_header`: reserved type or flag bits in the first byte.
    BadFrameHeader,
    /// `reserved_connect_flag`: the reserved bit of the connect flags was set.
    ReservedConnectFlag,
    /// `invalid_will_qos`: will quality of service without a will, or 3.
    InvalidWillQos,
    /// `invalid_will_retain`: will retain without a will.
    InvalidWillRetain,
    /// `invalid_password_flag`: user name and password flags that do not fit the payload.
    InvalidPasswordFlag,
    /// `utf8_string_invalid`: a text field that is no UTF-8, or holds U+0000.
    InvalidUtf8,
    /// `protocol_error`: a well-formed packet the protocol does not allow here.
    ProtocolError,
    /// `unspecified_error`: no better word.
    UnspecifiedError,
    /// `not_authorized`: access denied.
    NotAuthorized,
    /// `bad_username_or_password`: authentication failed.
    BadUserNameOrPassword,
    /// `bad_authentication_method`: an authentication method the broker does not know.
    BadAuthenticationMethod,
    /// `banned`: on the ban list.
    Banned,
    /// `client_identifier_not_valid`: an empty or too long client id.
    ClientIdentifierNotValid,
    /// `unsupported_protocol_version`: neither 3.1, 3.1.1 nor 5.0.
    UnsupportedProtocolVersion,
    /// `server_busy`: the broker sheds load.
    ServerBusy,
    /// `server_unavailable`: the broker cannot serve now.
    ServerUnavailable,
    /// `server_shutting_down`: the broker stops.
    ServerShuttingDown,
    /// `proxy_proto_close`: no header of the PROXY protocol, or a wrong one.
    ProxyProtocolError,
    /// `proxy_proto_timeout`: the header of the PROXY protocol took too long.
    ProxyProtocolTimeout,
    /// `ssl_closed`: the client went away during the TLS handshake.
    TlsClosed,
    /// `ssl_error`: the TLS handshake failed, or a record was wrong.
    TlsError,
    /// `ssl_upgrade_timeout`: the TLS handshake took too long.
    TlsTimeout,
    /// `ws_upgrade_failed`: the request for the upgrade to WebSocket was refused.
    UpgradeRefused,
    /// `ws_error`: a WebSocket frame that is against the rules.
    WebSocketError,
    /// `quota_exceeded`: a configured limit was reached.
    QuotaExceeded,
    /// `receive_maximum_exceeded`: more open QoS 1 or 2 publishes than announced.
    ReceiveMaximumExceeded,
    /// `topic_name_invalid`: a topic name with wildcards or too many levels.
    TopicNameInvalid,
    /// `topic_filter_invalid`: a malformed topic filter.
    TopicFilterInvalid,
    /// `topic_alias_invalid`: topic alias 0, unknown or above the maximum.
    TopicAliasInvalid,
    /// `packet_too_large`: a packet above the announced maximum.
    PacketTooLarge,
    /// `implementation_specific_error`: refused for a reason of this broker.
    ImplementationSpecificError,
    /// `retain_not_supported`: retained messages are off.
    RetainNotSupported,
    /// `qos_not_supported`: above `mqtt.max_qos_allowed`.
    QosNotSupported,
    /// `shared_subscriptions_not_supported`: shared subscriptions are off.
    SharedSubscriptionsNotSupported,
    /// `wildcard_subscriptions_not_supported`: wildcard subscriptions are off.
    WildcardSubscriptionsNotSupported,
    /// `kicked`: an operator closed the connection.
    Kicked,
    /// `discarded`: the same client id connected with a clean start.
    Discarded,
    /// `takenover`: the same client id connected and took the session over.
    TakenOver,
    /// `expired`: the session or its authentication expired.
    Expired,
    /// `mailbox_overflow`: too many messages waited for this client (`force_shutdown.max_mailbox_size`).
    MailboxOverflow,
    /// `proc_heap_too_large`: the client used more memory than `force_shutdown.max_heap_size`.
    MemoryExceeded,
}

impl DisconnectReason {
    /// Every reason, in declaration order: `ALL[reason as usize] == reason`.
    pub const ALL: [Self; 58] = [
        Self::Normal,
        Self::TcpClosed,
        Self::ConnectionReset,
        Self::BrokenPipe,
        Self::TimedOut,
        Self::SocketError,
        Self::SendTimeout,
        Self::KeepAliveTimeout,
        Self::IdleTimeout,
        Self::FrameTooLarge,
        Self::FrameError,
        Self::InvalidConnectPacket,
        Self::MalformedPacket,
        Self::MalformedProperties,
        Self::MalformedVariableByteInteger,
        Self::InvalidPacketId,
        Self::BadQos,
        Self::BadFrameHeader,
        Self::ReservedConnectFlag,
        Self::InvalidWillQos,
        Self::InvalidWillRetain,
        Self::InvalidPasswordFlag,
        Self::InvalidUtf8,
        Self::ProtocolError,
        Self::UnspecifiedError,
        Self::NotAuthorized,
        Self::BadUserNameOrPassword,
        Self::BadAuthenticationMethod,
        Self::Banned,
        Self::ClientIdentifierNotValid,
        Self::UnsupportedProtocolVersion,
        Self::ServerBusy,
        Self::ServerUnavailable,
        Self::ServerShuttingDown,
        Self::ProxyProtocolError,
        Self::ProxyProtocolTimeout,
        Self::TlsClosed,
        Self::TlsError,
        Self::TlsTimeout,
        Self::UpgradeRefused,
        Self::WebSocketError,
        Self::QuotaExceeded,
        Self::ReceiveMaximumExceeded,
        Self::TopicNameInvalid,
        Self::TopicFilterInvalid,
        Self::TopicAliasInvalid,
        Self::PacketTooLarge,
        Self::ImplementationSpecificError,
        Self::RetainNotSupported,
        Self::QosNotSupported,
        Self::SharedSubscriptionsNotSupported,
        Self::WildcardSubscriptionsNotSupported,
        Self::Kicked,
        Self::Discarded,
        Self::TakenOver,
        Self::Expired,
        Self::MailboxOverflow,
        Self::MemoryExceeded,
    ];

    /// The stable name used in metrics, events and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::TcpClosed => "tcp_closed",
            Self::ConnectionReset => "econnreset",
            Self::BrokenPipe => "epipe",
            Self::TimedOut => "etimedout",
            Self::SocketError => "einval",
            Self::SendTimeout => "send_timeout",
            Self::KeepAliveTimeout => "keepalive_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::FrameTooLarge => "frame_too_large",
            Self::FrameError => "frame_error",
            Self::InvalidConnectPacket => "invalid_connect_packet",
            Self::MalformedPacket => "malformed_packet",
            Self::MalformedProperties => "malformed_properties",
            Self::MalformedVariableByteInteger => "malformed_variable_byte_integer",
            Self::InvalidPacketId => "invalid_packet_id",
            Self::BadQos => "bad_subqos",
            Self::BadFrameHeader => "bad_frame_header",
            Self::ReservedConnectFlag => "reserved_connect_flag",
            Self::InvalidWillQos => "invalid_will_qos",
            Self::InvalidWillRetain => "invalid_will_retain",
            Self::InvalidPasswordFlag => "invalid_password_flag",
            Self::InvalidUtf8 => "utf8_string_invalid",
            Self::ProtocolError => "protocol_error",
            Self::UnspecifiedError => "unspecified_error",
            Self::NotAuthorized => "not_authorized",
            Self::BadUserNameOrPassword => "bad_username_or_password",
            Self::BadAuthenticationMethod => "bad_authentication_method",
            Self::Banned => "banned",
            Self::ClientIdentifierNotValid => "client_identifier_not_valid",
            Self::UnsupportedProtocolVersion => "unsupported_protocol_version",
            Self::ServerBusy => "server_busy",
            Self::ServerUnavailable => "server_unavailable",
            Self::ServerShuttingDown => "server_shutting_down",
            Self::ProxyProtocolError => "proxy_proto_close",
            Self::ProxyProtocolTimeout => "proxy_proto_timeout",
            Self::TlsClosed => "ssl_closed",
            Self::TlsError => "ssl_error",
            Self::TlsTimeout => "ssl_upgrade_timeout",
            Self::UpgradeRefused => "ws_upgrade_failed",
            Self::WebSocketError => "ws_error",
            Self::QuotaExceeded => "quota_exceeded",
            Self::ReceiveMaximumExceeded => "receive_maximum_exceeded",
            Self::TopicNameInvalid => "topic_name_invalid",
            Self::TopicFilterInvalid => "topic_filter_invalid",
            Self::TopicAliasInvalid => "topic_alias_invalid",
            Self::PacketTooLarge => "packet_too_large",
            Self::ImplementationSpecificError => "implementation_specific_error",
            Self::RetainNotSupported => "retain_not_supported",
            Self::QosNotSupported => "qos_not_supported",
            Self::SharedSubscriptionsNotSupported => "shared_subscriptions_not_supported",
            Self::WildcardSubscriptionsNotSupported => "wildcard_subscriptions_not_supported",
            Self::Kicked => "kicked",
            Self::Discarded => "discarded",
            Self::TakenOver => "takenover",
            Self::Expired => "expired",
            Self::MailboxOverflow => "mailbox_overflow",
            Self::MemoryExceeded => "proc_heap_too_large",
        }
    }
}

impl std::fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_explained_to_operators() {
        let page = include_str!("../../../docs/troubleshooting.md");
        for reason in DisconnectReason::ALL {
            assert!(page.contains(&format!("`{}`", reason.as_str())), "docs/troubleshooting.md lacks `{reason}`");
        }
    }

    #[test]
    fn all_lists_every_reason_at_its_own_index_with_its_own_name() {
        for (index, reason) in DisconnectReason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, index);
        }
        let names: std::collections::BTreeSet<_> = DisconnectReason::ALL.iter().map(|r| r.as_str()).collect();
        assert_eq!(names.len(), DisconnectReason::ALL.len());
    }
}
