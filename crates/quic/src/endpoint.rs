//! The UDP socket of a listener and how QUIC behaves on it.

use crate::{QuicError, QuicOptions};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{IdleTimeout, ServerConfig, TransportConfig, VarInt};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

/// What a client may send on one stream before it is read. A round trip of 100 ms lets 2.5 MB a second through.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// The same for all its streams together.
const RECEIVE_WINDOW_BYTES: u32 = 512 * 1024;

/// What is kept for a client until it has acknowledged it.
const SEND_WINDOW_BYTES: u64 = 512 * 1024;

/// First packets of clients that wait for their turn to be looked at; all else of them is buffered within the two limits below.
const INCOMING_MAX: usize = 4096;
const INCOMING_BUFFER_BYTES: u64 = 16 * 1024;
const INCOMING_BUFFERS_BYTES: u64 = 8 * 1024 * 1024;

/// A bound socket, for both versions of IP where the address is of version 6.
pub(crate) fn bind(address: SocketAddr, options: &QuicOptions) -> Result<UdpSocket, QuicError> {
    let open = || -> io::Result<UdpSocket> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(false)?;
        }
        // As far as the machine allows it; smaller ones work too.
        let _ = socket.set_recv_buffer_size(options.socket_buffer_bytes);
        let _ = socket.set_send_buffer_size(options.socket_buffer_bytes);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        Ok(socket.into())
    };
    open().map_err(|error| QuicError::socket(address, error))
}

/// What new connections start from.
pub(crate) fn server_config(tls: &rustls::ServerConfig, options: &QuicOptions) -> Result<ServerConfig, QuicError> {
    let mut tls = tls.clone();
    // Early data could be sent again by anybody who has seen it: a CONNECT must not be.
    tls.max_early_data_size = 0;
    let tls = Arc::new(tls);
    // What is unfit for QUIC must not come to light with the first client.
    let probe = rustls::quic::ServerConnection::new(Arc::clone(&tls), rustls::quic::Version::V1, Vec::new());
    probe.map_err(|_| QuicError::UnfitTls)?;
    let crypto = QuicServerConfig::try_from(tls).map_err(|_| QuicError::UnfitTls)?;
    let mut config = ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(Arc::new(transport_config(options)?));
    config.migration(true);
    config.max_incoming(INCOMING_MAX);
    config.incoming_buffer_size(INCOMING_BUFFER_BYTES);
    config.incoming_buffer_size_total(INCOMING_BUFFERS_BYTES);
    Ok(config)
}

fn transport_config(options: &QuicOptions) -> Result<TransportConfig, QuicError> {
    let mut config = TransportConfig::default();
    let idle_timeout = options.idle_timeout.map(|timeout| milliseconds("idle_timeout", timeout)).transpose()?;
    config.max_idle_timeout(idle_timeout.map(IdleTimeout::from));
    config.keep_alive_interval(options.keep_alive);
    config.max_concurrent_bidi_streams(VarInt::from_u32(options.peer_bidi_stream_count.max(1)));
    // MQTT over QUIC has no use for these.
    config.max_concurrent_uni_streams(VarInt::from_u32(0));
    config.datagram_receive_buffer_size(None);
    config.stream_receive_window(VarInt::from_u32(STREAM_WINDOW_BYTES));
    config.receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES));
    config.send_window(SEND_WINDOW_BYTES);
    Ok(config)
}

fn milliseconds(option: &'static str, duration: Duration) -> Result<VarInt, QuicError> {
    let milliseconds = u64::try_from(duration.as_millis()).ok().and_then(|count| VarInt::from_u64(count).ok());
    milliseconds.ok_or_else(|| QuicError::OutOfRange { option, value: format!("{duration:?}") })
}
