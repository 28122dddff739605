//! Enhanced authentication: AUTH packets before and after the session is open (MQTT 5.0 §4.12).

use super::{
    Worker,
    admitting::{EndedExchange, Known},
    connection::{Authenticating, Phase},
};
use crate::{AuthenticationStep, EnhancedExchange, shared::Shared};
use dunlin_codec::{Auth, Connect, Packet};
use dunlin_model::{DisconnectReason, ProtocolVersion, ReasonCode};
use dunlin_session::Fault;

const NOT_AUTHORIZED: Fault = Fault::new(ReasonCode::NotAuthorized, DisconnectReason::NotAuthorized);

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
        let methods = shared.settings.enhanced_authentication.as_ref();
        let Some(exchange) = methods.and_then(|methods| methods.begin(method)) else {
            // [MQTT-4.12.0-1]
            let code = ReasonCode::BadAuthenticationMethod;
            self.refuse_connect(shared, slot, connect, code, DisconnectReason::BadAuthenticationMethod);
            return;
        };
        let Some(connection) = self.connections.get_mut(slot) else { return };
        connection.version = ProtocolVersion::V5;
        let waiting = Authenticating { exchange, method: method.to_owned(), connect: bytes.to_vec() };
        connection.phase = Phase::Authenticating(Box::new(waiting));
        self.step(shared, slot, connect.authentication_data);
    }

    /// AUTH from a client that is not in yet.
    pub(super) fn continue_authentication(&mut self, shared: &Shared, slot: u32, auth: &Auth<'_>) {
        let Some(connection) = self.connections.get(slot) else { return };
        let Phase::Authenticating(waiting) = &connection.phase else { return };
        let same_method = auth.authentication_method == Some(waiting.method.as_str());
        if !same_method || auth.reason_code != ReasonCode::ContinueAuthentication {
            // [MQTT-4.12.0-3] [MQTT-4.12.0-5]
            self.close_connection(shared, slot, DisconnectReason::ProtocolError);
            return;
        }
        self.step(shared, slot, auth.authentication_data);
    }

    fn step(&mut self, shared: &Shared, slot: u32, data: Option<&[u8]>) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let Phase::Authenticating(waiting) = &mut connection.phase else { return };
        match waiting.exchange.step(data) {
            AuthenticationStep::Continue(answer) => {
                let method = waiting.method.clone();
                self.send_auth(shared, slot, ReasonCode::ContinueAuthentication, &method, Some(&answer));
            }
            AuthenticationStep::Success(last) => self.authenticated(shared, slot, last),
            AuthenticationStep::Failure(code) => self.with_connect(shared, slot, |worker, connect, _, _| {
                worker.refuse_connect(shared, slot, connect, code, DisconnectReason::NotAuthorized);
            }),
        }
    }

    fn authenticated(&mut self, shared: &Shared, slot: u32, last: Option<Vec<u8>>) {
        self.with_connect(shared, slot, |worker, connect, bytes, _| {
            let exchange =
                connect.authentication_method.map(|method| EndedExchange { method: method.to_owned(), data: last });
            // Who has been through an exchange is not asked for a password too.
            let admitted = worker.admit_unasked(slot, connect);
            worker.let_in(shared, slot, connect, bytes, Known { admitted, exchange });
        });
    }

    /// AUTH from a client that is in: it authenticates again, by the method it came in with [MQTT-4.12.1-1].
    pub(super) fn handle_reauthentication(&mut self, shared: &Shared, slot: u32, auth: &Auth<'_>) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let Some(known) = connection.rare_mut().reauthentication.as_mut() else {
            // [MQTT-4.12.0-7] no method in CONNECT, no AUTH.
            self.close_with_fault(shared, slot, Fault::PROTOCOL_ERROR);
            return;
        };
        let begins = auth.reason_code == ReasonCode::ReAuthenticate;
        let goes_on = auth.reason_code == ReasonCode::ContinueAuthentication && known.exchange.is_some();
        if auth.authentication_method != Some(known.method.as_str()) || !(begins || goes_on) {
            self.close_with_fault(shared, slot, Fault::PROTOCOL_ERROR);
            return;
        }
        if begins {
            let methods = shared.settings.enhanced_authentication.as_ref();
            known.exchange = methods.and_then(|methods| methods.begin(&known.method));
        }
        let method = known.method.clone();
        let step = known
            .exchange
            .as_mut()
            .map(|exchange: &mut Box<dyn EnhancedExchange>| exchange.step(auth.authentication_data));
        match step {
            Some(AuthenticationStep::Continue(answer)) => {
                self.send_auth(shared, slot, ReasonCode::ContinueAuthentication, &method, Some(&answer));
            }
            Some(AuthenticationStep::Success(last)) => {
                known.exchange = None;
                self.send_auth(shared, slot, ReasonCode::Success, &method, last.as_deref());
            }
            // [MQTT-4.12.1-2]
            Some(AuthenticationStep::Failure(_)) | None => self.close_with_fault(shared, slot, NOT_AUTHORIZED),
        }
    }

    fn send_auth(&mut self, shared: &Shared, slot: u32, code: ReasonCode, method: &str, data: Option<&[u8]>) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let auth = Auth {
            reason_code: code,
            authentication_method: Some(method),
            authentication_data: data,
            ..Auth::default()
        };
        // Data of more than 65,535 bytes cannot be sent: the exchange then ends by the idle timeout.
        let _ = dunlin_codec::encode(ProtocolVersion::V5, &Packet::Auth(auth), &mut connection.out);
        self.touch(shared, slot);
    }
}
