//! A listener: its socket, and who is served over it.

use super::connection::{self, ServerConfigSource, Terms};
use crate::ListenerSettings;
use axum::Router;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tracing::warn;

/// How long nothing is accepted after the operating system had nothing left for a connection.
const PAUSE_WITHOUT_RESOURCES: Duration = Duration::from_millis(100);

/// Why a listener cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    pub source: io::Error,
}

/// A socket that listens, and from which nothing is taken yet.
#[derive(Debug)]
pub struct ApiListener {
    socket: TcpListener,
    address: SocketAddr,
    settings: ListenerSettings,
}

impl ApiListener {
    /// Takes the address.
    ///
    /// # Errors
    /// [`ListenError`], most often because somebody else has it.
    pub fn bind(settings: ListenerSettings) -> Result<Self, ListenError> {
        let failed = |source| ListenError { address: settings.bind, source };
        let socket = listen(&settings).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address, settings })
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves whoever comes from now on.
    pub(crate) fn serve(
        self,
        runtime: &Handle,
        router: Router,
        tls: Option<ServerConfigSource>,
    ) -> io::Result<Serving> {
        let (close, closing) = watch::channel(false);
        let send_timeout = self.settings.send_timeout;
        let terms = Terms { router, tls, send_timeout, wrong_protocol: Arc::default(), closing };
        let _entered = runtime.enter();
        let socket = tokio::net::TcpListener::from_std(self.socket)?;
        let max_connections = self.settings.max_connections as usize;
        let accepting = runtime.spawn(accept(socket, max_connections, terms));
        Ok(Serving { address: self.address, settings: self.settings, close, accepting })
    }
}

/// A listener that serves. Dropping it closes it: nobody new is served, and whoever waits for an answer gets it.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    pub(crate) settings: ListenerSettings,
    close: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.close.send_replace(true);
    }
}

impl Serving {
    /// Waits until every connection has ended.
    pub(crate) async fn ended(&self) {
        self.close.closed().await;
    }

    /// Nobody new is served from now on.
    pub(crate) fn close(&self) {
        self.close.send_replace(true);
    }

    /// As [`Self::close`], and waits until the address is free.
    pub(crate) async fn let_go(&mut self) {
        self.close();
        // It ends at once; how is of no interest.
        let _ = (&mut self.accepting).await;
    }
}

async fn accept(listener: tokio::net::TcpListener, max_connections: usize, terms: Terms) {
    let places = Arc::new(Semaphore::new(max_connections));
    let mut closing = terms.closing.clone();
    loop {
        // Whoever is too many waits to be accepted: that is what the backlog is for.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = async { drop(closing.wait_for(|closing| *closing).await) } => return,
        };
        match accepted {
            Ok((socket, address)) => {
                let terms = terms.clone();
                tokio::spawn(async move {
                    connection::serve(socket, address, terms).await;
                    drop(place);
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                warn!(msg = "api_accept_failed", %error);
                tokio::time::sleep(PAUSE_WITHOUT_RESOURCES).await;
            }
        }
    }
}

/// Whether it is about the connection that was to be accepted, and not about the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

fn listen(settings: &ListenerSettings) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(settings.bind), Type::STREAM, Some(Protocol::TCP))?;
    // A node that starts anew need not wait for the connections of the one before.
    socket.set_reuse_address(true)?;
    if settings.bind.is_ipv6() {
        socket.set_only_v6(settings.ipv6_v6only)?;
    }
    socket.bind(&settings.bind.into())?;
    socket.listen(i32::try_from(settings.backlog).unwrap_or(i32::MAX))?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
