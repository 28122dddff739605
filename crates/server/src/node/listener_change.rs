//! Listeners of the broker, opened, changed and closed as the configuration says.

use super::NodeError;
use crate::Server;
use dunlin_config::{Config, Listener};

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
pub(super) fn open(server: &Server, listener: &Listener, config: &Config) -> Result<(), NodeError> {
    server.open_listener(listener, config).map_err(|error| NodeError::Refused(error.to_string()))
}

/// Closes a listener and its connections.
pub(super) fn close(server: &Server, id: &str) -> Result<(), NodeError> {
    server.close_listener(id).map_err(|error| NodeError::Refused(error.to_string()))
}

/// Gives connections that come from now on what is new, certificates included.
pub(super) fn change(server: &Server, listener: &Listener, config: &Config) -> Result<(), NodeError> {
    server.change_listener(listener, config).map_err(|error| NodeError::Refused(error.to_string()))
}

/// Whether clients can connect.
pub(super) fn is_open(server: &Server, id: &str) -> bool {
    server.broker().listeners().iter().any(|listener| listener.id == id && listener.is_running)
}

/// The listener of an id.
pub(super) fn find<'a>(config: &'a Config, id: &str) -> Option<&'a Listener> {
    config.listeners.iter().find(|listener| listener.id() == id)
}

/// Takes over what is new about a listener. One that an operator has stopped stays so.
pub(super) fn take_over(server: &Server, id: &str, old: &Config, new: &Config) -> Result<ListenerChange, NodeError> {
    let before = find(old, id);
    let was_wanted = before.is_some_and(|listener| listener.enable);
    match (is_open(server, id), find(new, id).filter(|listener| listener.enable)) {
        (true, None) => close(server, id).map(|()| ListenerChange::Stopped),
        (false, Some(listener)) if !was_wanted => open(server, listener, new).map(|()| ListenerChange::Started),
        (false, _) => Ok(ListenerChange::Unused),
        (true, Some(listener)) if before.is_some_and(|before| before.bind != listener.bind) => {
            close(server, id)?;
            let Err(error) = open(server, listener, new) else { return Ok(ListenerChange::Restarted) };
            // Better the old address than none.
            let is_back = before.is_some_and(|before| open(server, before, old).is_ok());
            let state = if is_back { "it listens where it did" } else { "it is closed" };
            Err(NodeError::Refused(format!("{error}; {state}")))
        }
        (true, Some(listener)) => change(server, listener, new).map(|()| ListenerChange::Changed),
    }
}
