//! Slow readers, large packets and many clients.

use crate::client::{Client, client_config, endpoint, read_packet};
use crate::listener::{Listener, PATIENCE};
use crate::packets::{connack, connect, publish};
use dunlin_model::Qos;
use dunlin_quic::QuicOptions;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// More than any buffer on the way may hold together: windows of QUIC, of the exchange, and of the local socket.
const BUFFERS_BYTES: usize = 2 * 1024 * 1024;

/// Writes until nothing has moved for a while; how much that was.
async fn fill(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> usize {
    let mut written = 0;
    while written < bytes.len() {
        match timeout(Duration::from_millis(500), stream.write(&bytes[written..])).await {
            Ok(count) => written += count.unwrap(),
            Err(_) => break,
        }
    }
    written
}

#[tokio::test]
async fn a_broker_that_does_not_read_stops_the_client() {
    let mut listener = Listener::start(QuicOptions { max_packet_bytes: 100_000_000, ..QuicOptions::default() });
    let client = Client::connect(&listener).await;
    let message = publish(Qos::AtMostOnce, 0, "a", &vec![1; 4 * BUFFERS_BYTES]);
    let mut control = client.open(&message[..1000]).await;
    let mut served = listener.accept().await;
    let written = 1000 + fill(&mut control.send, &message[1000..]).await;
    assert!(written < BUFFERS_BYTES, "{written}");
    // Nothing is lost.
    let reading = async { read_packet(&mut served.stream).await };
    let (seen, rest) = tokio::join!(reading, control.send.write_all(&message[written..]));
    rest.unwrap();
    assert!(seen == message);
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_broker() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let mut control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    let message = publish(Qos::AtMostOnce, 0, "a", &vec![1; 8 * BUFFERS_BYTES]);
    let written = fill(&mut served.stream, &message).await;
    // The client's own window, quinn's default of 1.25 MB, comes on top.
    assert!(written < BUFFERS_BYTES + 1_250_000, "{written}");
    let (seen, rest) = tokio::join!(control.receive(), served.stream.write_all(&message[written..]));
    rest.unwrap();
    assert!(seen == message);
}

#[tokio::test]
async fn many_clients_at_a_time() {
    const CLIENTS: usize = 200;
    let mut listener = Listener::start(QuicOptions::default());
    let endpoint = endpoint();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let config = client_config(&listener.certificate, b"mqtt");
        let connecting = endpoint.connect_with(config, listener.quic.address(), "localhost").unwrap();
        clients.push(tokio::spawn(async move {
            let connection = connecting.await.unwrap();
            let (mut send, mut receive) = connection.open_bi().await.unwrap();
            send.write_all(&connect()).await.unwrap();
            assert_eq!(read_packet(&mut receive).await, connack());
            (connection, send)
        }));
    }
    let mut served = Vec::new();
    for _ in 0..CLIENTS {
        let mut one = listener.accept().await;
        assert_eq!(read_packet(&mut one.stream).await, connect());
        one.stream.write_all(&connack()).await.unwrap();
        served.push(one);
    }
    let mut connections = Vec::new();
    for client in clients {
        connections.push(timeout(PATIENCE, client).await.expect("each has its answer").unwrap());
    }
    assert_eq!(listener.quic.open_connections(), CLIENTS);
    let ids: std::collections::HashSet<_> = served.iter().map(|one| one.facts.id).collect();
    assert_eq!(ids.len(), CLIENTS);
    drop(connections);
    for mut one in served {
        assert_eq!(timeout(PATIENCE, one.stream.read(&mut [0])).await.expect("the end").unwrap(), 0);
    }
}
