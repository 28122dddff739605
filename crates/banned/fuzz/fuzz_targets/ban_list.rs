//! Any bytes: no panic, bad rows have a line, and a ban that was read is written as JSON that reads the same.
#![no_main]

use dunlin_banned::{Ban, BanTable, Candidate, read_ban_list};
use libfuzzer_sys::fuzz_target;
use std::net::{IpAddr, Ipv4Addr};

const NOW: u64 = 1_700_000_000;

fuzz_target!(|input: &[u8]| {
    let list = match read_ban_list(input, NOW) {
        Ok(list) => list,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let lines = input.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    assert!(list.unusable.len() <= list.unusable_count);
    assert!(list.unusable.iter().all(|row| (1..=lines).contains(&row.line) && !row.problem.is_empty()));
    let mut table = BanTable::default();
    for ban in list.bans {
        assert_eq!(Ban::from_json(&ban.to_json(), NOW).as_ref(), Ok(&ban));
        let _ = table.add(ban, NOW);
    }
    let candidate = Candidate { client_id: "c1", user_name: Some("u1"), peer: IpAddr::V4(Ipv4Addr::LOCALHOST) };
    assert!(!table.is_empty() || table.check(candidate, NOW).is_none());
});
