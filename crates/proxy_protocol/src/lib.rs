//! The PROXY protocol, versions 1 and 2: bytes that a load balancer puts in front of a connection to say whose it is.
//!
//! A pure parser after <https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>; section numbers in this crate are that
//! document's. It reads from a prefix of the connection's bytes and is called again with a longer prefix until it is done:
//!
//! ```
//! use dunlin_proxy_protocol::{Parsed, parse};
//!
//! let bytes = b"PROXY TCP4 192.0.2.7 198.51.100.1 40312 1883\r\n\x10\x0c";
//! assert_eq!(parse(&bytes[..20]), Parsed::Incomplete);
//! let Parsed::Done { header, used } = parse(bytes) else { panic!() };
//! assert_eq!(header.source(), Some("192.0.2.7:40312".parse().unwrap()));
//! assert_eq!(&bytes[used..], b"\x10\x0c");
//! ```
//!
//! Whether a peer may say such things at all is the listener's business: a header from somebody else is a forged one.

mod header;
mod invalid;
mod parsed;
mod tlv;
mod v1;
mod v2;

pub use header::{Addresses, Header, Version};
pub use invalid::Invalid;
pub use parsed::{Parsed, parse};
pub use tlv::{SslTlv, Tlv, Tlvs, tlv_type};
pub use v1::V1_LENGTH_MAX_BYTES;
pub use v2::V2_LENGTH_MAX_BYTES;
