//! Enhanced authentication: AUTH packets before and after the session is open (MQTT 5.0 §4.12). Each step is a question that
//! somebody else may answer, so the connection is not read from until its answer is there; deliveries go on.

use super::{
    Worker,
    admitting::{Admitting, EndedExchange, Known, credentials, kept_connect},
    authorizing::is_plain,
    connection::{Connection, Phase},
};
use crate::{authentication::Exchanging, log_throttle::Provoked, shared::Shared, task_runtime::Answer};
use dunlin_access::{Admitted, ChainOutcome, ChainStep, ClientInfo};
use dunlin_codec::{Auth, Connect, Packet, encode, encoded_len};
use dunlin_model::{ArcStr, ClientId, DisconnectReason, ProtocolVersion, ReasonCode};
use dunlin_session::Fault;
use dunlin_telemetry::Metric;
use std::sync::Arc;
use tracing::info;

const NOT_AUTHORIZED: Fault = Fault::new(ReasonCode::NotAuthorized, DisconnectReason::NotAuthorized);

/// The Authentication Method that a client has chosen, and how long packets to it may be.
#[derive(Clone)]
pub(crate) struct ChosenMethod {
    pub(crate) name: String,
    max_packet_bytes: usize,
}

/// CONNECT waiting for the end of its authentication.
pub(crate) struct Authenticating {
    method: ChosenMethod,
    /// As the authenticators are asked about it.
    client: ClientInfo,
    /// `None` while a task has it.
    exchange: Option<Box<Exchanging>>,
    /// The CONNECT packet.
    pub(crate) connect: Vec<u8>,
}

/// How an established client came in, and how it authenticates again.
pub(crate) struct Reauthentication {
    method: ChosenMethod,
    /// As the authenticators are asked about it.
    client: ClientInfo,
    /// The user name it has proven.
    proven: Option<ArcStr>,
    /// The one that goes on, while the client is to speak: there is one at a time.
    exchange: Option<Box<Exchanging>>,
}

impl Reauthentication {
    /// For a client that has come in.
    pub(crate) fn after(ended: EndedExchange, client_id: ClientId) -> Self {
        let EndedExchange { method, client, proven, data: _ } = ended;
        Self { method, client: ClientInfo { client_id, ..client }, proven, exchange: None }
    }
}

impl Worker {
    /// A CONNECT with an authentication method.
    pub(super) fn begin_authentication(
        &mut self,
        shared: &Shared,
        slot: u32,
        connect: &Connect<'_>,
        method: &str,
        bytes: &[u8],
    ) {
        let Some(connection) = self.connections.get(slot) else { return };
        let client = credentials(connection, connect).client;
        let authentication = self.authentication_of(connection);
        let Some(exchange) = authentication.and_then(|authentication| authentication.begin(method, client.clone()))
        else {
            // [MQTT-4.12.0-1]
            let code = ReasonCode::BadAuthenticationMethod;
            self.refuse_connect(shared, slot, connect, code, DisconnectReason::BadAuthenticationMethod);
            return;
        };
        let Some(connection) = self.connections.get_mut(slot) else { return };
        connection.version = ProtocolVersion::V5;
        let max_packet_bytes = connect.maximum_packet_size.map_or(usize::MAX, |bytes| bytes as usize);
        let method = ChosenMethod { name: method.to_owned(), max_packet_bytes };
        let waiting = Authenticating { method, client, exchange: None, connect: bytes.to_vec() };
        connection.phase = Phase::Authenticating(Box::new(waiting));
        self.run_step(shared, slot, exchange, connect.authentication_data);
    }

    /// AUTH from a client that is not in yet.
    pub(super) fn continue_authentication(&mut self, shared: &Shared, slot: u32, auth: &Auth<'_>) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let Phase::Authenticating(waiting) = &mut connection.phase else { return };
        if auth.authentication_method != Some(waiting.method.name.as_str()) {
            // [MQTT-4.12.0-5]
            let (code, reason) = (ReasonCode::BadAuthenticationMethod, DisconnectReason::BadAuthenticationMethod);
            return self.refuse_waiting(shared, slot, code, reason);
        }
        // [MQTT-4.12.0-3]
        let exchange = waiting.exchange.take().filter(|_| auth.reason_code == ReasonCode::ContinueAuthentication);
        match exchange {
            Some(exchange) => self.run_step(shared, slot, exchange, auth.authentication_data),
            None => self.refuse_waiting(shared, slot, ReasonCode::ProtocolError, DisconnectReason::ProtocolError),
        }
    }

    /// AUTH from a client that is in: it authenticates again, by the method it came in with [MQTT-4.12.1-1].
    pub(super) fn handle_reauthentication(&mut self, shared: &Shared, slot: u32, auth: &Auth<'_>) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let Some(known) = connection.reauthentication() else {
            // [MQTT-4.12.0-7] no method in CONNECT, no AUTH.
            return self.close_with_fault(shared, slot, Fault::PROTOCOL_ERROR);
        };
        let is_due = match auth.reason_code {
            ReasonCode::ReAuthenticate => known.exchange.is_none(),
            ReasonCode::ContinueAuthentication => known.exchange.is_some(),
            _ => false,
        };
        if auth.authentication_method != Some(known.method.name.as_str()) || !is_due {
            return self.close_with_fault(shared, slot, Fault::PROTOCOL_ERROR);
        }
        let (method, client) = (known.method.name.clone(), known.client.clone());
        let exchange = known.exchange.take().or_else(|| {
            let connection = self.connections.get(slot)?;
            self.authentication_of(connection)?.begin(&method, client)
        });
        match exchange {
            Some(exchange) => self.run_step(shared, slot, exchange, auth.authentication_data),
            // It was offered when the client came.
            None => self.close_with_fault(shared, slot, NOT_AUTHORIZED),
        }
    }

    fn run_step(&mut self, shared: &Shared, slot: u32, mut exchange: Box<Exchanging>, data: Option<&[u8]>) {
        let data = data.unwrap_or_default().to_vec();
        self.ask(shared, slot, |reply| async move {
            let step = exchange.step(&data).await;
            reply.send(Answer::Exchange(exchange, step));
        });
    }

    /// The authenticators have said what comes next.
    pub(super) fn take_step(&mut self, shared: &Shared, slot: u32, exchange: Box<Exchanging>, step: ChainStep) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        match (&mut connection.phase, step) {
            (Phase::Authenticating(waiting), ChainStep::Ask(question)) => {
                waiting.exchange = Some(exchange);
                let method = waiting.method.clone();
                if !self.send_auth(shared, slot, ReasonCode::ContinueAuthentication, &method, Some(&question)) {
                    self.refuse_waiting(shared, slot, NOT_AUTHORIZED.code, NOT_AUTHORIZED.reason);
                }
            }
            (Phase::Authenticating(_), ChainStep::End { outcome, data }) => {
                self.end_authentication(shared, slot, outcome, data);
            }
            (Phase::Established, ChainStep::Ask(question)) => {
                let Some(known) = connection.reauthentication() else { return };
                known.exchange = Some(exchange);
                let method = known.method.clone();
                if !self.send_auth(shared, slot, ReasonCode::ContinueAuthentication, &method, Some(&question)) {
                    self.close_with_fault(shared, slot, NOT_AUTHORIZED);
                }
            }
            (Phase::Established, ChainStep::End { outcome, data }) => {
                self.end_reauthentication(shared, slot, outcome, data.as_deref());
            }
            (Phase::AwaitConnect | Phase::Admitting(_) | Phase::Lingering, _) => {}
        }
    }

    /// The exchange of a client that is not in yet is over: from here on it is let in like any other.
    ///
    /// CONNECT may name a user too. It is not held against the name that was proven, as in EMQX, but nothing is believed of it
    /// either: rules, mountpoints and client ids that are made of a user name have the proven one, or anybody with a password
    /// could act as anybody else. Only where the listener takes user names from certificates, that name stands: it is proven as
    /// well, and it is what the operator has asked for.
    fn end_authentication(&mut self, shared: &Shared, slot: u32, mut outcome: ChainOutcome, data: Option<Vec<u8>>) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let waiting = match std::mem::replace(&mut connection.phase, Phase::AwaitConnect) {
            Phase::Authenticating(waiting) => *waiting,
            other => {
                connection.phase = other;
                return;
            }
        };
        let Authenticating { method, mut client, connect, exchange: _ } = waiting;
        let mut proven = None;
        if let ChainOutcome::Admitted(admitted) = &mut outcome {
            proven = admitted.client.username.clone();
            self.name_as_proven(slot, &connect, &mut client, &mut admitted.client);
        }
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let exchange = Some(EndedExchange { method, data, proven, client });
        let known = Known { exchange, ..Known::default() };
        connection.phase = Phase::Admitting(Box::new(Admitting { connect, known }));
        self.take_admission(shared, slot, outcome);
    }

    /// Gives a client what follows from the name it has proven, instead of what followed from that in its CONNECT: `asked` is
    /// the client as the authenticators were asked about it, `admitted` what they have made of it.
    fn name_as_proven(&mut self, slot: u32, bytes: &[u8], asked: &mut ClientInfo, admitted: &mut ClientInfo) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.facts().is_some_and(|facts| facts.username.is_some()) {
            admitted.username.clone_from(&asked.username);
        }
        if admitted.username == asked.username {
            return;
        }
        connection.take_identity();
        let Some(connect) = kept_connect(connection.listener.zone(), bytes) else { return };
        let connect = Connect { username: admitted.username.as_deref(), ..*connect };
        let identity = self.identify(slot, &connect);
        let connect = identity.as_ref().map_or_else(|| connect.clone(), |identity| identity.apply(&connect));
        let Some(connection) = self.connections.get(slot) else { return };
        let named = credentials(connection, &connect).client;
        if admitted.client_id == asked.client_id {
            admitted.client_id.clone_from(&named.client_id);
        }
        // What the authenticator said stays; what the name in CONNECT led to goes.
        admitted.attributes.retain(|name, value| asked.attributes.get(name) != Some(value));
        for (name, value) in &named.attributes {
            admitted.attributes.entry(name.clone()).or_insert_with(|| value.clone());
        }
        *asked = named;
    }

    /// A client that is in has authenticated again, or has failed to [MQTT-4.12.1-2].
    fn end_reauthentication(&mut self, shared: &Shared, slot: u32, outcome: ChainOutcome, data: Option<&[u8]>) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let Some(known) = connection.reauthentication() else { return };
        let (method, proven, username) = (known.method.clone(), known.proven.clone(), known.client.username.clone());
        match outcome {
            // Its session, its mountpoint and what is counted for it are those of the user it came in as.
            ChainOutcome::Admitted(admitted) if admitted.client.username == proven => {
                let client = ClientInfo { username, ..admitted.client };
                self.renew_permit(shared, slot, Admitted { client, ..*admitted });
                if !self.send_auth(shared, slot, ReasonCode::Success, &method, data) {
                    self.close_with_fault(shared, slot, NOT_AUTHORIZED);
                }
            }
            outcome => {
                self.note_failed_again(slot, &outcome);
                // Nothing is wrong with the client where nobody could tell; no other code for that is one of DISCONNECT.
                let is_unavailable =
                    matches!(outcome, ChainOutcome::Refused { reason: ReasonCode::ServerUnavailable, .. });
                let busy = Fault::new(ReasonCode::ServerBusy, DisconnectReason::ServerBusy);
                self.close_with_fault(shared, slot, if is_unavailable { busy } else { NOT_AUTHORIZED });
            }
        }
    }

    /// What is said of a client now takes the place of what was said before.
    fn renew_permit(&mut self, shared: &Shared, slot: u32, admitted: Admitted) {
        let Some(connection) = self.connections.get(slot) else { return };
        let session = connection.session;
        // It is the same name.
        let is_username_secret = connection.client().is_some_and(|client| client.is_username_secret);
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let client = ClientInfo {
            client_id: entry.session.client_id().clone(),
            mountpoint: entry.session.mountpoint().map(|mountpoint| ArcStr::from(mountpoint.as_str())),
            is_username_secret,
            ..admitted.client
        };
        let client = Arc::new(client);
        if self.sessions.get_mut(session).is_some_and(|entry| entry.will_permit.is_some()) {
            let permit = self.will_permit_for(&client, admitted.acl.clone());
            self.keep_will_permit(session, Some(permit));
        }
        let permit = self.permit_for(&client, admitted.acl);
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let rare = connection.rare_mut();
        rare.client = Some(client).filter(|client| !is_plain(client));
        rare.expires_at = admitted.expires_at;
        let is_publisher = rare.permit.take().is_some();
        if let Some(permit) = permit {
            connection.keep_permit(permit, self.access_epoch, is_publisher);
        }
        self.arm_connection(shared, slot);
    }

    fn note_failed_again(&mut self, slot: u32, outcome: &ChainOutcome) {
        let Some(held_back) = self.log_throttle.pass(Provoked::ClientRefused, self.now) else { return };
        let Some(connection) = self.connections.get(slot) else { return };
        let clientid = self.sessions.client_id(connection.session);
        let cause = match outcome {
            ChainOutcome::Refused { cause, .. } => format!("{cause:?}"),
            _ => "another user".to_owned(),
        };
        info!(msg = "authentication_failure", clientid, peername = %connection.peer, again = true, cause, held_back);
    }

    /// Refuses a client whose CONNECT waits for the end of its exchange.
    pub(super) fn refuse_waiting(&mut self, shared: &Shared, slot: u32, code: ReasonCode, reason: DisconnectReason) {
        self.with_connect(shared, slot, |worker, connect, _, _| {
            worker.refuse_connect(shared, slot, connect, code, reason);
        });
    }

    /// False for what cannot be sent: Authentication Data of more than 65,535 bytes, or a packet that is longer than the client
    /// takes [MQTT-3.1.2-24].
    fn send_auth(
        &mut self,
        shared: &Shared,
        slot: u32,
        code: ReasonCode,
        method: &ChosenMethod,
        data: Option<&[u8]>,
    ) -> bool {
        let Some(connection) = self.connections.get_mut(slot) else { return false };
        let packet = Packet::Auth(Auth {
            reason_code: code,
            authentication_method: Some(&method.name),
            authentication_data: data,
            ..Auth::default()
        });
        let is_sent = encoded_len(ProtocolVersion::V5, &packet) <= method.max_packet_bytes
            && encode(ProtocolVersion::V5, &packet, &mut connection.out).is_ok();
        if is_sent {
            connection.traffic.count_packet_sent();
            self.counters(shared).add(Metric::PacketsAuthSent, 1);
            self.counters(shared).add(Metric::PacketsSent, 1);
        }
        self.touch(shared, slot);
        is_sent
    }
}

impl Connection {
    fn reauthentication(&mut self) -> Option<&mut Reauthentication> {
        let has_one = self.rare().is_some_and(|rare| rare.reauthentication.is_some());
        if has_one { self.rare_mut().reauthentication.as_deref_mut() } else { None }
    }
}
