//! Clients with several streams.

use crate::client::{Client, Line, read_packet, read_rest};
use crate::listener::{Listener, PATIENCE, Served};
use crate::packets::{PINGREQ, PINGRESP, connack, connect, puback, publish, suback, subscribe};
use dunlin_model::Qos;
use dunlin_quic::QuicOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

async fn connected(listener: &mut Listener) -> (Client, Line, Served) {
    let client = Client::connect(listener).await;
    let mut control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    assert_eq!(read_packet(&mut served.stream).await, connect());
    served.stream.write_all(&connack()).await.unwrap();
    assert_eq!(control.receive().await, connack());
    (client, control, served)
}

#[tokio::test]
async fn acknowledgements_come_back_on_the_stream_of_the_packet() {
    let mut listener = Listener::start(QuicOptions::default());
    let (client, mut control, mut served) = connected(&mut listener).await;
    let mut lines = Vec::new();
    for id in 1..=3 {
        let message = publish(Qos::AtLeastOnce, id, "a/b", b"hello");
        lines.push(client.open(&message).await);
        assert_eq!(read_packet(&mut served.stream).await, message);
    }
    control.send(&PINGREQ).await;
    assert_eq!(read_packet(&mut served.stream).await, PINGREQ);
    for answer in [&puback(3)[..], &puback(1), &PINGRESP, &puback(2)] {
        served.stream.write_all(answer).await.unwrap();
    }
    for (line, id) in lines.iter_mut().zip(1..) {
        assert_eq!(line.receive().await, puback(id));
    }
    assert_eq!(control.receive().await, PINGRESP);
}

#[tokio::test]
async fn messages_go_to_the_stream_that_subscribed() {
    let mut listener = Listener::start(QuicOptions::default());
    let (client, mut control, mut served) = connected(&mut listener).await;
    let mut lines = Vec::new();
    for (id, filter) in [(1, "first/#"), (2, "second/+")] {
        let mut line = client.open(&subscribe(id, filter)).await;
        assert_eq!(read_packet(&mut served.stream).await, subscribe(id, filter));
        served.stream.write_all(&suback(id)).await.unwrap();
        assert_eq!(line.receive().await, suback(id));
        lines.push(line);
    }
    let message = |topic| publish(Qos::AtLeastOnce, 9, topic, b"hello");
    for topic in ["second/a", "third", "first/a/b"] {
        served.stream.write_all(&message(topic)).await.unwrap();
    }
    assert_eq!(lines[0].receive().await, message("first/a/b"));
    assert_eq!(lines[1].receive().await, message("second/a"));
    assert_eq!(control.receive().await, message("third"));
    lines[1].send(&puback(9)).await;
    assert_eq!(read_packet(&mut served.stream).await, puback(9));
}

#[tokio::test]
async fn a_data_stream_that_ends_makes_room_for_another() {
    let options = QuicOptions { peer_bidi_stream_count: 2, ..QuicOptions::default() };
    let mut listener = Listener::start(options);
    let (client, mut control, mut served) = connected(&mut listener).await;
    for id in 1..=10 {
        let message = publish(Qos::AtLeastOnce, id, "a/b", b"hello");
        let mut line = client.open(&message).await;
        line.send.finish().unwrap();
        assert_eq!(read_packet(&mut served.stream).await, message);
        served.stream.write_all(&puback(id)).await.unwrap();
        assert_eq!(read_rest(&mut line.receive).await, puback(id), "the answer, and then the end");
    }
    control.send(&PINGREQ).await;
    assert_eq!(read_packet(&mut served.stream).await, PINGREQ);
}

#[tokio::test]
async fn a_client_that_gives_a_stream_up_gets_what_was_for_it_on_the_control_stream() {
    let mut listener = Listener::start(QuicOptions::default());
    let (client, mut control, mut served) = connected(&mut listener).await;
    let mut line = client.open(&subscribe(1, "first/#")).await;
    assert_eq!(read_packet(&mut served.stream).await, subscribe(1, "first/#"));
    served.stream.write_all(&suback(1)).await.unwrap();
    assert_eq!(line.receive().await, suback(1));
    line.send.reset(0u32.into()).unwrap();
    line.receive.stop(0u32.into()).unwrap();
    // Once the listener has seen that, which no answer tells: messages are sent until one comes on the control stream.
    let message = publish(Qos::AtMostOnce, 0, "first/a", b"hello");
    let arrival = async {
        loop {
            served.stream.write_all(&message).await.unwrap();
            if timeout(std::time::Duration::from_millis(20), control.receive.read_u8()).await.is_ok() {
                return;
            }
        }
    };
    timeout(PATIENCE, arrival).await.expect("a message on the control stream");
}

#[tokio::test]
async fn a_stream_that_makes_no_sense_ends_the_connection() {
    let mut listener = Listener::start(QuicOptions::default());
    let (client, _control, mut served) = connected(&mut listener).await;
    let nonsense = [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];
    let _line = client.open(&nonsense).await;
    assert_eq!(read_rest(&mut served.stream).await, nonsense);
    drop(served);
    timeout(PATIENCE, client.connection.closed()).await.expect("the connection ends");
}
