//! What a listener puts around the sockets it accepts.

#[cfg(feature = "psk")]
use crate::either_layer::EitherLayer;
use crate::layer::Layer;
use crate::socket::Socket;
use crate::stack::Stack;
use crate::tls_layer::TlsLayer;
use crate::{Naming, Tls, wire::Wire};
use dunlin_transport::{LayeredStream, Layering, Stage, Stream};
use dunlin_websocket::{WebSocketOptions, WebSocketStream};
use mio::net::TcpStream;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long the request for the upgrade to WebSocket may take; there is no key for it.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(15);

/// What a listener puts around the sockets it accepts, from the socket up. Everything is optional.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// Every connection begins with a PROXY header, which may take so long. It is believed whoever sends it.
    pub proxy: Option<Duration>,
    /// TLS.
    pub tls: Option<Tls>,
    /// WebSocket.
    pub websocket: Option<Arc<WebSocketOptions>>,
    /// What of a client's certificate stands in for what it calls itself.
    pub naming: Naming,
}

impl Layers {
    /// Whether there is nothing between the socket and MQTT.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.proxy.is_none() && self.tls.is_none() && self.websocket.is_none()
    }

    /// The layers around a connection.
    pub(crate) fn around<W: Wire + 'static>(&self, wire: W, peer: SocketAddr) -> io::Result<Box<dyn LayeredStream>> {
        let socket = Socket::new(wire, peer, self.proxy.is_some());
        Ok(match &self.tls {
            None => self.with_websocket(socket),
            Some(Tls::Certificates(context)) => self.with_websocket(TlsLayer::new(context.accept(socket)?)),
            #[cfg(feature = "psk")]
            Some(Tls::Keys(context)) => self.with_websocket(TlsLayer::new(context.accept(socket)?)),
            #[cfg(feature = "psk")]
            Some(Tls::Either(certificates, keys)) => {
                self.with_websocket(EitherLayer::new(socket, Arc::clone(certificates), Arc::clone(keys)))
            }
        })
    }

    fn with_websocket<L: Layer + 'static>(&self, layer: L) -> Box<dyn LayeredStream> {
        match &self.websocket {
            None => Box::new(Stack::new(layer, self.naming)),
            Some(options) => Box::new(Stack::new(WebSocketStream::new(layer, Arc::clone(options)), self.naming)),
        }
    }
}

impl Layering for Layers {
    fn wrap(&self, socket: TcpStream, peer: SocketAddr) -> io::Result<Stream> {
        if self.is_empty() {
            return Ok(Stream::Tcp(socket));
        }
        self.around(socket, peer).map(Stream::Layered)
    }

    fn timeout_ms(&self, stage: Stage) -> Option<u64> {
        let timeout = match stage {
            Stage::Proxy => self.proxy?,
            Stage::Tls => self.tls.as_ref()?.handshake_timeout(),
            Stage::Upgrade => UPGRADE_TIMEOUT,
            Stage::Open => return None,
        };
        Some(millis(timeout))
    }

    fn idle_timeout_ms(&self) -> Option<u64> {
        self.websocket.as_ref().map(|options| millis(options.idle_timeout))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
