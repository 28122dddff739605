//! Clients that move, certificates that change, and listeners that close.

use crate::client::{Client, client_config, read_packet, read_rest};
use crate::listener::{Listener, PATIENCE, identity, server_config};
use crate::packets::{PINGREQ, PINGRESP, connect, disconnect};
use dunlin_quic::{QuicError, QuicHooks, QuicListener, QuicOptions};
use quinn::ConnectionError;
use std::net::UdpSocket;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

#[tokio::test]
async fn a_client_that_moves_to_another_address_stays_connected() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let mut control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    assert_eq!(read_packet(&mut served.stream).await, connect());

    client.endpoint.rebind(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
    let moved_to = client.endpoint.local_addr().unwrap();
    assert_ne!(moved_to, served.facts.peer);
    control.send(&PINGREQ).await;
    assert_eq!(read_packet(&mut served.stream).await, PINGREQ);
    assert_eq!(served.facts.address.current(), moved_to);
    served.stream.write_all(&PINGRESP).await.unwrap();
    assert_eq!(control.receive().await, PINGRESP);
}

#[tokio::test]
async fn new_certificates_are_for_new_connections() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let mut control = client.open(&connect()).await;
    let mut served = listener.accept().await;

    let (certificate, key) = identity();
    listener.quic.reload(&server_config(&certificate, key)).unwrap();
    let config = client_config(&listener.certificate, b"mqtt");
    let refused = client.endpoint.connect_with(config, listener.quic.address(), "localhost").unwrap().await;
    assert!(refused.is_err(), "the earlier certificate is not shown any more");
    listener.failure().await;
    listener.certificate = certificate;
    Client::connect(&listener).await;

    control.send(&PINGREQ).await;
    assert_eq!(read_packet(&mut served.stream).await, connect());
    assert_eq!(read_packet(&mut served.stream).await, PINGREQ);
}

#[tokio::test]
async fn closing_lets_last_words_through_and_frees_the_address() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let mut control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    assert_eq!(read_packet(&mut served.stream).await, connect());
    served.stream.write_all(&disconnect()).await.unwrap();
    let address = listener.quic.address();
    let facts = served.facts;
    drop(served.stream);
    let closing = tokio::task::spawn_blocking(move || listener.quic.close(PATIENCE));
    assert_eq!(read_rest(&mut control.receive).await, disconnect());
    timeout(PATIENCE, closing).await.expect("all clients are gone long before the grace is over").unwrap();
    UdpSocket::bind(address).unwrap();
    assert_eq!(facts.address.current(), facts.peer);
}

#[tokio::test]
async fn closing_without_grace_ends_clients_and_takes_no_more() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    let _control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    tokio::task::spawn_blocking(move || listener.quic.close(Duration::ZERO)).await.unwrap();
    let reason = timeout(PATIENCE, client.connection.closed()).await.expect("the client is told");
    assert!(
        matches!(&reason, ConnectionError::ApplicationClosed(close) if &close.reason[..] == b"the listener is closing"),
        "{reason}"
    );
    assert_eq!(read_rest(&mut served.stream).await, connect());
}

#[tokio::test]
async fn silence_ends_a_connection_where_that_is_wanted() {
    let options = QuicOptions { idle_timeout: Some(Duration::from_secs(1)), ..QuicOptions::default() };
    let mut listener = Listener::start(options);
    let client = Client::connect(&listener).await;
    let _control = client.open(&connect()).await;
    let mut served = listener.accept().await;
    assert_eq!(read_rest(&mut served.stream).await, connect());
    assert_eq!(timeout(PATIENCE, client.connection.closed()).await.unwrap(), ConnectionError::TimedOut);
}

#[tokio::test]
async fn keep_alive_holds_a_silent_connection() {
    let options = QuicOptions {
        idle_timeout: Some(Duration::from_secs(1)),
        keep_alive: Some(Duration::from_millis(100)),
        ..QuicOptions::default()
    };
    let mut listener = Listener::start(options);
    let client = Client::connect(&listener).await;
    let _control = client.open(&connect()).await;
    let _served = listener.accept().await;
    // More than twice as long as silence would last.
    assert!(timeout(Duration::from_millis(2500), client.connection.closed()).await.is_err());
}

#[tokio::test]
async fn what_cannot_be_is_said_at_the_start() {
    let (certificate, key) = identity();
    let tls = server_config(&certificate, key);
    let hooks = || QuicHooks { admit: Box::new(|_| true), accepted: Box::new(drop), failed: Box::new(|_, _| ()) };
    let bind = |address, tls: &_, options| QuicListener::bind(address, tls, options, hooks()).unwrap_err();

    let taken = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let holder = UdpSocket::bind(taken).unwrap();
    let error = bind(holder.local_addr().unwrap(), &tls, QuicOptions::default());
    assert!(matches!(error, QuicError::InUse(address) if address == taken), "{error}");

    let error = bind("192.0.2.1:0".parse().unwrap(), &tls, QuicOptions::default());
    assert!(matches!(error, QuicError::NotLocal(_)), "{error}");

    let forever = QuicOptions { idle_timeout: Some(Duration::MAX), ..QuicOptions::default() };
    let error = bind("127.0.0.1:0".parse().unwrap(), &tls, forever);
    assert!(error.to_string().starts_with("idle_timeout = "), "{error}");

    let (certificate, key) = identity();
    let old = rustls::ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS12]).with_no_client_auth();
    let old = old.with_single_cert(vec![certificate], key).unwrap();
    let error = bind("127.0.0.1:0".parse().unwrap(), &old, QuicOptions::default());
    assert!(matches!(error, QuicError::UnfitTls), "{error}");
}
