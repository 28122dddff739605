//! Crowds, while a server that a node asks dies and comes back: clients that come one after the other, and clients that publish.

use crate::access_scenario::login;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{self, NoMatchingSubscribers};
use dunlin_testkit::{Client, Stopwatch, TestBroker};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// More at a time than there are connections to a server.
const SIZE: usize = 4;

/// What a busy machine adds to the timeout of a server.
const BUSY: Duration = Duration::from_secs(2);

/// Some at a time, each again and again, until they are told to stop.
pub(crate) struct Crowd {
    is_over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<ReasonCode>>>,
}

impl Crowd {
    /// Clients that come as this user. None of them waits longer for its answer than the timeout of the server.
    pub(crate) fn come_to(broker: &TestBroker, username: &'static str, timeout: Duration) -> Self {
        Self::come_with(broker, username, "right", timeout)
    }

    /// As [`Self::come_to`], with another password.
    pub(crate) fn come_with(broker: &TestBroker, username: &'static str, password: &str, timeout: Duration) -> Self {
        let address = broker.address();
        Self::of(timeout, |number| {
            let (id, password) = (format!("{username}, come {number}"), password.to_owned());
            move || {
                let connecting = Client::v5(&id).with(|connect| login(connect, username, &password));
                connecting.send_connect(address).recv().connack().reason_code
            }
        })
    }

    /// Clients of this user that are connected, each of which publishes to its own topics, to one after the other. All of them have
    /// published when this returns.
    pub(crate) fn publish_to(broker: &TestBroker, username: &'static str, timeout: Duration) -> Self {
        Self::of(timeout, |number| {
            let id = format!("{username}, publisher {number}");
            let mut client = Client::v5(&id).with(|connect| login(connect, username, "right")).connect(broker);
            assert_eq!(client.publish(&format!("own/{username}/{number}"), "x", AtLeastOnce), NoMatchingSubscribers);
            let mut last = 0;
            move || {
                last += 1;
                client.publish(&format!("own/{username}/{number}/{last}"), "x", AtLeastOnce)
            }
        })
    }

    fn of<A>(timeout: Duration, mut one: impl FnMut(usize) -> A) -> Self
    where
        A: FnMut() -> ReasonCode + Send + 'static,
    {
        let is_over = Arc::new(AtomicBool::new(false));
        let client = |number| {
            let (is_over, mut act) = (Arc::clone(&is_over), one(number));
            std::thread::spawn(move || {
                let mut answers = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let begun = Stopwatch::start();
                    answers.push(act());
                    assert!(begun.passed() < timeout + BUSY, "nobody waits longer than the timeout of the server");
                    // What is the same as before says nothing new.
                    if let [.., before, last] = &answers[..]
                        && before == last
                    {
                        answers.pop();
                    }
                }
                answers
            })
        };
        Self { clients: (0..SIZE).map(client).collect(), is_over }
    }

    /// How each of them was answered, without the same answer twice in a row.
    pub(crate) fn stop(self) -> Vec<Vec<ReasonCode>> {
        self.is_over.store(true, Ordering::Relaxed);
        self.clients.into_iter().map(|client| client.join().expect("it was answered")).collect()
    }
}

/// None of the answers is any other than these.
#[track_caller]
pub(crate) fn expect_only(answers: &[Vec<ReasonCode>], expected: &[ReasonCode]) {
    assert!(answers.iter().flatten().all(|code| expected.contains(code)), "{answers:?} instead of {expected:?}");
}
