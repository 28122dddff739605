//! The request for a WebSocket connection: HTTP/1.1 (RFC 6455 §4.2).

use crate::deflate_agreement::DeflateAgreement;
use crate::upgrade::{first_address, first_port};
use crate::{Refusal, Upgrade, WebSocketOptions};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest, Sha1};

/// The longest request in bytes.
pub(crate) const REQUEST_LENGTH_MAX: usize = 16 * 1024;
/// The most headers of a request.
const HEADERS_MAX: usize = 64;

/// What a key is followed by before it is hashed (§1.3).
const KEY_SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY_LENGTH: usize = 16;

/// Some clients leave bits in the last character that are nobody's; servers have always taken that.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// A request that was granted.
#[derive(Debug)]
pub(crate) struct Granted {
    /// The answer.
    pub(crate) response: Vec<u8>,
    /// What the client said.
    pub(crate) upgrade: Upgrade,
    /// What was agreed upon about compression.
    pub(crate) compression: Option<DeflateAgreement>,
}

/// The headers of a request.
struct Headers<'a>(&'a [httparse::Header<'a>]);

impl<'a> Headers<'a> {
    /// The values of a header that are text.
    fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let found = self.0.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        found.filter_map(|header| str::from_utf8(header.value).ok()).map(str::trim)
    }

    /// The elements of a header that is a list, over all its lines.
    fn list(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(|value| value.split(',')).map(str::trim).filter(|element| !element.is_empty())
    }

    /// The value of a header that may come only once.
    fn only(&self, name: &str) -> Option<&'a str> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    fn lists(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|element| element.eq_ignore_ascii_case(token))
    }
}

/// Why the first byte of a connection is not that of a request; `None` when it may be one.
pub(crate) fn refuse_first_byte(byte: u8) -> Option<Refusal> {
    let sentence = match byte {
        b'A'..=b'Z' => return None,
        0x10 => "This is MQTT without WebSocket: connect to a tcp listener, or use WebSocket in the client.",
        0x16 => "This is TLS: connect to a wss listener, or without TLS.",
        _ => "This listener speaks WebSocket, and what was sent is not HTTP.",
    };
    Some(Refusal::new(400, sentence))
}

/// Refuses what its first bytes, as far as they are here, show to be no request: the rest of one would be awaited in vain.
pub(crate) fn refuse_opening(head: &[u8]) -> Option<Refusal> {
    let sentence = "This is a header of the PROXY protocol, and the listener has no proxy_protocol.";
    head.starts_with(b"PROXY ").then(|| Refusal::new(400, sentence))
}

/// Grants or refuses a request, which is whole.
pub(crate) fn answer(head: &[u8], options: &WebSocketOptions) -> Result<Granted, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(status) if status.is_complete() => {}
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::new(431, format!("The request has more than {HEADERS_MAX} headers.")));
        }
        Err(httparse::Error::Version) => return Err(refuse_version()),
        _ => return Err(Refusal::new(400, "The request is not valid HTTP/1.1.")),
    }
    check_line(&request, options)?;
    let headers = Headers(request.headers);
    let key = check_headers(&headers)?;
    check_origin(&headers, options)?;
    let subprotocol = choose_subprotocol(&headers, options)?;
    let compression = options
        .compress
        .then(|| DeflateAgreement::new(headers.all("sec-websocket-extensions"), &options.deflate_opts))
        .flatten();
    let response = response(key, subprotocol, compression);
    let (client_address, client_port) = client(&headers, options);
    let upgrade =
        Upgrade { subprotocol: subprotocol.map(String::from), client_address, client_port, head: head.into() };
    Ok(Granted { response, upgrade, compression })
}

fn check_line(request: &httparse::Request<'_, '_>, options: &WebSocketOptions) -> Result<(), Refusal> {
    if request.method != Some("GET") {
        return Err(Refusal::new(405, "A WebSocket connection begins with GET."));
    }
    let target = request.path.unwrap_or_default();
    // A proxy may ask with the whole URI (RFC 9112 §3.2.2).
    let path = target.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    let path = path.unwrap_or(target).split('?').next().unwrap_or_default();
    if path.trim_end_matches('/') != options.mqtt_path.trim_end_matches('/') {
        return Err(Refusal::new(404, format!("MQTT over WebSocket is at {}.", options.mqtt_path)));
    }
    if request.version != Some(1) {
        return Err(refuse_version());
    }
    Ok(())
}

fn refuse_version() -> Refusal {
    Refusal::new(
        505,
        "WebSocket needs HTTP/1.1; a proxy in front may have to be told so (nginx: proxy_http_version 1.1).",
    )
}

/// The rules of §4.2.1; returns the key.
fn check_headers<'a>(headers: &Headers<'a>) -> Result<&'a str, Refusal> {
    if headers.only("host").is_none() {
        return Err(Refusal::new(400, "The request needs one Host header."));
    }
    if !headers.lists("upgrade", "websocket") || !headers.lists("connection", "upgrade") {
        return Err(Refusal::new(
            426,
            "This is a WebSocket listener: a browser page cannot be opened here, and a proxy in front has to pass the Upgrade \
             and Connection headers on.",
        ));
    }
    if headers.only("sec-websocket-version") != Some("13") {
        return Err(Refusal::new(426, "Sec-WebSocket-Version has to be 13."));
    }
    let key = headers.only("sec-websocket-key").filter(|key| {
        let mut decoded = [0; KEY_LENGTH + 2];
        BASE64.decode_slice(key, &mut decoded) == Ok(KEY_LENGTH)
    });
    key.ok_or_else(|| Refusal::new(400, "Sec-WebSocket-Key has to be 16 bytes in base64, once."))
}

/// Which page the client's code comes from (§10.2).
fn check_origin(headers: &Headers<'_>, options: &WebSocketOptions) -> Result<(), Refusal> {
    if !options.check_origin_enable {
        return Ok(());
    }
    let mut origins = headers.0.iter().filter(|header| header.name.eq_ignore_ascii_case("origin")).peekable();
    if origins.peek().is_none() && !options.allow_origin_absence {
        return Err(Refusal::new(403, "The request has no Origin header, and allow_origin_absence is false."));
    }
    let is_allowed = |origin: &[u8]| {
        options.check_origins.iter().any(|allowed| allowed.as_bytes().eq_ignore_ascii_case(origin.trim_ascii()))
    };
    if origins.all(|origin| is_allowed(origin.value)) {
        Ok(())
    } else {
        Err(Refusal::new(403, "The Origin of the request is not one of check_origins."))
    }
}

/// The first of the client's subprotocols that is supported. [MQTT-6.0.0-4] has `mqtt` chosen; the other names are for clients
/// that were made before it.
fn choose_subprotocol<'o>(headers: &Headers<'_>, options: &'o WebSocketOptions) -> Result<Option<&'o str>, Refusal> {
    const HEADER: &str = "sec-websocket-protocol";
    let supported = || options.supported_subprotocols.iter().map(String::as_str);
    let chosen = headers.list(HEADER).find_map(|wanted| supported().find(|name| *name == wanted));
    if chosen.is_some() {
        return Ok(chosen);
    }
    let has_asked = headers.0.iter().any(|header| header.name.eq_ignore_ascii_case(HEADER));
    if !has_asked && !options.fail_if_no_subprotocol {
        return Ok(None);
    }
    // [MQTT-6.0.0-3]
    let names = supported().collect::<Vec<_>>().join(", ");
    let problem = if has_asked { "has none that is supported" } else { "is missing" };
    Err(Refusal::new(400, format!("Sec-WebSocket-Protocol {problem}; supported: {names}.")))
}

fn client(headers: &Headers<'_>, options: &WebSocketOptions) -> (Option<std::net::IpAddr>, Option<u16>) {
    let value = |name: &str| headers.all(name).next().filter(|_| !name.is_empty());
    let address = value(&options.proxy_address_header).and_then(first_address);
    let port = value(&options.proxy_port_header).and_then(first_port);
    (address.map(|(address, _)| address), port.or_else(|| address?.1))
}

fn response(key: &str, subprotocol: Option<&str>, compression: Option<DeflateAgreement>) -> Vec<u8> {
    let hash = Sha1::new().chain_update(key).chain_update(KEY_SUFFIX).finalize();
    let mut response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n",
        BASE64.encode(hash)
    );
    if let Some(name) = subprotocol {
        response.push_str("Sec-WebSocket-Protocol: ");
        response.push_str(name);
        response.push_str("\r\n");
    }
    if let Some(agreement) = compression {
        response.push_str("Sec-WebSocket-Extensions: ");
        response.push_str(&agreement.to_header());
        response.push_str("\r\n");
    }
    response.push_str("\r\n");
    response.into_bytes()
}
