//! One connection to a server: TCP, TLS where the origin says so, HTTP/1.1 on top.

use crate::Origin;
use bytes::Bytes;
use dunlin_access::BackendFailure;
use dunlin_auth_backend::Line;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

/// The head of an answer is not read beyond this; the smallest that hyper takes is 8 KB.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How TLS is spoken to a server.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) connector: TlsConnector,
    pub(crate) server_name: ServerName<'static>,
}

/// One connection. It ends when this is dropped, whatever it was doing.
pub(crate) struct Connection {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Connection {
    /// Tries the addresses of the host one after the other, each for its share of the time.
    pub(crate) async fn open(origin: &Origin, tls: Option<&Tls>, timeout: Duration) -> Result<Self, BackendFailure> {
        let failed = |error: &dyn std::fmt::Display| BackendFailure::Unreachable(format!("{origin}: {error}"));
        let opening = async {
            let stream = connect(origin, timeout).await.map_err(|error| failed(&error))?;
            match tls {
                None => Self::shake_hands(stream).await.map_err(|error| failed(&error)),
                Some(tls) => {
                    let stream = tls.connector.connect(tls.server_name.clone(), stream).await;
                    let stream = stream.map_err(|error| failed(&format_args!("TLS: {error}")))?;
                    Self::shake_hands(stream).await.map_err(|error| failed(&error))
                }
            }
        };
        match tokio::time::timeout(timeout, opening).await {
            Ok(connection) => connection,
            Err(_) => Err(failed(&format_args!("no connection within {} ms", timeout.as_millis()))),
        }
    }

    async fn shake_hands(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> hyper::Result<Self> {
        let mut settings = http1::Builder::new();
        settings.max_buf_size(MAX_HEAD_BYTES);
        let (sender, connection) = settings.handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(async move {
            // How it ended, whoever waits for an answer is told by the sender.
            let _ = connection.await;
        });
        Ok(Self { sender, driver })
    }
}

impl Line for Connection {
    fn is_open(&self) -> bool {
        self.sender.is_ready() && !self.sender.is_closed()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn connect(origin: &Origin, timeout: Duration) -> io::Result<TcpStream> {
    let addresses: Vec<_> = tokio::net::lookup_host((origin.host(), origin.port())).await?.collect();
    let share = timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = io::Error::new(error.kind(), format!("{address}: {error}")),
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, format!("{address} does not answer")),
        }
    }
    Err(last)
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl Tls {
    pub(crate) fn new(config: Arc<rustls::ClientConfig>, server_name: ServerName<'static>) -> Self {
        Self { connector: TlsConnector::from(config), server_name }
    }
}
