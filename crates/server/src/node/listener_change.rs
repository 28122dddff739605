//! Listeners of the broker, opened, changed and closed as the configuration says.

use super::NodeError;
use crate::settings::listener_settings;
use dunlin_broker::{Broker, ListenerSettings};
use dunlin_config::{Listener, ListenerKind};

/// What became of a listener whose configuration changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListenerChange {
    /// It is open now.
    Started,
    /// It is closed now, and so are its connections.
    Stopped,
    /// It was closed, and is open with another address.
    Restarted,
    /// Connections that come from now on get what is new.
    Changed,
    /// It is not open, and was not meant to be.
    Unused,
}

/// Opens a listener.
pub(super) fn open(broker: &Broker, listener: &Listener) -> Result<(), NodeError> {
    broker.open_listener(settings(listener)?).map(drop).map_err(|error| NodeError::Refused(error.to_string()))
}

/// Closes a listener and its connections.
pub(super) fn close(broker: &Broker, id: &str) -> Result<(), NodeError> {
    broker.close_listener(id).map_err(|error| NodeError::Refused(error.to_string()))
}

/// Whether clients can connect.
pub(super) fn is_open(broker: &Broker, id: &str) -> bool {
    broker.listeners().iter().any(|listener| listener.id == id && listener.is_running)
}

/// Takes over what is new about a listener; `None` is one that the configuration does not have. One that an operator has
/// stopped stays so.
pub(super) fn take_over(
    broker: &Broker,
    id: &str,
    old: Option<&Listener>,
    new: Option<&Listener>,
) -> Result<ListenerChange, NodeError> {
    let was_wanted = old.is_some_and(|listener| listener.enable);
    match (is_open(broker, id), new.filter(|listener| listener.enable)) {
        (true, None) => close(broker, id).map(|()| ListenerChange::Stopped),
        (false, Some(new)) if !was_wanted => open(broker, new).map(|()| ListenerChange::Started),
        (false, _) => Ok(ListenerChange::Unused),
        (true, Some(new)) if old.is_some_and(|old| old.bind != new.bind) => {
            let settings = settings(new)?;
            close(broker, id)?;
            let Err(error) = broker.open_listener(settings) else { return Ok(ListenerChange::Restarted) };
            // Better the old address than none.
            let is_back = old.is_some_and(|old| open(broker, old).is_ok());
            let state = if is_back { "it listens where it did" } else { "it is closed" };
            Err(NodeError::Refused(format!("{error}; {state}")))
        }
        (true, Some(new)) => {
            let changed = broker.change_listener(settings(new)?);
            changed.map(|()| ListenerChange::Changed).map_err(|error| NodeError::Refused(error.to_string()))
        }
    }
}

fn settings(listener: &Listener) -> Result<ListenerSettings, NodeError> {
    match listener.kind {
        ListenerKind::Tcp => Ok(listener_settings(listener, None)),
        _ => Err(NodeError::Refused(format!("listener {}: only `tcp` is served yet", listener.id()))),
    }
}
