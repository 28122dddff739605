//! A durable session changes its connection in the middle of a long queue: what was read for the earlier connection must not
//! reach the next one.

use crate::durable_queue::{lasting, leave_subscribed, publish_numbers};
use dunlin_codec::AckKind::PubAck;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::{Client, TestBroker};
use std::sync::atomic::{AtomicBool, Ordering};

/// A dozen pages of the queue: each is of at most 512 messages.
const MESSAGES: usize = 6_000;

/// What a connection takes before the next one comes, in turn. With the default window of 32, the second page is asked for when
/// 225 messages of the first one are acknowledged: mostly the next connection comes just then.
const TAKEN: [usize; 12] = [226, 1, 225, 230, 228, 520, 226, 227, 300, 229, 40, 240];

/// How the next connection comes.
#[derive(Clone, Copy)]
enum Change {
    TakeOver,
    Reconnect,
}

/// Takes the whole queue of session `c` over many connections; messages come twice only where an acknowledgement may have been
/// lost with its connection.
fn take_all(broker: &TestBroker, change: Change) {
    let mut client = lasting("c").manual_acks().connect(broker);
    // How many were taken, and how many of them the broker surely knows about.
    let (mut taken, mut settled) = (0, 0);
    for (round, count) in TAKEN.into_iter().cycle().enumerate() {
        let first = take_next(&mut client);
        assert!((settled..=taken).contains(&first), "round {round}: {first} came, {settled}..={taken} was due");
        let end = MESSAGES.min(first + count);
        for number in first + 1..end {
            assert_eq!(take_next(&mut client), number, "round {round}");
        }
        taken = taken.max(end);
        if round % 2 == 0 || end == MESSAGES {
            // All acknowledgements are with the session now; the page they make room for is hardly asked for yet.
            client.ping();
            settled = end;
        }
        if end == MESSAGES {
            return;
        }
        client = change.next_connection(client, broker);
        assert!(client.session_present());
    }
}

impl Change {
    fn next_connection(self, before: Client, broker: &TestBroker) -> Client {
        let next = || lasting("c").manual_acks().connect(broker);
        match self {
            Self::TakeOver => {
                let client = next();
                drop(before);
                client
            }
            Self::Reconnect => {
                drop(before);
                next()
            }
        }
    }
}

/// Takes a message, acknowledges it, and returns its number.
fn take_next(client: &mut Client) -> usize {
    let message = client.expect_publish();
    client.ack(PubAck, message.packet_id);
    message.text().trim_start().parse().expect("a number")
}

/// A queue of several pages, taken by one connection after the other while the disk is busy with messages of somebody else,
/// so that requests for pages wait for each other.
fn hand_over_under_load(change: Change) {
    let broker = TestBroker::start();
    leave_subscribed(&broker, "c", "t", AtLeastOnce);
    leave_subscribed(&broker, "busy", "busy", AtLeastOnce);
    publish_numbers(&mut Client::v5("publisher").connect(&broker), "t", 0..MESSAGES, 0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Told to stop by a panic as well, or the scope would wait for ever.
        let _ends_with_this = StopOnDrop(&is_over);
        scope.spawn(|| {
            let mut publisher = Client::v5("busy publisher").connect(&broker);
            while !is_over.load(Ordering::Relaxed) {
                publish_numbers(&mut publisher, "busy", 0..20, 0);
            }
        });
        take_all(&broker, change);
    });
    let mut client = lasting("c").connect(&broker);
    client.expect_nothing();
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// [MQTT-3.1.4-3] [MQTT-4.4.0-1] [MQTT-4.6.0-5]
#[test]
fn b075_pages_read_for_a_connection_that_was_taken_over_do_not_reach_the_next_one() {
    hand_over_under_load(Change::TakeOver);
}

/// [MQTT-4.4.0-1] [MQTT-4.6.0-5]
#[test]
fn b106_pages_read_for_a_connection_that_has_gone_do_not_reach_the_next_one() {
    hand_over_under_load(Change::Reconnect);
}
