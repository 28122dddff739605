//! A listener: a UDP socket, and the thread that serves its clients.

use crate::endpoint;
use crate::handshake::{CLOSE_NORMAL, Reception};
use crate::{QuicError, QuicHooks, QuicOptions};
use quinn::{Endpoint, EndpointConfig, TokioRuntime};
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime::{self, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::timeout;

/// How long clients have to take note that the listener has closed.
const FAREWELL: Duration = Duration::from_secs(1);

/// Listens on a UDP address. Dropping it closes it at once.
#[derive(Debug)]
pub struct QuicListener {
    endpoint: Endpoint,
    address: SocketAddr,
    options: QuicOptions,
    thread: Option<ServingThread>,
}

#[derive(Debug)]
struct ServingThread {
    /// Takes the grace.
    close: oneshot::Sender<Duration>,
    handle: JoinHandle<()>,
}

impl QuicListener {
    /// Binds and starts serving. Port 0 picks a free one, see [`Self::address`]. The certificates and the application protocols (ALPN,
    /// `mqtt` for MQTT) come with `tls`.
    ///
    /// # Errors
    /// [`QuicError`], in words for the operator.
    pub fn bind(
        address: SocketAddr,
        tls: &rustls::ServerConfig,
        options: QuicOptions,
        hooks: QuicHooks,
    ) -> Result<Self, QuicError> {
        let config = endpoint::server_config(tls, &options)?;
        let socket = endpoint::bind(address, &options)?;
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(QuicError::Thread)?;
        let endpoint = {
            let _context = runtime.enter();
            Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime))
        };
        let endpoint = endpoint.map_err(|error| QuicError::socket(address, error))?;
        let address = endpoint.local_addr().map_err(|error| QuicError::socket(address, error))?;
        let (close, closing) = oneshot::channel();
        let serving = endpoint.clone();
        let serving_options = options.clone();
        let handle = thread::Builder::new()
            .name(format!("quic-{}", address.port()))
            .spawn(move || run(&runtime, &serving, serving_options, hooks, closing))
            .map_err(QuicError::Thread)?;
        Ok(Self { endpoint, address, options, thread: Some(ServingThread { close, handle }) })
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections there are, those in the middle of their handshake or their end included.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.endpoint.open_connections()
    }

    /// Clients that were refused before their handshake: not admitted, or one too many at a time.
    #[must_use]
    pub fn refused_connections(&self) -> u64 {
        self.endpoint.stats().refused_handshakes
    }

    /// Uses these certificates from the next handshake on; connections that are up live on.
    ///
    /// # Errors
    /// [`QuicError::UnfitTls`]; nothing has changed then.
    pub fn reload(&self, tls: &rustls::ServerConfig) -> Result<(), QuicError> {
        self.endpoint.set_server_config(Some(endpoint::server_config(tls, &self.options)?));
        Ok(())
    }

    /// Blocks: takes no more clients, waits until those there are have gone or `grace` is over, ends the rest, and frees the address. What the
    /// broker has written to a stream and closed it gets through within the grace.
    pub fn close(mut self, grace: Duration) {
        self.stop(grace);
    }

    fn stop(&mut self, grace: Duration) {
        let Some(ServingThread { close, handle }) = self.thread.take() else { return };
        // Whoever is gone already has nothing to close, and what a panic said is on stderr.
        let _ = close.send(grace);
        let _ = handle.join();
    }
}

impl Drop for QuicListener {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

fn run(
    runtime: &Runtime,
    endpoint: &Endpoint,
    options: QuicOptions,
    hooks: QuicHooks,
    closing: oneshot::Receiver<Duration>,
) {
    let reception = Rc::new(Reception { options, hooks, handshakes: Cell::new(0) });
    let tasks = LocalSet::new();
    tasks.spawn_local({
        let endpoint = endpoint.clone();
        async move {
            while let Some(incoming) = endpoint.accept().await {
                reception.receive(incoming);
            }
        }
    });
    tasks.block_on(runtime, async {
        // A sender that is gone closes at once, too.
        let grace = closing.await.unwrap_or_default();
        endpoint.set_server_config(None);
        let _ = timeout(grace, endpoint.wait_idle()).await;
        endpoint.close(CLOSE_NORMAL, b"the listener is closing");
        let _ = timeout(FAREWELL, endpoint.wait_idle()).await;
    });
}
