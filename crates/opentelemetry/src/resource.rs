//! Who sends, and attributes as OTLP has them.

use dunlin_telemetry::AttributeValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use std::time::{SystemTime, UNIX_EPOCH};

/// What stands for this program among what makes telemetry.
pub(crate) fn scope() -> InstrumentationScope {
    let (name, version) = ("dunlin".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    InstrumentationScope { name, version, ..InstrumentationScope::default() }
}

/// Who sends.
pub(crate) fn resource(attributes: &[(&'static str, String)]) -> Resource {
    let attributes = attributes.iter().map(|(key, value)| key_value(key, Value::StringValue(value.clone()))).collect();
    Resource { attributes, ..Resource::default() }
}

/// An attribute.
pub(crate) fn attribute(key: &str, value: AttributeValue) -> KeyValue {
    key_value(
        key,
        match value {
            AttributeValue::Text(text) => Value::StringValue(text),
            AttributeValue::Whole(number) => Value::IntValue(number),
            AttributeValue::Number(number) => Value::DoubleValue(number),
            AttributeValue::Flag(flag) => Value::BoolValue(flag),
        },
    )
}

/// A text as OTLP has it.
pub(crate) const fn text(text: String) -> AnyValue {
    AnyValue { value: Some(Value::StringValue(text)) }
}

fn key_value(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// Nanoseconds since 1970.
pub(crate) fn nanos(moment: SystemTime) -> u64 {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
