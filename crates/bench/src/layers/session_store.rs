//! TLS sessions that clients can come back to.

use parking_lot::Mutex;
use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use std::collections::VecDeque;

/// More tickets than a machine has ports for clients.
const TICKETS_MAX: usize = 65_536;

/// The sessions of all clients of a run, who all talk to one server. They are kept from the start and handed out only once
/// that is wanted, so that one run can measure both kinds of handshake.
#[derive(Debug, Default)]
pub(super) struct SessionStore(Mutex<Sessions>);

#[derive(Debug, Default)]
struct Sessions {
    are_offered: bool,
    /// The latest session of TLS 1.2: any number of clients may resume it.
    latest: Option<Tls12ClientSessionValue>,
    /// Tickets of TLS 1.3, the oldest first: each is good for one client.
    tickets: VecDeque<Tls13ClientSessionValue>,
}

impl SessionStore {
    /// From now on new connections resume what is kept.
    pub(super) fn offer(&self) {
        self.0.lock().are_offered = true;
    }
}

impl ClientSessionStore for SessionStore {
    fn set_kx_hint(&self, _server_name: ServerName<'static>, _group: NamedGroup) {}

    fn kx_hint(&self, _server_name: &ServerName<'_>) -> Option<NamedGroup> {
        // Without a store there is none either: both kinds of handshake begin alike.
        None
    }

    fn set_tls12_session(&self, _server_name: ServerName<'static>, session: Tls12ClientSessionValue) {
        self.0.lock().latest = Some(session);
    }

    fn tls12_session(&self, _server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        let sessions = self.0.lock();
        sessions.latest.clone().filter(|_| sessions.are_offered)
    }

    fn remove_tls12_session(&self, _server_name: &ServerName<'static>) {
        self.0.lock().latest = None;
    }

    fn insert_tls13_ticket(&self, _server_name: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        let mut sessions = self.0.lock();
        if sessions.tickets.len() == TICKETS_MAX {
            sessions.tickets.pop_front();
        }
        sessions.tickets.push_back(ticket);
    }

    fn take_tls13_ticket(&self, _server_name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut sessions = self.0.lock();
        if sessions.are_offered { sessions.tickets.pop_front() } else { None }
    }
}
