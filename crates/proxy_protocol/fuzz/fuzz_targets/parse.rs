//! Any bytes: no panic, a header is incomplete until its last byte, and every accessor can be asked.
#![no_main]

use dunlin_proxy_protocol::{Parsed, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match parse(bytes) {
        Parsed::Incomplete => {}
        Parsed::Invalid(why) => assert!(!why.to_string().is_empty()),
        Parsed::Done { header, used } => {
            assert!(used <= bytes.len());
            assert_eq!(parse(&bytes[..used - 1]), Parsed::Incomplete);
            let listed: usize = header.tlvs.iter().map(|tlv| 3 + tlv.value.len()).sum();
            assert_eq!(listed, header.tlvs.as_bytes().len());
            let _ = (header.source(), header.destination(), header.tlvs.authority(), header.tlvs.alpn());
            let _ = header.tlvs.ssl().map(|ssl| (ssl.common_name(), ssl.version(), ssl.cipher(), ssl.is_verified()));
        }
    }
});
