//! MQTT 3.1, 3.1.1 and 5.0: bytes to packets and back.
//!
//! [`decode_next`] reads one packet from the front of a buffer and borrows from it; [`encode`] appends one to a buffer.
//! A PUBLISH on its way out has its own path, [`encode_publish`], and so has an acknowledgement, [`encode_ack`].
//! There is one [`Packet`] type for all versions. Nothing here keeps state between packets, reads a clock or a socket, or
//! can be made to panic by the bytes it is given.
//!
//! What a packet means in the course of a session (is this alias known, may this client publish here, was CONNECT the
//! first packet) is not decided here: the session does that.

mod decode;
mod encode;
mod error;
mod filters;
mod foreign_protocol;
mod frame;
mod packet;
mod packet_debug;
mod packet_type;
mod properties;
mod property;
mod property_id;
mod property_section;
mod raw_property;
mod reader;
mod subscription_id_list;
mod text;
mod user_properties;
mod variable_byte_integer;

pub use decode::{DecodeOptions, decode_next};
pub use encode::{EncodeError, OutgoingPublish, PropertyList, encode, encode_ack, encode_publish, encoded_len};
pub use error::DecodeError;
pub use filters::{SubscribeFilterIter, UnsubscribeFilterIter};
pub use frame::{MAX_REMAINING_LENGTH, frame_length};
pub use packet::{
    Ack, Auth, ConnAck, Connect, Disconnect, Packet, Publish, SubAck, Subscribe, SubscribeFilters, SubscriptionIdList,
    Unsubscribe, UnsubscribeFilters, Will,
};
pub use packet_type::{AckKind, PacketType};
pub use properties::Properties;
pub use property_id::PropertyId;
pub use subscription_id_list::SubscriptionIdIter;
pub use user_properties::{UserProperties, UserPropertyIter};
