//! Headers that a real haproxy sent; `recorded/record.py` says how they came about.

use dunlin_proxy_protocol::{Addresses, Header, Parsed, Version, parse, tlv_type};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const SOURCES: &str = include_str!("recorded/sources.txt");

/// Reads a recording with a client's bytes after it, and each beginning of it.
fn read(bytes: &[u8]) -> Header {
    let mut stream = bytes.to_vec();
    stream.extend_from_slice(b"\x10\x00");
    for length in 0..bytes.len() {
        assert_eq!(parse(&stream[..length]), Parsed::Incomplete, "{length} bytes");
    }
    let Parsed::Done { header, used } = parse(&stream) else { panic!("{:?}", parse(&stream)) };
    assert_eq!(used, bytes.len());
    header
}

fn assert_source(header: &Header, name: &str, address: impl Into<IpAddr>) {
    let port = SOURCES.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).expect(name);
    let address = address.into();
    assert_eq!(header.source(), Some((address, port).into()), "{name}");
    assert_eq!(header.destination().map(|destination| destination.ip()), Some(address), "{name}");
}

#[test]
fn tcp_in_both_versions_and_families() {
    let text = read(include_bytes!("recorded/v1_tcp4.bin"));
    assert_eq!(text.version, Version::V1);
    assert_source(&text, "v1_tcp4", Ipv4Addr::LOCALHOST);
    assert_source(&read(include_bytes!("recorded/v1_tcp6.bin")), "v1_tcp6", Ipv6Addr::LOCALHOST);
    let binary = read(include_bytes!("recorded/v2_tcp4.bin"));
    assert_eq!(binary.version, Version::V2);
    assert_source(&binary, "v2_tcp4", Ipv4Addr::LOCALHOST);
    assert_source(&read(include_bytes!("recorded/v2_tcp6.bin")), "v2_tcp6", Ipv6Addr::LOCALHOST);
}

#[test]
fn the_proxys_own_ends_count_for_health_checks_and_clients_of_a_unix_socket() {
    assert_eq!(read(include_bytes!("recorded/v2_local.bin")).addresses, Addresses::Local);
    assert_eq!(read(include_bytes!("recorded/v2_unix.bin")).addresses, Addresses::Local);
    assert_eq!(read(include_bytes!("recorded/v1_unix.bin")).addresses, Addresses::Unknown);
}

#[test]
fn a_tls_client_with_a_certificate() {
    let header = read(include_bytes!("recorded/v2_tlvs.bin"));
    assert_source(&header, "v2_tlvs", Ipv4Addr::LOCALHOST);
    assert_eq!(header.tlvs.authority(), Some("mqtt.example.com"));
    let port = header.source().expect("an address").port();
    assert_eq!(header.tlvs.unique_id(), Some(format!("7F000001-{port:X}").as_bytes()));
    assert_eq!(header.tlvs.alpn(), None);
    let kinds: Vec<u8> = header.tlvs.iter().map(|tlv| tlv.kind).collect();
    assert_eq!(kinds, [tlv_type::CRC32C, tlv_type::AUTHORITY, tlv_type::UNIQUE_ID, tlv_type::SSL]);

    let ssl = header.tlvs.ssl().expect("an SSL TLV");
    assert!(ssl.is_tls() && ssl.has_certificate() && ssl.is_verified());
    assert_eq!(ssl.version(), Some("TLSv1.3"));
    assert_eq!(ssl.common_name(), Some("client-7"));
    assert_eq!(ssl.cipher(), Some("TLS_AES_256_GCM_SHA384"));
    assert_eq!(ssl.get(tlv_type::SSL_KEY_ALGORITHM), Some(&b"EC256"[..]));
    assert_eq!(ssl.get(tlv_type::SSL_SIGNATURE_ALGORITHM), Some(&b"ecdsa-with-SHA256"[..]));
}

#[test]
fn each_changed_bit_of_a_header_with_a_checksum_is_seen() {
    let bytes = include_bytes!("recorded/v2_tlvs.bin");
    for place in 0..bytes.len() * 8 {
        let mut changed = bytes.to_vec();
        changed[place / 8] ^= 1 << (place % 8);
        if let Parsed::Done { header, .. } = parse(&changed) {
            // These bits say that there is something else, or no checksum.
            let is_other = header.addresses == Addresses::Local || header.tlvs.get(tlv_type::CRC32C).is_none();
            assert!(is_other, "bit {} of byte {}: {header:?}", place % 8, place / 8);
        }
    }
}
