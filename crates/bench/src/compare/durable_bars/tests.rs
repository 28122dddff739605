//! Relations of made-up reports.

use super::*;
use crate::disk_watch::DiskUse;
use crate::probe::Usage;
use crate::scenario::DurableReport;
use crate::traffic::TrafficReport;

fn publish(acknowledged: u64, disk: DiskUse) -> TrafficReport {
    let latency = LatencySummary { p99_ms: 3.0, ..LatencySummary::default() };
    TrafficReport {
        acknowledged,
        acknowledged_per_second: acknowledged as f64,
        received_per_second: acknowledged as f64,
        acknowledgement_latency: Some(latency),
        usage: Usage { seconds: 1.0, disk, ..Usage::default() },
        ..TrafficReport::default()
    }
}

/// A broker that acknowledged 10,000 messages in a second with this many syncs, 200 bytes for each.
fn durable(syncs: u64) -> ScenarioReport {
    let disk = DiskUse { syncs: Some(syncs), write_call_bytes: Some(2_000_000), device_bytes: None };
    ScenarioReport::Durable(DurableReport { publish: publish(10_000, disk), ..DurableReport::default() })
}

fn clean(rate: u64) -> ScenarioReport {
    ScenarioReport::Traffic(publish(rate, DiskUse::default()))
}

/// A disk that syncs 125 times a second.
fn raw(messages: f64) -> RawDiskFigures {
    RawDiskFigures { messages_per_second: messages * 125.0, ..RawDiskFigures::default() }
}

/// A sync takes 1 ms and a message waits 2 ms, at the 99th percentile.
fn paced() -> PacedDisk {
    let latency = |p99_ms| Some(LatencySummary { p99_ms, ..LatencySummary::default() });
    PacedDisk { sync: latency(1.0), message: latency(2.0) }
}

fn bars(syncs: u64, clean_rate: u64) -> Vec<Bar> {
    let mut relations = Relations::default();
    for _ in 0..3 {
        relations.begin_pass();
        let role = Role::Offline(WHOLE_CROWD);
        if let Some(batch) = relations.add(role, &durable(syncs)) {
            relations.add_disk(role, batch, &raw(batch.messages));
        }
        assert_eq!(relations.add(Role::Clean(WHOLE_CROWD), &clean(clean_rate)), None);
        assert_eq!(relations.add(Role::Online, &durable(syncs)), None);
        // Its acknowledgements take 3 ms as well.
        assert_eq!(relations.add(Role::CleanPaced, &clean(clean_rate)), None);
        relations.add_paced(&durable(syncs), [paced(), paced()]);
    }
    relations.bars()
}

#[test]
fn a_broker_is_related_to_the_disk_at_its_own_batch_and_to_clean_sessions() {
    let bars = bars(100, 20_000);
    let relations: Vec<_> = bars.iter().map(|bar| bar.relation).collect();
    assert_eq!(relations, [Some(0.8), Some(0.5), Some(0.5), Some(0.6), Some(1.5), Some(3.0), None]);
    assert_eq!(bars[0].yardstick, "raw disk, 100.0 msgs of 200 B a sync");
    assert_eq!((bars[0].value, bars[0].yardstick_value), (Some(10_000.0), Some(12_500.0)));
}

#[test]
fn a_rate_is_judged_by_the_smaller_yardstick() {
    let kept = |clean_rate| bars(100, clean_rate).iter().map(Bar::is_kept).collect::<Vec<_>>();
    assert_eq!(kept(20_000), [Some(true), None, Some(true), Some(true), None, None, None]);
    assert_eq!(kept(12_000), [None, Some(true), Some(true), Some(true), None, None, None]);
    assert_eq!(bars(100, 12_000)[1].limit, Some(RATE_LIMIT));
}

#[test]
fn one_message_at_a_time_is_judged_by_disk_and_network_in_turn() {
    let alone = Crowd { publishers: 1, window: 1 };
    let mut relations = Relations::default();
    let batch = relations.add(Role::Offline(alone), &durable(10_000)).unwrap();
    let disk = RawDiskFigures { messages_per_second: 40_000.0, ..RawDiskFigures::default() };
    relations.add_disk(Role::Offline(alone), batch, &disk);
    relations.add(Role::Clean(alone), &clean(24_000));
    let bars = relations.bars();
    // 25 us of the disk and 42 us of everything else are 15,000 a second.
    assert_eq!(bars[2].yardstick_value.map(f64::round), Some(15_000.0));
    let limits: Vec<_> = bars[..3].iter().map(|bar| bar.limit).collect();
    assert_eq!(limits, [None, None, Some(RATE_LIMIT)]);
    assert_eq!(bars[2].is_kept(), Some(true));
}

#[test]
fn a_broker_that_does_not_wait_for_the_disk_is_not_related_to_it() {
    assert!(bars(1, 20_000).iter().all(|bar| bar.relation.is_none()));
}

#[test]
fn nothing_is_related_to_another_pass() {
    let mut relations = Relations::default();
    relations.add(Role::Clean(WHOLE_CROWD), &clean(20_000));
    relations.add(Role::Offline(WHOLE_CROWD), &durable(100));
    relations.begin_pass();
    relations.add(Role::Clean(WHOLE_CROWD), &clean(20_000));
    assert!(relations.to_clean.values().all(|relation| relation.pairs.is_empty()));
}

#[test]
fn what_is_written_beside_the_messages_of_a_row_is_no_part_of_a_batch() {
    let with = |written: u64| {
        let disk = DiskUse { syncs: Some(100), write_call_bytes: Some(written), device_bytes: None };
        ScenarioReport::Durable(DurableReport { publish: publish(10_000, disk), ..DurableReport::default() })
    };
    let mut relations = Relations::default();
    let mut bytes = |written| relations.add(Role::Offline(WHOLE_CROWD), &with(written)).unwrap().message_bytes;
    assert_eq!([bytes(2_000_000), bytes(1_500_000), bytes(3_000_000)], [200.0, 150.0, 150.0]);
    // No broker stores a message without its bytes.
    assert_eq!(bytes(10_000), publish_bytes() as f64);
}

#[test]
fn a_bar_knows_its_direction() {
    let bar = |relation, direction| Bar {
        figure: String::new(),
        value: None,
        yardstick: String::new(),
        yardstick_value: None,
        relation,
        limit: Some(3.0),
        direction,
    };
    assert_eq!(bar(Some(3.5), Direction::Lower).is_kept(), Some(false));
    assert_eq!(bar(Some(3.5), Direction::Higher).is_kept(), Some(true));
    assert_eq!(bar(None, Direction::Higher).is_kept(), None);
}
