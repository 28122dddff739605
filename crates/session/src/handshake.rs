//! CONNECT before there is a session: what is refused by the settings alone, and how a refusal is written.

use crate::{Opening, SessionSettings};
use dunlin_codec::{ConnAck, Connect, Packet};
use dunlin_model::{DisconnectReason, ProtocolVersion, Qos, ReasonCode};

/// Why a CONNECT is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For CONNACK; older versions get the mapped return code.
    pub code: ReasonCode,
    /// For logs and metrics.
    pub reason: DisconnectReason,
}

impl Refusal {
    const fn new(code: ReasonCode, reason: DisconnectReason) -> Self {
        Self { code, reason }
    }
}

/// Checks a CONNECT against the settings.
///
/// # Errors
/// The [`Refusal`] to answer with.
pub fn check_connect(connect: &Connect<'_>, settings: &SessionSettings) -> Result<(), Refusal> {
    check_client_id(connect, settings)?;
    let Some(will) = &connect.will else { return Ok(()) };
    if will.qos > settings.max_qos {
        // [MQTT-3.2.2-12]
        return Err(Refusal::new(ReasonCode::QosNotSupported, DisconnectReason::QosNotSupported));
    }
    if will.retain && !settings.retain_available {
        // [MQTT-3.2.2-13]
        return Err(Refusal::new(ReasonCode::RetainNotSupported, DisconnectReason::RetainNotSupported));
    }
    let too_deep = settings.max_topic_levels > 0 && dunlin_topic::level_count(will.topic) > settings.max_topic_levels;
    if too_deep || dunlin_topic::validate_name(will.topic).is_err() {
        return Err(Refusal::new(ReasonCode::TopicNameInvalid, DisconnectReason::TopicNameInvalid));
    }
    Ok(())
}

/// Checks the will of a CONNECT that [`check_connect`] has let pass against the mountpoint the client gets.
///
/// # Errors
/// The [`Refusal`] to answer with: 0x90 for a topic that is too long behind it [MQTT-4.7.3-3].
pub fn check_mounted_will(connect: &Connect<'_>, opening: &Opening<'_>) -> Result<(), Refusal> {
    match &connect.will {
        Some(will) if opening.mount_will(will.topic).is_none() => {
            Err(Refusal::new(ReasonCode::TopicNameInvalid, DisconnectReason::TopicNameInvalid))
        }
        _ => Ok(()),
    }
}

fn check_client_id(connect: &Connect<'_>, settings: &SessionSettings) -> Result<(), Refusal> {
    let may_be_empty = match connect.version {
        ProtocolVersion::V3 => false,
        // 3.1.1 [MQTT-3.1.3-8]: an empty id is for clean sessions only.
        ProtocolVersion::V4 => connect.clean_start,
        // [MQTT-3.1.3-6]
        ProtocolVersion::V5 => true,
    };
    let len = connect.client_id.len();
    if (len == 0 && !may_be_empty) || len > settings.max_client_id_len {
        return Err(Refusal::new(ReasonCode::ClientIdentifierNotValid, DisconnectReason::ClientIdentifierNotValid));
    }
    Ok(())
}

/// Writes the CONNACK of a refusal: session present 0 [MQTT-3.2.2-6], and a reason string where the client wants and can take
/// one [MQTT-3.2.2-19].
pub fn refuse(
    version: ProtocolVersion,
    code: ReasonCode,
    reason_string: Option<&str>,
    maximum_packet_size: Option<u32>,
    wire: &mut Vec<u8>,
) {
    let mut connack = ConnAck { reason_code: code, reason_string, ..ConnAck::default() };
    let limit = maximum_packet_size.unwrap_or(u32::MAX) as usize;
    if dunlin_codec::encoded_len(version, &Packet::ConnAck(Box::new(connack.clone()))) > limit {
        connack.reason_string = None;
    }
    let packet = Packet::ConnAck(Box::new(connack));
    if dunlin_codec::encoded_len(version, &packet) <= limit {
        let _ = dunlin_codec::encode(version, &packet, wire);
    }
}

/// The Maximum QoS to announce: only when it is not 2 [MQTT-3.2.2-9].
pub(crate) fn announced_qos(settings: &SessionSettings) -> Option<Qos> {
    (settings.max_qos < Qos::ExactlyOnce).then_some(settings.max_qos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_codec::Will;

    fn code(connect: &Connect<'_>, settings: &SessionSettings) -> Option<ReasonCode> {
        check_connect(connect, settings).err().map(|refusal| refusal.code)
    }

    #[test]
    fn mqtt_3_1_3_8_an_empty_client_id_depends_on_version_and_clean_session() {
        use ProtocolVersion::{V3, V4, V5};
        let settings = SessionSettings::default();
        for (version, clean_start, refused) in [
            (V3, true, true),
            (V3, false, true),
            (V4, true, false),
            (V4, false, true),
            (V5, true, false),
            (V5, false, false),
        ] {
            let connect = Connect { version, clean_start, ..Connect::default() };
            let expected = refused.then_some(ReasonCode::ClientIdentifierNotValid);
            assert_eq!(code(&connect, &settings), expected, "{version:?} {clean_start}");
        }
    }

    #[test]
    fn a_client_id_above_the_limit_is_refused() {
        let settings = SessionSettings { max_client_id_len: 23, ..SessionSettings::default() };
        let connect = |client_id| Connect { version: ProtocolVersion::V5, client_id, ..Connect::default() };
        assert_eq!(code(&connect("12345678901234567890123"), &settings), None);
        let refused = code(&connect("123456789012345678901234"), &settings);
        assert_eq!(refused, Some(ReasonCode::ClientIdentifierNotValid));
    }

    #[test]
    fn mqtt_3_2_2_12_and_13_the_will_obeys_the_limits() {
        let settings =
            SessionSettings { max_qos: Qos::AtLeastOnce, retain_available: false, ..SessionSettings::default() };
        let with =
            |will| Connect { version: ProtocolVersion::V5, client_id: "c", will: Some(will), ..Connect::default() };
        for (will, expected) in [
            (Will { topic: "t", qos: Qos::AtLeastOnce, ..Will::default() }, None),
            (Will { topic: "t", qos: Qos::ExactlyOnce, ..Will::default() }, Some(ReasonCode::QosNotSupported)),
            (Will { topic: "t", retain: true, ..Will::default() }, Some(ReasonCode::RetainNotSupported)),
            (Will { topic: "t/#", ..Will::default() }, Some(ReasonCode::TopicNameInvalid)),
            (Will { topic: "", ..Will::default() }, Some(ReasonCode::TopicNameInvalid)),
        ] {
            assert_eq!(code(&with(will.clone()), &settings), expected, "{will:?}");
        }
    }
}
