//! Files of any content: opening them must neither panic nor hang, and what it gives must work.

use super::{HEADER_BYTES, SETTINGS, append, open, segment_file};
use dunlin_storage::disk::SimulatedDisk;
use dunlin_storage::log::{Location, OpenLogError, verify};
use proptest::prelude::*;
use std::sync::Arc;

/// The first segment of a log that has two.
fn sound_segment() -> Vec<u8> {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(Arc::new(disk.clone()), Location::START).expect("an empty disk");
    while log.end().segment < 2 {
        append(&mut log, &[7; 777]);
    }
    log.sync().expect("the disk is sound");
    disk.contents(&segment_file(1)).expect("it exists")
}

/// Overwrites, and a new length.
type Edits = (Vec<(prop::sample::Index, Vec<u8>)>, Option<prop::sample::Index>);

fn edits() -> impl Strategy<Value = Edits> {
    let bytes = prop_oneof![prop::collection::vec(any::<u8>(), 1..40), Just(vec![0; 600]), Just(vec![0xff; 8])];
    (prop::collection::vec((any::<prop::sample::Index>(), bytes), 0..6), prop::option::of(any::<prop::sample::Index>()))
}

fn edited(mut bytes: Vec<u8>, (overwrites, length): Edits) -> Vec<u8> {
    for (at, with) in overwrites {
        let at = at.index(bytes.len());
        let end = bytes.len().min(at + with.len());
        bytes[at..end].copy_from_slice(&with[..end - at]);
    }
    if let Some(length) = length {
        bytes.truncate(length.index(bytes.len()));
    }
    bytes
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => edits().prop_map(|edits| edited(sound_segment(), edits)),
        1 => prop::collection::vec(any::<u8>(), 0..20_000),
        1 => (0_usize..20_000).prop_map(|length| vec![0; length]),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (1_u32..5).prop_map(segment_file),
        1 => Just(segment_file(u32::MAX)),
        1 => prop::sample::select(&["0000000000.log", "1.log", "+000000001.log", "spare-0000000000", "spare-x", "x"][..])
            .prop_map(str::to_owned),
        1 => Just(format!("spare-{}", u64::MAX)),
        1 => Just("quarantine-0000000001-0000004096.bin".to_owned()),
    ]
}

fn position() -> impl Strategy<Value = Location> {
    let offset = prop_oneof![Just(0), 0_u32..20_000, Just(u32::MAX)];
    prop_oneof![
        Just(Location::START),
        (0_u32..6, offset.clone()).prop_map(|(segment, offset)| Location { segment, offset }),
        offset.prop_map(|offset| Location { segment: u32::MAX, offset }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_files_can_be_opened(
        files in prop::collection::vec((name(), content()), 0..5),
        from in position(),
    ) {
        let disk = SimulatedDisk::new(1);
        for (name, bytes) in files {
            disk.put(&name, bytes);
        }
        _ = verify(&disk, &mut |_| {});
        match open(Arc::new(disk.clone()), from) {
            Err(OpenLogError::NewerFormat { .. }) => {}
            Err(other) => panic!("{other}"),
            Ok((mut log, ..)) => {
                let checkpoint = log.end();
                // The numbers of segments may be used up.
                if log.reserve(100).is_ok() {
                    let at = append(&mut log, &[1; 100]);
                    log.sync().expect("the disk is sound");
                    disk.crash();
                    let (_, _, frames) = open(Arc::new(disk), checkpoint).expect("it was opened before");
                    assert_eq!(frames, [(at, vec![1; 100])]);
                }
            }
        }
    }
}

#[test]
fn a_newer_format_is_refused_clearly() {
    let mut bytes = sound_segment();
    bytes[8] = 3;
    let crc = crc32c::crc32c(&bytes[..32]).to_le_bytes();
    bytes[32..36].copy_from_slice(&crc);
    let disk = SimulatedDisk::new(1);
    disk.put(&segment_file(1), bytes);
    let error = open(Arc::new(disk), Location::START).expect_err("it is not readable").to_string();
    assert_eq!(error, "0000000001.log was written by a newer version (format 3); this one reads up to 1");
}

#[test]
fn a_frame_inside_a_payload_is_not_taken_for_one() {
    // A client that knows everything but the salt writes, inside a payload, the frame that would stand at that very place.
    let (disk, forged) = (SimulatedDisk::new(1), SimulatedDisk::new(2));
    let (mut log, ..) = open(Arc::new(disk.clone()), Location::START).expect("an empty disk");
    let other_salt = dunlin_storage::log::LogSettings { salt: SETTINGS.salt ^ 1, ..SETTINGS };
    let mut nothing = |_, _: &[u8]| {};
    let (mut forger, _) =
        dunlin_storage::log::Log::open(Arc::new(forged.clone()), other_salt, Location::START, &mut nothing)
            .expect("an empty disk");
    for payload in [vec![1; 24], b"a forged command".to_vec()] {
        append(&mut forger, &payload);
    }
    let frames = forged.contents(&segment_file(1)).expect("it exists");
    let start = HEADER_BYTES as usize;
    let at = append(&mut log, &frames[start + 16..start + 200]);
    log.sync().expect("the disk is sound");
    append(&mut log, b"behind it");
    log.sync().expect("the disk is sound");
    // The header in front is lost, so that recovery searches through the payload.
    assert!(disk.flip_bit(&segment_file(1), u64::from(at.offset) - 16, 0));
    let (_, recovery, frames) = open(Arc::new(disk), Location::START).expect("damage is no reason to refuse");
    assert_eq!(frames.iter().map(|(_, payload)| &payload[..]).collect::<Vec<_>>(), [b"behind it"]);
    assert_eq!(recovery.quarantined.len(), 1);
}
