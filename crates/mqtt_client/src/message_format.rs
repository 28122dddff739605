//! How a message is printed: the format strings of `mosquitto_sub -F`.

use crate::ReceivedMessage;
use jiff::Zoned;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::str::FromStr;

/// A format string, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFormat(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Field(Field),
    /// A field of the time of arrival, as `strftime` has it.
    Time(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Topic,
    Payload,
    LowerHex,
    UpperHex,
    Qos,
    Retain,
    PacketId,
    PayloadLength,
    IsoTime,
    UnixTime,
    Json,
    JsonOfJson,
    TopicAlias,
    ContentType,
    CorrelationData,
    Expiry,
    PayloadFormat,
    UserProperties,
    ResponseTopic,
    SubscriptionIds,
}

impl MessageFormat {
    /// The payload alone, with the topic in front if `verbose`, and a line end unless it is left out.
    #[must_use]
    pub fn plain(verbose: bool, has_line_end: bool) -> Self {
        let mut pieces = Vec::new();
        if verbose {
            pieces.extend([Piece::Field(Field::Topic), Piece::Text(b" ".to_vec())]);
        }
        pieces.push(Piece::Field(Field::Payload));
        if has_line_end {
            pieces.push(Piece::Text(b"\n".to_vec()));
        }
        Self(pieces)
    }

    /// With a line end behind it.
    #[must_use]
    pub fn with_line_end(mut self) -> Self {
        self.0.push(Piece::Text(b"\n".to_vec()));
        self
    }

    /// Writes a message that arrived at `now`.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, message: &ReceivedMessage, now: &Zoned, out: &mut impl Write) -> io::Result<()> {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.write_all(text)?,
                Piece::Field(field) => write_field(*field, message, now, out)?,
                Piece::Time(format) => write!(out, "{}", now.strftime(format))?,
            }
        }
        Ok(())
    }
}

impl FromStr for MessageFormat {
    type Err = String;

    fn from_str(format: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        let mut letters = format.chars();
        while let Some(letter) = letters.next() {
            let special = match letter {
                '%' => percent(letters.next())?,
                '@' => at(letters.next())?,
                '\\' => {
                    text.push(escape(letters.next())?);
                    continue;
                }
                _ => Special::Letter(letter),
            };
            match special {
                Special::Letter(letter) => text.extend(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                Special::Piece(piece) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(piece);
                }
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Ok(Self(pieces))
    }
}

enum Special {
    Letter(char),
    Piece(Piece),
}

fn percent(letter: Option<char>) -> Result<Special, String> {
    let field = match letter {
        Some('%') => return Ok(Special::Letter('%')),
        Some('t') => Field::Topic,
        Some('p') => Field::Payload,
        Some('x') => Field::LowerHex,
        Some('X') => Field::UpperHex,
        Some('q') => Field::Qos,
        Some('r') => Field::Retain,
        Some('m') => Field::PacketId,
        Some('l') => Field::PayloadLength,
        Some('I') => Field::IsoTime,
        Some('U') => Field::UnixTime,
        Some('j') => Field::Json,
        Some('J') => Field::JsonOfJson,
        Some('A') => Field::TopicAlias,
        Some('C') => Field::ContentType,
        Some('D') => Field::CorrelationData,
        Some('E') => Field::Expiry,
        Some('F') => Field::PayloadFormat,
        Some('P') => Field::UserProperties,
        Some('R') => Field::ResponseTopic,
        Some('S') => Field::SubscriptionIds,
        Some(other) => {
            return Err(format!("%{other} is unknown: t p x X q r m l I U j J A C D E F P R S and %% are known"));
        }
        None => return Err("a format cannot end with %".to_owned()),
    };
    Ok(Special::Piece(Piece::Field(field)))
}

fn at(letter: Option<char>) -> Result<Special, String> {
    match letter {
        Some('@') => Ok(Special::Letter('@')),
        Some('N') => Ok(Special::Piece(Piece::Time("%9f".to_owned()))),
        Some(letter) if "aAbBcCdDeFgGhHIjklmMnpPrRsSTuUVwWxXyYzZ".contains(letter) => {
            Ok(Special::Piece(Piece::Time(format!("%{letter}"))))
        }
        Some(other) => Err(format!("@{other} is unknown: @ is followed by a letter of strftime")),
        None => Err("a format cannot end with @".to_owned()),
    }
}

fn escape(letter: Option<char>) -> Result<u8, String> {
    Ok(match letter {
        Some('\\') => b'\\',
        Some('0') => 0,
        Some('a') => 7,
        Some('e') => 0x1b,
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('v') => 0xb,
        Some(other) => return Err(format!("\\{other} is unknown: \\\\ \\0 \\a \\e \\n \\r \\t \\v are known")),
        None => return Err("a format cannot end with \\".to_owned()),
    })
}

fn write_field(field: Field, message: &ReceivedMessage, now: &Zoned, out: &mut impl Write) -> io::Result<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let shown = match field {
        Field::Topic => message.topic.clone(),
        Field::Payload => return out.write_all(&message.payload),
        Field::LowerHex => base16ct::lower::encode_string(&message.payload),
        Field::UpperHex => base16ct::upper::encode_string(&message.payload),
        Field::Qos => message.qos.as_u8().to_string(),
        Field::Retain => u8::from(message.retain).to_string(),
        Field::PacketId => message.packet_id.to_string(),
        Field::PayloadLength => message.payload.len().to_string(),
        Field::IsoTime => now.strftime("%Y-%m-%dT%H:%M:%S%z").to_string(),
        Field::UnixTime => {
            let moment = now.timestamp();
            format!("{}.{:09}", moment.as_second(), moment.subsec_nanosecond())
        }
        Field::Json => as_json(message, now, false)?.to_string(),
        Field::JsonOfJson => as_json(message, now, true)?.to_string(),
        Field::TopicAlias => message.topic_alias.map(|alias| alias.to_string()).unwrap_or_default(),
        Field::ContentType => text(&message.content_type),
        Field::CorrelationData => return out.write_all(message.correlation_data.as_deref().unwrap_or_default()),
        Field::Expiry => message.message_expiry_interval.map(|seconds| seconds.to_string()).unwrap_or_default(),
        Field::PayloadFormat => message.payload_format.map(|format| format.to_string()).unwrap_or_default(),
        Field::UserProperties => {
            let pairs: Vec<String> = message.user.iter().map(|(name, value)| format!("{name}:{value}")).collect();
            pairs.join(" ")
        }
        Field::ResponseTopic => text(&message.response_topic),
        Field::SubscriptionIds => {
            let ids: Vec<String> = message.subscription_ids.iter().map(u32::to_string).collect();
            ids.join(" ")
        }
    };
    out.write_all(shown.as_bytes())
}

/// The object that `mosquitto_sub` prints. Bytes that are no text have U+FFFD in their place; a payload that should be JSON and is
/// not is an error.
fn as_json(message: &ReceivedMessage, now: &Zoned, payload_is_json: bool) -> io::Result<Value> {
    let payload = if payload_is_json {
        serde_json::from_slice(&message.payload)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("the payload is no JSON: {error}")))?
    } else {
        Value::from(String::from_utf8_lossy(&message.payload))
    };
    let mut object = Map::new();
    let mut put = |name: &str, value: Value| {
        object.insert(name.to_owned(), value);
    };
    put("tst", now.strftime("%Y-%m-%dT%H:%M:%S%.6f%z").to_string().into());
    put("topic", message.topic.as_str().into());
    put("qos", message.qos.as_u8().into());
    put("retain", u8::from(message.retain).into());
    put("payloadlen", message.payload.len().into());
    if message.packet_id > 0 {
        put("mid", message.packet_id.into());
    }
    if let Some(properties) = properties_json(message) {
        put("properties", properties);
    }
    put("payload", payload);
    Ok(Value::Object(object))
}

fn properties_json(message: &ReceivedMessage) -> Option<Value> {
    let correlation = message.correlation_data.as_deref().map(String::from_utf8_lossy);
    let user: Vec<Value> = message.user.iter().map(|(name, value)| json!({ name.as_str(): value })).collect();
    let pairs = [
        ("payload-format-indicator", message.payload_format.map(Value::from)),
        ("message-expiry-interval", message.message_expiry_interval.map(Value::from)),
        ("content-type", message.content_type.as_deref().map(Value::from)),
        ("response-topic", message.response_topic.as_deref().map(Value::from)),
        ("correlation-data", correlation.map(Value::from)),
        ("subscription-identifier", message.subscription_ids.first().copied().map(Value::from)),
        ("topic-alias", message.topic_alias.map(Value::from)),
        ("user-properties", (!user.is_empty()).then_some(Value::Array(user))),
    ];
    let present: Map<String, Value> =
        pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    (!present.is_empty()).then_some(Value::Object(present))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_model::Qos;

    fn message() -> ReceivedMessage {
        ReceivedMessage {
            topic: "a/b".to_owned(),
            payload: b"{\"t\":21}".to_vec(),
            qos: Qos::AtLeastOnce,
            retain: true,
            packet_id: 7,
            content_type: Some("json".to_owned()),
            user: vec![("k".to_owned(), "v".to_owned()), ("k".to_owned(), "w".to_owned())],
            ..ReceivedMessage::default()
        }
    }

    fn formatted(format: &MessageFormat) -> String {
        let now: Zoned = "2026-08-07T10:00:00.25+02:00[+02:00]".parse().unwrap();
        let mut out = Vec::new();
        format.write(&message(), &now, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_field_is_written() {
        let rows = [
            ("%t %p", r#"a/b {"t":21}"#),
            ("%x", "7b2274223a32317d"),
            ("%X", "7B2274223A32317D"),
            ("%q%r%m %l", "117 8"),
            ("%I", "2026-08-07T10:00:00+0200"),
            ("%U", "1786089600.250000000"),
            ("@H:@M.@N @@ %%", "10:00.250000000 @ %"),
            (r"\t\e\\", "\t\u{1b}\\"),
            ("[%A%D%E%F%R%S]%C %P", "[]json k:v k:w"),
            ("", ""),
        ];
        for (format, expected) in rows {
            assert_eq!(formatted(&format.parse().unwrap()), expected, "{format}");
        }
        assert_eq!(formatted(&MessageFormat::plain(true, true)), "a/b {\"t\":21}\n");
        assert_eq!(formatted(&MessageFormat::plain(false, false)), "{\"t\":21}");
    }

    #[test]
    fn json_has_what_mosquitto_has() {
        let object: Value = serde_json::from_str(&formatted(&"%J".parse().unwrap())).unwrap();
        let expected = json!({
            "tst": "2026-08-07T10:00:00.250000+0200", "topic": "a/b", "qos": 1, "retain": 1, "payloadlen": 8, "mid": 7,
            "properties": {"content-type": "json", "user-properties": [{"k": "v"}, {"k": "w"}]}, "payload": {"t": 21}
        });
        assert_eq!(object, expected);
        let object: Value = serde_json::from_str(&formatted(&"%j".parse().unwrap())).unwrap();
        assert_eq!(object["payload"], "{\"t\":21}");
    }

    #[test]
    fn mistakes_are_found_before_anything_is_printed() {
        for (format, expected) in [
            ("%y", "%y is unknown"),
            ("%", "end with %"),
            ("@!", "@! is unknown"),
            ("@", "end with @"),
            (r"\q", "unknown"),
            ("\\", "end"),
        ] {
            let error = format.parse::<MessageFormat>().unwrap_err();
            assert!(error.contains(expected), "{format}: {error}");
        }
    }
}
