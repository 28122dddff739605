//! All counters under the names that EMQX gives them.

use dunlin_access::Tally;
use dunlin_telemetry::Metric;

/// Names of EMQX for what is counted under other names, or in parts.
const SUMS: &[(&str, &[Metric])] = &[
    ("authentication.success.anonymous", &[Metric::ClientAuthAnonymous]),
    ("client.authenticate", &[Metric::AuthenticationSuccess, Metric::AuthenticationFailure]),
    ("client.connack", &[Metric::PacketsConnackSent]),
    ("client.connect", &[Metric::PacketsConnectReceived]),
    ("client.post_authn", &[Metric::AuthenticationSuccess]),
    ("client.subscribe", &[Metric::PacketsSubscribeReceived]),
    ("client.unsubscribe", &[Metric::PacketsUnsubscribeReceived]),
    ("messages.delivered", &[Metric::MessagesSent]),
    (
        "messages.dropped",
        &[
            Metric::MessagesDroppedAwaitPubrelTimeout,
            Metric::MessagesDroppedBanned,
            Metric::MessagesDroppedNoSubscribers,
            Metric::MessagesDroppedQuotaExceeded,
            Metric::MessagesDroppedReceiveMaximum,
        ],
    ),
    ("messages.publish", &[Metric::MessagesReceived, Metric::MessagesPublishUnattended]),
];

/// Counters of EMQX for what does not happen here: there is one node, no rules and no schemas, and a packet identifier in use is
/// either a repetition, which is answered, or a protocol error, which ends the connection.
const WITHOUT_MEANING: &[&str] = &[
    "actions.executed",
    "actions.messages",
    "delivery.dropped.filter",
    "messages.forward",
    "messages.transformation_failed",
    "messages.transformation_succeeded",
    "messages.validation_failed",
    "messages.validation_succeeded",
    "overload_protection.delay.ok",
    "overload_protection.delay.timeout",
    "overload_protection.gc",
    "overload_protection.hibernation",
    "packets.puback.inuse",
    "packets.pubcomp.inuse",
    "packets.publish.inuse",
    "packets.pubrec.inuse",
    "packets.unsubscribe.error",
    "rules.matched",
];

/// All counters, in the order of the alphabet.
pub(super) fn all(value: impl Fn(Metric) -> u64, tally: &Tally) -> Vec<(&'static str, u64)> {
    let counted = Metric::ALL.iter().map(|metric| (metric.as_str(), value(*metric)));
    let sums = SUMS.iter().map(|(name, parts)| (*name, parts.iter().map(|part| value(*part)).sum()));
    let authorized = ("client.authorize", tally.allow.saturating_add(tally.deny));
    let decisions = tally.named().into_iter().chain([authorized]);
    let mut all: Vec<_> = counted.chain(sums).chain(decisions).collect();
    // What is counted one day has its meaning then.
    let without = WITHOUT_MEANING.iter().filter(|name| Metric::ALL.iter().all(|metric| metric.as_str() != **name));
    all.extend(without.map(|name| (*name, 0)));
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every counter of EMQX 5, as its reference has them.
    const OF_EMQX: &str = "
        bytes.received bytes.sent packets.received packets.sent packets.connect.received
        packets.connack.sent packets.connack.error packets.connack.auth_error
        packets.publish.received packets.publish.sent packets.publish.inuse packets.publish.error
        packets.publish.auth_error packets.publish.quota_exceeded
        packets.puback.received packets.puback.sent packets.puback.inuse packets.puback.missed
        packets.pubrec.received packets.pubrec.sent packets.pubrec.inuse packets.pubrec.missed
        packets.pubrel.received packets.pubrel.sent packets.pubrel.missed
        packets.pubcomp.received packets.pubcomp.sent packets.pubcomp.inuse packets.pubcomp.missed
        packets.subscribe.received packets.subscribe.error packets.subscribe.auth_error packets.suback.sent
        packets.unsubscribe.received packets.unsubscribe.error packets.unsuback.sent
        packets.pingreq.received packets.pingresp.sent packets.disconnect.received packets.disconnect.sent
        packets.auth.received packets.auth.sent
        messages.received messages.sent messages.publish messages.dropped messages.forward messages.delayed
        messages.delivered messages.acked messages.persisted messages.retained
        messages.validation_failed messages.validation_succeeded
        messages.transformation_failed messages.transformation_succeeded
        messages.qos0.received messages.qos0.sent messages.qos1.received messages.qos1.sent
        messages.qos2.received messages.qos2.sent
        messages.dropped.await_pubrel_timeout messages.dropped.no_subscribers messages.dropped.quota_exceeded
        messages.dropped.receive_maximum
        delivery.dropped delivery.dropped.no_local delivery.dropped.too_large delivery.dropped.qos0_msg
        delivery.dropped.queue_full delivery.dropped.expired delivery.dropped.filter
        client.connect client.connack client.connected client.disconnected client.authenticate client.post_authn
        client.auth.anonymous client.authorize client.subscribe client.unsubscribe
        session.created session.disconnected session.resumed session.takenover session.discarded session.terminated
        authorization.allow authorization.deny authorization.cache_hit authorization.cache_miss
        authorization.superuser authorization.matched.allow authorization.matched.deny authorization.nomatch
        authentication.success authentication.success.anonymous authentication.failure
        overload_protection.delay.ok overload_protection.delay.timeout overload_protection.hibernation
        overload_protection.gc overload_protection.new_conn
        rules.matched actions.executed actions.messages";

    #[test]
    fn every_counter_of_emqx_is_there_once() {
        let all = all(|_| 1, &Tally::default());
        let names: BTreeSet<_> = all.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), all.len(), "a name is there twice");
        let missing: Vec<_> = OF_EMQX.split_whitespace().filter(|name| !names.contains(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_sum_is_that_of_its_parts() {
        let all = all(|metric| metric as u64, &Tally { allow: 2, deny: 3, ..Tally::default() });
        let value = |wanted: &str| all.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let expected = Metric::MessagesReceived as u64 + Metric::MessagesPublishUnattended as u64;
        assert_eq!(value("messages.publish"), Some(expected));
        assert_eq!((value("client.authorize"), value("rules.matched")), (Some(5), Some(0)));
    }
}
