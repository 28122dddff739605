//! The rules of both versions, one row each, and properties that hold for any bytes.

use dunlin_proxy_protocol::{
    Addresses, Header, Invalid, Parsed, V1_LENGTH_MAX_BYTES, V2_LENGTH_MAX_BYTES, Version, parse, tlv_type,
};
use proptest::prelude::*;
use std::net::SocketAddr;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// A header of version 2.
fn binary(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).expect("short").to_be_bytes();
    [SIGNATURE, &[command, family], &length, block].concat()
}

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("short").to_be_bytes();
    [&[kind], &length[..], value].concat()
}

/// Addresses of version 2: 192.0.2.7:40312 to 198.51.100.1:1883.
const TCP4: &[u8] = &[192, 0, 2, 7, 198, 51, 100, 1, 0x9d, 0x78, 0x07, 0x5b];

fn done(bytes: &[u8]) -> Header {
    match parse(bytes) {
        Parsed::Done { header, used } => {
            assert_eq!(used, bytes.len());
            header
        }
        other => panic!("{other:?}"),
    }
}

fn internet(source: &str, destination: &str) -> Addresses {
    Addresses::Internet { source: source.parse().expect("address"), destination: destination.parse().expect("address") }
}

#[test]
fn version_1_lines() {
    let longest =
        "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    assert_eq!(longest.len(), V1_LENGTH_MAX_BYTES, "the worst case of the specification");
    let rows = [
        ("PROXY TCP4 192.0.2.7 198.51.100.1 40312 1883\r\n", internet("192.0.2.7:40312", "198.51.100.1:1883")),
        ("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", internet("255.255.255.255:65535", "0.0.0.0:0")),
        ("PROXY TCP6 2001:db8::7 ::ffff:10.0.0.1 1 2\r\n", internet("[2001:db8::7]:1", "[::ffff:10.0.0.1]:2")),
        ("PROXY UNKNOWN\r\n", Addresses::Unknown),
        ("PROXY UNKNOWN \r\n", Addresses::Unknown),
        (longest, Addresses::Unknown),
    ];
    for (line, addresses) in rows {
        let header = done(line.as_bytes());
        assert_eq!((header.version, header.addresses), (Version::V1, addresses), "{line}");
        assert_eq!(header.tlvs.iter().count(), 0);
    }
}

#[test]
fn version_1_lines_that_are_refused() {
    let too_long = format!("PROXY UNKNOWN {}", "x".repeat(V1_LENGTH_MAX_BYTES - 14));
    let rows = [
        ("PROXY \r\n", Invalid::Protocol),
        ("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", Invalid::Protocol),
        ("PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n", Invalid::Protocol),
        ("PROXY UNKNOWNS\r\n", Invalid::Protocol),
        ("PROXY TCP4\r\n", Invalid::Fields),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", Invalid::Fields),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", Invalid::Fields),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", Invalid::Fields),
        ("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", Invalid::Fields),
        ("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", Invalid::Address),
        ("PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n", Invalid::Address),
        ("PROXY TCP4 1.2.3.4 ::1 1 2\r\n", Invalid::Address),
        ("PROXY TCP6 ::1 1.2.3.4 1 2\r\n", Invalid::Address),
        ("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", Invalid::Address),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", Invalid::Port),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n", Invalid::Port),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 02\r\n", Invalid::Port),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n\r\n", Invalid::Port),
        (&too_long, Invalid::LineTooLong),
    ];
    for (line, why) in rows {
        assert_eq!(parse(line.as_bytes()), Parsed::Invalid(why), "{line:?}");
        assert!(why.to_string().starts_with("PROXY v1 "), "{why}");
    }
    assert_eq!(parse(b"PROXY TCP4 \xff 1.2.3.4 1 2\r\n"), Parsed::Invalid(Invalid::Fields));
}

#[test]
fn what_does_not_begin_like_a_header_is_refused_at_its_first_wrong_byte() {
    for (bytes, right) in
        [(&b"\x10"[..], 0), (b"\x16\x03", 0), (b"GET ", 0), (b"PROXZ", 4), (b"\r\n\r\n\0\r\nQUIX", 10)]
    {
        assert_eq!(parse(&bytes[..right]), Parsed::Incomplete, "{bytes:?}");
        assert_eq!(parse(&bytes[..right + 1]), Parsed::Invalid(Invalid::NoHeader), "{bytes:?}");
    }
    assert_eq!(parse(b""), Parsed::Incomplete);
}

#[test]
fn version_2_addresses() {
    let mut unix = [0_u8; 216];
    unix[..7].copy_from_slice(b"\0client");
    unix[108..121].copy_from_slice(b"/run/mqtt.soc");
    let sixteen: Vec<u8> = (0..32).chain([0, 1, 0, 2]).collect();
    let rows = [
        (binary(0x21, 0x11, TCP4), internet("192.0.2.7:40312", "198.51.100.1:1883")),
        (binary(0x21, 0x12, TCP4), internet("192.0.2.7:40312", "198.51.100.1:1883")),
        (
            binary(0x21, 0x21, &sixteen),
            internet("[1:203:405:607:809:a0b:c0d:e0f]:1", "[1011:1213:1415:1617:1819:1a1b:1c1d:1e1f]:2"),
        ),
        (
            binary(0x21, 0x31, &unix),
            Addresses::Unix { source: (*b"\0client").into(), destination: (*b"/run/mqtt.soc").into() },
        ),
        (binary(0x21, 0x00, &[]), Addresses::Unknown),
        (binary(0x21, 0x00, TCP4), Addresses::Unknown),
        (binary(0x20, 0x00, &[]), Addresses::Local),
        (binary(0x20, 0x11, TCP4), Addresses::Local),
        (binary(0x20, 0xff, b"anything"), Addresses::Local),
    ];
    for (bytes, addresses) in rows {
        let header = done(&bytes);
        assert_eq!((header.version, header.addresses), (Version::V2, addresses), "{bytes:x?}");
    }
}

#[test]
fn version_2_headers_that_are_refused() {
    let rows = [
        (binary(0x11, 0x11, TCP4), Invalid::Version(1)),
        (binary(0x31, 0x11, TCP4), Invalid::Version(3)),
        (binary(0x22, 0x11, TCP4), Invalid::Command(2)),
        (binary(0x21, 0x41, TCP4), Invalid::Family(0x41)),
        (binary(0x21, 0x13, TCP4), Invalid::Family(0x13)),
        (binary(0x21, 0x11, &TCP4[..11]), Invalid::TooShort),
        (binary(0x21, 0x21, TCP4), Invalid::TooShort),
        (binary(0x21, 0x31, &[0; 215]), Invalid::TooShort),
        (binary(0x21, 0x11, &[TCP4, &[1]].concat()), Invalid::Tlv),
        (binary(0x21, 0x11, &[TCP4, &[1, 0, 2, 7]].concat()), Invalid::Tlv),
        (binary(0x21, 0x11, &[TCP4, &tlv(tlv_type::CRC32C, &[0; 4])].concat()), Invalid::Checksum),
        (binary(0x21, 0x11, &[TCP4, &tlv(tlv_type::CRC32C, &[0; 3])].concat()), Invalid::Checksum),
        (binary(0x21, 0x00, &tlv(tlv_type::CRC32C, &[0; 4])), Invalid::Checksum),
    ];
    for (bytes, why) in rows {
        assert_eq!(parse(&bytes), Parsed::Invalid(why), "{bytes:x?}");
    }
}

#[test]
fn the_length_is_limited_before_the_bytes_are_waited_for() {
    let longest = V2_LENGTH_MAX_BYTES - 16;
    let bytes = binary(0x21, 0x11, &[TCP4, &tlv(tlv_type::NOOP, &vec![0; longest - TCP4.len() - 3])].concat());
    assert_eq!(bytes.len(), V2_LENGTH_MAX_BYTES);
    assert_eq!(done(&bytes).tlvs.iter().count(), 1);
    for command in [0x20, 0x21] {
        let head = [SIGNATURE, &[command, 0x11, 0x1f, 0xf1]].concat();
        assert_eq!(parse(&head), Parsed::Invalid(Invalid::TooLong(0x1ff1)));
    }
}

#[test]
fn tlvs_are_kept_in_their_order_the_unknown_ones_too() {
    let list =
        [tlv(tlv_type::ALPN, b"mqtt"), tlv(0xe4, b"mine"), tlv(tlv_type::NOOP, b""), tlv(0xe4, b"again")].concat();
    for family in [0x11, 0x00] {
        let addresses = if family == 0 { &[] } else { TCP4 };
        let header = done(&binary(0x21, family, &[addresses, &list].concat()));
        assert_eq!(header.tlvs.as_bytes(), list);
        let pairs: Vec<_> = header.tlvs.iter().map(|tlv| (tlv.kind, tlv.value)).collect();
        assert_eq!(pairs, [(1, &b"mqtt"[..]), (0xe4, b"mine"), (4, b""), (0xe4, b"again")]);
        assert_eq!(header.tlvs.alpn(), Some(&b"mqtt"[..]));
        assert_eq!(header.tlvs.get(0xe4), Some(&b"mine"[..]));
    }
}

#[test]
fn a_certificate_counts_only_when_the_proxy_accepted_it() {
    let ssl = |client: u8, verify: u32, rest: &[u8]| {
        let value = [&[client], &verify.to_be_bytes()[..], rest].concat();
        done(&binary(0x21, 0x11, &[TCP4, &tlv(tlv_type::SSL, &value)].concat()))
    };
    let name = tlv(tlv_type::SSL_COMMON_NAME, b"device-7");
    for (client, verify, has_certificate, is_verified) in
        [(0x07, 0, true, true), (0x05, 0, true, true), (0x03, 10, true, false), (0x01, 0, false, false)]
    {
        let header = ssl(client, verify, &name);
        let ssl = header.tlvs.ssl().expect("well formed");
        assert_eq!((ssl.has_certificate(), ssl.is_verified()), (has_certificate, is_verified), "{client} {verify}");
        assert_eq!((ssl.is_tls(), ssl.common_name()), (true, Some("device-7")));
    }
    assert_eq!(ssl(1, 0, &[0x22, 0, 9, b'x']).tlvs.ssl(), None, "a list that ends too early");
    assert_eq!(ssl(1, 0, &tlv(tlv_type::SSL_COMMON_NAME, b"\xff")).tlvs.ssl().and_then(|ssl| ssl.common_name()), None);
}

/// The client's address according to another parser; `None` when there is none or it refuses the header.
fn ppp_source(bytes: &[u8]) -> Option<SocketAddr> {
    use ppp::{HeaderResult, v1, v2};
    let v6 = |address, port| SocketAddr::new(std::net::IpAddr::V6(address), port);
    match HeaderResult::parse(bytes) {
        HeaderResult::V1(header) => match header.ok()?.addresses {
            v1::Addresses::Tcp4(ip) => Some((ip.source_address, ip.source_port).into()),
            v1::Addresses::Tcp6(ip) => Some(v6(ip.source_address, ip.source_port)),
            v1::Addresses::Unknown => None,
        },
        HeaderResult::V2(header) => {
            header.ok().filter(|header| header.command == v2::Command::Proxy).and_then(|header| {
                match header.addresses {
                    v2::Addresses::IPv4(ip) => Some((ip.source_address, ip.source_port).into()),
                    v2::Addresses::IPv6(ip) => Some(v6(ip.source_address, ip.source_port)),
                    _ => None,
                }
            })
        }
    }
}

prop_compose! {
    fn any_header()(
        is_binary: bool, is_v6: bool, local in prop::bool::weighted(0.1), address: [u8; 16], ports: (u16, u16),
        tlvs in prop::collection::vec((4_u8..=255, prop::collection::vec(any::<u8>(), 0..40)), 0..4),
    ) -> Vec<u8> {
        let (v6, v4) = (std::net::Ipv6Addr::from(address), std::net::Ipv4Addr::from_octets([1, 2, 3, address[0]]));
        if !is_binary {
            return if is_v6 {
                format!("PROXY TCP6 {v6} ::1 {} {}\r\n", ports.0, ports.1).into_bytes()
            } else {
                format!("PROXY TCP4 {v4} 9.8.7.6 {} {}\r\n", ports.0, ports.1).into_bytes()
            };
        }
        let octets = if is_v6 { address.to_vec() } else { v4.octets().to_vec() };
        let list: Vec<u8> = tlvs.iter().flat_map(|(kind, value)| tlv(*kind, value)).collect();
        let block = [&octets, &octets, &ports.0.to_be_bytes()[..], &ports.1.to_be_bytes(), &list].concat();
        binary(if local { 0x20 } else { 0x21 }, if is_v6 { 0x21 } else { 0x11 }, &block)
    }
}

proptest! {
    #[test]
    fn a_header_is_the_same_whatever_follows_and_incomplete_until_its_end(
        bytes in any_header(),
        after in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let whole = parse(&bytes);
        for length in 0..bytes.len() {
            prop_assert_eq!(parse(&bytes[..length]), Parsed::Incomplete);
        }
        let stream = [&bytes[..], &after].concat();
        prop_assert_eq!(&parse(&stream), &whole);
        let Parsed::Done { header, used } = whole else { panic!("{whole:?}") };
        prop_assert_eq!(used, bytes.len());
        prop_assert_eq!(header.source(), ppp_source(&bytes), "another parser");
    }

    #[test]
    fn a_damaged_header_never_has_another_address_than_another_parser_sees(
        mut bytes in any_header(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Parsed::Done { header, .. } = parse(&bytes) && header.source().is_some() {
            prop_assert_eq!(header.source(), ppp_source(&bytes));
        }
    }

    #[test]
    fn once_refused_always_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0..3_usize) {
        let start: &[u8] = [&b""[..], b"PROXY TCP4 ", SIGNATURE][kind];
        let stream = [start, &bytes].concat();
        let mut refused = false;
        for length in 0..=stream.len() {
            match parse(&stream[..length]) {
                Parsed::Invalid(_) => refused = true,
                Parsed::Incomplete => prop_assert!(!refused),
                Parsed::Done { used, .. } => prop_assert!(!refused && used <= length),
            }
        }
    }
}
