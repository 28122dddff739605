//! A broker with users of SCRAM, and clients that show that they know a password.

use crate::access_back_ends::{authorization, broker_with, rules};
use dunlin_access::{
    Answer, Authenticator, AuthenticatorChain, AuthorizationSettings, BackendFailure, ChainEntry, ClientInfo,
    Credentials, Exchange, Outcome,
};
use dunlin_auth_backend::{ScramDirectory, ScramExchange, ScramRecord};
use dunlin_auth_built_in_database::{ScramAuthenticator, ScramUsers};
use dunlin_broker::{AccessControl, Authentication};
use dunlin_codec::{Auth, Connect, Packet};
use dunlin_model::ReasonCode;
use dunlin_passwords::{ScramClient, ScramClientFinal, ScramMechanism};
use dunlin_storage::disk::SimulatedDisk;
use dunlin_storage::metadata::MetadataStore;
use dunlin_testkit::{Client, Frame, TestBroker};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch::{self, Receiver, Sender};

/// Few, so that the tests are quick.
const ITERATIONS: u32 = 16;
pub(crate) const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";

/// Users that Dunlin keeps itself: `ann` and `bob`, both with the password `pencil`.
pub(crate) fn users(mechanism: ScramMechanism) -> Arc<ScramUsers> {
    let (store, _) = MetadataStore::open(Arc::new(SimulatedDisk::new(1))).expect("an empty disk");
    let users = ScramUsers::new(Arc::new(store), "mqtt:global", mechanism, ITERATIONS).expect("users");
    for user in ["ann", "bob"] {
        users.add(user, "pencil", false).expect("a new user");
    }
    Arc::new(users)
}

/// Their authenticator.
pub(crate) fn entry(users: &Arc<ScramUsers>) -> ChainEntry {
    ChainEntry::new(Arc::new(ScramAuthenticator::new(Arc::clone(users)).expect("a secret")))
}

pub(crate) fn chain(entries: Vec<ChainEntry>) -> Arc<Authentication> {
    Arc::new(Authentication::new(AuthenticatorChain::new(entries, false)))
}

/// A broker with these users and the rules of an `acl.conf`.
pub(crate) fn broker(users: &Arc<ScramUsers>, text: &str) -> TestBroker {
    broker_with(AccessControl {
        authentication: Some(chain(vec![entry(users)])),
        authorization: authorization(AuthorizationSettings::default(), vec![rules(text)]),
    })
}

/// `scram:told`: users whose keys are told when a test says so.
pub(crate) struct ToldDirectory {
    users: Arc<ScramUsers>,
    told: Receiver<Option<Result<(), BackendFailure>>>,
}

#[derive(Debug)]
struct ToldScram(Arc<ToldDirectory>);

impl std::fmt::Debug for ToldDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToldDirectory").finish_non_exhaustive()
    }
}

impl ScramDirectory for ToldDirectory {
    fn mechanism(&self) -> ScramMechanism {
        ScramDirectory::mechanism(&*self.users)
    }

    fn iterations(&self) -> u32 {
        ITERATIONS
    }

    fn find<'a>(
        &'a self,
        client: &'a ClientInfo,
        username: &'a str,
    ) -> Answer<'a, Result<Option<ScramRecord>, BackendFailure>> {
        Box::pin(async move {
            let mut told = self.told.clone();
            let word = told.wait_for(Option::is_some).await.ok().and_then(|word| word.clone());
            word.unwrap_or(Err(BackendFailure::Timeout(1)))?;
            self.users.find(client, username).await
        })
    }
}

impl Authenticator for ToldScram {
    fn id(&self) -> &str {
        "scram:told"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(std::future::ready(Outcome::Ignore))
    }

    fn exchange(&self, method: &str, client: &ClientInfo) -> Option<Box<dyn Exchange>> {
        let directory = Arc::clone(&self.0) as Arc<dyn ScramDirectory>;
        let exchange = ScramExchange::begin(directory, Arc::from(&b"secret"[..]), method, client)?;
        Some(Box::new(exchange))
    }
}

/// What tells the directory.
pub(crate) type Teller = Sender<Option<Result<(), BackendFailure>>>;

/// A broker whose back end says nothing before it is told. The directory is dropped when nobody asks it and the broker is gone.
pub(crate) fn told_broker() -> (Teller, TestBroker) {
    let (tell, told) = watch::channel(None);
    let directory = Arc::new(ToldDirectory { users: users(ScramMechanism::Sha256), told });
    let authentication = Some(chain(vec![ChainEntry::new(Arc::new(ToldScram(directory)))]));
    (tell, broker_with(AccessControl { authentication, authorization: None }))
}

/// A client of SCRAM-SHA-256 that thinks it knows the password.
pub(crate) fn knows(username: &str, password: &str) -> ScramClient {
    ScramClient::new(ScramMechanism::Sha256, username, password, NONCE).expect("a client")
}

/// Sends a CONNECT with this method and this data.
pub(crate) fn begin(broker: &TestBroker, id: &str, method: ScramMechanism, data: &[u8]) -> Client {
    begin_with(broker, id, method, data, |_| {})
}

/// The same with something else in CONNECT.
pub(crate) fn begin_with<'a>(
    broker: &TestBroker,
    id: &'a str,
    method: ScramMechanism,
    data: &'a [u8],
    change: impl FnOnce(&mut Connect<'a>),
) -> Client {
    let connecting = Client::v5(id).with(|connect| {
        connect.authentication_method = Some(method.name());
        connect.authentication_data = Some(data);
        change(connect);
    });
    connecting.send_connect(broker.address())
}

/// Sends a CONNECT of SCRAM-SHA-256 to a broker that listens there.
pub(crate) fn begin_at(address: SocketAddr, id: &str, scram: &ScramClient) -> Client {
    let connecting = Client::v5(id).with(|connect| {
        connect.authentication_method = Some(ScramMechanism::Sha256.name());
        connect.authentication_data = Some(scram.first_message().as_bytes());
    });
    connecting.send_connect(address)
}

/// Sends an AUTH of SCRAM-SHA-256.
pub(crate) fn send_auth(client: &mut Client, reason_code: ReasonCode, data: &[u8]) {
    send_auth_by(client, reason_code, ScramMechanism::Sha256.name(), data);
}

pub(crate) fn send_auth_by(client: &mut Client, reason_code: ReasonCode, method: &str, data: &[u8]) {
    let (authentication_method, authentication_data) = (Some(method), Some(data));
    client.send(&Packet::Auth(Auth { reason_code, authentication_method, authentication_data, ..Auth::default() }));
}

/// The data of the AUTH that comes next, which must have this code.
pub(crate) fn expect_auth(client: &mut Client, reason_code: ReasonCode) -> Vec<u8> {
    let frame = client.recv_where("AUTH", |packet| matches!(packet, Packet::Auth(_)));
    let Packet::Auth(auth) = frame.packet() else { panic!("just looked at") };
    assert_eq!(auth.reason_code, reason_code, "{frame:?}");
    auth.authentication_data.unwrap_or_default().to_vec()
}

/// Answers the question of the broker; what it should say then.
pub(crate) fn answer(client: &mut Client, scram: &ScramClient) -> ScramClientFinal {
    let question = expect_auth(client, ReasonCode::ContinueAuthentication);
    let last = scram.final_message(&question).expect("a question");
    send_auth(client, ReasonCode::ContinueAuthentication, last.message.as_bytes());
    last
}

/// Goes through a whole exchange and gets in.
pub(crate) fn come_in(broker: &TestBroker, id: &str, scram: &ScramClient) -> Client {
    come_in_at(broker.address(), id, scram)
}

/// As [`come_in`], at a broker that listens there.
pub(crate) fn come_in_at(address: SocketAddr, id: &str, scram: &ScramClient) -> Client {
    let mut client = begin_at(address, id, scram);
    let last = answer(&mut client, scram);
    let frame = client.recv();
    expect_welcome(&frame, ScramMechanism::Sha256, &last);
    client
}

/// The CONNACK that lets a client in has the proof of the broker.
pub(crate) fn expect_welcome(frame: &Frame, mechanism: ScramMechanism, last: &ScramClientFinal) {
    let connack = frame.connack();
    assert_eq!(connack.reason_code, ReasonCode::Success);
    assert_eq!(connack.authentication_method, Some(mechanism.name()));
    assert_eq!(connack.authentication_data, Some(last.expected.as_bytes()));
}

/// The CONNACK with this code, after which the broker closes the connection.
pub(crate) fn expect_refusal(client: &mut Client, reason_code: ReasonCode) {
    let frame = client.recv_where("CONNACK", |packet| matches!(packet, Packet::ConnAck(_)));
    assert_eq!(frame.connack().reason_code, reason_code);
    client.expect_closed();
}
