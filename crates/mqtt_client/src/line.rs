//! What lies between MQTT and the socket: nothing, TLS, WebSocket, or both.

use crate::socket::{Socket, wait};
use crate::{ClientError, Endpoint, clock};
use rustix::event::PollFlags;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::handshake::HandshakeError;
use tungstenite::http::HeaderValue;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Bytes, Message, WebSocket};

/// The largest MQTT packet there is, and its header.
const MESSAGE_BYTES_MAX: usize = (256 << 20) + 5;

/// A stream of MQTT's bytes. A read that finds nothing is [`ErrorKind::WouldBlock`]; a write waits.
pub(crate) trait Line: Read + Write {
    /// Says goodbye below MQTT, where there is a word for it.
    fn finish(&mut self) -> io::Result<()>;
}

/// Connects, and gives the line with the socket to wait for.
pub(crate) fn open(
    endpoint: &Endpoint,
    tls: Option<&Arc<ClientConfig>>,
    timeout: Duration,
) -> Result<(Box<dyn Line>, TcpStream), ClientError> {
    let deadline = clock::now() + timeout;
    let socket = Socket::connect(endpoint, timeout)?;
    let waiting = socket.try_clone().map_err(ClientError::Broken)?;
    let line: Box<dyn Line> = match tls {
        Some(config) => {
            let stream = shake_hands(endpoint, config, socket, &waiting, deadline)?;
            if endpoint.carrier.is_websocket() {
                upgrade(endpoint, stream, &waiting, deadline)?
            } else {
                Box::new(stream)
            }
        }
        None if endpoint.carrier.is_websocket() => upgrade(endpoint, socket, &waiting, deadline)?,
        None => Box::new(socket),
    };
    Ok((line, waiting))
}

fn shake_hands(
    endpoint: &Endpoint,
    config: &Arc<ClientConfig>,
    socket: Socket,
    waiting: &TcpStream,
    deadline: Instant,
) -> Result<StreamOwned<ClientConnection, Socket>, ClientError> {
    let failed = |source| ClientError::Tls { address: endpoint.address(), source };
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|error| failed(io::Error::other(error)))?;
    let connection =
        ClientConnection::new(Arc::clone(config), name).map_err(|error| failed(io::Error::other(error)))?;
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        match stream.conn.complete_io(&mut stream.sock) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait_until(waiting, deadline)?,
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(stream)
}

fn upgrade<S: Line + 'static>(
    endpoint: &Endpoint,
    stream: S,
    waiting: &TcpStream,
    deadline: Instant,
) -> Result<Box<dyn Line>, ClientError> {
    let scheme = if endpoint.carrier.is_secure() { "wss" } else { "ws" };
    let url = format!("{scheme}://{}{}", endpoint.address(), endpoint.path);
    let failed = |error: tungstenite::Error| ClientError::WebSocket { address: url.clone(), why: error.to_string() };
    let mut request = url.as_str().into_client_request().map_err(failed)?;
    // A client names `mqtt` as its subprotocol [MQTT-6.0.0-3].
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mqtt"));
    let config =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX)).max_frame_size(Some(MESSAGE_BYTES_MAX));
    let mut outcome = tungstenite::client::client_with_config(request, stream, Some(config));
    loop {
        match outcome {
            Ok((socket, _)) => return Ok(Box::new(WebSocketLine { socket, unread: Bytes::new() })),
            Err(HandshakeError::Interrupted(begun)) => {
                wait_until(waiting, deadline)?;
                outcome = begun.handshake();
            }
            Err(HandshakeError::Failure(error)) => return Err(failed(error)),
        }
    }
}

fn wait_until(waiting: &TcpStream, deadline: Instant) -> Result<(), ClientError> {
    let left = deadline.saturating_duration_since(clock::now());
    match wait(waiting, PollFlags::IN, left) {
        Ok(true) if !left.is_zero() => Ok(()),
        Ok(_) => Err(ClientError::NoAnswer),
        Err(error) => Err(ClientError::Broken(error)),
    }
}

impl Line for Socket {
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Line for StreamOwned<ClientConnection, Socket> {
    fn finish(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.flush()
    }
}

/// MQTT in the binary messages of WebSocket.
struct WebSocketLine<S> {
    socket: WebSocket<S>,
    /// Payload that was not asked for yet.
    unread: Bytes,
}

impl<S: Read + Write> Read for WebSocketLine<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.unread.is_empty() {
            match self.socket.read() {
                Ok(Message::Binary(payload)) => self.unread = payload,
                Ok(Message::Text(_)) => {
                    // MQTT comes in binary frames only [MQTT-6.0.0-1].
                    return Err(io::Error::new(ErrorKind::InvalidData, "a text frame of WebSocket"));
                }
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => return Ok(0),
                Err(error) => return Err(into_io(error)),
            }
        }
        let count = self.unread.len().min(buffer.len());
        if let Some(place) = buffer.get_mut(..count) {
            place.copy_from_slice(&self.unread.split_to(count));
        }
        Ok(count)
    }
}

impl<S: Read + Write> Write for WebSocketLine<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.send(Message::binary(bytes.to_vec())).map_err(into_io)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush().map_err(into_io)
    }
}

impl<S: Line> Line for WebSocketLine<S> {
    fn finish(&mut self) -> io::Result<()> {
        self.socket.close(None).and_then(|()| self.socket.flush()).map_err(into_io)
    }
}

fn into_io(error: tungstenite::Error) -> io::Error {
    match error {
        tungstenite::Error::Io(error) => error,
        error => io::Error::other(error),
    }
}
