//! What happens at a node that asks a real server, which is there, then gone, and then there again.

use crate::access_crowd::{Crowd, expect_only};
use dunlin_codec::Connect;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{
    self, BadUserNameOrPassword, NoMatchingSubscribers, NotAuthorized, ServerUnavailable, Success,
};
use dunlin_passwords::{Algorithm, Digest, SaltPosition, StoredPassword};
use dunlin_testkit::{Client, Frame, TestBroker, let_time_pass};
use std::time::Duration;

/// More logins than there are connections to a server, so that one that is not given back is missed.
const POOL_SIZE: usize = 2;
pub(crate) const LOGINS: usize = 4 * POOL_SIZE;

/// What most servers may take for an answer, as their nodes are configured.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(4);

/// How a wrong password is refused by most: in the code of 5.0, and that of 3.1.1.
pub(crate) const WRONG: (ReasonCode, u8) = (BadUserNameOrPassword, 4);

/// A server that can be gone.
pub(crate) trait BackEnd {
    fn kill(&mut self);
    fn start_again(&mut self);

    /// What it may take for an answer, as its node is configured.
    fn timeout(&self) -> Duration {
        TIMEOUT
    }
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

pub(crate) fn login<'a>(connect: &mut Connect<'a>, username: &'a str, password: &'a str) {
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
pub(crate) fn wait_for(broker: &TestBroker, status: &'static str) {
    let alarms = if status == "disconnected" { 2 } else { 0 };
    broker.wait_until(status, |inner| {
        let of_access = inner.alarms().into_iter().filter(|alarm| {
            let is_about_access = alarm.name.starts_with("authentication:") || alarm.name.starts_with("authorization:");
            is_about_access && alarm.message.starts_with("resource down: ")
        });
        statuses(broker) == [status; 2] && of_access.count() == alarms
    });
}

/// How often the first authenticator has let somebody in.
pub(crate) fn admitted(broker: &TestBroker) -> u64 {
    broker.server().access().authentications()[0].1.tally()[0].success
}

/// What the first source of rules has allowed, and how often it could not tell.
pub(crate) fn allowed_and_failed(broker: &TestBroker) -> (u64, u64) {
    let source = &broker.server().authorization().expect("sources").sources[0];
    (source.allow, source.failed)
}

/// Waits until a crowd that comes and one that publishes have been let do so a few times more.
pub(crate) fn until_both_go_on(broker: &TestBroker) {
    let (entered, (allowed, _)) = (admitted(broker), allowed_and_failed(broker));
    broker.wait_until("clients come and publish", |_| {
        admitted(broker) > entered + LOGINS as u64 && allowed_and_failed(broker).0 > allowed + LOGINS as u64
    });
}

/// Waits until no connection is left, neither at the listener nor anywhere else.
pub(crate) fn until_nobody_is_left(broker: &TestBroker) {
    broker.wait_until("nobody is left", |inner| {
        inner.connections() == 0 && inner.listener("tcp:default").is_some_and(|listener| listener.connections == 0)
    });
}

/// Plays all of it.
pub(crate) fn play(broker: &TestBroker, server: &mut impl BackEnd, wrong: (ReasonCode, u8)) {
    wait_for(broker, "connected");
    let mut ann = play_while_it_is_there(broker, wrong);
    let timeout = server.timeout();
    let (coming, publishing) = (Crowd::come_to(broker, "ann", timeout), Crowd::publish_to(broker, "ann", timeout));
    until_both_go_on(broker);
    let (_, failed) = allowed_and_failed(broker);
    server.kill();
    wait_for(broker, "disconnected");
    broker.wait_until("publishers are denied", |_| allowed_and_failed(broker).1 > failed + LOGINS as u64);
    expect_only(&coming.stop(), &[Success, ServerUnavailable]);
    for _ in 0..LOGINS {
        assert_eq!(refusals(broker, "ann", "right"), (ServerUnavailable, 3));
    }
    // Whom nobody can be asked about may do nothing new.
    assert_eq!(ann.publish("own/ann/new", "x", AtLeastOnce), NotAuthorized);
    server.start_again();
    // Without a client that comes.
    wait_for(broker, "connected");
    let mut ann = until_let_in(broker, "ann", "right");
    for index in 0..LOGINS {
        assert_eq!(ann.publish(&format!("own/ann/again/{index}"), "x", AtLeastOnce), NoMatchingSubscribers);
    }
    assert_eq!(refusals(broker, "ann", "wrong"), wrong);
    let coming = Crowd::come_to(broker, "ann", timeout);
    until_both_go_on(broker);
    expect_only(&coming.stop(), &[Success]);
    let published = publishing.stop();
    expect_only(&published, &[NoMatchingSubscribers, NotAuthorized]);
    // Over one connection: they were allowed, some were denied meanwhile, and all are allowed again.
    assert!(published.iter().flatten().any(|code| *code == NotAuthorized), "{published:?}");
    assert!(published.iter().all(|codes| codes.last() == Some(&NoMatchingSubscribers)), "{published:?}");
    let tally = broker.server().access().authentications()[0].1.tally()[0];
    assert!(tally.success > LOGINS as u64 && tally.failed > 2 * LOGINS as u64, "{tally:?}");
    assert_eq!(tally.total, tally.success + tally.failed + tally.no_match);
    drop(ann);
    until_nobody_is_left(broker);
}
