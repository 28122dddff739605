//! What a server does wrong as a WebSocket server.

/// Why a WebSocket connection cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebSocketError {
    /// The answer to the upgrade request is not HTTP, or too long.
    #[error("the answer to the WebSocket request cannot be read")]
    Answer,
    /// The server does not switch protocols.
    #[error("the server answered the WebSocket request with status {0}")]
    Status(u16),
    /// A header of the answer is missing or wrong (RFC 6455 §4.1).
    #[error("the server's answer to the WebSocket request has a wrong {0}")]
    Header(&'static str),
    /// A frame that a server must not send (RFC 6455 §5).
    #[error("WebSocket frame with {0}")]
    Frame(&'static str),
}
