//! The slowest deliveries of a worker's clients: so many pairs of client and topic, each with the longest time.

use super::{SlowSubscription, SlowSubscriptionsSettings};
use dunlin_model::Millis;
use dunlin_session::SlowWatch;
use hashbrown::{DefaultHashBuilder, HashTable, hash_table::Entry};
use std::hash::BuildHasher;

/// Longer client ids and topics are cut off at so many bytes: there can be a thousand of each.
const NAME_BYTES_MAX: usize = 4096;

/// The table. It never has more entries than `top_k`.
pub(super) struct SlowTable {
    settings: SlowSubscriptionsSettings,
    hasher: DefaultHashBuilder,
    entries: HashTable<SlowSubscription>,
    /// The shortest time in it, while it is full.
    shortest_ms: Option<Millis>,
}

impl SlowTable {
    pub(super) fn new(settings: SlowSubscriptionsSettings) -> Self {
        let (hasher, entries) = (DefaultHashBuilder::default(), HashTable::new());
        Self { settings, hasher, entries, shortest_ms: None }
    }

    /// Deliveries that would change it.
    pub(super) fn watch(&self) -> SlowWatch {
        let SlowSubscriptionsSettings { enable, span, threshold_ms, .. } = self.settings;
        let above_ms = threshold_ms.max(self.shortest_ms.unwrap_or(0));
        if enable { SlowWatch::new(span, above_ms) } else { SlowWatch::OFF }
    }

    /// Other settings. Times that were taken otherwise are forgotten: they cannot be compared.
    pub(super) fn change(&mut self, settings: SlowSubscriptionsSettings) {
        if settings.span != self.settings.span {
            self.clear();
        }
        self.settings = settings;
        while self.entries.len() > self.settings.top_k() {
            self.forget_shortest();
        }
        self.note_shortest();
    }

    /// A delivery took this long. An entry of which there is one already becomes that of the longer time; where there are as many
    /// as there may be, the shortest has to go.
    pub(super) fn note(&mut self, client_id: &str, topic: &str, took_ms: Millis, now: Millis) {
        if took_ms <= self.settings.threshold_ms || !self.settings.enable {
            return;
        }
        let (client_id, topic) = (cut(client_id), cut(topic));
        let hash = self.hasher.hash_one((client_id, topic));
        if let Some(known) = self.entries.find_mut(hash, |entry| entry.is_of(client_id, topic)) {
            if took_ms > known.took_ms {
                let was_shortest = self.shortest_ms == Some(known.took_ms);
                (known.took_ms, known.at) = (took_ms, now);
                if was_shortest {
                    self.note_shortest();
                }
            }
            return;
        }
        if self.entries.len() >= self.settings.top_k() {
            if self.shortest_ms.is_some_and(|shortest| took_ms <= shortest) {
                return;
            }
            self.forget_shortest();
        }
        let (client_id, topic) = (client_id.into(), topic.into());
        self.insert(hash, SlowSubscription { client_id, topic, took_ms, at: now });
        self.note_shortest();
    }

    /// Forgets entries to which nothing was added for too long.
    pub(super) fn forget_old(&mut self, now: Millis) {
        let keep_ms = self.settings.expire_interval_ms;
        let count = self.entries.len();
        self.entries.retain(|entry| now.saturating_sub(entry.at) < keep_ms);
        if self.entries.len() < count {
            self.note_shortest();
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries = HashTable::new();
        self.shortest_ms = None;
    }

    /// How many entries there may be.
    pub(super) fn top_k(&self) -> usize {
        self.settings.top_k()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &SlowSubscription> {
        self.entries.iter()
    }

    fn insert(&mut self, hash: u64, entry: SlowSubscription) {
        let hasher = &self.hasher;
        self.entries.insert_unique(hash, entry, |entry| entry.hash_with(hasher));
    }

    fn forget_shortest(&mut self) {
        let Some(shortest) = self.entries.iter().min_by_key(|entry| entry.took_ms) else { return };
        let (hash, took_ms) = (shortest.hash_with(&self.hasher), shortest.took_ms);
        let (client_id, topic) = (shortest.client_id.clone(), shortest.topic.clone());
        let hasher = &self.hasher;
        let is_it = |entry: &SlowSubscription| entry.took_ms == took_ms && entry.is_of(&client_id, &topic);
        if let Entry::Occupied(entry) = self.entries.entry(hash, is_it, |entry| entry.hash_with(hasher)) {
            entry.remove();
        }
    }

    fn note_shortest(&mut self) {
        let is_full = self.entries.len() >= self.settings.top_k();
        let shortest = self.entries.iter().map(|entry| entry.took_ms).min();
        self.shortest_ms = shortest.filter(|_| is_full);
    }
}

impl SlowSubscription {
    fn is_of(&self, client_id: &str, topic: &str) -> bool {
        &*self.client_id == client_id && &*self.topic == topic
    }

    fn hash_with(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one((&*self.client_id, &*self.topic))
    }
}

fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(NAME_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_session::DeliverySpan;

    fn table(top_k: usize) -> SlowTable {
        SlowTable::new(SlowSubscriptionsSettings {
            enable: true,
            span: DeliverySpan::Whole,
            threshold_ms: 500,
            expire_interval_ms: 1_000,
            top_k_num: top_k,
        })
    }

    fn shown(table: &SlowTable) -> Vec<(String, Millis, Millis)> {
        let mut all: Vec<_> = table
            .entries()
            .map(|entry| (format!("{} {}", entry.client_id, entry.topic), entry.took_ms, entry.at))
            .collect();
        all.sort_by_key(|(_, took_ms, _)| std::cmp::Reverse(*took_ms));
        all
    }

    #[test]
    fn the_slowest_stay_and_the_watch_asks_for_no_others() {
        let mut table = table(2);
        assert_eq!(table.watch(), SlowWatch::new(DeliverySpan::Whole, 500));
        table.note("a", "t", 500, 1);
        assert_eq!(shown(&table), [], "not longer than the threshold");
        table.note("a", "t", 600, 2);
        table.note("a", "u", 700, 3);
        assert_eq!(table.watch(), SlowWatch::new(DeliverySpan::Whole, 600), "it is full");
        table.note("b", "t", 600, 4);
        table.note("b", "t", 800, 5);
        assert_eq!(shown(&table), [("b t".into(), 800, 5), ("a u".into(), 700, 3)]);
        assert_eq!(table.watch(), SlowWatch::new(DeliverySpan::Whole, 700));
    }

    #[test]
    fn an_entry_has_its_longest_time_and_ends_when_nothing_longer_comes() {
        let mut table = table(2);
        table.note("a", "t", 900, 1_000);
        table.note("a", "t", 800, 1_500);
        assert_eq!(shown(&table), [("a t".into(), 900, 1_000)]);
        table.note("a", "t", 950, 1_600);
        table.note("b", "t", 600, 1_800);
        table.forget_old(2_599);
        assert_eq!(shown(&table).len(), 2);
        table.forget_old(2_600);
        assert_eq!(shown(&table), [("b t".into(), 600, 1_800)]);
        assert_eq!(table.watch(), SlowWatch::new(DeliverySpan::Whole, 500), "there is room again");
    }

    #[test]
    fn other_settings_count_at_once() {
        let mut table = table(3);
        for (client, took_ms) in [("a", 600), ("b", 700), ("c", 800)] {
            table.note(client, "t", took_ms, 0);
        }
        table.change(SlowSubscriptionsSettings { top_k_num: 1, ..table.settings });
        assert_eq!(shown(&table), [("c t".into(), 800, 0)]);
        table.change(SlowSubscriptionsSettings { enable: false, ..table.settings });
        assert_eq!((table.watch(), shown(&table).len()), (SlowWatch::OFF, 1), "what is known stays until it is old");
        table.note("d", "t", 900, 0);
        assert_eq!(shown(&table).len(), 1);
        table.change(SlowSubscriptionsSettings { enable: true, span: DeliverySpan::Response, ..table.settings });
        assert_eq!((table.watch(), shown(&table)), (SlowWatch::new(DeliverySpan::Response, 500), vec![]));
    }

    #[test]
    fn names_are_cut_off() {
        let mut table = table(3);
        table.note(&"é".repeat(3_000), &"t".repeat(60_000), 600, 0);
        let entry = table.entries().next().unwrap();
        assert_eq!((entry.client_id.len(), entry.topic.len()), (NAME_BYTES_MAX, NAME_BYTES_MAX));
    }
}
