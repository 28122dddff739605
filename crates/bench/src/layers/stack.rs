//! Which layers the connections of a run have.

use super::{TlsClient, WebSocketClient};

/// The layers below MQTT, from the socket up; plain TCP without any.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// TLS on top of TCP.
    pub tls: Option<TlsClient>,
    /// WebSocket on top of that.
    pub websocket: Option<WebSocketClient>,
}

impl Layers {
    /// Nothing but TCP.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.tls.is_none() && self.websocket.is_none()
    }
}
