//! Greetings of clients with and without keys, whole and cut anywhere.

use super::*;
use proptest::prelude::*;

const SUITE: u16 = 0x00A8;
const OTHER_SUITE: u16 = 0xC02F;

struct Here;

impl Offers for Here {
    fn has_suite(&self, number: u16) -> bool {
        number == SUITE
    }

    fn has_identity(&self, identity: &[u8]) -> bool {
        identity == b"known"
    }
}

fn vector(content: &[u8]) -> Vec<u8> {
    [&u16::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector(content)].concat()
}

fn pre_shared_keys(identities: &[&[u8]]) -> Vec<u8> {
    let identities: Vec<u8> =
        identities.iter().flat_map(|identity| [&vector(identity)[..], &[0; 4]].concat()).collect();
    extension(PRE_SHARED_KEY, &[vector(&identities), vector(&[32; 33])].concat())
}

/// A ClientHello with these suites and extensions.
fn hello(suites: &[u16], extensions: &[Vec<u8>]) -> Vec<u8> {
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let mut content = [&[3, 3][..], &[7; 32], &[0], &vector(&suites), &[1, 0]].concat();
    if !extensions.is_empty() {
        content.extend(vector(&extensions.concat()));
    }
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[CLIENT_HELLO][..], &length[1..], &content].concat()
}

/// Records of at most so many bytes each.
fn records(message: &[u8], size: usize) -> Vec<u8> {
    message.chunks(size).flat_map(|chunk| [&[HANDSHAKE, 3, 1][..], &vector(chunk)].concat()).collect()
}

fn judged(message: &[u8]) -> Greeting {
    judge(&records(message, 16_384), &Here)
}

#[test]
fn a_suite_with_a_pre_shared_key_is_wanted_whatever_else_is_offered() {
    assert_eq!(judged(&hello(&[OTHER_SUITE, SUITE], &[])), Greeting::Psk);
    assert_eq!(judged(&hello(&[OTHER_SUITE], &[])), Greeting::Other);
    assert_eq!(judged(&hello(&[], &[])), Greeting::Other);
}

#[test]
fn an_identity_of_tls_1_3_counts_if_it_is_known() {
    let name = extension(0, b"\0\x0c\0\0\x09localhost");
    for (identities, expected) in [
        (&[&b"ticket"[..], b"known"][..], Greeting::Psk),
        (&[b"ticket"], Greeting::Other),
        (&[b"known2"], Greeting::Other),
        (&[], Greeting::Other),
    ] {
        assert_eq!(judged(&hello(&[OTHER_SUITE], &[name.clone(), pre_shared_keys(identities)])), expected);
    }
}

#[test]
fn what_is_no_greeting_is_left_to_others_at_its_first_byte_that_tells() {
    for bytes in [&b"\x10"[..], b"GET / HTTP/1.1", b"\x16\x02", b"\x15\x03\x03\0\x02\x02\x28", b"\x16\x03\x01\0\0"] {
        let judged = judge(bytes, &Here);
        assert!(
            judged == Greeting::Other || (bytes.len() < 5 && bytes[0] == HANDSHAKE && judged == needs(5)),
            "{bytes:?}: {judged:?}"
        );
    }
    // Another message than a ClientHello.
    assert_eq!(judge(b"\x16\x03\x01\0\x01\x02", &Here), Greeting::Other);
}

fn needs(needed_bytes: usize) -> Greeting {
    Greeting::Incomplete { needed_bytes }
}

#[test]
fn what_is_too_long_is_not_waited_for() {
    assert_eq!(judge(b"\x16\x03\x01\x40\x01", &Here), Greeting::Other);
    // 16 MiB announced.
    assert_eq!(judge(&records(&[CLIENT_HELLO, 0xFF, 0xFF, 0xFF], 4), &Here), Greeting::Other);
    // Small records that never come to an end.
    let endless = records(&[&[CLIENT_HELLO, 0, 0x30, 0][..], &[0; 12_000]].concat(), 1);
    assert_eq!(judge(&endless, &Here), Greeting::Other);
}

proptest! {
    #[test]
    fn nothing_is_said_before_the_greeting_is_whole(
        size in 1..400_usize,
        identity in prop::sample::select(vec![&b"known"[..], b"unknown"]),
    ) {
        let whole = records(&hello(&[OTHER_SUITE], &[pre_shared_keys(&[identity])]), size);
        let expected = if identity == b"known" { Greeting::Psk } else { Greeting::Other };
        for count in 0..whole.len() {
            match judge(&whole[..count], &Here) {
                Greeting::Incomplete { needed_bytes } => prop_assert!(count < needed_bytes && needed_bytes <= whole.len()),
                judged => prop_assert!(false, "{judged:?} after {count} bytes"),
            }
        }
        prop_assert_eq!(judge(&whole, &Here), expected);
        // What follows the greeting changes nothing.
        prop_assert_eq!(judge(&[&whole[..], b"\x17\x03\x03"].concat(), &Here), expected);
    }

    #[test]
    fn whatever_comes_is_judged(bytes: Vec<u8>, content: Vec<u8>) {
        let _ = judge(&bytes, &Here);
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        let message = [&[CLIENT_HELLO][..], &length[1..], &content].concat();
        let judged = judge(&records(&message, 16_384), &Here);
        let is_judged = !matches!(judged, Greeting::Incomplete { .. });
        prop_assert!(is_judged, "whole, and {judged:?}");
    }

    #[test]
    fn a_greeting_that_is_damaged_is_judged(at in 0..300_usize, value: u8) {
        let mut whole = records(&hello(&[OTHER_SUITE, SUITE], &[pre_shared_keys(&[b"known", &[9; 100]])]), 64);
        if let Some(byte) = whole.get_mut(at) {
            *byte = value;
        }
        if let Greeting::Incomplete { needed_bytes } = judge(&whole, &Here) {
            prop_assert!(needed_bytes > whole.len());
        }
    }
}
