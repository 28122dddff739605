//! What has happened to a client, as the API and the command line show it.

use dunlin_api::MomentMillis;
use dunlin_api::clients::TimelineObject;
use dunlin_broker::{TimelineEntry, TimelineEvent, TimelineVerdict};
use dunlin_model::ReasonCode;

/// Something that happened to a client.
pub(crate) fn timeline_object(entry: TimelineEntry<'_>) -> TimelineObject {
    let TimelineEntry { at, last_at, count, event } = entry;
    TimelineObject {
        at: MomentMillis(at),
        last_at: (count > 1).then_some(MomentMillis(last_at)),
        count,
        ..object_of(event)
    }
}

fn object_of(event: TimelineEvent<'_>) -> TimelineObject {
    let named = |event| TimelineObject { event, ..TimelineObject::default() };
    match event {
        TimelineEvent::Connected { peer, listener, version, is_resumed, authenticator } => TimelineObject {
            peername: Some(peer.to_string()),
            listener: Some(listener.to_string()),
            proto_ver: Some(version as u8),
            session_present: Some(is_resumed),
            authenticator: authenticator.map(str::to_owned),
            ..named("connected")
        },
        TimelineEvent::Refused { peer, code } => {
            TimelineObject { peername: Some(peer.to_string()), ..with_code(named("refused"), code) }
        }
        TimelineEvent::NotAuthenticated { authenticator, code } => TimelineObject {
            authenticator: authenticator.map(str::to_owned),
            ..with_code(named("not_authenticated"), code)
        },
        TimelineEvent::SubscribeAllowed(verdict) => with_verdict(named("subscribe_allowed"), verdict),
        TimelineEvent::SubscribeDenied(verdict) => with_verdict(named("subscribe_denied"), verdict),
        TimelineEvent::PublishDenied(verdict) => with_verdict(named("publish_denied"), verdict),
        TimelineEvent::PublishOverLimit { topic } => {
            TimelineObject { topic: Some(topic.to_string()), ..named("publish_over_limit") }
        }
        TimelineEvent::Subscribed { filter, qos } => {
            TimelineObject { topic: Some(filter.to_string()), qos: Some(qos.as_u8()), ..named("subscribed") }
        }
        TimelineEvent::Unsubscribed { filter } => {
            TimelineObject { topic: Some(filter.to_string()), ..named("unsubscribed") }
        }
        TimelineEvent::Dropped { reason, topic } => {
            TimelineObject { reason: Some(reason.as_str()), topic: topic.map(str::to_owned), ..named("dropped") }
        }
        TimelineEvent::ReleaseTimedOut => named("release_timed_out"),
        TimelineEvent::Disconnected { reason } => {
            TimelineObject { reason: Some(reason.as_str()), ..named("disconnected") }
        }
        TimelineEvent::SessionEnded => named("session_ended"),
    }
}

fn with_code(object: TimelineObject, code: ReasonCode) -> TimelineObject {
    TimelineObject { reason: Some(code.as_str()), reason_code: Some(code.as_u8()), ..object }
}

fn with_verdict(object: TimelineObject, verdict: TimelineVerdict<'_>) -> TimelineObject {
    TimelineObject {
        topic: Some(verdict.topic.to_string()),
        source: Some(verdict.source.to_string()),
        rule: verdict.rule,
        ..object
    }
}
