//! DISCONNECT and AUTH on their way out. Layout: see `decode/session_end.rs`.

use super::{ack::write_code_and_properties, error::EncodeError, property_block::PropertyBlock, sink::Sink};
use crate::{
    packet::{Auth, Disconnect},
    property::Property,
};
use dunlin_model::ProtocolVersion;

/// Before 5.0 a DISCONNECT has no fields.
pub(super) fn write_disconnect<S: Sink>(
    version: ProtocolVersion,
    disconnect: &Disconnect<'_>,
    sink: &mut S,
) -> Result<(), EncodeError> {
    if !version.is_v5() {
        return Ok(());
    }
    let properties = [
        disconnect.session_expiry_interval.map(Property::SessionExpiryInterval),
        disconnect.reason_string.map(Property::ReasonString),
        disconnect.server_reference.map(Property::ServerReference),
    ];
    let properties = PropertyBlock { single: &properties, user: disconnect.user_properties };
    write_code_and_properties(disconnect.reason_code, &properties, sink)
}

/// AUTH came with 5.0.
pub(super) fn write_auth<S: Sink>(version: ProtocolVersion, auth: &Auth<'_>, sink: &mut S) -> Result<(), EncodeError> {
    if !version.is_v5() {
        return Err(EncodeError::NotInThisVersion);
    }
    let properties = [
        auth.authentication_method.map(Property::AuthenticationMethod),
        auth.authentication_data.map(Property::AuthenticationData),
        auth.reason_string.map(Property::ReasonString),
    ];
    let properties = PropertyBlock { single: &properties, user: auth.user_properties };
    write_code_and_properties(auth.reason_code, &properties, sink)
}
