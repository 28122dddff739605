//! The request for a WebSocket connection, and the check of its answer (RFC 6455 §4.1).

use super::WebSocketError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use httparse::{EMPTY_HEADER, Response, Status};
use sha1::{Digest, Sha1};

/// What every server appends to the client's key.
const ACCEPT_SUFFIX: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const HEADERS_MAX: usize = 64;

/// WebSocket of all clients of a run.
#[derive(Clone, Debug)]
pub struct WebSocketClient {
    /// What the Host header says: name or address, and port.
    pub host: String,
    /// What is asked for, from the first slash on.
    pub path: String,
}

impl WebSocketClient {
    /// The request with this key.
    pub(super) fn request(&self, key: &str) -> String {
        // A client names `mqtt` as its subprotocol [MQTT-6.0.0-3].
        format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
            self.path, self.host
        )
    }
}

/// A key for one connection.
pub(super) fn new_key() -> String {
    STANDARD.encode(fastrand::u128(..).to_ne_bytes())
}

/// Reads the answer to a request with this key: how long it is, or `None` when its end has not arrived.
pub(super) fn check_answer(answer: &[u8], key: &str) -> Result<Option<usize>, WebSocketError> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut response = Response::new(&mut headers);
    let Status::Complete(length) = response.parse(answer).map_err(|_| WebSocketError::Answer)? else {
        return Ok(None);
    };
    if response.code != Some(101) {
        return Err(WebSocketError::Status(response.code.unwrap_or_default()));
    }
    let accept = STANDARD.encode(Sha1::digest(format!("{key}{ACCEPT_SUFFIX}")));
    let is_token = |expected: &'static str| {
        move |value: &str| value.split(',').any(|token| token.trim().eq_ignore_ascii_case(expected))
    };
    check(&response, "Upgrade", is_token("websocket"))?;
    check(&response, "Connection", is_token("upgrade"))?;
    check(&response, "Sec-WebSocket-Accept", |value| value == accept)?;
    // The server chooses `mqtt` [MQTT-6.0.0-4].
    check(&response, "Sec-WebSocket-Protocol", |value| value == "mqtt")?;
    Ok(Some(length))
}

fn check(response: &Response<'_, '_>, name: &'static str, fits: impl Fn(&str) -> bool) -> Result<(), WebSocketError> {
    let mut values = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    let fits = |value: &[u8]| std::str::from_utf8(value).is_ok_and(|value| fits(value.trim()));
    if values.any(|header| fits(header.value)) { Ok(()) } else { Err(WebSocketError::Header(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    // Key and accept value are the example of RFC 6455 §1.3.
    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n\
        sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nsec-websocket-protocol: mqtt\r\n\r\n";

    #[test]
    fn the_request_asks_for_mqtt() {
        let client = WebSocketClient { host: "broker:8083".to_owned(), path: "/mqtt".to_owned() };
        let request = client.request(KEY);
        assert!(request.starts_with("GET /mqtt HTTP/1.1\r\nHost: broker:8083\r\n") && request.ends_with("\r\n\r\n"));
        assert!(request.contains("\r\nSec-WebSocket-Protocol: mqtt\r\n"), "[MQTT-6.0.0-3]");
        assert_ne!(new_key(), new_key());
        assert_eq!(STANDARD.decode(new_key()).map(|key| key.len()), Ok(16));
    }

    #[test]
    fn an_answer_is_read_as_it_arrives() {
        let with_more = format!("{ANSWER}more");
        assert_eq!(check_answer(with_more.as_bytes(), KEY), Ok(Some(ANSWER.len())));
        for end in 0..ANSWER.len() {
            assert_eq!(check_answer(&ANSWER.as_bytes()[..end], KEY), Ok(None), "{end}");
        }
    }

    #[test]
    fn a_wrong_answer_is_named() {
        let rows = [
            ("101 Switching Protocols", "404 Not Found", WebSocketError::Status(404)),
            ("WebSocket", "h2c", WebSocketError::Header("Upgrade")),
            ("keep-alive, Upgrade", "close", WebSocketError::Header("Connection")),
            ("s3pP", "s3pQ", WebSocketError::Header("Sec-WebSocket-Accept")),
            // [MQTT-6.0.0-4]
            (": mqtt", ": stomp", WebSocketError::Header("Sec-WebSocket-Protocol")),
            ("HTTP/1.1", "RTSP/1.0", WebSocketError::Answer),
        ];
        for (from, to, expected) in rows {
            let answer = ANSWER.replacen(from, to, 1);
            assert_eq!(check_answer(answer.as_bytes(), KEY), Err(expected), "{to}");
        }
    }
}
