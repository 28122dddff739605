//! The broker closes: each layer says so in its own words, and only then the socket is shut down.

use super::client::Client;
use super::event_loop::EventLoop;
use super::setting::{Combination, Keys};
use std::io::{ErrorKind, Write};

/// Moves up to `at_once` bytes at a time until nothing moves.
fn run(event_loop: &mut EventLoop, client: &mut Client, at_once: usize) {
    loop {
        let there = std::mem::take(&mut client.to_wire);
        event_loop.peer.deliver(&there);
        event_loop.readable();
        let back = event_loop.peer.drain(at_once);
        client.take(&back);
        event_loop.writable();
        event_loop.write();
        if there.is_empty() && back.is_empty() {
            return;
        }
    }
}

#[test]
fn every_layer_says_goodbye() {
    for combination in Combination::all() {
        for room in [1, 7, 1 << 20] {
            let mut client = combination.client();
            let mut event_loop = EventLoop::new(&combination.layers(), 64 * 1024, room);
            run(&mut event_loop, &mut client, usize::MAX);
            event_loop.out.extend_from_slice(b"disconnect");
            event_loop.write();
            run(&mut event_loop, &mut client, usize::MAX);
            assert!(!event_loop.peer.has_been_shut_down());
            event_loop.shut_down();
            assert_eq!(event_loop.stack.wants_write(), !event_loop.peer.has_been_shut_down(), "{combination:?} {room}");
            run(&mut event_loop, &mut client, usize::MAX);
            assert_eq!(client.received, b"disconnect", "{combination:?} {room}");
            assert_eq!(client.was_closed_normally(), combination.websocket, "{combination:?} {room}");
            assert_eq!(client.tls_has_ended, combination.tls, "{combination:?} {room}");
            assert!(event_loop.peer.has_been_shut_down(), "{combination:?} {room}");
            assert_eq!(event_loop.stack.ending(), None, "whoever closed knows why");
            // Again is no mistake, and writes nothing.
            event_loop.shut_down();
            assert_eq!(event_loop.stack.write(b"late").unwrap_err().kind(), ErrorKind::BrokenPipe);
        }
    }
}

#[test]
fn a_connection_that_is_not_open_yet_is_just_closed() {
    for combination in Combination::all() {
        let mut event_loop = EventLoop::new(&combination.layers(), 64 * 1024, 1 << 20);
        event_loop.shut_down();
        assert!(event_loop.peer.has_been_shut_down(), "{combination:?}");
        assert!(event_loop.peer.drain(usize::MAX).is_empty(), "{combination:?}");
    }
}

/// The frame that was begun stays incomplete: nothing that belongs to another frame may be put into it.
#[test]
fn a_frame_that_was_begun_is_not_continued_with_a_goodbye() {
    let combination = Combination { proxy: false, tls: false, websocket: true, compress: false, keys: Keys::None };
    let mut client = combination.client();
    let mut event_loop = EventLoop::new(&combination.layers(), 64 * 1024, 1000);
    run(&mut event_loop, &mut client, usize::MAX);
    event_loop.out = vec![b'x'; 5000];
    event_loop.write();
    event_loop.shut_down();
    let sent = event_loop.peer.drain(usize::MAX);
    assert_eq!((sent.len(), sent.iter().filter(|byte| **byte == b'x').count()), (1000, 996));
    assert!(event_loop.peer.has_been_shut_down());
}
