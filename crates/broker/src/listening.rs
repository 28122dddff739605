//! Listeners of a running broker: opening, changing and closing them, and what happened on them.

use crate::{
    Broker, Entrance, ListenerSettings, StartError, active_listener::ActiveListener, broker::bind,
    log_throttle::LogThrottle, mailbox::Mail,
};
use dunlin_model::DisconnectReason;
use dunlin_transport::Listener;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a listener does and what happened on it since the broker started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerReport {
    /// `tcp:default`.
    pub id: String,
    /// Where it listens, with the real port.
    pub address: SocketAddr,
    /// Whether it accepts connections.
    pub is_running: bool,
    /// Connections open now.
    pub connections: u64,
    /// How many connections ended for which reason: those reasons that there were, in a fixed order.
    pub disconnects: Vec<(DisconnectReason, u64)>,
    /// How many connections ended before MQTT began, by the word for it, such as `certificate_expired`.
    pub handshakes_failed: Vec<(&'static str, u64)>,
}

impl Broker {
    /// Listeners that accept connections or did so, in the order in which they were first opened.
    #[must_use]
    pub fn listeners(&self) -> Vec<ListenerReport> {
        self.shared.listeners.lock().iter().map(|listener| report(listener)).collect()
    }

    /// Running listeners with the addresses they listen on.
    #[must_use]
    pub fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let running = self.listeners().into_iter().filter(|listener| listener.is_running);
        running.map(|listener| (listener.id, listener.address)).collect()
    }

    /// One of [`Self::listeners`], or `None` if there is none with this id.
    #[must_use]
    pub fn listener(&self, id: &str) -> Option<ListenerReport> {
        self.find(id).map(|listener| report(&listener))
    }

    /// Opens a listener. One that was closed goes on counting where it stopped.
    ///
    /// # Errors
    /// [`StartError`]; nothing has changed then.
    pub fn open_listener(&self, settings: ListenerSettings) -> Result<SocketAddr, StartError> {
        self.refuse_if_running(&settings.id)?;
        let socket = bind(&settings)?;
        let address = socket.address();
        self.open(socket, settings)?;
        Ok(address)
    }

    /// Gives a listener new settings for the connections it accepts from now on; those it has keep theirs, but for
    /// [`ListenerSettings::limits`]. Its address and its `tcp_options` stay as they are.
    ///
    /// # Errors
    /// [`StartError::NoListener`] where it is not running.
    pub fn change_listener(&self, settings: ListenerSettings) -> Result<(), StartError> {
        let old = self.running(&settings.id)?;
        let settings = self.limited(settings);
        let listener = Arc::new(ActiveListener::new(settings, old.address, Some(&old)));
        if listener.limits.change(&listener.settings, self.shared.clock.now()) {
            self.shared.zone_limits.note_change();
            self.tell_workers();
        }
        self.list(&listener);
        self.acceptor.replace(listener);
        Ok(())
    }

    /// Closes a listener and its connections. Its port is free when this returns.
    ///
    /// # Errors
    /// [`StartError::NoListener`] where it is not running.
    pub fn close_listener(&self, id: &str) -> Result<(), StartError> {
        let listener = self.running(id)?;
        listener.is_open.store(false, Ordering::Relaxed);
        self.acceptor.close(id)?;
        for mailbox in &self.shared.mailboxes {
            mailbox.post(Mail::ListenerClosed { id: id.to_owned() });
        }
        Ok(())
    }

    /// Lists a listener whose connections somebody else accepts. `address` is where it listens.
    ///
    /// # Errors
    /// [`StartError::Running`].
    pub fn open_entrance(&self, settings: ListenerSettings, address: SocketAddr) -> Result<Entrance, StartError> {
        self.refuse_if_running(&settings.id)?;
        let id = settings.id.clone();
        let opened = self.activate(settings, address);
        let log_throttle = Arc::new(Mutex::new(LogThrottle::new(self.shared.live.log_window_ms())));
        Ok(Entrance { shared: Arc::clone(&self.shared), id, opened, log_throttle })
    }

    pub(crate) fn open(&self, socket: Listener, settings: ListenerSettings) -> Result<(), StartError> {
        let listener = self.activate(settings, socket.address());
        let opened = self.acceptor.open(socket, Arc::clone(&listener));
        if opened.is_err() {
            listener.is_open.store(false, Ordering::Relaxed);
        }
        Ok(opened?)
    }

    fn activate(&self, settings: ListenerSettings, address: SocketAddr) -> Arc<ActiveListener> {
        let known = self.find(&settings.id);
        let settings = self.limited(settings);
        let listener = Arc::new(ActiveListener::new(settings, address, known.as_deref()));
        listener.limits.change(&listener.settings, self.shared.clock.now());
        self.list(&listener);
        listener
    }

    /// The log on disk was laid out for packets of a certain size: larger ones have to wait for the next start.
    fn limited(&self, mut settings: ListenerSettings) -> ListenerSettings {
        let max = self.shared.settings.max_packet_size;
        if settings.zone.session.max_packet_size > max {
            Arc::make_mut(&mut settings.zone).session.max_packet_size = max;
        }
        settings
    }

    /// Puts a listener into the list, in the place of its predecessor.
    fn list(&self, listener: &Arc<ActiveListener>) {
        let mut listeners = self.shared.listeners.lock();
        match listeners.iter_mut().find(|other| other.id() == listener.id()) {
            Some(place) => *place = Arc::clone(listener),
            None => listeners.push(Arc::clone(listener)),
        }
    }

    fn find(&self, id: &str) -> Option<Arc<ActiveListener>> {
        self.shared.listeners.lock().iter().find(|listener| listener.id() == id).cloned()
    }

    fn refuse_if_running(&self, id: &str) -> Result<(), StartError> {
        match self.running(id) {
            Ok(_) => Err(StartError::Running { id: id.to_owned() }),
            Err(_) => Ok(()),
        }
    }

    fn running(&self, id: &str) -> Result<Arc<ActiveListener>, StartError> {
        self.find(id).filter(|listener| listener.is_open.load(Ordering::Relaxed)).ok_or_else(|| {
            let listeners = self.shared.listeners.lock();
            let known = listeners.iter().filter(|listener| listener.is_open.load(Ordering::Relaxed));
            StartError::NoListener {
                id: id.to_owned(),
                known: known.map(|listener| listener.id().to_owned()).collect(),
            }
        })
    }
}

fn report(listener: &ActiveListener) -> ListenerReport {
    let counts = DisconnectReason::ALL.iter().map(|reason| (*reason, listener.stats.ended(*reason)));
    ListenerReport {
        id: listener.id().to_owned(),
        address: listener.address,
        is_running: listener.is_open.load(Ordering::Relaxed),
        connections: listener.stats.connections.load(Ordering::Relaxed),
        disconnects: counts.filter(|(_, count)| *count > 0).collect(),
        handshakes_failed: listener.stats.handshakes_failed(),
    }
}
