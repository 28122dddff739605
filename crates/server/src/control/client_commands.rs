//! `clients.*`, `subscriptions.*`, `topics.*`, `exclusive.*`: who is connected, and what is subscribed to.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use crate::clients::{client_object, subscription_object, timeline_object};
use dunlin_broker::{ClientCursor, ClientFilter, Clients, SubscriptionQuery};
use dunlin_model::{Qos, SubscriptionOptions};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Clients, subscriptions or topics in one answer: it is one line.
const PART: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct From {
    #[serde(default)]
    worker: u16,
    #[serde(default)]
    slot: u32,
    like_clientid: Option<String>,
    like_username: Option<String>,
    connected: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    clientid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skipping {
    #[serde(default)]
    skip: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    topic: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribed {
    clientid: String,
    topic: String,
    #[serde(default)]
    qos: u8,
}

fn clients_of(running: &Running) -> Result<Clients, String> {
    running.node.clients().map_err(|error| error.to_string())
}

fn value(object: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(object).map_err(|error| error.to_string())
}

/// A part of all clients, and where the next one begins.
pub(super) fn list(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let From { worker, slot, like_clientid, like_username, connected } = arguments(given)?;
    let filter = ClientFilter {
        client_id_contains: like_clientid,
        user_name_contains: like_username,
        is_connected: connected,
        ..ClientFilter::default()
    };
    let found = clients_of(running)?.page_from(&filter, ClientCursor { worker, slot }, PART);
    let (found, next) = found.map_err(|error| error.to_string())?;
    let node = &answerer.identity.node_name;
    let clients: Vec<_> = found.into_iter().map(|facts| client_object(node, facts)).collect();
    let next = next.map(|cursor| json!({"worker": cursor.worker, "slot": cursor.slot}));
    Ok(json!({"data": clients, "next": next}))
}

/// A client; null where there is none.
pub(super) fn show(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { clientid } = arguments(given)?;
    let found = clients_of(running)?.find(&clientid).map_err(|error| error.to_string())?;
    value(&found.map(|facts| client_object(&answerer.identity.node_name, facts)))
}

/// What has happened to a client lately; null where nothing is known of one.
pub(super) fn timeline(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { clientid } = arguments(given)?;
    let found = clients_of(running)?.timeline(&clientid).map_err(|error| error.to_string())?;
    value(&found.map(|timeline| timeline.entries().map(timeline_object).collect::<Vec<_>>()))
}

/// True where there was such a client.
pub(super) fn kick(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { clientid } = arguments(given)?;
    clients_of(running)?.kick(&clientid).map(Value::Bool).map_err(|error| error.to_string())
}

/// A part of all subscriptions.
pub(super) fn subscriptions(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Skipping { skip } = arguments(given)?;
    let page = clients_of(running)?.subscriptions(&SubscriptionQuery::default(), skip, PART);
    let page = page.map_err(|error| error.to_string())?;
    let node = &answerer.identity.node_name;
    let data: Vec<_> = page.subscriptions.into_iter().map(|facts| subscription_object(node, facts)).collect();
    Ok(json!({"data": data, "hasnext": page.has_next}))
}

/// Subscriptions of one client; null where there is none.
pub(super) fn subscriptions_of(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { clientid } = arguments(given)?;
    let found = clients_of(running)?.subscriptions_of(&clientid).map_err(|error| error.to_string())?;
    let node = &answerer.identity.node_name;
    let objects = |all: Vec<_>| all.into_iter().map(|facts| subscription_object(node, facts)).collect::<Vec<_>>();
    value(&found.map(objects))
}

/// The subscription that is there now; null where there is no such client.
pub(super) fn subscribe(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Subscribed { clientid, topic, qos } = arguments(given)?;
    let qos = Qos::from_u8(qos).ok_or("QoS should be 0, 1, 2")?;
    let wish = (topic, SubscriptionOptions { qos, ..SubscriptionOptions::default() });
    let done = clients_of(running)?.subscribe(&clientid, &[wish]).map_err(|error| error.to_string())?;
    match done.and_then(|all| all.into_iter().next()) {
        None => Ok(Value::Null),
        Some(Ok(facts)) => value(&subscription_object(&answerer.identity.node_name, facts)),
        Some(Err(code)) => Err(format!("the subscription is refused: {code}")),
    }
}

/// Null where there is no such client.
pub(super) fn unsubscribe(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Subscribed { clientid, topic, qos: _ } = arguments(given)?;
    let codes = clients_of(running)?.unsubscribe(&clientid, &[topic]).map_err(|error| error.to_string())?;
    match codes.and_then(|codes| codes.first().copied()) {
        None => Ok(Value::Null),
        Some(code) if code.is_error() => Err(format!("the filter is refused: {code}")),
        Some(code) => Ok(json!(code.as_str())),
    }
}

/// A part of all filters that somebody is subscribed to.
pub(super) fn topics(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Skipping { skip } = arguments(given)?;
    let page = clients_of(running)?.topics(skip, PART);
    let node = &answerer.identity.node_name;
    let data: Vec<_> = page.topics.iter().map(|topic| json!({"topic": &*topic.filter, "node": node})).collect();
    Ok(json!({"data": data, "hasnext": page.has_next}))
}

/// One filter; null where nobody is subscribed to it.
pub(super) fn topic(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Filter { topic } = arguments(given)?;
    let found = clients_of(running)?.topic(&topic);
    Ok(found.map_or(Value::Null, |topic| {
        let groups: Vec<_> =
            topic.groups.iter().map(|(name, members)| json!({"group": name, "members": members})).collect();
        let owner = topic.exclusive_owner.as_deref();
        json!({"topic": &*topic.filter, "node": answerer.identity.node_name, "subscribers": topic.subscribers,
            "groups": groups, "exclusive": owner})
    }))
}

/// A part of the topics that a client has for itself.
pub(super) fn exclusive(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Skipping { skip } = arguments(given)?;
    let page = clients_of(running)?.exclusive_topics(skip, PART);
    let data =
        page.topics.iter().map(|topic| json!({"topic": &*topic.filter, "clientid": topic.exclusive_owner.as_deref()}));
    Ok(json!({"data": data.collect::<Vec<_>>(), "hasnext": page.has_next}))
}

/// True where somebody had the topic for itself.
pub(super) fn end_exclusive(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Filter { topic } = arguments(given)?;
    let topic = topic.strip_prefix("$exclusive/").unwrap_or(&topic);
    clients_of(running)?.end_exclusive(topic).map(Value::Bool).map_err(|error| error.to_string())
}
