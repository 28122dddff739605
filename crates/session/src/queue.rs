//! Messages that wait for the client: because it is offline, its window is full, or its socket takes no more.
//!
//! One lane per priority. In a lane QoS 0 lies apart from QoS 1 and 2, because QoS 0 needs no window [MQTT-4.9.0-3] and is
//! dropped first; a sequence number keeps the order between both. Lanes share the line by credit, so that a low priority
//! never starves: each serves `(priority + base + 1) * 10 - 1` messages before the next one has its turn.
//!
//! Messages of the durable queue pass through on their way to the client. They lie on disk, under limits of their own, and whoever
//! feeds them bounds how many there are here: the limits of this queue neither count nor drop them.

use crate::{Delivery, DropReason, SessionSettings};
use dunlin_model::Qos;
use std::collections::{VecDeque, vec_deque};

#[derive(Debug)]
struct Waiting {
    sequence: u64,
    /// What the message adds to [`Queue::bytes`]; kept here because the message itself has left the cache when its turn comes.
    bytes: usize,
    delivery: Delivery,
}

/// The place of a message in the queue: its lane, and its sequence number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// Priority of its topic (`mqtt.mqueue_priorities`); larger goes first.
    pub priority: u16,
    /// Grows with every message that is queued.
    pub sequence: u64,
}

/// After every sequence number.
const NOTHING: u64 = u64::MAX;

#[derive(Debug, Default)]
struct Lane {
    /// Larger goes first.
    priority: u16,
    credit: u32,
    qos0: VecDeque<Waiting>,
    acknowledged: VecDeque<Waiting>,
    durable: VecDeque<Waiting>,
}

impl Lane {
    /// Messages that the limits count.
    fn limited_len(&self) -> usize {
        self.qos0.len() + self.acknowledged.len()
    }

    /// Takes the oldest message that is of QoS 0 or `may_go`.
    fn pop(&mut self, may_go: impl Fn(&Delivery) -> bool) -> Option<Waiting> {
        let first = |side: &VecDeque<Waiting>| side.front().map_or(NOTHING, |waiting| waiting.sequence);
        let first_to_go = |side: &VecDeque<Waiting>| {
            side.front().filter(|waiting| may_go(&waiting.delivery)).map_or(NOTHING, |waiting| waiting.sequence)
        };
        let (qos0, acknowledged) = (first(&self.qos0), first_to_go(&self.acknowledged));
        let durable = first_to_go(&self.durable);
        if qos0 < acknowledged.min(durable) {
            take_first(&mut self.qos0)
        } else if acknowledged < durable {
            take_first(&mut self.acknowledged)
        } else if durable != NOTHING {
            take_first(&mut self.durable)
        } else {
            None
        }
    }

    /// What waits behind a sequence number, oldest first.
    fn after(&self, sequence: Option<u64>) -> impl Iterator<Item = &Waiting> {
        let rest = |side: &VecDeque<Waiting>| {
            side.partition_point(|waiting| sequence.is_some_and(|sequence| waiting.sequence <= sequence))
        };
        let mut sides = [&self.qos0, &self.acknowledged, &self.durable].map(|side| side.range(rest(side)..));
        std::iter::from_fn(move || {
            let first =
                |side: &vec_deque::Iter<'_, Waiting>| side.clone().next().map_or(NOTHING, |first| first.sequence);
            sides.iter_mut().min_by_key(|side| first(side))?.next()
        })
    }

    /// Takes the message that is missed least: the oldest of QoS 0, else the oldest.
    fn take_oldest(&mut self) -> Option<Waiting> {
        self.qos0.pop_front().or_else(|| self.acknowledged.pop_front())
    }

    fn full_credit(&self) -> u32 {
        (u32::from(self.priority) + 1) * 10 - 1
    }
}

/// Takes the oldest message. The next one has left the cache by now: its way back begins while this one is sent.
fn take_first(side: &mut VecDeque<Waiting>) -> Option<Waiting> {
    let first = side.pop_front();
    if let Some(next) = side.front() {
        next.delivery.message.prefetch();
    }
    first
}

/// All lanes of one session.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// By priority, highest first; nearly always one.
    lanes: Vec<Lane>,
    /// Lane that has its turn.
    current: usize,
    next_sequence: u64,
    len: usize,
    /// How many of `len` are of the durable queue.
    durable_len: usize,
    bytes: usize,
    /// Messages that had to go because it was full.
    dropped: u64,
}

impl Queue {
    /// Messages that had to go because it was full.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Messages that the limits count.
    pub(crate) fn limited_len(&self) -> usize {
        self.len - self.durable_len
    }

    /// Messages of the durable queue.
    pub(crate) fn durable_len(&self) -> usize {
        self.durable_len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether QoS 0 messages wait.
    pub(crate) fn has_qos0(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.qos0.is_empty())
    }

    /// Bytes of the messages that wait and that the limits count. Messages shared with other sessions count in full: each would keep them alone.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a message at the end of its lane; returns what had to go for it. A full lane loses its oldest QoS 0 message, else its
    /// oldest; where bytes are short, as many of these as it takes, from other lanes too when its own is empty.
    pub(crate) fn push(&mut self, delivery: Delivery, settings: &SessionSettings) -> Vec<(Delivery, DropReason)> {
        if delivery.durable.is_some() {
            self.push_durable(delivery, settings);
            return Vec::new();
        }
        let qos0 = delivery.qos == Qos::AtMostOnce;
        if qos0 && !settings.queue_qos0 {
            return vec![(delivery, DropReason::Qos0NotStored)];
        }
        let bytes = delivery.message.memory_bytes();
        let max_bytes = settings.max_memory_bytes.unwrap_or(usize::MAX);
        if bytes > max_bytes {
            self.dropped += 1;
            return vec![(delivery, DropReason::QueueFull)];
        }
        let priority = priority_of(&delivery, settings);
        let mut dropped = Vec::new();
        let may_be_full = settings.max_queue_len > 0 && self.limited_len() >= settings.max_queue_len;
        if may_be_full && self.lane(priority).limited_len() >= settings.max_queue_len {
            dropped.extend(self.drop_oldest(priority));
        }
        while self.bytes + bytes > max_bytes
            && let Some(gone) = self.drop_oldest(priority)
        {
            dropped.push(gone);
        }
        self.dropped += dropped.len() as u64;
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.len += 1;
        self.bytes += bytes;
        let lane = self.lane(priority);
        let side = if qos0 { &mut lane.qos0 } else { &mut lane.acknowledged };
        side.push_back(Waiting { sequence, bytes, delivery });
        dropped
    }

    /// Adds a message of the durable queue: positions of one topic, and so of one lane, keep their order.
    fn push_durable(&mut self, delivery: Delivery, settings: &SessionSettings) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.len += 1;
        self.durable_len += 1;
        let lane = self.lane(priority_of(&delivery, settings));
        lane.durable.push_back(Waiting { sequence, bytes: 0, delivery });
    }

    /// Forgets the messages of the durable queue.
    pub(crate) fn forget_durable(&mut self) {
        for lane in &mut self.lanes {
            lane.durable = VecDeque::new();
        }
        self.len -= self.durable_len;
        self.durable_len = 0;
        if self.len == 0 {
            self.lanes = Vec::new();
            self.current = 0;
        }
    }

    /// Makes room: the oldest message of this lane, or else of the lane with the lowest priority that has one.
    fn drop_oldest(&mut self, priority: u16) -> Option<(Delivery, DropReason)> {
        let own = self.lane(priority).take_oldest();
        let waiting = own.or_else(|| self.lanes.iter_mut().rev().find_map(Lane::take_oldest))?;
        self.forget(&waiting);
        Some((waiting.delivery, DropReason::QueueFull))
    }

    /// Takes the next message that is of QoS 0 or `may_go`.
    pub(crate) fn pop(&mut self, may_go: impl Fn(&Delivery) -> bool) -> Option<Delivery> {
        if self.len == 0 {
            return None;
        }
        if let [only] = self.lanes.as_mut_slice() {
            let waiting = only.pop(may_go)?;
            self.forget(&waiting);
            return Some(waiting.delivery);
        }
        // Twice round: once to spend what credit is left, once with fresh credit.
        for _ in 0..self.lanes.len() * 2 {
            let lane = self.lanes.get_mut(self.current)?;
            if lane.credit > 0
                && let Some(waiting) = lane.pop(&may_go)
            {
                lane.credit -= 1;
                self.forget(&waiting);
                return Some(waiting.delivery);
            }
            lane.credit = lane.full_credit();
            self.current = (self.current + 1) % self.lanes.len();
        }
        None
    }

    /// Takes everything but what is of the durable queue, lane by lane, oldest first; forgets that.
    pub(crate) fn drain(&mut self) -> Vec<Delivery> {
        self.forget_durable();
        let mut all = Vec::with_capacity(self.len);
        for lane in &mut self.lanes {
            while let Some(waiting) = lane.pop(|_| true) {
                all.push(waiting.delivery);
            }
        }
        *self = Self { next_sequence: self.next_sequence, ..Self::default() };
        all
    }

    /// What waits behind a place, lane by lane, each lane in its order; from the beginning where there is none.
    pub(crate) fn after(&self, place: Option<QueuePlace>) -> impl Iterator<Item = (QueuePlace, &Delivery)> {
        let lanes = self.lanes.iter().filter(move |lane| place.is_none_or(|place| lane.priority <= place.priority));
        lanes.flat_map(move |lane| {
            let after = place.filter(|place| place.priority == lane.priority).map(|place| place.sequence);
            lane.after(after)
                .map(|waiting| (QueuePlace { priority: lane.priority, sequence: waiting.sequence }, &waiting.delivery))
        })
    }

    /// Takes out what `wanted` names and is not of the durable queue, oldest first.
    pub(crate) fn extract(&mut self, wanted: impl Fn(&Delivery) -> bool) -> Vec<Delivery> {
        let mut taken = Vec::new();
        for lane in &mut self.lanes {
            for side in [&mut lane.qos0, &mut lane.acknowledged] {
                let (out, keep): (VecDeque<_>, VecDeque<_>) =
                    std::mem::take(side).into_iter().partition(|waiting| wanted(&waiting.delivery));
                *side = keep;
                taken.extend(out);
            }
        }
        taken.sort_by_key(|waiting: &Waiting| waiting.sequence);
        for waiting in &taken {
            self.forget(waiting);
        }
        taken.into_iter().map(|waiting| waiting.delivery).collect()
    }

    fn forget(&mut self, waiting: &Waiting) {
        self.len -= 1;
        self.bytes -= waiting.bytes;
        self.durable_len -= usize::from(waiting.delivery.durable.is_some());
    }

    fn lane(&mut self, priority: u16) -> &mut Lane {
        let index = match self.lanes.binary_search_by(|lane| priority.cmp(&lane.priority)) {
            Ok(index) => index,
            Err(index) => {
                let mut lane = Lane { priority, ..Lane::default() };
                lane.credit = lane.full_credit();
                self.lanes.insert(index, lane);
                // A new lane is rare; starting over from the highest keeps the turn simple.
                self.current = 0;
                index
            }
        };
        &mut self.lanes[index]
    }
}

fn priority_of(delivery: &Delivery, settings: &SessionSettings) -> u16 {
    let Some(priorities) = &settings.queue_priorities else { return 0 };
    match priorities.topics.get(delivery.message.topic()) {
        Some(priority) => u16::from(*priority),
        None if priorities.default_is_highest => 256,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QueuePriorities;
    use dunlin_model::{Message, MessageParts, SubscriptionIds};

    fn delivery(topic: &str, qos: Qos, payload: u8) -> Delivery {
        let message = Message::new(&MessageParts {
            topic,
            properties: &[],
            payload: &[payload],
            qos,
            retain: false,
            expiry_secs: None,
            publisher: "p",
            received_at: 0,
        });
        Delivery { message, qos, retain: false, subscription_ids: SubscriptionIds::None, shared: None, durable: None }
    }

    fn popped(queue: &mut Queue, window_open: bool) -> Vec<u8> {
        std::iter::from_fn(|| queue.pop(|_| window_open)).map(|delivery| delivery.message.payload()[0]).collect()
    }

    const Q0: Qos = Qos::AtMostOnce;
    const Q1: Qos = Qos::AtLeastOnce;

    #[test]
    fn keeps_order_across_qos_and_lets_qos0_pass_a_closed_window() {
        let mut queue = Queue::default();
        let settings = SessionSettings::default();
        for (n, qos) in [(1, Q1), (2, Q0), (3, Q1), (4, Q0)] {
            assert!(queue.push(delivery("t", qos, n), &settings).is_empty());
        }
        assert_eq!(popped(&mut queue, false), [2, 4]);
        queue.push(delivery("t", Q0, 5), &settings);
        assert_eq!(popped(&mut queue, true), [1, 3, 5]);
        assert_eq!((queue.len(), queue.bytes()), (0, 0));
    }

    #[test]
    fn b057_a_full_queue_drops_the_oldest_and_qos0_first() {
        let mut queue = Queue::default();
        let settings = SessionSettings { max_queue_len: 3, ..SessionSettings::default() };
        let mut dropped = Vec::new();
        for (n, qos) in [(1, Q1), (2, Q0), (3, Q1), (4, Q1), (5, Q1)] {
            let gone = queue.push(delivery("t", qos, n), &settings);
            dropped.extend(gone.into_iter().map(|(gone, why)| (gone.message.payload()[0], why)));
        }
        assert_eq!(dropped, [(2, DropReason::QueueFull), (1, DropReason::QueueFull)]);
        assert_eq!(popped(&mut queue, true), [3, 4, 5]);
    }

    #[test]
    fn qos0_is_refused_when_the_queue_does_not_store_it() {
        let settings = SessionSettings { queue_qos0: false, ..SessionSettings::default() };
        let mut queue = Queue::default();
        let refused = queue.push(delivery("t", Q0, 1), &settings);
        assert!(matches!(refused[..], [(_, DropReason::Qos0NotStored)]));
        assert!(queue.is_empty());
    }

    #[test]
    fn bytes_are_a_limit_too() {
        let settings = SessionSettings { max_memory_bytes: Some(400), ..SessionSettings::default() };
        let mut queue = Queue::default();
        for n in 0..100 {
            queue.push(delivery("t", Q1, n), &settings);
        }
        assert!(queue.bytes() <= 400 && !queue.is_empty(), "{} bytes", queue.bytes());
    }

    #[test]
    fn priorities_share_by_credit_and_starve_nobody() {
        let topics = [("high".to_owned(), 2)].into_iter().collect();
        let settings = SessionSettings {
            queue_priorities: Some(QueuePriorities { topics, default_is_highest: false }),
            ..SessionSettings::default()
        };
        let mut queue = Queue::default();
        for n in 0..40 {
            queue.push(delivery("low", Q1, n), &settings);
            queue.push(delivery("high", Q1, 100 + n), &settings);
        }
        let order = popped(&mut queue, true);
        assert_eq!(order.len(), 80);
        assert!(order[..29].iter().all(|n| *n >= 100), "the high lane has 29 credits");
        assert!(order[29..38].iter().all(|n| *n < 100), "then the low one has 9");
        let high: Vec<_> = order.iter().filter(|n| **n >= 100).copied().collect();
        assert!(high.is_sorted(), "order within a lane");
    }
}
