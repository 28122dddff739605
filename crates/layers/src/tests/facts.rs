//! Who is at the other end, from whatever knows best.

use super::client::Client;
use super::event_loop::{EventLoop, PEER};
use super::setting::{Combination, certificates, naming};
use crate::{CertificatePart, Layers, Naming, Tls};
use dunlin_transport::{PeerFacts, Stage};
use dunlin_websocket::WebSocketOptions;
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;

const PROXIED: Layers = Layers {
    proxy: Some(Duration::from_secs(3)),
    tls: None,
    websocket: None,
    naming: Naming { username: None, client_id: None },
};

/// A header of version 2 for `203.0.113.9:4711` with these TLVs.
fn header_v2(command: u8, tlvs: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    header.extend_from_slice(&[0x20 | command, 0x11]);
    header.extend_from_slice(&u16::try_from(12 + tlvs.len()).unwrap().to_be_bytes());
    header.extend_from_slice(&[203, 0, 113, 9, 198, 51, 100, 1, 0x12, 0x67, 0x07, 0x5b]);
    header.extend_from_slice(tlvs);
    header
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind][..], &u16::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
}

/// An SSL TLV: `verify` 0 is a certificate that the proxy has accepted.
fn ssl_tlv(verify: u8, common_name: &[u8]) -> Vec<u8> {
    tlv(0x20, &[&[0x07, 0, 0, 0, verify][..], &tlv(0x22, common_name)].concat())
}

fn run(layers: &Layers, client: &mut Client) -> EventLoop {
    let mut event_loop = EventLoop::new(layers, 64 * 1024, 1 << 20);
    loop {
        let there = std::mem::take(&mut client.to_wire);
        event_loop.peer.deliver(&there);
        event_loop.readable();
        let back = event_loop.peer.drain(usize::MAX);
        client.take(&back);
        if there.is_empty() && back.is_empty() {
            return event_loop;
        }
    }
}

fn facts(layers: &Layers, client: &mut Client) -> PeerFacts {
    *run(layers, client).facts.expect("the layers are open")
}

fn proxied(layers: &Layers, header: &[u8]) -> PeerFacts {
    let mut client = Client::default();
    client.to_wire.extend_from_slice(header);
    facts(layers, &mut client)
}

fn tls_client(config: Arc<ClientConfig>) -> Client {
    let mut client = Client::default();
    client.begin_tls(config, "localhost");
    client
}

#[test]
fn what_a_proxy_does_not_know_the_socket_does() {
    for header in [&b"PROXY UNKNOWN\r\n"[..], &header_v2(0, &[])] {
        assert_eq!(proxied(&PROXIED, header), PeerFacts::new(PEER.parse().unwrap()));
    }
    assert_eq!(
        proxied(&PROXIED, b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n").address,
        "[2001:db8::1]:1".parse().unwrap()
    );
}

#[test]
fn a_proxy_passes_on_names() {
    let layers = Layers { naming: naming(CertificatePart::CommonName, CertificatePart::CommonName), ..PROXIED };
    let tlvs = [tlv(2, b"mqtt.example"), ssl_tlv(0, b"sensor 7")].concat();
    let expected = PeerFacts {
        server_name: Some("mqtt.example".into()),
        certificate_common_name: Some("sensor 7".into()),
        username: Some("sensor 7".into()),
        client_id: Some("sensor 7".into()),
        ..PeerFacts::new("203.0.113.9:4711".parse().unwrap())
    };
    assert_eq!(proxied(&layers, &header_v2(1, &tlvs)), expected);
    // The whole certificate is not there.
    let layers = Layers { naming: naming(CertificatePart::Subject, CertificatePart::Md5), ..PROXIED };
    let facts = proxied(&layers, &header_v2(1, &tlvs));
    assert_eq!((facts.username, facts.client_id), (None, None));
}

#[test]
fn a_certificate_that_the_proxy_did_not_accept_is_none() {
    let layers = Layers { naming: naming(CertificatePart::CommonName, CertificatePart::CommonName), ..PROXIED };
    let facts = proxied(&layers, &header_v2(1, &ssl_tlv(1, b"admin")));
    assert_eq!((facts.certificate_common_name, facts.username, facts.client_id), (None, None, None));
}

#[test]
fn a_certificate_names_its_client() {
    let names = |username, client_id| {
        let tls = Some(Tls::Certificates(certificates().verifying_context(true)));
        let layers = Layers { tls, naming: naming(username, client_id), ..Layers::default() };
        facts(&layers, &mut tls_client(certificates().client_named("sensor 7", false)))
    };
    let known = names(CertificatePart::CommonName, CertificatePart::Subject);
    assert_eq!(known.certificate_common_name.as_deref(), Some("sensor 7"));
    assert_eq!(known.certificate_subject.as_deref(), Some("O=plant,CN=sensor 7"));
    assert_eq!(known.server_name.as_deref(), Some("localhost"));
    assert_eq!((known.username.as_deref(), known.client_id), (Some("sensor 7"), known.certificate_subject));
    let known = names(CertificatePart::Md5, CertificatePart::Pem);
    let (md5, base64) = (known.username.unwrap(), known.client_id.unwrap());
    assert!(md5.len() == 32 && md5.bytes().all(|digit| digit.is_ascii_hexdigit()), "{md5}");
    // A SEQUENCE of some hundred bytes begins like this.
    assert!(base64.starts_with("MII"), "{base64}");
    assert!(names(CertificatePart::Der, CertificatePart::Md5).username.unwrap().starts_with("MII"));
}

#[test]
fn who_shows_no_certificate_keeps_its_own_name() {
    let tls = Some(Tls::Certificates(certificates().verifying_context(false)));
    let layers = Layers { tls, naming: naming(CertificatePart::CommonName, CertificatePart::Md5), ..Layers::default() };
    let facts = facts(&layers, &mut tls_client(Arc::clone(&certificates().client)));
    assert_eq!((facts.username, facts.client_id, facts.certificate_common_name), (None, None, None));
}

#[test]
fn the_own_tls_counts_more_than_the_proxys() {
    let tls = Some(Tls::Certificates(certificates().verifying_context(true)));
    let layers = Layers { tls, naming: naming(CertificatePart::CommonName, CertificatePart::CommonName), ..PROXIED };
    let mut client = Client::default();
    let tlvs = [tlv(2, b"front.example"), ssl_tlv(0, b"front")].concat();
    client.to_wire.extend_from_slice(&header_v2(1, &tlvs));
    client.begin_tls(certificates().client_named("sensor 7", false), "localhost");
    let facts = facts(&layers, &mut client);
    assert_eq!(facts.address, "203.0.113.9:4711".parse().unwrap());
    assert_eq!((facts.server_name.as_deref(), facts.username.as_deref()), (Some("localhost"), Some("sensor 7")));
}

#[test]
fn a_forwarded_address_counts_most() {
    let websocket = Some(Arc::new(WebSocketOptions::default()));
    let layers = Layers { websocket, ..PROXIED };
    let address = |headers: &str| {
        let mut client = Client::default();
        client.to_wire.extend_from_slice(super::setting::PROXY_LINE);
        client.begin_upgrade(headers);
        facts(&layers, &mut client).address
    };
    assert_eq!(
        address("X-Forwarded-For: 192.0.2.1, 10.0.0.1\r\nX-Forwarded-Port: 99\r\n"),
        "192.0.2.1:99".parse().unwrap()
    );
    assert_eq!(address(""), "203.0.113.9:4711".parse().unwrap());
}

#[test]
fn facts_are_there_before_the_first_byte_of_mqtt() {
    for combination in Combination::all() {
        let mut client = combination.client();
        client.send(b"connect");
        let event_loop = run(&combination.layers(), &mut client);
        assert_eq!((event_loop.received, event_loop.facts.is_some()), (b"connect".to_vec(), true), "{combination:?}");
    }
}

/// What MQTT refuses in a CONNECT does not come in beside it (MQTT 5.0 §1.5.4).
#[test]
fn names_with_control_characters_end_the_connection() {
    let rows = [
        (header_v2(1, &ssl_tlv(0, b"admin\r\nx: y")), "peercert_field_invalid"),
        (header_v2(1, &tlv(2, b"a\nb")), "clientinfo_field_invalid"),
    ];
    for (header, word) in rows {
        let mut client = Client::default();
        client.to_wire.extend_from_slice(&header);
        client.to_wire.extend_from_slice(b"connect");
        let mut event_loop = run(&PROXIED, &mut client);
        assert!(event_loop.facts.is_none() && event_loop.received.is_empty());
        assert_eq!(event_loop.stack.ending().unwrap().word, word);
        assert!(event_loop.ended.take().is_some_and(|ended| ended.is_err()));
        event_loop.readable();
        assert!(event_loop.ended.is_some_and(|ended| ended.is_err()), "it stays refused");
    }
    let layers = Layers { tls: Some(Tls::Certificates(certificates().verifying_context(true))), ..Layers::default() };
    let event_loop = run(&layers, &mut tls_client(certificates().client_named("a\nb", false)));
    assert_eq!(event_loop.stack.ending().unwrap().word, "peercert_field_invalid");
    assert_eq!(event_loop.stack.stage(), Stage::Open);
}
