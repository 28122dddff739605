//! What happens at a node that asks a real server, which is there, then gone, and then there again.

use dunlin_codec::Connect;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{
    self, BadUserNameOrPassword, NoMatchingSubscribers, NotAuthorized, ServerUnavailable, Success,
};
use dunlin_passwords::{Algorithm, Digest, SaltPosition, StoredPassword};
use dunlin_testkit::{Client, Frame, Stopwatch, TestBroker, let_time_pass};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// More logins than there are connections to a server, so that one that is not given back is missed.
const POOL_SIZE: usize = 2;
const LOGINS: usize = 4 * POOL_SIZE;

/// The longest timeout of a server in these tests, and what a busy machine adds to it.
const LONGEST_ANSWER: Duration = Duration::from_secs(14);

/// How a wrong password is refused by most: in the code of 5.0, and that of 3.1.1.
pub(crate) const WRONG: (ReasonCode, u8) = (BadUserNameOrPassword, 4);

/// A server that can be gone.
pub(crate) trait BackEnd {
    fn kill(&mut self);
    fn start_again(&mut self);
}

/// A node that asks a server about users and rules. Answers are not kept, so that what is seen is what the server says.
pub(crate) fn node(authenticator: &str, source: &str) -> TestBroker {
    TestBroker::with(&format!(
        "authentication = [{{ {authenticator} }}]\nauthorization.sources = [{{ {source} }}]\n\
         authentication_settings.node_cache.enable = false\nauthorization.node_cache.enable = false"
    ))
}

/// What is said of connections: few of them, and that it is looked often whether the server is there.
pub(crate) fn pool() -> String {
    format!("pool_size = {POOL_SIZE}, resource_opts.health_check_interval = 200ms")
}

/// How the password `right` is stored where nothing else is configured.
pub(crate) fn stored() -> StoredPassword {
    let algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);
    algorithm.create(b"right", [7; 16]).expect("a hash")
}

fn login<'a>(connect: &mut Connect<'a>, username: &'a str, password: &'a str) {
    connect.username = Some(username);
    connect.password = Some(password.as_bytes());
}

pub(crate) fn come_in(broker: &TestBroker, username: &str, password: &str) -> Client {
    Client::v5(username).with(|connect| login(connect, username, password)).connect(broker)
}

/// How the broker refuses a client: in words of 5.0, and of 3.1.1.
pub(crate) fn refusals(broker: &TestBroker, username: &str, password: &str) -> (ReasonCode, u8) {
    let newer = Client::v5("newer").with(|connect| login(connect, username, password)).connect_refused(broker);
    let older = Client::v4("older").with(|connect| login(connect, username, password)).connect_refused(broker);
    (newer.connack().reason_code, older.connack().reason_code.as_v3_connack())
}

/// Waits until the client is let in, and says with which codes it was refused before.
pub(crate) fn until_let_in(broker: &TestBroker, username: &str, password: &str) -> Client {
    for _ in 0..600 {
        let connecting = Client::v5(username).with(|connect| login(connect, username, password));
        let mut client = connecting.send_connect(broker.address());
        let answer: Frame = client.recv();
        match answer.connack().reason_code {
            Success => return client,
            refused => assert_eq!(refused, ServerUnavailable, "its password is right"),
        }
        let_time_pass(Duration::from_millis(50));
    }
    panic!("the server is there again, and {username} does not come in");
}

/// Who comes in and who does not (`wrong` is for a wrong password), and what ann may do: publish to her own topics.
pub(crate) fn play_while_it_is_there(broker: &TestBroker, wrong: (ReasonCode, u8)) -> Client {
    for _ in 0..LOGINS {
        come_in(broker, "ann", "right").disconnect();
        assert_eq!(refusals(broker, "ann", "wrong"), wrong);
        assert_eq!(refusals(broker, "eve", "right"), (NotAuthorized, 5));
    }
    let mut older = Client::v4("older").with(|connect| login(connect, "ann", "right")).connect(broker);
    older.ping();
    let mut ann = come_in(broker, "ann", "right");
    for index in 0..LOGINS {
        assert_eq!(ann.publish(&format!("own/ann/{index}"), "x", AtLeastOnce), NoMatchingSubscribers);
        assert_eq!(ann.publish(&format!("own/eve/{index}"), "x", AtLeastOnce), NotAuthorized);
    }
    ann
}

/// What is known of who is asked about clients, and of who is asked what they may do.
fn statuses(broker: &TestBroker) -> [&'static str; 2] {
    let source = broker.server().authorization().expect("sources").sources[0].status;
    [broker.server().authenticators()[0].status, source]
}

/// Waits until both are seen to be so, and to have alarms or none, while no client asks.
fn wait_for(broker: &TestBroker, status: &'static str) {
    let alarms = if status == "disconnected" { 2 } else { 0 };
    broker.wait_until(status, |inner| {
        let of_access = inner.alarms().into_iter().filter(|alarm| {
            let is_about_access = alarm.name.starts_with("authentication:") || alarm.name.starts_with("authorization:");
            is_about_access && alarm.message.starts_with("resource down: ")
        });
        statuses(broker) == [status; 2] && of_access.count() == alarms
    });
}

/// Clients that come one after the other, some at a time, until they are told to stop.
struct Crowd {
    is_over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<ReasonCode>>>,
}

impl Crowd {
    /// More at a time than there are connections.
    fn come_to(broker: &TestBroker) -> Self {
        let (address, is_over) = (broker.address(), Arc::new(AtomicBool::new(false)));
        let come = |number: usize| {
            let is_over = Arc::clone(&is_over);
            std::thread::spawn(move || {
                let id = format!("of the crowd {number}");
                let mut answers = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    let connecting = Client::v5(&id).with(|connect| login(connect, "ann", "right"));
                    let begun = Stopwatch::start();
                    answers.push(connecting.send_connect(address).recv().connack().reason_code);
                    assert!(begun.passed() < LONGEST_ANSWER, "nobody waits longer than the timeout of the server");
                }
                answers
            })
        };
        let clients = (0..2 * POOL_SIZE).map(come).collect();
        Self { is_over, clients }
    }

    /// How they were answered.
    fn stop(self) -> Vec<ReasonCode> {
        self.is_over.store(true, Ordering::Relaxed);
        self.clients.into_iter().flat_map(|client| client.join().expect("it was answered")).collect()
    }
}

/// Plays all of it.
pub(crate) fn play(broker: &TestBroker, server: &mut impl BackEnd, wrong: (ReasonCode, u8)) {
    wait_for(broker, "connected");
    let mut ann = play_while_it_is_there(broker, wrong);
    let crowd = Crowd::come_to(broker);
    let entered = broker.server().access().authentications()[0].1.tally()[0].success;
    broker.wait_until("the crowd comes in", |_| {
        broker.server().access().authentications()[0].1.tally()[0].success > entered + LOGINS as u64
    });
    server.kill();
    wait_for(broker, "disconnected");
    let answers = crowd.stop();
    assert!(answers.iter().all(|code| matches!(code, Success | ServerUnavailable)), "{answers:?}");
    for _ in 0..LOGINS {
        assert_eq!(refusals(broker, "ann", "right"), (ServerUnavailable, 3));
    }
    // Whom nobody can be asked about may do nothing new.
    assert_eq!(ann.publish("own/ann/new", "x", AtLeastOnce), NotAuthorized);
    server.start_again();
    // Without a client that asks.
    wait_for(broker, "connected");
    let mut ann = until_let_in(broker, "ann", "right");
    for index in 0..LOGINS {
        assert_eq!(ann.publish(&format!("own/ann/again/{index}"), "x", AtLeastOnce), NoMatchingSubscribers);
    }
    assert_eq!(refusals(broker, "ann", "wrong"), wrong);
    let tally = broker.server().access().authentications()[0].1.tally()[0];
    assert!(tally.success > LOGINS as u64 && tally.failed > 2 * LOGINS as u64, "{tally:?}");
    assert_eq!(tally.total, tally.success + tally.failed + tally.no_match);
}
