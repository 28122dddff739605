//! What a client may send, and what is answered to the rest.

use crate::peer::{REQUEST, close_code, feed, frame, open_stream, read_all, server_frames};
use dunlin_websocket::{CloseCode, Ending, Violation, WebSocketOptions, WebSocketStream};
use std::io::{ErrorKind, Read};

fn open() -> crate::peer::Stream {
    open_stream(WebSocketOptions::default(), REQUEST)
}

const WAITS: Option<ErrorKind> = Some(ErrorKind::WouldBlock);

/// [MQTT-6.0.0-2]
#[test]
fn packets_and_frames_have_nothing_to_do_with_each_other() {
    let mut stream = open();
    let bytes = [frame(0x82, b"two packets"), frame(0x02, b"a par"), frame(0x80, b"t"), frame(0x82, b"")].concat();
    assert_eq!(feed(&mut stream, &bytes), (b"two packetsa part".to_vec(), WAITS));
    let half = frame(0x82, b"half of this");
    assert_eq!(feed(&mut stream, &half[..10]), (b"half".to_vec(), WAITS));
    assert_eq!(feed(&mut stream, &half[10..]), (b" of this".to_vec(), WAITS));
    assert!(stream.get_ref().written.is_empty());
}

#[test]
fn lengths_on_both_sides_of_each_form() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 200_000] {
        let payload: Vec<u8> = (0..length).map(|index| index as u8).collect();
        let mut stream = open();
        assert_eq!(feed(&mut stream, &frame(0x82, &payload)), (payload, WAITS), "{length}");
    }
}

#[test]
fn control_frames_may_come_between_the_frames_of_a_message() {
    let mut stream = open();
    let bytes = [
        frame(0x02, b"a"),
        frame(0x89, b"still there?"),
        frame(0x00, b"b"),
        frame(0x8a, b"a pong nobody asked for"),
        frame(0x80, b"c"),
    ];
    assert_eq!(feed(&mut stream, &bytes.concat()), (b"abc".to_vec(), WAITS));
    assert_eq!(server_frames(&stream.get_ref().written), [(0x8a, b"still there?".to_vec())]);
}

#[test]
fn a_ping_is_answered_with_what_it_holds() {
    for payload in [&b""[..], &[7; 125]] {
        let mut stream = open();
        let ping = frame(0x89, payload);
        let (first, second) = ping.split_at(ping.len() / 2);
        assert_eq!(feed(&mut stream, first), (Vec::new(), WAITS));
        assert_eq!(feed(&mut stream, second), (Vec::new(), WAITS));
        assert_eq!(server_frames(&stream.get_ref().written), [(0x8a, payload.to_vec())]);
        assert!(!stream.wants_write());
    }
}

#[test]
fn pings_without_payload_do_not_keep_the_caller() {
    let mut stream = open();
    for _ in 0..100 {
        stream.get_mut().incoming.push_back(frame(0x89, b"x"));
    }
    let error = stream.read(&mut [0; 64]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert!(stream.has_pending_read(), "and the caller knows that there is more");
    assert!(stream.get_ref().incoming.len() > 50);
    assert_eq!(read_all(&mut stream, 64), (Vec::new(), WAITS));
    assert_eq!(server_frames(&stream.get_ref().written).len(), 100);
}

/// Violations, the bytes that commit them, and the code the client is told.
fn violations() -> Vec<(Violation, Vec<u8>, u16)> {
    let unmasked = vec![0x82, 0x01, 0x00];
    let long = |second: u8, length: &[u8]| [&[0x82, 0x80 | second], length, &[0; 4]].concat();
    vec![
        // [MQTT-6.0.0-1]
        (Violation::TextFrame, frame(0x81, b"text"), 1003),
        (Violation::TextFrame, frame(0x01, b"te"), 1003),
        (Violation::NotMasked, unmasked, 1002),
        (Violation::ReservedBit, frame(0xc2, b"x"), 1002),
        (Violation::ReservedBit, frame(0xa2, b"x"), 1002),
        (Violation::ReservedBit, frame(0x92, b"x"), 1002),
        (Violation::ReservedBit, frame(0xc9, b"x"), 1002),
        (Violation::ReservedOpcode(3), frame(0x83, b"x"), 1002),
        (Violation::ReservedOpcode(7), frame(0x87, b"x"), 1002),
        (Violation::ReservedOpcode(11), frame(0x8b, b"x"), 1002),
        (Violation::ReservedOpcode(15), frame(0x8f, b"x"), 1002),
        (Violation::Length, long(126, &[0, 125]), 1002),
        (Violation::Length, long(127, &[0, 0, 0, 0, 0, 0, 0xff, 0xff]), 1002),
        (Violation::Length, long(127, &[0x80, 0, 0, 0, 0, 0, 0, 0]), 1002),
        (Violation::FragmentedControl, frame(0x09, b""), 1002),
        (Violation::FragmentedControl, frame(0x08, b""), 1002),
        (Violation::FragmentedControl, frame(0x0a, b""), 1002),
        (Violation::ControlTooLong, frame(0x89, &[0; 126]), 1002),
        (Violation::NothingToContinue, frame(0x80, b"x"), 1002),
        (Violation::NothingToContinue, frame(0x00, b"x"), 1002),
        (Violation::UnfinishedMessage, [frame(0x02, b""), frame(0x82, b"x")].concat(), 1002),
        (Violation::CloseCode, frame(0x88, &[3]), 1002),
        (Violation::CloseCode, frame(0x88, &999_u16.to_be_bytes()), 1002),
        (Violation::CloseCode, frame(0x88, &1005_u16.to_be_bytes()), 1002),
        (Violation::CloseCode, frame(0x88, &1006_u16.to_be_bytes()), 1002),
        (Violation::CloseCode, frame(0x88, &2999_u16.to_be_bytes()), 1002),
        (Violation::CloseReason, frame(0x88, &[3, 232, 0xff]), 1007),
    ]
}

#[test]
fn violations_are_told_after_what_came_before_them() {
    for (violation, bytes, code) in violations() {
        let mut stream = open();
        let bytes = [&frame(0x82, b"good"), &bytes[..], &frame(0x82, b"never read")].concat();
        assert_eq!(feed(&mut stream, &bytes), (b"good".to_vec(), Some(ErrorKind::InvalidData)), "{violation}");
        assert_eq!(stream.ending(), Some(&Ending::Violation(violation)));
        assert_eq!(violation.close_code() as u16, code);
        assert_eq!(close_code(&stream), Some(code), "{violation}");
        // What still comes is thrown away, until the client is gone.
        assert_eq!(feed(&mut stream, &frame(0x82, b"late")), (Vec::new(), WAITS));
        stream.get_mut().ends = true;
        assert_eq!(read_all(&mut stream, 64), (Vec::new(), None));
    }
}

#[test]
fn violations_show_at_the_header_before_the_payload_is_there() {
    for (violation, bytes, _) in violations() {
        let needs_payload = matches!(violation, Violation::CloseCode | Violation::CloseReason);
        if needs_payload || violation == Violation::UnfinishedMessage {
            continue;
        }
        let mut stream = open();
        let head = if violation == Violation::Length { &bytes[..] } else { &bytes[..2] };
        assert_eq!(feed(&mut stream, head), (Vec::new(), Some(ErrorKind::InvalidData)), "{violation}");
    }
}

#[test]
fn messages_up_to_the_limit_in_as_many_frames_as_they_like() {
    let options = WebSocketOptions { max_frame_size: Some(100), ..WebSocketOptions::default() };
    let fits = [frame(0x02, &[1; 60]), frame(0x00, &[2; 39]), frame(0x80, &[3])].concat();
    for (bytes, payload) in [
        (frame(0x82, &[0; 101]), 0),
        ([frame(0x02, &[1; 60]), frame(0x80, &[2; 41])].concat(), 60),
        ([&fits[..], &frame(0x82, &[0; 101])].concat(), 100),
        (vec![0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], 0),
    ] {
        let mut stream = open_stream(options.clone(), REQUEST);
        let (read, error) = feed(&mut stream, &bytes);
        assert_eq!((read.len(), error), (payload, Some(ErrorKind::InvalidData)));
        assert_eq!(stream.ending(), Some(&Ending::Violation(Violation::MessageTooBig)));
        assert_eq!(close_code(&stream), Some(1009));
    }
    let mut stream = open_stream(options, REQUEST);
    assert_eq!(feed(&mut stream, &[&fits[..], &fits].concat()).0.len(), 200);
}

#[test]
fn a_client_that_closes_gets_its_own_code_back() {
    for (payload, code) in [
        (Vec::new(), None),
        ([&[3, 232][..], "gute Nacht ☾".as_bytes()].concat(), Some(1000)),
        (vec![15, 160], Some(4000)),
    ] {
        let mut stream = open();
        let bytes = [frame(0x82, b"last words"), frame(0x88, &payload), frame(0x82, b"beyond")].concat();
        assert_eq!(feed(&mut stream, &bytes), (b"last words".to_vec(), None));
        assert_eq!(stream.ending(), Some(&Ending::ClosedByPeer(code)));
        assert_eq!(close_code(&stream), code);
        assert!(!stream.is_open());
    }
}

#[test]
fn a_close_of_the_broker_is_sent_once() {
    let mut stream = open();
    stream.close(CloseCode::GoingAway);
    stream.close(CloseCode::Normal);
    assert_eq!(server_frames(&stream.get_ref().written), [(0x88, vec![3, 233])]);
    assert_eq!(feed(&mut stream, &frame(0x88, &[3, 233])), (Vec::new(), WAITS));
    assert_eq!(server_frames(&stream.get_ref().written).len(), 1);
    assert_eq!(stream.ending(), Some(&Ending::Closed(CloseCode::GoingAway)));
}

#[test]
fn the_end_of_the_socket_is_the_end() {
    for cut in [0, 1, 5, 9] {
        let mut stream = open();
        stream.get_mut().ends = true;
        let (payload, error) = feed(&mut stream, &frame(0x82, b"cut")[..cut]);
        assert_eq!((payload.len(), error), (cut.saturating_sub(6), None));
    }
}

#[test]
fn has_pending_read_says_whether_the_socket_may_hold_more() {
    let mut stream = open();
    stream.get_mut().incoming.push_back(frame(0x82, &[7; 100]));
    let mut buffer = [0; 50];
    assert_eq!(stream.read(&mut buffer).unwrap(), 44, "50 bytes of the socket, of them 6 of the header");
    assert!(stream.has_pending_read());
    assert_eq!(stream.read(&mut buffer).unwrap(), 50);
    assert!(stream.has_pending_read());
    assert_eq!(stream.read(&mut buffer).unwrap(), 6);
    assert!(!stream.has_pending_read(), "a short read empties the socket");
}

#[test]
fn an_idle_connection_is_small() {
    // Beside it there is one buffer of at most 32 bytes for the header of the next frame.
    assert!(size_of::<WebSocketStream<()>>() <= 200, "{}", size_of::<WebSocketStream<()>>());
}
