//! Who is found, and what is forgotten.

use super::*;

const LIMIT: FlappingLimit = FlappingLimit { window_ms: 1_000, max_count: 3 };

#[test]
fn the_last_time_within_the_window_is_once_too_often() {
    let mut table = FlappingTable::default();
    assert_eq!([0, 500, 999].map(|now_ms| table.count(7, now_ms, LIMIT)), [false, false, true]);
    assert_eq!([1_000, 1_001, 1_002].map(|now_ms| table.count(7, now_ms, LIMIT)), [false, false, true], "anew");
}

#[test]
fn a_window_that_has_passed_counts_for_nothing() {
    let mut table = FlappingTable::default();
    assert_eq!(
        [0, 500, 1_000, 1_500, 1_999].map(|now_ms| table.count(7, now_ms, LIMIT)),
        [false, false, false, false, true]
    );
}

#[test]
fn one_time_can_be_too_often_and_a_clock_that_goes_back_is_no_matter() {
    let mut table = FlappingTable::default();
    assert!(table.count(1, 5, FlappingLimit { max_count: 1, ..LIMIT }));
    assert!(!table.count(2, 5_000, LIMIT));
    assert!(!table.count(2, 10, LIMIT));
    assert!(table.count(2, 10, LIMIT));
}

#[test]
fn clients_do_not_count_for_each_other() {
    let mut table = FlappingTable::default();
    for round in 0..2 {
        for client in 0..(SETS * WAYS) as u64 {
            assert!(!table.count(client, round, LIMIT), "{client}");
        }
    }
    for client in 0..(SETS * WAYS) as u64 {
        assert!(table.count(client, 2, LIMIT), "{client}");
    }
}

#[test]
fn the_table_does_not_grow_and_forgets_the_oldest() {
    let mut table = FlappingTable::default();
    let of_one_set = |number: u64| number * SETS as u64;
    for number in 0..WAYS as u64 {
        table.count(of_one_set(number), number, LIMIT);
        table.count(of_one_set(number), number, LIMIT);
    }
    let one_more = of_one_set(WAYS as u64);
    assert!(!table.count(one_more, 100, LIMIT));
    assert!(table.count(of_one_set(1), 101, LIMIT), "it is still known");
    assert!(!table.count(of_one_set(0), 102, LIMIT), "it was the oldest");
    assert_eq!(table.entries.len(), SETS * WAYS);
    assert_eq!(size_of::<Entry>(), 24);
}

#[test]
fn nothing_is_taken_before_somebody_is_counted() {
    assert!(FlappingTable::default().entries.is_empty());
}
