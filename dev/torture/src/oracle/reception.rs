//! A message was received: may it come here, now, with this QoS, again?

use super::stream::{Purpose, Sent};
use super::subscription::Subscription;
use super::{ClientNumber, Oracle, Overlaps, ViolationKind};
use crate::message::MessageId;
use dunlin_model::Qos;

/// What the subscriptions of a session say about one message.
struct Fit<'a> {
    /// The QoS each subscription that may get it gives it.
    levels: Vec<Qos>,
    /// The highest of those that must get it.
    least: Option<Qos>,
    /// The shared filters among those that may get it.
    shared: Vec<&'a str>,
    /// At least one subscription is not shared.
    is_own: bool,
}

impl Oracle {
    pub(super) fn received(&mut self, client: ClientNumber, message: MessageId, topic: &str, qos: Qos) {
        self.counts.received += 1;
        let Some((kind, what)) = self.first_objection(client, message, topic, qos) else {
            self.count_in(client, message, qos);
            return;
        };
        let text = format!("{} got {}{what}", self.client_name(client), self.describe(message));
        let concerned = if kind == ViolationKind::WillUncalledFor { self.publisher_of(message) } else { client };
        self.violate_by(kind, concerned, text);
        self.count_in(client, message, qos);
    }

    fn first_objection(
        &mut self,
        client: ClientNumber,
        message: MessageId,
        topic: &str,
        qos: Qos,
    ) -> Option<(ViolationKind, String)> {
        let never_sent = || Some((ViolationKind::NeverSent, ", which nobody has sent".to_owned()));
        let Some(stream) = self.streams.get(usize::from(message.stream)) else { return never_sent() };
        let (level, purpose) = (stream.facts.qos, stream.facts.purpose);
        if stream.facts.topic != topic {
            return Some((ViolationKind::WrongTopic, format!(" on the topic {topic}")));
        }
        let sent = stream.get(message.sequence).copied();
        if purpose == Purpose::Will {
            if !self.wills.was_sent(message) {
                return never_sent();
            }
            if let Some(objection) = self.wills.received(message) {
                return Some((ViolationKind::WillUncalledFor, format!(", a will, {objection}")));
            }
        } else if sent.is_none() {
            return never_sent();
        }
        // Nobody knows when a will was published, and a retained message goes to later subscriptions too.
        let sent = sent.filter(|_| purpose == Purpose::Data).unwrap_or(Sent::new(self.now, self.cycle));
        let fit = self.fit(client, topic, level, &sent)?;
        self.objection_to(client, message, qos, &fit)
    }

    fn fit(&self, client: ClientNumber, topic: &str, level: Qos, sent: &Sent) -> Option<Fit<'_>> {
        let (_, session) = self.clients.get(client)?;
        let mut fit = Fit { levels: Vec::new(), least: None, shared: Vec::new(), is_own: false };
        // Who joins a group may get what the group had got before.
        let may_get = |one: &&Subscription| {
            let by_group = one.is_shared() && !one.has_ended_before(sent) && self.may_group_get(&one.filter, sent);
            one.matches(topic) && (one.may_get(sent) || by_group)
        };
        for subscription in session.subscriptions.iter().filter(may_get) {
            let given = level.min(subscription.qos);
            fit.levels.push(given);
            if subscription.is_shared() {
                fit.shared.push(&subscription.filter);
            } else {
                fit.is_own = true;
                if subscription.must_get(sent) {
                    fit.least = fit.least.max(Some(given));
                }
            }
        }
        Some(fit)
    }

    fn may_group_get(&self, filter: &str, sent: &Sent) -> bool {
        let all = self.clients.iter().flat_map(|(_, session)| &session.subscriptions);
        all.filter(|one| one.filter == filter).any(|one| one.may_get(sent))
    }

    fn objection_to(
        &self,
        client: ClientNumber,
        message: MessageId,
        qos: Qos,
        fit: &Fit<'_>,
    ) -> Option<(ViolationKind, String)> {
        if fit.levels.is_empty() {
            return Some((ViolationKind::NotSubscribed, ", without a subscription for it".to_owned()));
        }
        let least = fit.least.filter(|_| self.overlaps == Overlaps::Merged);
        if !fit.levels.contains(&qos) || least.is_some_and(|least| qos < least) {
            return Some((ViolationKind::WrongQos, format!(" at QoS {}", qos.as_u8())));
        }
        let (_, session) = self.clients.get(client)?;
        let receipts = session.receipts(message.stream)?;
        if qos == Qos::ExactlyOnce {
            let copies_max = match self.overlaps {
                Overlaps::Merged => 1,
                Overlaps::Copied => fit.levels.iter().filter(|level| **level == Qos::ExactlyOnce).count(),
            };
            if usize::from(receipts.copies_at_qos_2(message.sequence)) >= copies_max {
                return Some((ViolationKind::Repeated, " again at QoS 2".to_owned()));
            }
            if !fit.is_own
                && let Some(other) = self.other_member_with(client, message, &fit.shared)
            {
                return Some((ViolationKind::Repeated, format!(" at QoS 2, which {other} of its group had got")));
            }
        }
        // A subscription that began in the middle of a stream gets the earlier part when a crash makes the publisher repeat
        // it: order is promised from the first message on that was sent when the subscription surely held.
        let is_first = !receipts.has(message.sequence) && fit.least.is_some();
        if is_first && fit.shared.is_empty() && receipts.newest > Some(message.sequence) {
            let newest = receipts.newest.unwrap_or_default();
            return Some((ViolationKind::OutOfOrder, format!(" for the first time after number {newest}")));
        }
        None
    }

    /// A member of one of these groups that has got the message at QoS 2.
    fn other_member_with(&self, client: ClientNumber, message: MessageId, groups: &[&str]) -> Option<&str> {
        let members = self.clients.iter().enumerate().filter(|(number, (_, session))| {
            *number != client && session.subscriptions.iter().any(|one| groups.contains(&one.filter.as_str()))
        });
        let mut with = members.filter(|(_, (_, session))| {
            session.receipts(message.stream).is_some_and(|receipts| receipts.copies_at_qos_2(message.sequence) > 0)
        });
        with.next().map(|(_, (name, _))| name.as_str())
    }

    fn count_in(&mut self, client: ClientNumber, message: MessageId, qos: Qos) {
        let is_known = self
            .streams
            .get(usize::from(message.stream))
            .is_some_and(|stream| stream.facts.purpose == Purpose::Will || stream.get(message.sequence).is_some());
        let Some((_, session)) = self.clients.get_mut(client).filter(|_| is_known) else { return };
        let Some(receipts) = session.receipts_mut(message.stream) else { return };
        match qos {
            Qos::ExactlyOnce => self.counts.exactly_once += 1,
            _ if receipts.has(message.sequence) => self.counts.repeated_qos_1 += 1,
            _ => {}
        }
        self.counts.first_arrivals += u64::from(!receipts.has(message.sequence));
        receipts.add(message.sequence, qos == Qos::ExactlyOnce);
    }
}
