//! Rules of one subject as people write them, as they are stored, and as they are asked.

use dunlin_access::{InvalidRule, Row, Rule};
use serde_json::{Value, json};

/// The fields of a rule. Another one is a mistake: a rule that is narrower than it looks allows too much.
const FIELDS: [&str; 13] = [
    "permission",
    "action",
    "topic",
    "topics",
    "qos",
    "retain",
    "clientid_re",
    "username_re",
    "ipaddr",
    "zone",
    "zone_re",
    "listener",
    "listener_re",
];

/// Rules that were checked, with all that has a default in them.
pub(crate) struct CheckedRules {
    /// As they are stored and shown.
    pub(crate) rows: Vec<Row>,
    /// As they are asked.
    pub(crate) rules: Box<[Rule]>,
}

impl CheckedRules {
    /// # Errors
    /// One of them is no rule.
    pub(crate) fn new(mut rows: Vec<Row>) -> Result<Self, InvalidRule> {
        let mut rules = Vec::with_capacity(rows.len());
        for (row, number) in rows.iter_mut().zip(1..) {
            let numbered = |error: InvalidRule| InvalidRule { number: Some(number), ..error };
            check_fields(row).map_err(numbered)?;
            rules.push(Rule::from_row(row).map_err(numbered)?);
            add_defaults(row);
        }
        Ok(Self { rows, rules: rules.into() })
    }

    /// The rows in JSON.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Not pretty, and a list: `[{…},{…}]`.
        Value::from_iter(self.rows.iter().cloned()).to_string().into_bytes()
    }

    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn decode(value: &[u8]) -> Result<Self, String> {
        Self::new(rows(value).ok_or("they are no list of rules")?).map_err(|error| error.to_string())
    }
}

/// Rows that were stored, without a check.
pub(crate) fn rows(value: &[u8]) -> Option<Vec<Row>> {
    serde_json::from_slice(value).ok()
}

fn check_fields(row: &Row) -> Result<(), InvalidRule> {
    let unknown = row.keys().find(|field| !FIELDS.contains(&field.as_str()));
    unknown.map_or(Ok(()), |field| {
        let problem = "is no field of a rule".to_owned();
        Err(InvalidRule {
            number: None,
            field: field.clone(),
            problem,
            remedy: "leave it out, or look how it is spelt",
        })
    })
}

/// What EMQX shows of every rule.
fn add_defaults(row: &mut Row) {
    row.entry("qos").or_insert_with(|| json!([0, 1, 2]));
    if row.get("action").is_some_and(|action| action != "subscribe") {
        row.entry("retain").or_insert_with(|| json!("all"));
    }
}
