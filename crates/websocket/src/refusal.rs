//! Why a request does not become a WebSocket connection.

/// Why a request does not become a WebSocket connection, as an HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {sentence}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, in a sentence for who reads the client's log. It repeats nothing that the client sent.
    pub sentence: String,
    /// A header that belongs to the status.
    header: &'static str,
}

impl Refusal {
    pub(crate) fn new(status: u16, sentence: impl Into<String>) -> Self {
        let header = match status {
            405 => "Allow: GET\r\n",
            // §4.4: what would be accepted.
            426 => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            _ => "",
        };
        Self { status, sentence: sentence.into(), header }
    }

    /// The whole answer; the connection ends after it.
    pub(crate) fn to_response(&self) -> Vec<u8> {
        let Self { status, sentence, header } = self;
        let phrase = phrase(*status);
        let length = sentence.len() + 1;
        // An answer to a request for an upgrade that fails is an ordinary one (RFC 9110 §15).
        format!(
            "HTTP/1.1 {status} {phrase}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
             Connection: close\r\n{header}\r\n{sentence}\n"
        )
        .into_bytes()
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        505 => "HTTP Version Not Supported",
        _ => "Bad Request",
    }
}
