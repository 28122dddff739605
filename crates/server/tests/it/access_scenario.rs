//! What happens at a node that asks a real server, which is there, then gone, and then there again.

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
const LOGINS: usize = 4 * POOL_SIZE;

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

/// What is said of connections: `pool_size = 2`.
pub(crate) fn pool() -> String {
    format!("pool_size = {POOL_SIZE}")
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
fn refusals(broker: &TestBroker, username: &str, password: &str) -> (ReasonCode, u8) {
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

/// Plays all of it.
pub(crate) fn play(broker: &TestBroker, server: &mut impl BackEnd, wrong: (ReasonCode, u8)) {
    let mut ann = play_while_it_is_there(broker, wrong);
    server.kill();
    for _ in 0..LOGINS {
        assert_eq!(refusals(broker, "ann", "right"), (ServerUnavailable, 3));
    }
    // Whom nobody can be asked about may do nothing new.
    assert_eq!(ann.publish("own/ann/new", "x", AtLeastOnce), NotAuthorized);
    server.start_again();
    let mut ann = until_let_in(broker, "ann", "right");
    for index in 0..LOGINS {
        let code = ann.publish(&format!("own/ann/again/{index}"), "x", AtLeastOnce);
        // Its rules may come over a connection of their own, which is there a little later.
        assert!(code == NoMatchingSubscribers || (code == NotAuthorized && index == 0), "{index}: {code:?}");
        if code == NotAuthorized {
            let_time_pass(Duration::from_secs(1));
        }
    }
    assert_eq!(refusals(broker, "ann", "wrong"), wrong);
    let tally = broker.server().access().authentications()[0].1.tally()[0];
    assert!(tally.success > LOGINS as u64 && tally.failed > 2 * LOGINS as u64, "{tally:?}");
    assert_eq!(tally.total, tally.success + tally.failed + tally.no_match);
}
