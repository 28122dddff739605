//! However bytes are split over reads and whatever room there is, the outcome is the same.

use crate::peer::{REQUEST, frame, read_all, request_with, stream_of};
use dunlin_websocket::{Ending, Violation, WebSocketOptions};
use proptest::prelude::*;
use std::io::ErrorKind;

/// What a client's bytes led to.
#[derive(Debug, PartialEq)]
struct Outcome {
    payload: Vec<u8>,
    error: Option<ErrorKind>,
    ending: Option<Ending>,
}

/// Plays bytes in pieces of the given lengths, over and over.
fn play(options: &WebSocketOptions, bytes: &[u8], pieces: &[usize], buffer_length: usize) -> (Outcome, Vec<u8>) {
    let mut rest = bytes;
    let mut split = Vec::new();
    for length in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*length).min(rest.len()));
        split.push(piece.to_vec());
        rest = after;
    }
    let mut stream = stream_of(options.clone(), split);
    let (payload, error) = read_all(&mut stream, buffer_length);
    let outcome = Outcome { payload, error, ending: stream.ending().cloned() };
    (outcome, stream.get_ref().written.clone())
}

fn any_frames() -> impl Strategy<Value = Vec<u8>> {
    let payload = || prop::collection::vec(any::<u8>(), 0..300);
    let one = prop_oneof![
        8 => payload().prop_map(|payload| frame(0x82, &payload)),
        4 => (payload(), payload()).prop_map(|(a, b)| [frame(0x02, &a), frame(0x89, b"?"), frame(0x80, &b)].concat()),
        2 => prop::collection::vec(any::<u8>(), 0..126).prop_map(|payload| frame(0x8a, &payload)),
        1 => (any::<u8>(), payload()).prop_map(|(first, payload)| frame(first, &payload)),
        1 => prop::collection::vec(any::<u8>(), 1..20),
    ];
    prop::collection::vec(one, 0..12).prop_map(|frames| frames.concat())
}

proptest! {
    #[test]
    fn splits_do_not_matter(
        frames in any_frames(),
        pieces in prop::collection::vec(1..200_usize, 1..8),
        buffer_length in 1..600_usize,
        compresses: bool,
    ) {
        let offer = "Sec-WebSocket-Extensions: permessage-deflate";
        let request = if compresses { request_with(offer) } else { REQUEST.to_owned() };
        let options =
            WebSocketOptions { compress: compresses, max_frame_size: Some(1000), ..WebSocketOptions::default() };
        let bytes = [request.as_bytes(), &frames].concat();
        let (whole, _) = play(&options, &bytes, &[usize::MAX], 65_536);
        let (split, written) = play(&options, &bytes, &pieces, buffer_length);
        if whole.ending == Some(Ending::Violation(Violation::Compression)) {
            // How much of a damaged message is inflated before the damage shows depends on the pieces.
            let common = split.payload.len().min(whole.payload.len());
            prop_assert_eq!(&split.payload[..common], &whole.payload[..common]);
            prop_assert_eq!((split.error, split.ending), (whole.error, whole.ending));
        } else {
            prop_assert_eq!(split, whole);
        }
        prop_assert!(written.starts_with(b"HTTP/1.1 101 "));
    }

    #[test]
    fn any_bytes_are_answered_in_http_or_waited_for(
        bytes in prop::collection::vec(any::<u8>(), 1..400),
        place in any::<prop::sample::Index>(),
    ) {
        let at = place.index(REQUEST.len());
        let request = [&REQUEST.as_bytes()[..at], &bytes, &REQUEST.as_bytes()[at..]].concat();
        let options = WebSocketOptions::default();
        let (whole, _) = play(&options, &request, &[usize::MAX], 4096);
        let (split, written) = play(&options, &request, &[7], 4096);
        prop_assert_eq!(&split, &whole);
        prop_assert_eq!(written.is_empty(), whole.ending.is_none() && whole.payload.is_empty());
        prop_assert!(written.is_empty() || written.starts_with(b"HTTP/1.1 "));
    }
}
