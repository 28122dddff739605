//! What the first broker of the durable table has to reach, and how far it gets.
//!
//! A broker on a few cores cannot feed a disk more messages than arrive through its sockets, and cannot acknowledge more than
//! the disk takes. So a message rate has two yardsticks: the raw disk at equal batch, and the same publishers with subscribers
//! whose sessions are clean, which no disk is needed for. The smaller of the two is the one to be judged by. Where there is only
//! one message at a time the two follow each other, and so the yardstick is both in turn.
//!
//! A latency at a given rate is judged by what the way through the broker takes at this rate with clean sessions, and the raw
//! disk after it, see [`crate::raw_disk::RawDisk::measure_paced`]; the disk alone, and syncs that follow each other without a
//! pause, are shown beside it.

use super::comparison::median;
use super::durable_rows::{Crowd, Role, WHOLE_CROWD};
use super::{Direction, Measure};
use crate::figures::bytes;
use crate::load::LatencySummary;
use crate::raw_disk::RawDiskFigures;
use crate::scenario::ScenarioReport;
use crate::wire::PublishHead;
use dunlin_model::{ProtocolVersion, Qos};
use serde::Serialize;
use std::collections::BTreeMap;

/// With fewer syncs a second, acknowledgements do not wait for the disk: they come by the hundred a second in every row.
const SYNCS_PER_SECOND_MIN: f64 = 20.0;
/// Payload of all rows, see [`crate::traffic::Load`].
const PAYLOAD_BYTES: usize = 64;
const RATE_LIMIT: f64 = 0.6;
const ONLINE_LIMIT: f64 = 0.3;
const ACKNOWLEDGEMENT_LIMIT: f64 = 3.0;
const DRAINED_PER_CPU_SECOND: f64 = 100_000.0;

/// A figure of the first broker beside a yardstick. All values are medians of the passes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What the figure is.
    pub figure: String,
    /// The figure; `None` when it could not be measured.
    pub value: Option<f64>,
    /// What it is compared with.
    pub yardstick: String,
    /// That figure.
    pub yardstick_value: Option<f64>,
    /// The first divided by the second, in one pass after the other.
    pub relation: Option<f64>,
    /// What the relation has to be; `None` where it is only shown.
    pub limit: Option<f64>,
    /// Whether that is the least or the most.
    pub direction: Direction,
}

impl Bar {
    /// Whether the limit is kept; `None` when there is none, or the relation is not known.
    #[must_use]
    pub fn is_kept(&self) -> Option<bool> {
        let (relation, limit) = (self.relation?, self.limit?);
        Some(if self.direction == Direction::Higher { relation >= limit } else { relation <= limit })
    }
}

/// Figures with their yardsticks, one pair for each pass.
#[derive(Debug, Default)]
struct Relation {
    pairs: Vec<(f64, f64)>,
}

/// How the batches of a broker look on the disk: messages, and bytes of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Batch {
    pub(super) messages: f64,
    pub(super) message_bytes: f64,
}

/// The raw disk beside the paced row.
#[derive(Clone, Copy, Debug)]
pub(super) struct PacedDisk {
    /// One sync, when they follow each other without a pause.
    pub(super) sync: Option<LatencySummary>,
    /// What a message waits for at the pace of the row.
    pub(super) message: Option<LatencySummary>,
}

/// The relations of all passes.
#[derive(Debug, Default)]
pub(super) struct Relations {
    /// Acknowledgements a second of the pass that is being made.
    offline_rates: BTreeMap<Crowd, f64>,
    /// Messages a second of the raw disk in the pass that is being made.
    disk_rates: BTreeMap<Crowd, f64>,
    /// Deliveries a second of the pass that is being made.
    clean_rate: Option<f64>,
    /// The latency of acknowledgements at the pace of the paced row, with clean sessions.
    clean_p99_ms: Option<f64>,
    /// The least that was written for a message in any row. All rows have the same messages; what is written beside them, as
    /// checkpoints, new segments and signals between threads, is no part of a batch.
    message_bytes: Option<f64>,
    to_disk: BTreeMap<Crowd, (Relation, Vec<Batch>)>,
    to_clean: BTreeMap<Crowd, Relation>,
    /// Clean sessions and the disk in turn, for the crowds that are [`Crowd::is_serial`].
    to_both: BTreeMap<Crowd, Relation>,
    to_way_and_disk_p99: Relation,
    to_paced_p99: Relation,
    to_sync_p99: Relation,
    online_to_clean: Relation,
    drained: Relation,
}

impl Relations {
    /// A new pass: nothing of an earlier one is put in relation with it.
    pub(super) fn begin_pass(&mut self) {
        self.offline_rates.clear();
        self.clean_rate = None;
        self.clean_p99_ms = None;
        self.disk_rates.clear();
    }

    /// Adds what the first broker did in a row. Returns the batches at which the raw disk has to be measured now, for
    /// [`Relations::add_disk`].
    pub(super) fn add(&mut self, role: Role, report: &ScenarioReport) -> Option<Batch> {
        let synced = Some(report).filter(|report| !is_unsynced(report));
        match role {
            Role::Offline(crowd) => {
                let rate = synced.and_then(|report| Measure::AcknowledgedPerSecond.of(report));
                self.offline_rates.extend(rate.map(|rate| (crowd, rate)));
                self.to_disk.entry(crowd).or_default();
                return self.batch_of(report).filter(|_| rate.is_some());
            }
            Role::Clean(crowd) => {
                let clean_rate = Measure::AcknowledgedPerSecond.of(report);
                let pair = self.offline_rates.get(&crowd).copied().zip(clean_rate);
                self.to_clean.entry(crowd).or_default().pairs.extend(pair);
                if crowd.is_serial() {
                    let both = self.disk_rates.get(&crowd).zip(clean_rate).map(|(disk, clean)| in_turn(*disk, clean));
                    let pair = self.offline_rates.get(&crowd).copied().zip(both);
                    self.to_both.entry(crowd).or_default().pairs.extend(pair);
                }
                if crowd == WHOLE_CROWD {
                    self.clean_rate = Measure::MessagesPerSecond.of(report);
                }
            }
            Role::Online => {
                let online_rate = synced.and_then(|report| Measure::MessagesPerSecond.of(report));
                self.online_to_clean.pairs.extend(online_rate.zip(self.clean_rate));
            }
            Role::CleanPaced => self.clean_p99_ms = Measure::AcknowledgementP99.of(report),
            Role::Paced => {}
            Role::Drain => {
                let drained = Measure::DrainedPerCpuSecond.of(report);
                self.drained.pairs.extend(drained.map(|drained| (drained, DRAINED_PER_CPU_SECOND)));
            }
        }
        None
    }

    /// The mean batch. `None` when syncs were not counted, or when acknowledgements do not wait for them.
    fn batch_of(&mut self, report: &ScenarioReport) -> Option<Batch> {
        let messages = Measure::MessagesPerSync.of(report).filter(|batch| *batch >= 1.0 && !is_unsynced(report))?;
        let ScenarioReport::Durable(report) = report else { return None };
        let written = report.write_call_bytes_per_message().unwrap_or_default().max(publish_bytes() as f64);
        let message_bytes = self.message_bytes.map_or(written, |least| least.min(written));
        self.message_bytes = Some(message_bytes);
        Some(Batch { messages, message_bytes })
    }

    /// Adds what the raw disk did with the batches of a row.
    pub(super) fn add_disk(&mut self, role: Role, batch: Batch, figures: &RawDiskFigures) {
        if let Role::Offline(crowd) = role
            && let Some(rate) = self.offline_rates.get(&crowd)
        {
            let (relation, batches) = self.to_disk.entry(crowd).or_default();
            relation.pairs.push((*rate, figures.messages_per_second));
            batches.push(batch);
            self.disk_rates.insert(crowd, figures.messages_per_second);
        }
    }

    /// Adds what the first broker did in the paced row, with what the raw disk did just before and just after.
    pub(super) fn add_paced(&mut self, report: &ScenarioReport, disk: [PacedDisk; 2]) {
        let acknowledgement = Measure::AcknowledgementP99.of(report).filter(|_| !is_unsynced(report));
        let p99_ms = |pick: fn(PacedDisk) -> Option<LatencySummary>| {
            let [before, after] = disk.map(|disk| pick(disk).map(|latency| latency.p99_ms));
            Some((before? + after?) / 2.0)
        };
        let disk_p99_ms = p99_ms(|disk| disk.message);
        let way_and_disk = self.clean_p99_ms.zip(disk_p99_ms).map(|(way, disk)| way + disk);
        self.to_way_and_disk_p99.pairs.extend(acknowledgement.zip(way_and_disk));
        self.to_paced_p99.pairs.extend(acknowledgement.zip(disk_p99_ms));
        self.to_sync_p99.pairs.extend(acknowledgement.zip(p99_ms(|disk| disk.sync)));
    }

    /// The bars, in the order of the rows.
    pub(super) fn bars(&self) -> Vec<Bar> {
        let mut bars = Vec::new();
        for (crowd, (to_disk, batches)) in &self.to_disk {
            let clean = self.to_clean.get(crowd);
            let mut of_crowd = rate_bars(*crowd, to_disk, batches, clean.unwrap_or(&Relation::default()));
            if let Some(both) = self.to_both.get(crowd) {
                of_crowd.iter_mut().for_each(|bar| bar.limit = None);
                of_crowd.push(both.bar(&of_crowd[0].figure, "raw disk and clean sessions in turn", Some(RATE_LIMIT)));
            }
            bars.extend(of_crowd);
        }
        let lower = |figure: &str, yardstick: &str, relation: &Relation, limit| Bar {
            direction: Direction::Lower,
            ..relation.bar(figure, yardstick, limit)
        };
        let online = format!("msgs/s to online sessions, {WHOLE_CROWD}");
        bars.push(self.online_to_clean.bar(&online, "clean sessions", Some(ONLINE_LIMIT)));
        let acknowledgement = "ack p99 ms at 5,000 msgs/s";
        let way_and_disk = &self.to_way_and_disk_p99;
        bars.push(lower(acknowledgement, "clean sessions + raw disk", way_and_disk, Some(ACKNOWLEDGEMENT_LIMIT)));
        bars.push(lower(acknowledgement, "raw disk at this rate", &self.to_paced_p99, None));
        bars.push(lower(acknowledgement, "raw sync after sync", &self.to_sync_p99, None));
        bars.push(self.drained.bar("drained msgs / broker-CPU-s", "at least this", Some(1.0)));
        bars
    }
}

impl Relation {
    fn bar(&self, figure: &str, yardstick: &str, limit: Option<f64>) -> Bar {
        let of = |pick: fn(&(f64, f64)) -> f64| median(self.pairs.iter().map(pick).collect());
        Bar {
            figure: figure.to_owned(),
            value: of(|pair| pair.0),
            yardstick: yardstick.to_owned(),
            yardstick_value: of(|pair| pair.1),
            relation: of(|pair| pair.0 / pair.1),
            limit,
            direction: Direction::Higher,
        }
    }
}

/// A rate beside the raw disk and beside clean sessions; the limit is for the smaller of both.
fn rate_bars(crowd: Crowd, to_disk: &Relation, batches: &[Batch], to_clean: &Relation) -> Vec<Bar> {
    let of = |pick: fn(&Batch) -> f64| median(batches.iter().map(pick).collect()).unwrap_or_default();
    let (messages, message_bytes) = (of(|batch| batch.messages), of(|batch| batch.message_bytes));
    let disk = match batches {
        [] => "raw disk at equal batch".to_owned(),
        _ => format!("raw disk, {messages:.1} msgs of {} a sync", bytes(message_bytes)),
    };
    let figure = format!("acks/s of offline sessions, {crowd}");
    let mut bars = vec![to_disk.bar(&figure, &disk, None), to_clean.bar(&figure, "clean sessions", None)];
    let is_clean_smaller =
        bars[1].yardstick_value.zip(bars[0].yardstick_value).is_some_and(|(clean, disk)| clean < disk);
    bars[usize::from(is_clean_smaller)].limit = Some(RATE_LIMIT);
    bars
}

/// The rate of two that wait for each other, from the rate of each alone.
fn in_turn(first: f64, second: f64) -> f64 {
    1.0 / (1.0 / first + 1.0 / second)
}

/// Syncs were counted and are too few for acknowledgements to wait for them, so that there is nothing to relate to a disk.
pub(super) fn is_unsynced(report: &ScenarioReport) -> bool {
    Measure::SyncsPerSecond.of(report).is_some_and(|syncs| syncs < SYNCS_PER_SECOND_MIN)
}

/// Bytes of one PUBLISH of the rows: the least that has to be written for a message.
pub(super) fn publish_bytes() -> usize {
    PublishHead::new("bench/durable/00", Qos::AtLeastOnce, false, PAYLOAD_BYTES, ProtocolVersion::V4).len_bytes()
        + PAYLOAD_BYTES
}

#[cfg(test)]
mod tests;
