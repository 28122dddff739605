//! Rules of databases: one in a row, a document or an object of JSON.

use crate::{
    ActionKind, ActionPattern, InvalidRegex, InvalidRule, Permission, QosSet, Rule, TextPattern, TopicPattern, Topics,
    Who, parse_network,
};
use dunlin_model::Qos;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The columns of a row, the fields of a document or an object of JSON.
pub type Row = Map<String, Value>;

const PERMISSION_FORMS: &str = "write allow or deny";
const ACTION_FORMS: &str = "write publish, subscribe or all";
const QOS_FORMS: &str = "write 0, 1 or 2, several of them as [0, 1] or \"0,1\", or leave it out for all";
const RETAIN_FORMS: &str = "write true, false, 1, 0 or all, or leave it out for all";
const TOPIC_FORMS: &str = "write a topic, a filter, or `eq ` and a text";
const ADDRESS_FORMS: &str = "write an address or a network such as 10.0.0.0/8, or leave it out";
const TEXT_FORMS: &str = "write a text, or leave it out";
const REGEX_FORMS: &str = "write a regular expression without look-around and back-references, or leave it out";
const REDIS_FORMS: &str = "write publish, subscribe or all, or JSON such as {\"action\": \"publish\", \"qos\": [0, 1]}";

impl Rule {
    /// The rule in a row: `permission`, `action`, `topic` or `topics`, and what narrows it: `qos`, `retain`, `clientid_re`,
    /// `username_re`, `ipaddr`, `zone`, `zone_re`, `listener`, `listener_re`. What narrows a rule may be missing, null or
    /// empty, as columns often are. Other columns mean nothing here.
    ///
    /// # Errors
    /// A field is missing, or its value makes no sense.
    pub fn from_row(row: &Row) -> Result<Self, InvalidRule> {
        let permission = text_of(row, "permission", PERMISSION_FORMS)?;
        let permission = Permission::from_name(permission)
            .ok_or_else(|| InvalidRule::new("permission", format!("is {permission:?}"), PERMISSION_FORMS))?;
        Ok(Self { permission, who: who(row)?, action: action(row)?, topics: topics(row)? })
    }

    /// The rules in a list of objects of JSON, or the one in a single object.
    ///
    /// # Errors
    /// One of them is no rule; none is used then.
    pub fn from_json(value: &Value) -> Result<Vec<Self>, InvalidRule> {
        let rules = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let read = |(index, rule): (usize, &Value)| {
            let row = rule.as_object().ok_or_else(|| {
                InvalidRule::new(
                    "acl",
                    "is no object of JSON",
                    "write {\"permission\": …, \"action\": …, \"topic\": …}",
                )
            });
            row.and_then(Self::from_row).map_err(|error| error.numbered(index + 1))
        };
        rules.iter().enumerate().map(read).collect()
    }

    /// The rule in a field of a hash of Redis: its name is the topic, its value the action, or JSON with what narrows the
    /// rule. Such rules allow, because the fields of a hash have no order. Spellings of old hashes are understood: `1`, `2`
    /// and `3` for subscribing, publishing and both, and `%u` and `%c` in topics.
    ///
    /// # Errors
    /// The value makes no sense, or wants to deny something.
    pub fn from_redis(topic: &str, value: &str) -> Result<Self, InvalidRule> {
        let (mut who_is, mut pattern) = (Who::All, ActionPattern::ALL);
        match value.trim() {
            "1" => pattern.kind = ActionKind::Subscribe,
            "2" => pattern.kind = ActionKind::Publish,
            "3" => {}
            name if !name.starts_with('{') => {
                let problem = || InvalidRule::new(topic, format!("has {name:?} for an action"), REDIS_FORMS);
                pattern.kind = ActionKind::from_name(name).ok_or_else(problem)?;
            }
            json => {
                let row: Row = serde_json::from_str(json).map_err(|error| {
                    InvalidRule::new(topic, format!("has no JSON for a value: {error}"), REDIS_FORMS)
                })?;
                if row.get("permission").is_some_and(|permission| permission.as_str() != Some("allow")) {
                    let remedy = "allow what may be, and leave out what may not";
                    return Err(InvalidRule::new(
                        "permission",
                        "is not allow, and the fields of a hash have no order",
                        remedy,
                    ));
                }
                (who_is, pattern) = (who(&row)?, action(&row)?);
            }
        }
        let topics = Topics::Listed([TopicPattern::with_old_placeholders(topic)].into());
        Ok(Self { permission: Permission::Allow, who: who_is, action: pattern, topics })
    }
}

/// The value of a field that narrows a rule, if it does.
fn narrowing<'a>(row: &'a Row, field: &str) -> Option<&'a Value> {
    row.get(field).filter(|value| !value.is_null() && value.as_str() != Some(""))
}

fn text_of<'a>(row: &'a Row, field: &str, remedy: &'static str) -> Result<&'a str, InvalidRule> {
    match row.get(field) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(InvalidRule::new(field, format!("is {other}, not a text"), remedy)),
        None => Err(InvalidRule::new(field, "is missing", remedy)),
    }
}

/// The texts in a field that may hold one or a list of them.
fn texts<'a>(field: &str, value: &'a Value, remedy: &'static str) -> Result<Vec<&'a str>, InvalidRule> {
    let texts = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let wrong = |value: &Value| InvalidRule::new(field, format!("has {value}, not a text"), remedy);
    texts.iter().map(|value| value.as_str().ok_or_else(|| wrong(value))).collect()
}

fn exact(row: &Row, field: &str) -> Result<Option<TextPattern>, InvalidRule> {
    let Some(_) = narrowing(row, field) else { return Ok(None) };
    text_of(row, field, TEXT_FORMS).map(TextPattern::exact).map(Some)
}

fn regex(row: &Row, field: &str) -> Result<Option<TextPattern>, InvalidRule> {
    let Some(_) = narrowing(row, field) else { return Ok(None) };
    let text = text_of(row, field, TEXT_FORMS)?;
    let wrong = |error: InvalidRegex| InvalidRule::new(field, format!("is {text:?}: {}", error.problem), REGEX_FORMS);
    TextPattern::regex(text).map(Some).map_err(wrong)
}

/// All that a row says of the clients it is about, each of which has to be true.
fn who(row: &Row) -> Result<Who, InvalidRule> {
    let mut all = Vec::new();
    all.extend(regex(row, "clientid_re")?.map(Who::ClientId));
    all.extend(regex(row, "username_re")?.map(Who::Username));
    all.extend(exact(row, "zone")?.map(Who::Zone));
    all.extend(regex(row, "zone_re")?.map(Who::Zone));
    all.extend(exact(row, "listener")?.map(Who::Listener));
    all.extend(regex(row, "listener_re")?.map(Who::Listener));
    if let Some(value) = narrowing(row, "ipaddr") {
        let networks = texts("ipaddr", value, ADDRESS_FORMS)?.into_iter().map(|text| {
            parse_network(text)
                .ok_or_else(|| InvalidRule::new("ipaddr", format!("has {text:?}, which is no address"), ADDRESS_FORMS))
        });
        all.push(Who::Address(networks.collect::<Result<_, _>>()?));
    }
    Ok(match all.len() {
        0 => Who::All,
        1 => all.remove(0),
        _ => Who::And(all.into()),
    })
}

fn action(row: &Row) -> Result<ActionPattern, InvalidRule> {
    let name = text_of(row, "action", ACTION_FORMS)?;
    let kind =
        ActionKind::from_name(name).ok_or_else(|| InvalidRule::new("action", format!("is {name:?}"), ACTION_FORMS))?;
    let mut pattern = ActionPattern::of(kind);
    if let Some(value) = narrowing(row, "qos") {
        pattern.qos = qos_set(value)?;
    }
    // A column that is there for other rules says nothing about subscribing.
    if let Some(value) = narrowing(row, "retain").filter(|_| kind != ActionKind::Subscribe) {
        pattern.retain = retain(value)?;
    }
    Ok(pattern)
}

fn qos_set(value: &Value) -> Result<QosSet, InvalidRule> {
    let wrong = || InvalidRule::new("qos", format!("is {value}"), QOS_FORMS);
    let one = |text: &str| text.trim().parse().ok().and_then(Qos::from_u8).ok_or_else(wrong);
    let add = |set: QosSet, value: &Value| match plain_text(value) {
        Some(text) => text.split(',').try_fold(set, |set, part| Ok(set.with(one(part)?))),
        None => Err(wrong()),
    };
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter().try_fold(QosSet::NONE, add)
}

fn retain(value: &Value) -> Result<Option<bool>, InvalidRule> {
    match plain_text(value).as_deref() {
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some("all") => Ok(None),
        _ => Err(InvalidRule::new("retain", format!("is {value}"), RETAIN_FORMS)),
    }
}

/// A text, number or truth as text. Whole numbers are `1` and never `1.0`: some databases know no whole numbers.
fn plain_text(value: &Value) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::String(text) => text.trim().into(),
        Value::Bool(is_true) => if *is_true { "true" } else { "false" }.into(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => format!("{float:.0}").into(),
            _ => number.to_string().into(),
        },
        _ => return None,
    })
    .filter(|_| value.as_f64().is_none_or(|float| float.fract() == 0.0))
}

fn topics(row: &Row) -> Result<Topics, InvalidRule> {
    let mut patterns = Vec::new();
    let mut is_missing = true;
    for field in ["topic", "topics"] {
        if let Some(value) = row.get(field).filter(|value| !value.is_null()) {
            is_missing = false;
            patterns.extend(texts(field, value, TOPIC_FORMS)?.into_iter().map(TopicPattern::new));
        }
    }
    if is_missing {
        return Err(InvalidRule::new("topic", "is missing", TOPIC_FORMS));
    }
    Ok(Topics::Listed(patterns.into()))
}

#[cfg(test)]
mod tests;
