//! The listeners of a running server: from the configuration to what accepts connections, and back when it changes.

use crate::listening::{self, CertificateHooks, CertificateWatch, Certificates, ListeningError};
use crate::settings::listener_settings;
use crate::{AccessError, NodeAccess};
use dunlin_broker::{Broker, Entrance, ListenerSettings, StartError};
use dunlin_config::{Config, Listener, ListenerKind, Mqtt};
use dunlin_quic::{Accepted, QuicError, QuicHooks, QuicListener, QuicOptions};
use dunlin_tls::Side;
use dunlin_transport::{PeerFacts, Stream};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tracing::warn;

/// How long the clients of a QUIC listener have to read what was written to them before it closes.
const QUIC_GRACE: Duration = Duration::from_secs(1);

/// Why a listener did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartListenerError {
    /// The broker refused, or the address cannot be used.
    #[error(transparent)]
    Broker(#[from] StartError),
    /// Its options or certificates are not right.
    #[error(transparent)]
    Listening(#[from] ListeningError),
    /// It has authenticators of its own, and they cannot be made.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// QUIC cannot be served.
    #[error("listener {id}: {source}")]
    Quic {
        /// `quic:default`.
        id: String,
        /// Why.
        source: QuicError,
    },
}

impl StartListenerError {
    /// The listener whose `bind` cannot be used, if that is what is wrong.
    #[must_use]
    pub fn unusable_bind(&self) -> Option<&str> {
        match self {
            Self::Broker(StartError::Listener { id, .. }) => Some(id),
            Self::Quic {
                id,
                source:
                    QuicError::InUse(_) | QuicError::NoPermission(_) | QuicError::NotLocal(_) | QuicError::Socket(..),
            } => Some(id),
            _ => None,
        }
    }
}

/// The listeners of a server, beside the sockets that the broker owns.
pub(crate) struct Listeners {
    pub(crate) certificates: Arc<Certificates>,
    access: Arc<NodeAccess>,
    /// File descriptors for the connections of all of them; `u64::MAX` is unlimited.
    max_descriptors: u64,
    quic: Mutex<BTreeMap<String, QuicListener>>,
}

impl Listeners {
    /// None yet. `max_descriptors` is what the connections of all of them may have.
    pub(crate) fn new(certificates: Certificates, access: Arc<NodeAccess>, max_descriptors: u64) -> Self {
        Self { certificates: Arc::new(certificates), access, max_descriptors, quic: Mutex::default() }
    }

    /// Keeps the certificates up to date until the watch is dropped; what is wrong with them becomes an alarm.
    pub(crate) fn watch_certificates(self: &Arc<Self>, broker: &Broker) -> io::Result<CertificateWatch> {
        let (raising, ending, listeners) = (broker.alarm_bell(), broker.alarm_bell(), Arc::downgrade(self));
        self.certificates.watch(CertificateHooks {
            raise_alarm: Box::new(move |name, why| raising.raise(name, why)),
            end_alarm: Box::new(move |name| ending.end(name)),
            renewed: Box::new(move |listener| {
                if let Some(listeners) = listeners.upgrade() {
                    listeners.renew_quic(listener);
                }
            }),
        })
    }

    /// New connections of a QUIC listener get the certificates that are there now.
    fn renew_quic(&self, id: &str) {
        let quic = self.quic.lock();
        let (Some(quic), Some(tls)) = (quic.get(id), self.certificates.quic_server_config(id)) else { return };
        if let Err(error) = quic.reload(&tls) {
            warn!(msg = "certificate_reload_failed", listener = id, %error, hint = "the earlier certificates stay in use");
        }
    }

    /// What the broker has to know of a listener.
    pub(crate) fn settings(
        &self,
        listener: &Listener,
        config: &Config,
    ) -> Result<ListenerSettings, StartListenerError> {
        let layering = listening::layering(listener, mqtt_of(config, listener), &self.certificates)?;
        self.with_access(listener, listener_settings(config, listener, layering))
    }

    fn with_access(
        &self,
        listener: &Listener,
        settings: ListenerSettings,
    ) -> Result<ListenerSettings, StartListenerError> {
        let settings = ListenerSettings { authentication: self.access.of_listener(listener)?, ..settings };
        Ok(clamped(settings, self.max_descriptors))
    }

    /// Starts a listener.
    pub(crate) fn open(&self, broker: &Broker, listener: &Listener, config: &Config) -> Result<(), StartListenerError> {
        if let ListenerKind::Quic { .. } = listener.kind {
            return self.open_quic(broker, listener, config);
        }
        broker.open_listener(self.settings(listener, config)?)?;
        Ok(())
    }

    /// Gives a running listener new options for its next connections. The address and the options of its socket, and those of QUIC,
    /// stay.
    pub(crate) fn change(
        &self,
        broker: &Broker,
        listener: &Listener,
        config: &Config,
    ) -> Result<(), StartListenerError> {
        if let ListenerKind::Quic { .. } = listener.kind {
            let id = listener.id();
            let tls = listening::quic_server_config(listener, &self.certificates)?;
            if let Some(quic) = self.quic.lock().get(&id) {
                quic.reload(&tls).map_err(|source| StartListenerError::Quic { id, source })?;
            }
        }
        Ok(broker.change_listener(self.settings(listener, config)?)?)
    }

    /// Closes a listener and its connections.
    pub(crate) fn close(&self, broker: &Broker, id: &str) -> Result<(), StartListenerError> {
        broker.close_listener(id)?;
        let quic = self.quic.lock().remove(id);
        if let Some(quic) = quic {
            quic.close(QUIC_GRACE);
        }
        self.certificates.forget(id);
        Ok(())
    }

    /// Closes what the broker does not own. The broker has said goodbye by now.
    pub(crate) fn close_all(&self) {
        for (_, quic) in std::mem::take(&mut *self.quic.lock()) {
            quic.close(QUIC_GRACE);
        }
    }

    fn open_quic(&self, broker: &Broker, listener: &Listener, config: &Config) -> Result<(), StartListenerError> {
        let id = listener.id();
        let failed = |source| StartListenerError::Quic { id: id.clone(), source };
        let tls = listening::quic_server_config(listener, &self.certificates)?;
        // The hooks need to know the broker's side, which needs to know the address, which the socket has.
        let entrance = Arc::new(OnceLock::new());
        let quic = QuicListener::bind(
            listener.bind,
            &tls,
            quic_options(listener, mqtt_of(config, listener)),
            hooks(&id, &entrance),
        );
        let quic = quic.map_err(failed)?;
        let settings = self.with_access(listener, listener_settings(config, listener, None))?;
        let opened = broker.open_entrance(settings, quic.address())?;
        let _ = entrance.set(opened);
        self.quic.lock().insert(id, quic);
        Ok(())
    }
}

/// A listener may not promise more connections than there are file descriptors for.
fn clamped(settings: ListenerSettings, max_descriptors: u64) -> ListenerSettings {
    let most = max_descriptors / settings.descriptors_each.max(1);
    let Some(max) = settings.max_connections.filter(|max| *max > most) else { return settings };
    warn!(
        msg = "max_connections_clamped_by_system_limit",
        listener = settings.id.to_string(),
        max_connections = max,
        clamped = most,
        hint = "more open files have to be allowed: dunlin ctl tune"
    );
    ListenerSettings { max_connections: Some(most), ..settings }
}

/// `mqtt` as the zone of a listener has it.
fn mqtt_of<'a>(config: &'a Config, listener: &Listener) -> &'a Mqtt {
    config.zones.get(&listener.zone).map_or(&config.mqtt, |zone| &zone.mqtt)
}

fn quic_options(listener: &Listener, mqtt: &Mqtt) -> QuicOptions {
    let defaults = QuicOptions::default();
    let ListenerKind::Quic { quic, .. } = &listener.kind else { return defaults };
    QuicOptions {
        keep_alive: quic.keep_alive_interval,
        idle_timeout: quic.idle_timeout,
        handshake_idle_timeout: quic.handshake_idle_timeout,
        peer_bidi_stream_count: u32::from(quic.peer_bidi_stream_count),
        max_packet_bytes: mqtt.max_packet_size_bytes,
        ..defaults
    }
}

/// What a QUIC listener asks and tells the broker. Before the broker knows of it nobody is admitted.
fn hooks(id: &str, entrance: &Arc<OnceLock<Entrance>>) -> QuicHooks {
    let [for_admission, for_arrival, for_failure] = [(); 3].map(|()| Arc::clone(entrance));
    let arriving = id.to_owned();
    QuicHooks {
        admit: Box::new(move |peer| for_admission.get().is_some_and(|entrance| entrance.admit(peer))),
        accepted: Box::new(move |accepted| {
            if let Some(entrance) = for_arrival.get() {
                arrive(entrance, &arriving, accepted);
            }
        }),
        failed: Box::new(move |peer, failure| {
            if let Some(entrance) = for_failure.get() {
                entrance.give_up();
                entrance.note_failed_handshake(peer, failure.word, &failure.detail, failure.side == Side::Client);
            }
        }),
    }
}

fn arrive(entrance: &Entrance, listener: &str, accepted: Accepted) {
    let Accepted { stream, facts } = accepted;
    let peer: SocketAddr = facts.peer;
    if let Err(error) = stream.set_nonblocking(true) {
        warn!(msg = "connection_not_taken_in", listener, peername = %peer, %error);
        entrance.give_up();
        return;
    }
    let facts = PeerFacts { server_name: facts.server_name, ..PeerFacts::new(peer) };
    entrance.enter(Stream::Local(mio::net::UnixStream::from_std(stream)), facts);
}
