//! permessage-deflate (RFC 7692), against zlib's own inflater and deflater.

use crate::peer::{Stream, close_code, feed, frame, open_stream, read_all, request_with, server_frames, stream_of};
use dunlin_websocket::{DeflateLevel, DeflateOptions, DeflateStrategy, Ending, Piggyback, Violation, WebSocketOptions};
use std::io::{ErrorKind, Write};
use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush};

const WAITS: Option<ErrorKind> = Some(ErrorKind::WouldBlock);

fn options() -> WebSocketOptions {
    WebSocketOptions { compress: true, ..WebSocketOptions::default() }
}

fn offer(value: &str) -> String {
    request_with(&format!("Sec-WebSocket-Extensions: {value}"))
}

fn open() -> Stream {
    open_stream(options(), &offer("permessage-deflate"))
}

/// A client's end of the compression.
struct Client {
    deflate: Deflate,
    inflate: Inflate,
}

impl Client {
    fn new() -> Self {
        Self { deflate: Deflate::new(6, false, 15), inflate: Inflate::new(false, 15) }
    }

    /// A message without its last four bytes.
    fn pack(&mut self, message: &[u8]) -> Vec<u8> {
        let before = self.deflate.total_out();
        let mut packed = vec![0; message.len() * 2 + 100];
        self.deflate.compress(message, &mut packed, DeflateFlush::SyncFlush).expect("room");
        packed.truncate((self.deflate.total_out() - before) as usize);
        assert!(packed.ends_with(&[0, 0, 0xff, 0xff]));
        packed.truncate(packed.len() - 4);
        packed
    }

    fn unpack(&mut self, packed: &[u8]) -> Vec<u8> {
        let before = self.inflate.total_out();
        let mut message = vec![0; packed.len() * 1100 + 100];
        let packed = [packed, &[0, 0, 0xff, 0xff]].concat();
        self.inflate.decompress(&packed, &mut message, InflateFlush::SyncFlush).expect("packed");
        message.truncate((self.inflate.total_out() - before) as usize);
        message
    }

    /// The payload of everything a server wrote.
    fn unpack_all(&mut self, written: &[u8]) -> Vec<u8> {
        let frames = server_frames(written).into_iter();
        frames.flat_map(|(first, data)| if first & 0x40 == 0 { data } else { self.unpack(&data) }).collect()
    }
}

fn text(length: usize) -> Vec<u8> {
    (0..length / 8 + 1).flat_map(|index| format!("{:07} ", index % 1000).into_bytes()).take(length).collect()
}

#[test]
fn what_is_agreed_upon() {
    let small = DeflateOptions {
        server_context_takeover: false,
        client_context_takeover: false,
        server_max_window_bits: 10,
        client_max_window_bits: 11,
        ..DeflateOptions::default()
    };
    let own = DeflateOptions::default();
    let rows = [
        (own, "permessage-deflate", Some("permessage-deflate")),
        (own, "PerMessage-Deflate", Some("permessage-deflate")),
        (own, "permessage-deflate; client_max_window_bits", Some("permessage-deflate")),
        (own, "x-webkit-deflate-frame, permessage-deflate", Some("permessage-deflate")),
        (own, "permessage-deflate; server_no_context_takeover", Some("permessage-deflate; server_no_context_takeover")),
        (own, "permessage-deflate; client_no_context_takeover", Some("permessage-deflate; client_no_context_takeover")),
        (own, "permessage-deflate; server_max_window_bits=12", Some("permessage-deflate; server_max_window_bits=12")),
        (
            own,
            "permessage-deflate; server_max_window_bits=\"12\"",
            Some("permessage-deflate; server_max_window_bits=12"),
        ),
        (own, "permessage-deflate; client_max_window_bits=9", Some("permessage-deflate; client_max_window_bits=9")),
        (own, "permessage-deflate; server_max_window_bits=8, permessage-deflate", Some("permessage-deflate")),
        (own, "permessage-deflate; server_max_window_bits=8", None),
        (own, "permessage-deflate; server_max_window_bits=7", None),
        (own, "permessage-deflate; server_max_window_bits=16", None),
        (own, "permessage-deflate; server_max_window_bits=012", None),
        (own, "permessage-deflate; server_max_window_bits", None),
        (own, "permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        (own, "permessage-deflate; server_no_context_takeover=1", None),
        (own, "permessage-deflate; surprise", None),
        (own, "permessage-bzip2", None),
        (
            small,
            "permessage-deflate",
            Some(
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10",
            ),
        ),
        (
            small,
            "permessage-deflate; client_max_window_bits; server_max_window_bits=9",
            Some(
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; \
                 client_max_window_bits=11",
            ),
        ),
    ];
    for (deflate_opts, offered, agreed) in rows {
        let options = WebSocketOptions { deflate_opts, ..options() };
        let mut stream = stream_of(options, [offer(offered).into_bytes()]);
        read_all(&mut stream, 4096);
        assert!(stream.is_open(), "{offered}");
        let answer = String::from_utf8(stream.get_ref().written.clone()).expect("text");
        let found = answer.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
        assert_eq!(found, agreed, "{offered}");
    }
    let stream = open_stream(WebSocketOptions::default(), &offer("permessage-deflate"));
    assert!(stream.is_open(), "without `compress` the offer is ignored");
}

#[test]
fn messages_from_a_client_that_refers_to_earlier_ones() {
    let (mut stream, mut client) = (open(), Client::new());
    for length in [0, 1, 40, 5000, 200_000] {
        let message = text(length);
        let packed = client.pack(&message);
        assert_eq!(feed(&mut stream, &frame(0xc2, &packed)), (message, WAITS), "{length}");
    }
    let plain = frame(0x82, b"not compressed");
    assert_eq!(feed(&mut stream, &plain), (b"not compressed".to_vec(), WAITS));
    let message = text(9000);
    let packed = client.pack(&message);
    let (one, two) = packed.split_at(packed.len() / 2);
    let bytes = [frame(0x42, one), frame(0x89, b"?"), frame(0x00, b""), frame(0x00, two), frame(0x80, b"")].concat();
    assert_eq!(feed(&mut stream, &bytes), (message, WAITS), "a message in frames");
    assert_eq!(server_frames(&stream.get_ref().written), [(0x8a, b"?".to_vec())]);
}

#[test]
fn messages_to_a_client() {
    for deflate_opts in [
        DeflateOptions::default(),
        DeflateOptions {
            server_context_takeover: false,
            server_max_window_bits: 9,
            mem_level: 1,
            ..Default::default()
        },
        DeflateOptions { level: DeflateLevel::None, ..Default::default() },
        DeflateOptions { level: DeflateLevel::BestSpeed, strategy: DeflateStrategy::Rle, ..Default::default() },
        DeflateOptions {
            level: DeflateLevel::BestCompression,
            strategy: DeflateStrategy::HuffmanOnly,
            ..Default::default()
        },
    ] {
        let mut stream = open_stream(WebSocketOptions { deflate_opts, ..options() }, &offer("permessage-deflate"));
        let mut client = Client::new();
        let mut expected = Vec::new();
        for length in [1, 16, 500, 16 * 1024, 100_000] {
            let message = text(length);
            assert_eq!(stream.write(&message).unwrap(), length);
            expected.extend(message);
        }
        let written = &stream.get_ref().written;
        assert_eq!(client.unpack_all(written), expected, "{deflate_opts:?}");
        if deflate_opts == DeflateOptions::default() {
            assert!(written.len() < expected.len() / 2, "{} of {}", written.len(), expected.len());
        }
    }
}

#[test]
fn a_repeated_message_shrinks_to_a_reference_only_with_takeover() {
    let message: Vec<u8> = (0..200_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (takeover, small) in [(true, true), (false, false)] {
        let deflate_opts = DeflateOptions { server_context_takeover: takeover, ..DeflateOptions::default() };
        let mut stream = open_stream(WebSocketOptions { deflate_opts, ..options() }, &offer("permessage-deflate"));
        stream.write_all(&message).unwrap();
        let first = stream.get_ref().written.len();
        stream.write_all(&message).unwrap();
        assert_eq!(stream.get_ref().written.len() - first < 30, small);
    }
}

#[test]
fn a_slow_socket_gets_whole_frames_and_bounds_what_waits() {
    for (room, piggyback) in [(1, Piggyback::Multiple), (50, Piggyback::Multiple), (1000, Piggyback::Single)] {
        let options = WebSocketOptions { mqtt_piggyback: piggyback, ..options() };
        let mut stream = open_stream(options, &offer("permessage-deflate"));
        let packet = [&[0x30, 0xe8, 0x07][..], &text(1000)].concat();
        let bytes = packet.repeat(60);
        let mut rest = &bytes[..];
        while !rest.is_empty() || stream.wants_write() {
            stream.get_mut().room = Some(room);
            if rest.is_empty() {
                let _ = stream.flush();
            } else if let Ok(count) = stream.write(rest) {
                assert!(count <= 16 * 1024 || room == 1000);
                rest = &rest[count..];
            }
        }
        let written = stream.get_ref().written.clone();
        assert_eq!(Client::new().unpack_all(&written), bytes);
        if piggyback == Piggyback::Single {
            assert_eq!(server_frames(&written).len(), 60);
        }
    }
}

#[test]
fn a_bomb_takes_no_more_memory_than_the_reader_has() {
    let mut client = Client::new();
    let packed = client.pack(&vec![0; 8 * 1024 * 1024]);
    assert!(packed.len() < 10_000);
    let mut stream = open();
    stream.get_mut().incoming.push_back(frame(0xc2, &packed));
    let (payload, error) = read_all(&mut stream, 1000);
    assert_eq!((payload.len(), error), (8 * 1024 * 1024, WAITS));
    assert!(payload.iter().all(|byte| *byte == 0));

    let limited = WebSocketOptions { max_frame_size: Some(1_000_000), ..options() };
    let mut stream = open_stream(limited, &offer("permessage-deflate"));
    let (payload, error) = feed(&mut stream, &frame(0xc2, &packed));
    assert!(payload.len() <= 1_000_000 && error == Some(ErrorKind::InvalidData));
    assert_eq!(stream.ending(), Some(&Ending::Violation(Violation::MessageTooBig)));
    assert_eq!(close_code(&stream), Some(1009));
}

#[test]
fn a_last_block_within_a_message_is_no_end() {
    // The samples of RFC 7692 §7.2.3.4 and §7.2.3.3: a message with a last block, one that is stored.
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    for bytes in [&last[..], &stored] {
        let mut stream = open();
        for _ in 0..3 {
            assert_eq!(feed(&mut stream, &frame(0xc2, bytes)), (b"Hello".to_vec(), WAITS));
        }
        stream.get_mut().incoming.push_back(frame(0xc2, bytes));
        assert_eq!(read_all(&mut stream, 1), (b"Hello".to_vec(), WAITS), "with room for one byte");
    }
}

#[test]
fn what_cannot_be_unpacked_closes() {
    for bytes in [&b"\xff\xff\xff\xff"[..], b"\x07", b"\x00\x05\x00\x00\x00Hello"] {
        let mut stream = open();
        let (_, error) = feed(&mut stream, &frame(0xc2, bytes));
        assert_eq!(error, Some(ErrorKind::InvalidData), "{bytes:x?}");
        assert_eq!(stream.ending(), Some(&Ending::Violation(Violation::Compression)));
        assert_eq!(close_code(&stream), Some(1007));
    }
    for first in [0xc9, 0xc8, 0x40] {
        let mut stream = open();
        feed(&mut stream, &[frame(0x02, b"begun"), frame(first, b"")].concat());
        assert_eq!(stream.ending(), Some(&Ending::Violation(Violation::ReservedBit)), "{first:x}");
    }
}

#[test]
fn small_messages_go_as_they_are() {
    let mut stream = open();
    stream.write_all(&[0x40, 2, 0, 1]).unwrap();
    assert_eq!(stream.get_ref().written, [0x82, 4, 0x40, 2, 0, 1]);
}

#[test]
fn frames_right_after_the_request() {
    let packed = Client::new().pack(b"CONNECT");
    let bytes = [offer("permessage-deflate").as_bytes(), &frame(0xc2, &packed)].concat();
    let mut stream = stream_of(options(), [bytes]);
    assert_eq!(read_all(&mut stream, 4096), (b"CONNECT".to_vec(), WAITS));
}
