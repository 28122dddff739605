//! Why a client came to its end.

use dunlin_codec::{DecodeError, EncodeError};
use std::io;

/// Why a client came to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody listens there, or the way there is closed.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Host and port.
        address: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// TLS did not come about.
    #[error("TLS with {address}: {source}")]
    Tls {
        /// Host and port.
        address: String,
        /// What the TLS library said.
        source: io::Error,
    },
    /// The server does not switch to WebSocket.
    #[error("WebSocket with {address}: {why}")]
    WebSocket {
        /// Host, port and path.
        address: String,
        /// Why.
        why: String,
    },
    /// The broker does not let the client in.
    #[error("the broker refused the connection: {0}")]
    Refused(String),
    /// The broker said goodbye, or cut the connection.
    #[error("the broker ended the connection{0}")]
    Ended(String),
    /// Nothing came for one and a half keep alive intervals, or in the time a connection may take.
    #[error("the broker does not answer")]
    NoAnswer,
    /// The broker refused every subscription.
    #[error("the broker refused the subscription: {0}")]
    SubscriptionRefused(String),
    /// What the broker sent is not MQTT.
    #[error("the broker sent what is not MQTT: {0}")]
    Malformed(#[from] DecodeError),
    /// The broker sent a packet that does not belong there.
    #[error("the broker sent {0} where it does not belong")]
    Unexpected(&'static str),
    /// What is to be sent cannot be.
    #[error("cannot be sent: {0}")]
    CannotSend(#[from] EncodeError),
    /// The payload cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file, or standard input.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A limit that protects this client, or the broker.
    #[error("{0}")]
    TooLarge(String),
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[source] io::Error),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(#[source] io::Error),
    /// SIGINT, SIGTERM or SIGHUP.
    #[error("interrupted")]
    Stopped,
}
