//! DISCONNECT and AUTH, whose reason code and properties may be left out (MQTT 5.0 §3.14, §3.15).

use super::reason_code;
use crate::{
    error::DecodeError,
    packet::{Auth, Disconnect},
    packet_type::PacketType,
    property::Property,
    property_id::PropertySet,
    property_section::PropertySection,
    reader::Reader,
};
use dunlin_model::ProtocolVersion;

pub(super) fn decode_disconnect(
    version: ProtocolVersion,
    strict: bool,
    body: &[u8],
) -> Result<Disconnect<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let mut disconnect = Disconnect::default();
    if version.is_v5() && !reader.is_empty() {
        disconnect.reason_code = reason_code::read(&mut reader, PacketType::Disconnect, strict)?;
        if !reader.is_empty() {
            let mut section = PropertySection::open(&mut reader, PropertySet::DISCONNECT, PropertySet::USER, strict)?;
            while let Some(property) = section.next()? {
                match property {
                    Property::SessionExpiryInterval(secs) => disconnect.session_expiry_interval = Some(secs),
                    Property::ReasonString(text) => disconnect.reason_string = Some(text),
                    Property::ServerReference(text) => disconnect.server_reference = Some(text),
                    // User properties stay in wire form.
                    _ => {}
                }
            }
            disconnect.user_properties = section.user_properties();
        }
    }
    reader.finish()?;
    Ok(disconnect)
}

pub(super) fn decode_auth(strict: bool, body: &[u8]) -> Result<Auth<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let mut auth = Auth::default();
    if !reader.is_empty() {
        auth.reason_code = reason_code::read(&mut reader, PacketType::Auth, strict)?;
        if !reader.is_empty() {
            let mut section = PropertySection::open(&mut reader, PropertySet::AUTH, PropertySet::USER, strict)?;
            while let Some(property) = section.next()? {
                match property {
                    Property::AuthenticationMethod(method) => auth.authentication_method = Some(method),
                    Property::AuthenticationData(data) => auth.authentication_data = Some(data),
                    Property::ReasonString(text) => auth.reason_string = Some(text),
                    // User properties stay in wire form.
                    _ => {}
                }
            }
            auth.user_properties = section.user_properties();
        }
    }
    reader.finish()?;
    // Data belongs to a method; which one is the session's business.
    if auth.authentication_data.is_some() && auth.authentication_method.is_none() {
        return Err(DecodeError::AuthenticationDataWithoutMethod);
    }
    Ok(auth)
}
