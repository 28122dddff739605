//! The packets of MQTT, borrowed from the bytes they were read from.
//!
//! One type for all versions: what a version does not have is empty or default. A packet is decoded into this type and
//! encoded from it; text has been checked to be UTF-8 without U+0000 by the decoder.

use crate::{properties::Properties, user_properties::UserProperties};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode, SubscriptionOptions};

/// Any control packet.
#[derive(Clone, Debug, PartialEq)]
pub enum Packet<'a> {
    /// Client to server, first packet of a connection.
    Connect(Box<Connect<'a>>),
    /// Answer to CONNECT.
    ConnAck(Box<ConnAck<'a>>),
    /// An application message.
    Publish(Publish<'a>),
    /// QoS 1 acknowledgement.
    PubAck(Ack<'a>),
    /// QoS 2, first acknowledgement.
    PubRec(Ack<'a>),
    /// QoS 2, release.
    PubRel(Ack<'a>),
    /// QoS 2, completion.
    PubComp(Ack<'a>),
    /// Asks for messages.
    Subscribe(Subscribe<'a>),
    /// Answer to SUBSCRIBE.
    SubAck(SubAck<'a>),
    /// Ends subscriptions.
    Unsubscribe(Unsubscribe<'a>),
    /// Answer to UNSUBSCRIBE.
    UnsubAck(SubAck<'a>),
    /// Keep-alive probe.
    PingReq,
    /// Answer to PINGREQ.
    PingResp,
    /// End of the connection.
    Disconnect(Disconnect<'a>),
    /// Enhanced authentication exchange (5.0).
    Auth(Auth<'a>),
}

/// CONNECT (MQTT 5.0 §3.1). Its text for programmers has no password.
#[derive(Clone, Default, PartialEq)]
pub struct Connect<'a> {
    /// Version spoken on this connection.
    pub version: ProtocolVersion,
    /// 3.1/3.1.1 clean session, 5.0 clean start.
    pub clean_start: bool,
    /// Seconds; 0 turns keep alive off.
    pub keep_alive: u16,
    /// May be empty.
    pub client_id: &'a str,
    /// The will, if any.
    pub will: Option<Will<'a>>,
    /// User name.
    pub username: Option<&'a str>,
    /// Password: any bytes.
    pub password: Option<&'a [u8]>,
    /// Bit 7 of the protocol level: the client is a bridge (mosquitto extension for 3.1 and 3.1.1).
    pub is_bridge: bool,
    /// Session expiry interval in seconds; `None` when absent.
    pub session_expiry_interval: Option<u32>,
    /// Receive maximum; `None` when absent (65,535).
    pub receive_maximum: Option<u16>,
    /// Maximum packet size in bytes; `None` when absent (no limit).
    pub maximum_packet_size: Option<u32>,
    /// Topic alias maximum; `None` when absent (0).
    pub topic_alias_maximum: Option<u16>,
    /// Request response information; absent is false.
    pub request_response_information: bool,
    /// Request problem information; absent is true: read it with [`Connect::wants_problem_information`].
    pub request_problem_information: Option<bool>,
    /// User properties in order.
    pub user_properties: UserProperties<'a>,
    /// Authentication method.
    pub authentication_method: Option<&'a str>,
    /// Authentication data.
    pub authentication_data: Option<&'a [u8]>,
}

impl Connect<'_> {
    /// Whether reason strings and user properties may go into acks and DISCONNECT [MQTT-3.1.2-29].
    #[must_use]
    pub fn wants_problem_information(&self) -> bool {
        self.request_problem_information.unwrap_or(true)
    }
}

/// The will in a CONNECT (MQTT 5.0 §3.1.3.2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Will<'a> {
    /// Topic name.
    pub topic: &'a str,
    /// Payload.
    pub payload: &'a [u8],
    /// Quality of service.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// Will delay interval in seconds; absent is 0.
    pub delay_interval: u32,
    /// Message expiry interval in seconds.
    pub message_expiry_interval: Option<u32>,
    /// Properties to pass on unchanged: everything but will delay and message expiry. See [`Publish::properties`].
    pub properties: Properties<'a>,
}

/// CONNACK (MQTT 5.0 §3.2). `None` leaves a property out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConnAck<'a> {
    /// The server had a session for this client id.
    pub session_present: bool,
    /// Result; older versions get the mapped return code.
    pub reason_code: ReasonCode,
    /// Session expiry the server uses, in seconds, where it differs from the request.
    pub session_expiry_interval: Option<u32>,
    /// How many QoS 1 and 2 publishes the server takes at a time.
    pub receive_maximum: Option<u16>,
    /// Maximum QoS, only when below 2.
    pub maximum_qos: Option<Qos>,
    /// Whether retained messages are supported.
    pub retain_available: Option<bool>,
    /// Largest packet the server takes, in bytes.
    pub maximum_packet_size: Option<u32>,
    /// Client id the server made up.
    pub assigned_client_identifier: Option<&'a str>,
    /// How many topic aliases the server takes.
    pub topic_alias_maximum: Option<u16>,
    /// Text for diagnosis.
    pub reason_string: Option<&'a str>,
    /// User properties.
    pub user_properties: UserProperties<'a>,
    /// Whether wildcard subscriptions are supported.
    pub wildcard_subscription_available: Option<bool>,
    /// Whether subscription identifiers are supported.
    pub subscription_identifiers_available: Option<bool>,
    /// Whether shared subscriptions are supported.
    pub shared_subscription_available: Option<bool>,
    /// Keep alive the client must use instead of its own, in seconds.
    pub server_keep_alive: Option<u16>,
    /// Base for response topics.
    pub response_information: Option<&'a str>,
    /// Another server to use.
    pub server_reference: Option<&'a str>,
    /// Authentication method.
    pub authentication_method: Option<&'a str>,
    /// Authentication data.
    pub authentication_data: Option<&'a [u8]>,
}

/// PUBLISH (MQTT 5.0 §3.3).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Publish<'a> {
    /// Redelivery flag.
    pub dup: bool,
    /// Quality of service.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// Topic name; empty when only an alias is given.
    pub topic: &'a str,
    /// Packet identifier, 0 at QoS 0.
    pub packet_id: u16,
    /// Topic alias.
    pub topic_alias: Option<u16>,
    /// Message expiry interval in seconds.
    pub message_expiry_interval: Option<u32>,
    /// Subscription identifiers, in order (server to client only).
    pub subscription_ids: SubscriptionIdList<'a>,
    /// The other properties (payload format indicator, content type, response topic, correlation data, user properties),
    /// which a broker passes on unchanged and in order.
    pub properties: Properties<'a>,
    /// Payload.
    pub payload: &'a [u8],
}

/// Subscription identifiers of a PUBLISH: read from the wire, or given as a slice for encoding.
#[derive(Clone, Copy, Debug)]
pub enum SubscriptionIdList<'a> {
    /// As found in the properties section, all property bytes (checked).
    Wire(&'a [u8]),
    /// Values to encode.
    Values(&'a [u32]),
}

/// PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5.0 §3.4 to §3.7).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ack<'a> {
    /// Packet identifier.
    pub packet_id: u16,
    /// Result; older versions have none.
    pub reason_code: ReasonCode,
    /// Text for diagnosis.
    pub reason_string: Option<&'a str>,
    /// User properties.
    pub user_properties: UserProperties<'a>,
}

/// SUBSCRIBE (MQTT 5.0 §3.8).
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribe<'a> {
    /// Packet identifier.
    pub packet_id: u16,
    /// Subscription identifier, `None` when absent.
    pub subscription_id: Option<u32>,
    /// User properties.
    pub user_properties: UserProperties<'a>,
    /// Filters and options, at least one, in wire form.
    pub filters: SubscribeFilters<'a>,
}

/// The filters of a SUBSCRIBE: read from the wire (checked by the decoder), or given as a slice for encoding.
#[derive(Clone, Copy, Debug)]
pub enum SubscribeFilters<'a> {
    /// Payload bytes of the packet and its version.
    Wire(&'a [u8], ProtocolVersion),
    /// Values to encode.
    Values(&'a [(&'a str, SubscriptionOptions)]),
}

/// UNSUBSCRIBE (MQTT 5.0 §3.10).
#[derive(Clone, Debug, PartialEq)]
pub struct Unsubscribe<'a> {
    /// Packet identifier.
    pub packet_id: u16,
    /// User properties.
    pub user_properties: UserProperties<'a>,
    /// Filters, at least one.
    pub filters: UnsubscribeFilters<'a>,
}

/// The filters of an UNSUBSCRIBE: read from the wire (checked by the decoder), or given as a slice for encoding.
#[derive(Clone, Copy, Debug)]
pub enum UnsubscribeFilters<'a> {
    /// Payload bytes of the packet.
    Wire(&'a [u8]),
    /// Values to encode.
    Values(&'a [&'a str]),
}

/// SUBACK and UNSUBACK (MQTT 5.0 §3.9, §3.11). UNSUBACK of older versions carries no codes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubAck<'a> {
    /// Packet identifier.
    pub packet_id: u16,
    /// Text for diagnosis.
    pub reason_string: Option<&'a str>,
    /// User properties.
    pub user_properties: UserProperties<'a>,
    /// One code for each filter, in order, as wire bytes (each a known [`ReasonCode`]).
    pub reason_codes: &'a [u8],
}

/// DISCONNECT (MQTT 5.0 §3.14). Older versions have no fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disconnect<'a> {
    /// Why.
    pub reason_code: ReasonCode,
    /// New session expiry interval in seconds (client to server only).
    pub session_expiry_interval: Option<u32>,
    /// Text for diagnosis.
    pub reason_string: Option<&'a str>,
    /// User properties.
    pub user_properties: UserProperties<'a>,
    /// Another server to use.
    pub server_reference: Option<&'a str>,
}

/// AUTH (MQTT 5.0 §3.15). Its text for programmers has no data.
#[derive(Clone, Default, PartialEq)]
pub struct Auth<'a> {
    /// Success, continue or re-authenticate.
    pub reason_code: ReasonCode,
    /// Method.
    pub authentication_method: Option<&'a str>,
    /// Data.
    pub authentication_data: Option<&'a [u8]>,
    /// Text for diagnosis.
    pub reason_string: Option<&'a str>,
    /// User properties.
    pub user_properties: UserProperties<'a>,
}
