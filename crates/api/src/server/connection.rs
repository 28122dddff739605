//! One connection: HTTP/1.1, over TLS or not.

use super::write_timeout::WriteTimeout;
use super::wrong_protocol::{Spoken, WrongProtocol};
use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tracing::debug;

/// Gives TLS with the certificates in use now; `None` where they are gone.
pub type ServerConfigSource = Arc<dyn Fn() -> Option<Arc<rustls::ServerConfig>> + Send + Sync>;

/// How long a client may take for the head of a request; also how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);
/// The largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// The most header fields of a request.
const HEADER_FIELDS_MAX: usize = 64;

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its address.
    pub(crate) address: SocketAddr,
    /// Whether it is on this machine.
    pub(crate) is_local: bool,
}

/// What a connection needs besides itself.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) router: Router,
    pub(super) tls: Option<ServerConfigSource>,
    pub(super) send_timeout: Duration,
    /// Where those are told of who speak something else.
    pub(super) wrong_protocol: Arc<WrongProtocol>,
    /// Becomes true when the listener closes.
    pub(super) closing: watch::Receiver<bool>,
}

/// Serves a connection until it ends.
pub(super) async fn serve(socket: TcpStream, address: SocketAddr, terms: Terms) {
    let own = socket.local_addr().ok();
    let is_local = address.ip().to_canonical().is_loopback() || own.map(|own| own.ip()) == Some(address.ip());
    let peer = Peer { address, is_local };
    let Some(first) = first_byte(&socket, terms.closing.clone()).await else { return };
    if let Some(spoken) = Spoken::instead(first, terms.tls.is_some()) {
        terms.wrong_protocol.tell(spoken, address, own);
    }
    // An answer is written as a whole; there is nothing to wait for.
    let _ = socket.set_nodelay(true);
    match &terms.tls {
        None => serve_http(socket, peer, terms).await,
        Some(source) => {
            let Some(config) = source() else { return };
            let handshake = TlsAcceptor::from(config).accept(socket);
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
                Ok(Ok(stream)) => serve_http(stream, peer, terms).await,
                Ok(Err(error)) => debug!(msg = "api_handshake_failed", %address, %error),
                Err(_) => debug!(msg = "api_handshake_failed", %address, error = "timeout"),
            }
        }
    }
}

/// What a client says first, which is left where it is; `None` where it says nothing in time, or the listener closes.
async fn first_byte(socket: &TcpStream, mut closing: watch::Receiver<bool>) -> Option<u8> {
    let mut first = [0];
    let closed = async move { drop(closing.wait_for(|closing| *closing).await) };
    tokio::select! {
        peeked = tokio::time::timeout(HEAD_TIMEOUT, socket.peek(&mut first)) => match peeked {
            Ok(Ok(1)) => Some(first[0]),
            _ => None,
        },
        () = closed => None,
    }
}

async fn serve_http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, peer: Peer, terms: Terms) {
    let Terms { router, send_timeout, mut closing, .. } = terms;
    let io = TokioIo::new(WriteTimeout::new(stream, send_timeout));
    let service = WithPeer { inner: TowerToHyperService::new(router), peer };
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_headers(HEADER_FIELDS_MAX);
    builder.max_buf_size(HEAD_BYTES_MAX);
    let mut connection = pin!(builder.serve_connection(io, service));
    // What it gives is a lock, which must not be held while something is waited for.
    let closed = async move { drop(closing.wait_for(|closing| *closing).await) };
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = closed => {
            // The answer that is on its way is the last one.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        debug!(msg = "api_connection_failed", peername = %peer.address, %error);
    }
}

/// Tells each request whom it comes from.
struct WithPeer {
    inner: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for WithPeer {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.inner.call(request)
    }
}
