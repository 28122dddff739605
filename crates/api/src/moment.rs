//! Moments, as the API writes and reads them: `2026-08-07T10:00:00+00:00`.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A moment in whole seconds: text of RFC 3339, or seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// A moment, or `infinity`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MomentOrInfinity(Option<u64>);

impl Moment {
    /// So many seconds after 1970 began.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn secs(self) -> u64 {
        self.0
    }

    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => {
                // Whoever reads more than RFC 3339 has would guess at what was meant.
                let looks_like_one = text.len() >= "2026-08-07T10:00:00Z".len() && !text.contains('[');
                let moment = text.parse::<Timestamp>().ok().filter(|_| looks_like_one)?;
                u64::try_from(moment.as_second()).ok()
            }
            _ => None,
        }
        .map(Self)
    }
}

impl MomentOrInfinity {
    /// Seconds since 1970; `None` is infinity.
    #[must_use]
    pub const fn secs(self) -> Option<u64> {
        self.0
    }
}

impl From<Option<u64>> for MomentOrInfinity {
    fn from(secs: Option<u64>) -> Self {
        Self(secs)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let moment = i64::try_from(self.0).ok().and_then(|secs| Timestamp::from_second(secs).ok());
        // A moment that no calendar has is the last one.
        let moment = moment.unwrap_or(Timestamp::MAX);
        serializer.collect_str(&moment.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    }
}

impl Serialize for MomentOrInfinity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(secs) => Moment(secs).serialize(serializer),
            None => serializer.serialize_str("infinity"),
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value).ok_or_else(|| {
            D::Error::custom(format!("invalid value: {value}, expected a moment such as \"2026-08-07T10:00:00+00:00\""))
        })
    }
}

impl<'de> Deserialize<'de> for MomentOrInfinity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value == "infinity" || value.is_null() {
            return Ok(Self(None));
        }
        Moment::from_json(&value).map(|moment| Self(Some(moment.0))).ok_or_else(|| {
            D::Error::custom(format!(
                "invalid value: {value}, expected a moment such as \"2026-08-07T10:00:00+00:00\", or \"infinity\""
            ))
        })
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some("A moment (RFC 3339)."));
        let text = text.format(Some(SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)));
        text.examples(["2026-08-07T10:00:00+00:00"]).into()
    }
}

impl ToSchema for Moment {}

impl PartialSchema for MomentOrInfinity {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.description(Some("A moment (RFC 3339), or `infinity`."));
        text.examples(["2026-08-07T10:00:00+00:00", "infinity"]).into()
    }
}

impl ToSchema for MomentOrInfinity {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn moments_are_text_or_seconds() {
        for (json, secs) in [
            (json!("2021-10-25T21:53:47+08:00"), 1_635_170_027),
            (json!("2021-10-25T13:53:47.999Z"), 1_635_170_027),
            (json!(7), 7),
        ] {
            assert_eq!(serde_json::from_value::<Moment>(json.clone()).unwrap(), Moment(secs), "{json}");
        }
        assert_eq!(json!(Moment(1_635_170_027)), "2021-10-25T13:53:47+00:00");
        assert_eq!(json!(Moment(u64::MAX)).as_str().unwrap().len(), "2021-10-25T13:53:47+00:00".len());
        for bad in [json!("infinity"), json!("2021-10-25"), json!(-1), json!(null), json!([])] {
            assert!(serde_json::from_value::<Moment>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn infinity_is_none() {
        for (json, secs) in [(json!("infinity"), None), (json!(null), None), (json!("1970-01-01T00:00:07Z"), Some(7))] {
            assert_eq!(serde_json::from_value::<MomentOrInfinity>(json.clone()).unwrap().secs(), secs, "{json}");
        }
        assert!(serde_json::from_value::<MomentOrInfinity>(json!("never")).is_err());
        assert_eq!(json!(MomentOrInfinity(None)), "infinity");
    }
}
