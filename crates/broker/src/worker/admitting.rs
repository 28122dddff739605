//! Between CONNECT and CONNACK: who the client is, what it may do, and whether its will may be published.

use super::{
    Worker,
    asking::Asking,
    authenticating::ChosenMethod,
    authorizing::{client_info, is_plain},
    connection::{Connection, Phase},
};
use crate::{
    Authentication, ListenerAuthentication, ZoneSettings, log_throttle::Provoked, shared::Shared, task_runtime::Answer,
};
use dunlin_access::{
    Action, Admitted, Certificate, ChainOutcome, ClientInfo, Credentials, Decision, HIDDEN_USERNAME, Password, Permit,
    RefusalCause,
};
use dunlin_codec::{Connect, DecodeOptions, Packet, decode_next};
use dunlin_model::{ArcStr, ClientId, DisconnectReason, Millis, ProtocolVersion, ReasonCode};
use dunlin_session::Mountpoint;
use dunlin_telemetry::Metric;
use dunlin_transport::{PeerFacts, SeenCertificate};
use std::sync::Arc;
use tracing::info;

/// A CONNECT that waits, and what is known about its client so far.
pub(crate) struct Admitting {
    /// The packet.
    pub(crate) connect: Vec<u8>,
    pub(crate) known: Known,
}

/// What was found out about a client since its CONNECT.
#[derive(Clone, Default)]
pub(crate) struct Known {
    /// What the authenticators say of it; `None` while they were not asked.
    pub(crate) admitted: Option<Box<Admitted>>,
    /// The enhanced authentication it has been through.
    pub(crate) exchange: Option<EndedExchange>,
}

/// An enhanced authentication that has succeeded.
#[derive(Clone)]
pub(crate) struct EndedExchange {
    pub(crate) method: ChosenMethod,
    /// Its last data for the client.
    pub(crate) data: Option<Vec<u8>>,
    /// The user name it has proven.
    pub(crate) proven: Option<ArcStr>,
    /// The client as the authenticators were asked about it.
    pub(crate) client: ClientInfo,
}

/// A client that is let in.
pub(super) struct Arrival {
    pub(super) client_id: ClientId,
    /// The broker has made up the client id.
    pub(super) is_assigned: bool,
    /// What is known of it beside what its connection and its session say, if anything.
    pub(super) client: Option<Arc<ClientInfo>>,
    pub(super) mountpoint: Option<Mountpoint>,
    /// `None` where everything is allowed and the client brought no rules.
    pub(super) permit: Option<Box<Permit>>,
    /// Of a client with a will, whatever rules there are: they may come before it is published.
    pub(super) will_permit: Option<Box<Permit>>,
    /// When it has to go.
    pub(super) expires_at: Option<Millis>,
    pub(super) exchange: Option<EndedExchange>,
    /// Nobody was asked who it is.
    pub(super) is_anonymous: bool,
    /// The authenticator that knows it.
    pub(super) authenticator: Option<ArcStr>,
}

impl Worker {
    /// Lets a client in, or asks first whoever has to be asked; then it is called again with what they said.
    pub(super) fn let_in(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>, bytes: &[u8], known: Known) {
        let Some(connection) = self.connections.get(slot) else { return };
        let authentication = self.authentication_of(connection).filter(|_| known.admitted.is_none());
        if let Some(authentication) = authentication {
            let Some(connection) = self.connections.get_mut(slot) else { return };
            let credentials = credentials(connection, connect);
            connection.phase = Phase::Admitting(Box::new(Admitting { connect: bytes.to_vec(), known }));
            self.ask(shared, slot, |reply| async move {
                let outcome = authentication.run(&credentials).await;
                reply.send(Answer::Admission(outcome));
            });
            return;
        }
        let Some(arrival) = self.arrive(shared, slot, connect, &known) else { return };
        self.check_will(shared, slot, connect, bytes, arrival, known);
    }

    /// The authenticators that are asked about clients of a connection.
    pub(super) fn authentication_of(&self, connection: &Connection) -> Option<Arc<Authentication>> {
        match &connection.listener.settings.authentication {
            ListenerAuthentication::Shared => self.access.authentication.clone(),
            ListenerAuthentication::Own(own) => Some(Arc::clone(own)),
            ListenerAuthentication::Off => None,
        }
    }

    /// Whether a user name is a token or the like, as the authenticators of a connection know.
    pub(super) fn is_secret_name(&self, connection: &Connection, username: &str) -> bool {
        self.authentication_of(connection).is_some_and(|authentication| authentication.chain().is_secret(username))
    }

    /// The user name of a client that is not in yet, as anybody may see it.
    pub(super) fn shown_name<'a>(&self, connection: &Connection, username: Option<&'a str>) -> Option<&'a str> {
        username.map(|username| if self.is_secret_name(connection, username) { HIDDEN_USERNAME } else { username })
    }

    /// Works out what stands for the client from now on; `None` when its connection is closed because nothing can.
    fn arrive(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>, known: &Known) -> Option<Arrival> {
        let is_nameless = connect.client_id.is_empty();
        let client_id = if is_nameless { self.make_client_id(shared) } else { ClientId::from(connect.client_id) };
        // It may have another name by now, and somebody may have been banned while it was asked about.
        let named = Connect { client_id: &client_id, ..connect.clone() };
        if self.is_kept_out(shared, slot, &named) {
            self.refuse_banned(shared, slot, connect);
            return None;
        }
        let connection = self.connections.get_mut(slot)?;
        connection.version = connect.version;
        let admitted = known.admitted.as_deref();
        let is_assigned = is_nameless || connection.identity().is_some_and(|identity| identity.names_the_nameless());
        let client = match admitted {
            Some(admitted) => admitted.client.clone(),
            None => credentials(connection, connect).client,
        };
        let mountpoint = self.mount(shared, slot, connect, &client_id, &client.attributes).ok()?;
        let mounted = mountpoint.as_ref().map(|mountpoint| ArcStr::from(mountpoint.as_str()));
        let certificate = client.certificate.as_ref().map(without_pem);
        let connection = self.connections.get(slot)?;
        let is_username_secret = client.username.as_ref().is_some_and(|name| self.is_secret_name(connection, name));
        let client_id_of = client_id.clone();
        let client =
            ClientInfo { client_id: client_id_of, mountpoint: mounted, certificate, is_username_secret, ..client };
        let client = Arc::new(client);
        let acl = admitted.and_then(|admitted| admitted.acl.clone());
        let will_permit = connect.will.as_ref().map(|_| self.will_permit_for(&client, acl.clone()));
        let permit = self.permit_for(&client, acl);
        let expires_at = admitted.and_then(|admitted| admitted.expires_at);
        let client = Some(client).filter(|client| !is_plain(client));
        let exchange = known.exchange.clone();
        let is_anonymous = admitted.is_none();
        let authenticator = admitted.and_then(|admitted| self.name_of_authenticator(slot, admitted.by));
        Some(Arrival {
            client_id,
            is_assigned,
            client,
            mountpoint,
            permit,
            will_permit,
            expires_at,
            exchange,
            is_anonymous,
            authenticator,
        })
    }

    /// A will is a publish of the client's, and whoever has to be asked about it can be asked now only: one that is denied is left
    /// out. What can be known without asking is decided once more when it is published, see `keep_back_wills`.
    fn check_will(
        &mut self,
        shared: &Shared,
        slot: u32,
        connect: &Connect<'_>,
        bytes: &[u8],
        mut arrival: Arrival,
        known: Known,
    ) {
        let (Some(authorization), Some(permit), Some(will)) =
            (&self.access.authorization, &mut arrival.permit, &connect.will)
        else {
            return self.open_session(shared, slot, connect, arrival);
        };
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let action = Action::Publish { qos: will.qos, retain: will.retain };
        let topic = super::authorizing::without_delay(will.topic);
        let ruling = match connection.ruling_on(action, topic, self.access_epoch) {
            Some(ruling) => ruling,
            None => match authorization.decide_now(permit, action, topic, self.now, &mut self.tally) {
                Decision::Made(ruling) => ruling,
                Decision::Open(question) => {
                    connection.phase = Phase::Admitting(Box::new(Admitting { connect: bytes.to_vec(), known }));
                    return self.ask_sources(shared, slot, vec![*question]);
                }
            },
        };
        connection.set_asking(Asking::Nothing);
        if ruling.is_allow() {
            return self.open_session(shared, slot, connect, arrival);
        }
        self.counters(shared).add(Metric::PacketsPublishAuthError, 1);
        self.note_denied(slot, Provoked::PublishDenied, will.topic, ruling);
        self.trace_ruling(slot, action, will.topic, ruling);
        self.record_denied_will(&arrival.client_id, will.topic, ruling);
        self.open_session(shared, slot, &Connect { will: None, ..connect.clone() }, arrival);
    }

    /// The authenticators have said what they think of a client.
    pub(super) fn take_admission(&mut self, shared: &Shared, slot: u32, outcome: ChainOutcome) {
        self.with_connect(shared, slot, |worker, connect, bytes, known| {
            let admitted = match outcome {
                ChainOutcome::Admitted(admitted) => {
                    worker.counters(shared).add(Metric::AuthenticationSuccess, 1);
                    worker.trace_admitted(slot, admitted.by);
                    admitted
                }
                ChainOutcome::NobodyToAsk => {
                    worker.count_anonymous(shared);
                    let Some(admitted) = worker.admit_unasked(slot, connect) else { return };
                    admitted
                }
                ChainOutcome::Refused { reason, cause } => return worker.refuse(shared, slot, connect, reason, &cause),
            };
            let (client_id, username) = (admitted.client.client_id.clone(), admitted.client.username.clone());
            let connect = &Connect { client_id: &client_id, username: username.as_deref(), ..connect.clone() };
            let known = Known { admitted: Some(admitted), ..known };
            // Another name may be that of a client of another worker.
            match worker.other_owner(shared, connect.client_id) {
                None => worker.let_in(shared, slot, connect, bytes, known),
                Some(owner) => {
                    let behind =
                        worker.connections.get_mut(slot).map(|connection| std::mem::take(&mut connection.leftover));
                    let admitting = Some(Box::new(Admitting { connect: bytes.to_vec(), known }));
                    worker.hand_over(shared, slot, owner, behind.unwrap_or_default(), admitting);
                }
            }
        });
    }

    /// A client is let in that nobody was asked about.
    pub(super) fn count_anonymous(&self, shared: &Shared) {
        self.counters(shared).add(Metric::AuthenticationSuccess, 1);
        self.counters(shared).add(Metric::ClientAuthAnonymous, 1);
    }

    /// What is known of a client that no authenticator was asked about.
    fn admit_unasked(&self, slot: u32, connect: &Connect<'_>) -> Option<Box<Admitted>> {
        let client = credentials(self.connections.get(slot)?, connect).client;
        Some(Box::new(Admitted { client, acl: None, expires_at: None, by: 0 }))
    }

    fn refuse(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>, code: ReasonCode, cause: &RefusalCause) {
        self.note_refused(slot, connect, code, cause);
        self.counters(shared).add(Metric::PacketsConnackAuthError, 1);
        self.counters(shared).add(Metric::AuthenticationFailure, 1);
        let reason = match code {
            ReasonCode::BadUserNameOrPassword => DisconnectReason::BadUserNameOrPassword,
            ReasonCode::ServerUnavailable => DisconnectReason::ServerUnavailable,
            ReasonCode::ServerBusy => DisconnectReason::ServerBusy,
            ReasonCode::Banned => DisconnectReason::Banned,
            _ => DisconnectReason::NotAuthorized,
        };
        self.refuse_connect(shared, slot, connect, code, reason);
    }

    /// What was asked about a client that is not in yet is answered.
    pub(super) fn go_on_admitting(&mut self, shared: &Shared, slot: u32) {
        self.with_connect(shared, slot, |worker, connect, bytes, known| {
            worker.let_in(shared, slot, connect, bytes, known);
        });
    }

    fn note_refused(&mut self, slot: u32, connect: &Connect<'_>, code: ReasonCode, cause: &RefusalCause) {
        if self.traces.is_some() {
            let told = [("reason", code.as_str()), ("cause", &format!("{cause:?}"))];
            self.trace_decision(slot, "AUTHN", "authentication_failure", &told);
        }
        self.record_not_authenticated(slot, connect.client_id, code, cause);
        let Some(held_back) = self.log_throttle.pass(Provoked::ClientRefused, self.now) else { return };
        let Some(connection) = self.connections.get(slot) else { return };
        let (peer, listener) = (connection.peer, connection.listener.id());
        let (clientid, username) = (connect.client_id, self.shown_name(connection, connect.username));
        info!(msg = "authentication_failure", clientid, username, peername = %peer, listener, reason = %code, ?cause, held_back);
    }

    /// Reads the CONNECT that was kept while its client waited; `then` gets it with its bytes and what is known by now.
    pub(super) fn with_connect(
        &mut self,
        shared: &Shared,
        slot: u32,
        then: impl FnOnce(&mut Self, &Connect<'_>, &[u8], Known),
    ) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let (bytes, known) = match std::mem::replace(&mut connection.phase, Phase::AwaitConnect) {
            Phase::Admitting(waiting) => (waiting.connect, waiting.known),
            Phase::Authenticating(waiting) => (waiting.connect, Known::default()),
            other => {
                connection.phase = other;
                return;
            }
        };
        match kept_connect(connection.listener.zone(), &bytes) {
            Some(connect) => {
                let identity = self.identify(slot, &connect);
                let identified = identity.as_ref().map(|identity| identity.apply(&connect));
                let mut connect = identified.unwrap_or_else(|| Connect::clone(&connect));
                let names = known.admitted.as_ref().map(|admitted| &admitted.client);
                let names = names.map(|client| (client.client_id.clone(), client.username.clone()));
                if let Some((client_id, username)) = &names {
                    (connect.client_id, connect.username) = (client_id, username.as_deref());
                }
                then(self, &connect, &bytes, known);
            }
            None => self.close_connection(shared, slot, DisconnectReason::ProtocolError),
        }
    }
}

/// The CONNECT that was kept while its client waited.
pub(super) fn kept_connect<'a>(zone: &ZoneSettings, bytes: &'a [u8]) -> Option<Box<Connect<'a>>> {
    let options = DecodeOptions { max_packet_size: zone.session.max_packet_size, strict: zone.strict };
    match decode_next(ProtocolVersion::V5, &options, bytes) {
        Ok(Some((Packet::Connect(connect), _))) => Some(connect),
        _ => None,
    }
}

/// The certificate of a client, whoever has seen it.
fn certificate_of(facts: &PeerFacts) -> Option<Certificate> {
    let (subject, common_name) = (facts.certificate_subject.clone(), facts.certificate_common_name.clone());
    let Some(seen) = &facts.certificate else {
        let is_known = subject.is_some() || common_name.is_some();
        return is_known.then(|| Certificate { subject, common_name, ..Certificate::default() });
    };
    let SeenCertificate { pem, dns_names, ip_addresses, email_addresses, uris } = seen.clone();
    let pem = Some(pem);
    Some(Certificate { subject, common_name, pem, dns_names, ip_addresses, email_addresses, uris })
}

/// A certificate as it is kept with a client that is in: sources of rules do not see the whole of it.
fn without_pem(certificate: &Arc<Certificate>) -> Arc<Certificate> {
    match certificate.pem {
        None => Arc::clone(certificate),
        Some(_) => Arc::new(Certificate { pem: None, ..Certificate::clone(certificate) }),
    }
}

/// What a client shows to be let in.
pub(super) fn credentials(connection: &Connection, connect: &Connect<'_>) -> Credentials {
    let mut client = client_info(connection, ArcStr::from(connect.client_id), None);
    client.protocol_level = connect.version as u8;
    client.username = connect.username.map(ArcStr::from);
    if let Some(identity) = connection.identity() {
        client.attributes.clone_from(identity.attributes());
    }
    if let Some(facts) = connection.facts() {
        client.certificate = certificate_of(facts).map(Arc::new);
    }
    Credentials { client, password: connect.password.map(Password::new) }
}
