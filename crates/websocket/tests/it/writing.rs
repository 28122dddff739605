//! What a client gets, and in which order, when its socket is slow.

use crate::peer::{REQUEST, Stream, feed, frame, open_stream, server_frames};
use dunlin_websocket::{CloseCode, Piggyback, WebSocketOptions};
use std::io::{ErrorKind, Write};

fn open() -> Stream {
    open_stream(WebSocketOptions::default(), REQUEST)
}

fn full(stream: &mut Stream) {
    stream.get_mut().room = Some(0);
}

fn empty(stream: &mut Stream) {
    stream.get_mut().room = None;
}

/// [MQTT-6.0.0-1]
#[test]
fn each_write_is_one_binary_frame_and_one_system_call() {
    for length in [1, 125, 126, 65_535, 65_536, 300_000] {
        let mut stream = open();
        let bytes: Vec<u8> = (0..length).map(|index| index as u8).collect();
        assert_eq!(stream.write(&bytes).unwrap(), length);
        assert_eq!(stream.get_ref().writes, 1);
        assert_eq!(server_frames(&stream.get_ref().written), [(0x82, bytes)]);
        assert!(!stream.wants_write());
    }
}

#[test]
fn whatever_a_socket_takes_at_a_time_the_frames_are_whole() {
    for room in 1..40 {
        let mut stream = open();
        let bytes: Vec<u8> = (0..100).collect();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            stream.get_mut().room = Some(room);
            match stream.write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        let payload: Vec<u8> =
            server_frames(&stream.get_ref().written).into_iter().flat_map(|(_, data)| data).collect();
        assert_eq!(payload, bytes, "{room}");
    }
}

#[test]
fn bytes_added_after_a_short_write_go_into_the_next_frame() {
    let mut stream = open();
    stream.get_mut().room = Some(4);
    assert_eq!(stream.write(b"abcd").unwrap(), 2);
    empty(&mut stream);
    assert_eq!(stream.write(b"cdefgh").unwrap(), 6);
    assert_eq!(server_frames(&stream.get_ref().written), [(0x82, b"abcd".to_vec()), (0x82, b"efgh".to_vec())]);
}

#[test]
fn nothing_is_promised_before_the_socket_took_a_byte() {
    let mut stream = open();
    full(&mut stream);
    assert_eq!(stream.write(b"a long delivery").unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(!stream.wants_write());
    empty(&mut stream);
    assert_eq!(stream.write(b"bye").unwrap(), 3);
    assert_eq!(server_frames(&stream.get_ref().written), [(0x82, b"bye".to_vec())]);
}

#[test]
fn a_pong_waits_for_the_end_of_the_frame_and_only_the_last_is_sent() {
    let mut stream = open();
    stream.get_mut().room = Some(3);
    assert_eq!(stream.write(b"abc").unwrap(), 1);
    feed(&mut stream, &[frame(0x89, b"one"), frame(0x89, b"two")].concat());
    assert!(!stream.wants_write(), "nothing can be written before the rest of the frame");
    stream.get_mut().room = Some(2);
    assert_eq!(stream.write(b"bc").unwrap(), 2);
    assert!(stream.wants_write());
    assert_eq!(stream.flush().unwrap_err().kind(), ErrorKind::WouldBlock);
    empty(&mut stream);
    stream.flush().unwrap();
    assert!(!stream.wants_write());
    assert_eq!(server_frames(&stream.get_ref().written), [(0x82, b"abc".to_vec()), (0x8a, b"two".to_vec())]);
}

#[test]
fn pings_do_not_make_memory_grow_while_the_client_does_not_read() {
    let mut stream = open();
    stream.get_mut().room = Some(1);
    for index in 0..1000_u16 {
        feed(&mut stream, &frame(0x89, &index.to_be_bytes()));
    }
    assert!(stream.wants_write());
    empty(&mut stream);
    stream.flush().unwrap();
    let pongs = server_frames(&stream.get_ref().written);
    assert_eq!(pongs, [(0x8a, vec![0, 0]), (0x8a, 999_u16.to_be_bytes().to_vec())]);
}

#[test]
fn a_close_comes_after_the_frame_that_was_begun_and_nothing_after_it() {
    let mut stream = open();
    stream.get_mut().room = Some(3);
    assert_eq!(stream.write(b"abc").unwrap(), 1);
    stream.close(CloseCode::Normal);
    empty(&mut stream);
    assert_eq!(stream.write(b"bcdef").unwrap(), 2, "only what the frame lacks");
    stream.flush().unwrap();
    assert_eq!(stream.write(b"def").unwrap_err().kind(), ErrorKind::BrokenPipe);
    feed(&mut stream, &frame(0x89, b"?"));
    assert_eq!(server_frames(&stream.get_ref().written), [(0x82, b"abc".to_vec()), (0x88, vec![3, 232])]);
}

#[test]
fn one_packet_per_frame_where_clients_need_that() {
    let options = WebSocketOptions { mqtt_piggyback: Piggyback::Single, ..WebSocketOptions::default() };
    let long = [&[0x30, 0xac, 0x02][..], &[7; 300]].concat();
    let packets = [vec![0xd0, 0x00], vec![0x40, 0x02, 0, 1], long, vec![0xe0, 0x00]];
    for room in [1, 2, 7, 100, 1000] {
        let mut stream = open_stream(options.clone(), REQUEST);
        let bytes = packets.concat();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            stream.get_mut().room = Some(room);
            rest = stream.write(rest).map_or(rest, |count| &rest[count..]);
        }
        let frames: Vec<_> = server_frames(&stream.get_ref().written).into_iter().map(|(_, payload)| payload).collect();
        assert_eq!(frames, packets, "{room}");
    }
}

#[test]
fn the_answer_to_the_upgrade_waits_for_the_socket() {
    let mut stream = crate::peer::stream_of(WebSocketOptions::default(), [REQUEST.as_bytes().to_vec()]);
    stream.get_mut().room = Some(10);
    assert_eq!(crate::peer::read_all(&mut stream, 4096).1, Some(ErrorKind::WouldBlock));
    assert!(stream.is_open() && stream.wants_write());
    stream.get_mut().room = Some(20);
    assert_eq!(stream.write(b"early").unwrap_err().kind(), ErrorKind::WouldBlock);
    empty(&mut stream);
    assert_eq!(stream.write(b"early").unwrap(), 5);
    let written = &stream.get_ref().written;
    assert!(written.starts_with(b"HTTP/1.1 101 ") && written.ends_with(b"\r\n\r\n\x82\x05early"));
}
