//! Moments in milliseconds, as the API writes and reads them: `2026-08-07T10:00:00.123+00:00`.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A moment in whole milliseconds: text of RFC 3339, or milliseconds since 1970 as digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MomentMillis(pub u64);

impl MomentMillis {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(millis) = text.parse::<u64>() {
            return Some(Self(millis));
        }
        // Whoever reads more than RFC 3339 has would guess at what was meant. A `+` that nobody has encoded comes as a blank.
        let text = text.replace(' ', "+");
        let looks_like_one = text.len() >= "2026-08-07T10:00:00Z".len() && !text.contains('[');
        let moment = text.parse::<Timestamp>().ok().filter(|_| looks_like_one)?;
        u64::try_from(moment.as_millisecond()).ok().map(Self)
    }
}

impl Serialize for MomentMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let moment = i64::try_from(self.0).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
        // A moment that no calendar has is the last one.
        serializer.collect_str(&moment.unwrap_or(Timestamp::MAX).strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00"))
    }
}

impl<'de> Deserialize<'de> for MomentMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "invalid value: {text:?}, expected a moment such as \"2026-08-07T10:00:00.123+00:00\", or milliseconds"
            ))
        })
    }
}

impl PartialSchema for MomentMillis {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some("A moment (RFC 3339)."));
        let text = text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        text.examples(["2026-08-07T10:00:00.123+00:00"]).into()
    }
}

impl ToSchema for MomentMillis {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_are_text_or_milliseconds() {
        for (text, millis) in [
            ("2021-10-25T21:53:47+08:00", 1_635_170_027_000),
            ("2021-10-25T21:53:47.5 08:00", 1_635_170_027_500),
            ("2021-10-25T13:53:47.999Z", 1_635_170_027_999),
            ("1635170027999", 1_635_170_027_999),
        ] {
            assert_eq!(serde_json::from_value::<MomentMillis>(json!(text)).unwrap(), MomentMillis(millis), "{text}");
        }
        assert_eq!(json!(MomentMillis(1_635_170_027_007)), "2021-10-25T13:53:47.007+00:00");
        for bad in ["", "soon", "2021-10-25", "-1", "1970-01-01T00:00:00[UTC]"] {
            assert!(serde_json::from_value::<MomentMillis>(json!(bad)).is_err(), "{bad}");
        }
    }
}
