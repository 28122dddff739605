//! Inputs and settings to choose from.

use crate::{Q0, Q1, Q2, V3, V4, V5};
use dunlin_model::{Millis, ProtocolVersion, Qos, ReasonCode};
use dunlin_session::{Ending, QueuePriorities, SessionSettings};
use proptest::{prelude::*, sample::select};

pub(super) const TOPICS: [&str; 6] = ["a", "a/b", "$SYS/x", "a/+", "", "high"];
pub(super) const FILTERS: [&str; 7] = ["a", "a/+", "#", "$share/g/a", "$queue/a", "$exclusive/a", "a#"];
pub(super) const CODES: [ReasonCode; 3] =
    [ReasonCode::Success, ReasonCode::NoMatchingSubscribers, ReasonCode::NotAuthorized];

/// What can happen to a session, by small numbers that often collide.
#[derive(Clone, Debug)]
pub(super) enum Input {
    Connect {
        version: ProtocolVersion,
        expiry: Option<u32>,
        window: u16,
        size: Option<u32>,
        aliases: u16,
        will: Option<u32>,
        mountpoint: Option<&'static str>,
    },
    Publish {
        qos: Qos,
        id: u16,
        topic: usize,
        alias: Option<u16>,
        flags: u8,
    },
    Published(Qos, u16, ReasonCode),
    PubAck(u16),
    PubRec(u16, ReasonCode),
    PubRel(u16),
    PubComp(u16),
    Subscribe(usize, Qos, bool),
    Subscribed,
    Unsubscribe(usize),
    Ping,
    Disconnect(ReasonCode, Option<u32>),
    Deliver {
        published: Qos,
        granted: Qos,
        more: usize,
        shared: Option<usize>,
        expiry: Option<u32>,
        topic: usize,
    },
    /// From the durable queue, after leaving out so many positions; sent before or not.
    Feed {
        skipped: u64,
        qos: Qos,
        dup: bool,
        topic: usize,
        expiry: Option<u32>,
    },
    /// The next position was received on an earlier connection.
    Release,
    MarkStored(u16),
    Congested(bool),
    Detach(Ending),
    Wait(Millis),
    HandBack(usize),
    Trim,
}

fn any_qos() -> impl Strategy<Value = Qos> {
    select(vec![Q0, Q1, Q2])
}

fn any_code() -> impl Strategy<Value = ReasonCode> {
    select(&CODES[..])
}

fn any_connect() -> impl Strategy<Value = Input> {
    let expiry = select(vec![None, Some(0), Some(5), Some(20), Some(u32::MAX)]);
    let size = select(vec![None, None, Some(100), Some(30), Some(20), Some(5)]);
    let will = select(vec![None, Some(0), Some(3), Some(50)]);
    let mountpoint = select(vec![None, None, Some("a/"), Some("m")]);
    (select(vec![V3, V4, V5, V5]), expiry, 1..8u16, size, 0..4u16, will, mountpoint).prop_map(
        |(version, expiry, window, size, aliases, will, mountpoint)| Input::Connect {
            version,
            expiry,
            window,
            size,
            aliases,
            will,
            mountpoint,
        },
    )
}

fn any_publish() -> impl Strategy<Value = Input> {
    let alias = prop_oneof![3 => Just(None), 1 => (0..6u16).prop_map(Some)];
    (any_qos(), 1..8u16, 0..TOPICS.len(), alias, 0..8u8).prop_map(|(qos, id, topic, alias, flags)| Input::Publish {
        qos,
        id,
        topic,
        alias,
        flags,
    })
}

fn any_delivery() -> impl Strategy<Value = Input> {
    let more = prop_oneof![4 => 0..20usize, 1 => 0..3_000usize];
    let shared = prop_oneof![3 => Just(None), 1 => (3..5usize).prop_map(Some)];
    let topic = select(vec![0usize, 1, 5]);
    (any_qos(), any_qos(), more, shared, select(vec![None, None, Some(1), Some(10)]), topic).prop_map(
        |(published, granted, more, shared, expiry, topic)| Input::Deliver {
            published,
            granted,
            more,
            shared,
            expiry,
            topic,
        },
    )
}

fn any_feed() -> impl Strategy<Value = Input> {
    // 65,534 more than the next one has the identifier of the one before.
    let skipped = prop_oneof![8 => Just(0), 1 => 1..4u64, 1 => Just(65_533), 1 => Just(65_534)];
    let expiry = select(vec![None, None, Some(1), Some(10)]);
    (skipped, any_qos(), any::<bool>(), select(vec![0usize, 1, 5]), expiry)
        .prop_map(|(skipped, qos, dup, topic, expiry)| Input::Feed { skipped, qos, dup, topic, expiry })
}

pub(super) fn any_input() -> impl Strategy<Value = Input> {
    let endings =
        vec![Ending::Closed, Ending::Closed, Ending::Closed, Ending::TakenOver, Ending::Discarded, Ending::Kicked];
    prop_oneof![
        3 => any_connect(),
        4 => any_publish(),
        2 => (any_qos(), 1..8u16, any_code()).prop_map(|(qos, id, code)| Input::Published(qos, id, code)),
        3 => (1..12u16).prop_map(Input::PubAck),
        3 => (1..12u16, any_code()).prop_map(|(id, code)| Input::PubRec(id, code)),
        2 => (1..8u16).prop_map(Input::PubRel),
        2 => (1..12u16).prop_map(Input::PubComp),
        1 => (0..FILTERS.len(), any_qos(), any::<bool>()).prop_map(|(filter, qos, nl)| Input::Subscribe(filter, qos, nl)),
        1 => Just(Input::Subscribed),
        1 => (0..FILTERS.len()).prop_map(Input::Unsubscribe),
        1 => Just(Input::Ping),
        1 => (any::<bool>(), select(vec![None, Some(0), Some(7)])).prop_map(|(with_will, expiry)| Input::Disconnect(if with_will { ReasonCode::DisconnectWithWill } else { ReasonCode::Success }, expiry)),
        12 => any_delivery(),
        6 => any_feed(),
        1 => Just(Input::Release),
        1 => (1..8u16).prop_map(Input::MarkStored),
        2 => any::<bool>().prop_map(Input::Congested),
        1 => select(endings).prop_map(Input::Detach),
        1 => (0..9_000u64).prop_map(Input::Wait),
        1 => (3..5usize).prop_map(Input::HandBack),
        1 => Just(Input::Trim),
    ]
}

pub(super) fn any_settings() -> impl Strategy<Value = SessionSettings> {
    let max_memory_bytes = select(vec![None, Some(2_000)]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (1..6u16, 1..6usize, 1..6usize, max_memory_bytes, flags, any_qos()).prop_map(
        |(max_inflight, max_queue_len, max_awaiting_release, max_memory_bytes, flags, max_qos)| {
            let (queue_qos0, upgrade_qos, exclusive_subscription, prioritised) = flags;
            let topics = [("high".to_owned(), 3)].into_iter().collect();
            SessionSettings {
                max_inflight,
                max_queue_len,
                max_awaiting_release,
                max_memory_bytes,
                queue_qos0,
                upgrade_qos,
                exclusive_subscription,
                max_qos: max_qos.max(Q1),
                max_topic_alias: 4,
                max_subscriptions: Some(4),
                await_release_timeout_ms: 4_000,
                session_expiry_secs: 10,
                queue_priorities: prioritised.then_some(QueuePriorities { topics, default_is_highest: false }),
                ..SessionSettings::default()
            }
        },
    )
}
