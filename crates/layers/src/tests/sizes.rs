//! What an idle connection costs where the layers themselves lie.

use crate::socket::Socket;
use crate::stack::Stack;
use crate::tls_layer::TlsLayer;
use dunlin_websocket::WebSocketStream;
use mio::net::TcpStream;

/// A hundred thousand connections have each of these a hundred thousand times. TLS has its own state elsewhere.
#[test]
fn layers_are_small() {
    type Plain = Socket<TcpStream>;
    type Tls = TlsLayer<Plain>;
    let sizes = [
        ("proxy", size_of::<Stack<Plain>>(), 56),
        ("ssl", size_of::<Stack<Tls>>(), 72),
        ("ws", size_of::<Stack<WebSocketStream<Plain>>>(), 224),
        ("wss", size_of::<Stack<WebSocketStream<Tls>>>(), 240),
    ];
    for (name, bytes, bytes_max) in sizes {
        assert!(bytes <= bytes_max, "{name}: {bytes} bytes, and {bytes_max} were enough");
    }
}
