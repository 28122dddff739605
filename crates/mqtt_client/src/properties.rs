//! Properties of MQTT 5.0 as they are named on a command line.

use dunlin_codec::{Properties, PropertyId};
use std::str::FromStr;

/// Packets that can have properties of the user's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the packets")]
pub enum PropertyPacket {
    Connect,
    Will,
    Publish,
    Subscribe,
    Unsubscribe,
    Disconnect,
}

impl FromStr for PropertyPacket {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "connect" => Self::Connect,
            "will" => Self::Will,
            "publish" => Self::Publish,
            "subscribe" => Self::Subscribe,
            "unsubscribe" => Self::Unsubscribe,
            "disconnect" => Self::Disconnect,
            _ => return Err(format!("no packet {name}: CONNECT, WILL, PUBLISH, SUBSCRIBE, UNSUBSCRIBE or DISCONNECT")),
        })
    }
}

/// The properties of one packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertySheet {
    /// CONNECT, DISCONNECT: seconds that the session outlives the connection.
    pub session_expiry_interval: Option<u32>,
    /// CONNECT: how many messages of QoS 1 and 2 the client takes at a time.
    pub receive_maximum: Option<u16>,
    /// CONNECT: bytes of the largest packet that the client takes.
    pub maximum_packet_size: Option<u32>,
    /// CONNECT: how many topic aliases the client takes.
    pub topic_alias_maximum: Option<u16>,
    /// CONNECT.
    pub request_response_information: bool,
    /// CONNECT.
    pub request_problem_information: Option<bool>,
    /// WILL: seconds.
    pub will_delay_interval: u32,
    /// PUBLISH, WILL: seconds.
    pub message_expiry_interval: Option<u32>,
    /// PUBLISH.
    pub topic_alias: Option<u16>,
    /// SUBSCRIBE.
    pub subscription_id: Option<u32>,
    /// User properties, but for those of PUBLISH and WILL, which are with what is passed on.
    pub user: Vec<(String, String)>,
    /// What a broker passes on, in wire form.
    passed_on: Vec<u8>,
}

impl PropertySheet {
    /// Adds a property by its name, such as `session-expiry-interval`; `user-property` has two values, all others one.
    ///
    /// # Errors
    /// The packet has no such property, or the value is none for it.
    pub fn add(&mut self, packet: PropertyPacket, name: &str, values: &[String]) -> Result<(), String> {
        use PropertyPacket::{Connect, Disconnect, Publish, Subscribe, Will};
        if name == "user-property" {
            let [key, value] = values else { return Err("user-property has a name and a value".to_owned()) };
            if matches!(packet, Publish | Will) {
                return self.pass_on(PropertyId::UserProperty, &[key.as_bytes(), value.as_bytes()]);
            }
            self.user.push((key.clone(), value.clone()));
            return Ok(());
        }
        let [value] = values else { return Err(format!("{name} has one value")) };
        match (packet, name) {
            (Connect | Disconnect, "session-expiry-interval") => self.session_expiry_interval = Some(number(value)?),
            (Connect, "receive-maximum") => self.receive_maximum = Some(above_zero(value)?),
            (Connect, "maximum-packet-size") => self.maximum_packet_size = Some(above_zero(value)?),
            (Connect, "topic-alias-maximum") => self.topic_alias_maximum = Some(number(value)?),
            (Connect, "request-response-information") => self.request_response_information = bit(value)?,
            (Connect, "request-problem-information") => self.request_problem_information = Some(bit(value)?),
            (Will, "will-delay-interval") => self.will_delay_interval = number(value)?,
            (Publish | Will, "message-expiry-interval") => self.message_expiry_interval = Some(number(value)?),
            (Publish, "topic-alias") => self.topic_alias = Some(above_zero(value)?),
            (Subscribe, "subscription-identifier") => self.subscription_id = Some(subscription_id(value)?),
            (Publish | Will, "payload-format-indicator") => {
                self.passed_on.extend([PropertyId::PayloadFormatIndicator as u8, u8::from(bit(value)?)]);
            }
            (Publish | Will, "content-type") => self.pass_on(PropertyId::ContentType, &[value.as_bytes()])?,
            (Publish | Will, "response-topic") => self.pass_on(PropertyId::ResponseTopic, &[value.as_bytes()])?,
            (Publish | Will, "correlation-data") => self.pass_on(PropertyId::CorrelationData, &[value.as_bytes()])?,
            _ => return Err(format!("{packet:?} has no property {name}").to_lowercase()),
        }
        Ok(())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn passed_on(&self) -> Properties<'_> {
        Properties::from_wire_checked(&self.passed_on)
    }

    pub(crate) fn user_pairs(&self) -> Vec<(&str, &str)> {
        self.user.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn pass_on(&mut self, id: PropertyId, fields: &[&[u8]]) -> Result<(), String> {
        let mut bytes = vec![id as u8];
        for field in fields {
            let length = u16::try_from(field.len()).map_err(|_| "a property has at most 65,535 bytes".to_owned())?;
            bytes.extend(length.to_be_bytes());
            bytes.extend(*field);
        }
        // Such as a topic with a wildcard, or text with U+0000.
        Properties::parse(&bytes, true).map_err(|error| error.to_string())?;
        self.passed_on.append(&mut bytes);
        Properties::parse(&self.passed_on, true).map_err(|error| error.to_string())?;
        Ok(())
    }
}

fn number<T: FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{value} is no number that fits"))
}

fn above_zero<T: FromStr + Default + PartialEq>(value: &str) -> Result<T, String> {
    number(value)
        .and_then(|number: T| if number == T::default() { Err("0 is not allowed".to_owned()) } else { Ok(number) })
}

/// 1 to 268,435,455 (MQTT 5.0 §3.8.2.1.2).
fn subscription_id(value: &str) -> Result<u32, String> {
    let id = above_zero(value)?;
    if id > 0x0fff_ffff { Err("at most 268435455".to_owned()) } else { Ok(id) }
}

fn bit(value: &str) -> Result<bool, String> {
    match value {
        "0" | "false" => Ok(false),
        "1" | "true" => Ok(true),
        _ => Err(format!("{value} is neither 0 nor 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(packet: &str, name: &str, values: &[&str]) -> Result<PropertySheet, String> {
        let mut sheet = PropertySheet::default();
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        sheet.add(packet.parse()?, name, &values)?;
        Ok(sheet)
    }

    #[test]
    fn properties_have_their_packets() {
        assert_eq!(add("connect", "session-expiry-interval", &["60"]).unwrap().session_expiry_interval, Some(60));
        assert_eq!(add("SUBSCRIBE", "subscription-identifier", &["7"]).unwrap().subscription_id, Some(7));
        assert_eq!(add("connect", "user-property", &["a", "b"]).unwrap().user_pairs(), [("a", "b")]);
        let publish = add("publish", "content-type", &["json"]).unwrap();
        assert_eq!(publish.passed_on().as_bytes().as_ref(), [3, 0, 4, b'j', b's', b'o', b'n']);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (packet, name, values, expected) in [
            ("pingreq", "user-property", &["a", "b"][..], "no packet pingreq"),
            ("publish", "session-expiry-interval", &["1"], "has no property"),
            ("connect", "receive-maximum", &["0"], "0 is not allowed"),
            ("connect", "receive-maximum", &["65536"], "no number that fits"),
            ("connect", "user-property", &["a"], "a name and a value"),
            ("subscribe", "subscription-identifier", &["268435456"], "at most"),
            ("publish", "payload-format-indicator", &["2"], "neither"),
        ] {
            let error = add(packet, name, values).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        }
        assert!(add("publish", "content-type", &["a\0b"]).is_err());
    }
}
