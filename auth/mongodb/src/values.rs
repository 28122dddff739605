//! What is stored in documents, in the words of users and rules.

use dunlin_access::Row;
use dunlin_auth_backend::is_truthy;
use mongodb::bson::{Bson, Document};
use serde_json::Value;

/// A hash or a salt: text or bytes, or a number that somebody took for a password.
pub(crate) fn bytes(value: &Bson) -> Option<Vec<u8>> {
    match value {
        Bson::String(text) => Some(text.clone().into_bytes()),
        Bson::Binary(binary) => Some(binary.bytes.clone()),
        Bson::Int32(number) => Some(number.to_string().into_bytes()),
        Bson::Int64(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

/// Whether a value says yes, as `is_superuser` may be stored. The shell of MongoDB stores whole numbers as floating ones.
pub(crate) fn is_yes(value: &Bson) -> bool {
    match value {
        Bson::Boolean(is) => *is,
        Bson::Int32(number) => *number >= 1,
        Bson::Int64(number) => *number >= 1,
        Bson::Double(number) => *number >= 1.0,
        Bson::String(text) => is_truthy(text),
        _ => false,
    }
}

/// The fields of a document that a rule can be made of.
pub(crate) fn row(document: &Document) -> Row {
    document.iter().map(|(key, value)| (key.clone(), json(value))).collect()
}

/// A value of another kind, such as an id, is nothing to a rule.
fn json(value: &Bson) -> Value {
    match value {
        Bson::String(text) => text.clone().into(),
        Bson::Boolean(is) => (*is).into(),
        Bson::Int32(number) => (*number).into(),
        Bson::Int64(number) => (*number).into(),
        Bson::Double(number) => (*number).into(),
        Bson::Array(values) => values.iter().map(json).collect(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::doc;
    use mongodb::bson::oid::ObjectId;
    use serde_json::json;

    #[test]
    fn superusers_are_spelled_in_many_ways() {
        for yes in [Bson::Boolean(true), Bson::Int32(1), Bson::Int64(2), Bson::Double(1.0), "true".into(), "1".into()] {
            assert!(is_yes(&yes), "{yes}");
        }
        let no =
            [Bson::Null, Bson::Boolean(false), Bson::Int32(0), Bson::Double(0.9), Bson::Double(f64::NAN), "no".into()];
        for no in no.into_iter().chain([Bson::Array(vec![Bson::Boolean(true)])]) {
            assert!(!is_yes(&no), "{no}");
        }
    }

    #[test]
    fn a_rule_is_made_of_what_it_understands() {
        let document = doc! {"_id": ObjectId::new(), "topics": ["a", "b"], "qos": 1.0, "retain": true, "n": 5_i64};
        let expected = json!({"_id": null, "topics": ["a", "b"], "qos": 1.0, "retain": true, "n": 5});
        assert_eq!(Value::Object(row(&document)), expected);
        assert_eq!(bytes(&Bson::Null), None);
        assert_eq!(bytes(&"hash".into()), Some(b"hash".to_vec()));
    }
}
