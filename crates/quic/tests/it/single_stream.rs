//! Clients with nothing but their control stream: the broker sees what they send, byte for byte.

use crate::client::{Client, read_packet, read_rest};
use crate::listener::Listener;
use crate::packets::{connack, connect, disconnect, publish};
use dunlin_model::Qos;
use dunlin_quic::QuicOptions;
use tokio::io::AsyncWriteExt;

/// [MQTT-4.2-1]
#[tokio::test]
async fn packets_go_through_both_ways() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let mut control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    assert_eq!(served.facts.protocol.as_deref(), Some(&b"mqtt"[..]));
    assert_eq!(served.facts.server_name.as_deref(), Some("localhost"));
    assert_eq!(served.facts.peer, client.endpoint.local_addr().unwrap());
    assert_eq!(served.facts.address.current(), served.facts.peer);

    assert_eq!(read_packet(&mut served.stream).await, connect());
    served.stream.write_all(&connack()).await.unwrap();
    assert_eq!(control.receive().await, connack());

    let message = publish(Qos::AtMostOnce, 0, "a/b", &[7; 5000]);
    control.send(&message).await;
    assert_eq!(read_packet(&mut served.stream).await, message);
    served.stream.write_all(&message).await.unwrap();
    assert_eq!(control.receive().await, message);

    control.send(&disconnect()).await;
    control.send.finish().unwrap();
    assert_eq!(read_rest(&mut served.stream).await, disconnect());
}

#[tokio::test]
async fn the_brokers_last_words_get_through() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let mut control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    assert_eq!(read_packet(&mut served.stream).await, connect());
    // Much more than fits into the sockets between.
    let message = publish(Qos::AtMostOnce, 0, "a/b", &[7; 3_000_000]);
    let reading = async { (control.receive().await, read_rest(&mut control.receive).await) };
    let writing = async {
        served.stream.write_all(&message).await.unwrap();
        served.stream.write_all(&disconnect()).await.unwrap();
        drop(served);
    };
    let ((first, rest), ()) = tokio::join!(reading, writing);
    assert!(first == message);
    assert_eq!(rest, disconnect());
    client.connection.closed().await;
}

#[tokio::test]
async fn last_words_of_a_broker_that_has_stopped_reading_get_through_too() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let mut control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    served.stream.readable().await.unwrap();
    served.stream.write_all(&disconnect()).await.unwrap();
    drop(served);
    assert_eq!(read_rest(&mut control.receive).await, disconnect());
}

#[tokio::test]
async fn a_client_that_closes_its_connection_is_the_end_of_the_brokers_stream() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let _control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    client.connection.close(0u32.into(), b"");
    assert_eq!(read_rest(&mut served.stream).await, connect());
}
