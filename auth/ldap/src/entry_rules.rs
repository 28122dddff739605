//! What an entry says that a client may do.

use crate::entry::Entry;
use dunlin_model::Millis;
use serde_json::{Value, json};

/// Which attributes are rules. Those that are `None` are not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleAttributes {
    /// `publish_attribute`: topics to publish to.
    pub publish: Option<String>,
    /// `subscribe_attribute`: filters to subscribe to.
    pub subscribe: Option<String>,
    /// `all_attribute`: both.
    pub all: Option<String>,
    /// `acl_rule_attribute`: rules in JSON, one or a list in each value. They come first.
    pub acl_rule: Option<String>,
    /// `acl_ttl_attribute`: how long rules that came with a login count, such as `1h`; the client has to go then. Of no meaning
    /// for a source of rules.
    pub acl_ttl: Option<String>,
}

impl RuleAttributes {
    /// EMQX's defaults for a source of rules.
    #[must_use]
    pub fn for_rules() -> Self {
        Self {
            publish: Some("mqttPublishTopic".into()),
            subscribe: Some("mqttSubscriptionTopic".into()),
            all: Some("mqttPubSubTopic".into()),
            acl_rule: Some("mqttAclRule".into()),
            acl_ttl: None,
        }
    }

    /// The names to ask for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        [&self.publish, &self.subscribe, &self.all, &self.acl_rule, &self.acl_ttl].into_iter().flatten()
    }

    /// The rules of an entry, as a list in JSON; empty where it has none. `Err` says which attribute makes no sense: nobody knows
    /// then what the client may do.
    pub(crate) fn rules(&self, entry: &Entry) -> Result<Vec<Value>, String> {
        let mut rules = Vec::new();
        if let Some(attribute) = &self.acl_rule {
            for value in entry.values(attribute) {
                match serde_json::from_slice(value) {
                    Ok(Value::Array(list)) => rules.extend(list),
                    Ok(rule @ Value::Object(_)) => rules.push(rule),
                    _ => return Err(format!("{attribute} is no rule in JSON")),
                }
            }
        }
        for (attribute, action) in [(&self.all, "all"), (&self.publish, "publish"), (&self.subscribe, "subscribe")] {
            let Some(attribute) = attribute else { continue };
            let topics: Result<Vec<_>, _> = entry.values(attribute).map(std::str::from_utf8).collect();
            let topics = topics.map_err(|_| format!("{attribute} is no text"))?;
            if !topics.is_empty() {
                rules.push(json!({"permission": "allow", "action": action, "topics": topics}));
            }
        }
        Ok(rules)
    }

    /// When the rules of an entry end.
    pub(crate) fn expires_at(&self, entry: &Entry, now: Millis) -> Result<Option<Millis>, String> {
        let Some(attribute) = &self.acl_ttl else { return Ok(None) };
        let Some(text) = entry.text(attribute) else { return Ok(None) };
        let length = duration(text).ok_or_else(|| format!("{attribute} is no time such as 1h"))?;
        Ok(Some(now.saturating_add(length)))
    }
}

/// `1h30m`, `10s`, or seconds without a unit, in milliseconds.
fn duration(text: &str) -> Option<Millis> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<u64>() {
        return seconds.checked_mul(1_000);
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let unit_end = behind.find(|letter: char| letter.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(unit_end)?;
        let unit_ms = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit_ms)?)?;
        rest = behind;
    }
    (!text.trim().is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(attributes: &[(&str, &[&str])]) -> Entry {
        let values = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect();
        let attributes = attributes.iter().map(|(name, list)| ((*name).to_owned(), values(list))).collect();
        Entry { name: "uid=a".into(), attributes }
    }

    #[test]
    fn rules_in_json_come_before_topics() {
        let entry = entry(&[
            ("MQTTpublishTopic", &["a", "b"]),
            ("mqttPubSubTopic", &["c"]),
            ("mqttAclRule", &[r#"{"permission":"deny"}"#, r#"[{"x":1}]"#]),
        ]);
        let rules = Value::Array(RuleAttributes::for_rules().rules(&entry).expect("rules"));
        let expected = json!([
            {"permission": "deny"},
            {"x": 1},
            {"permission": "allow", "action": "all", "topics": ["c"]},
            {"permission": "allow", "action": "publish", "topics": ["a", "b"]},
        ]);
        assert_eq!(rules, expected);
        assert_eq!(RuleAttributes::default().rules(&entry), Ok(Vec::new()), "attributes that are none");
    }

    #[test]
    fn what_is_no_rule_is_an_error() {
        let entry = entry(&[("mqttAclRule", &["allow all"])]);
        assert_eq!(RuleAttributes::for_rules().rules(&entry), Err("mqttAclRule is no rule in JSON".into()));
    }

    #[test]
    fn times_to_live() {
        for (text, expected) in [
            ("60", Some(60_000)),
            ("1h30m", Some(5_400_000)),
            ("10s", Some(10_000)),
            ("1d 2ms", Some(86_400_002)),
            ("", None),
            ("h", None),
            ("1x", None),
            ("-1s", None),
            ("1h30", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }
}
