//! Why bytes are no PROXY header.

use crate::{V1_LENGTH_MAX_BYTES, V2_LENGTH_MAX_BYTES};

/// Why bytes are no PROXY header. The connection has to be closed: whom it belongs to is not known (§2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// Neither version begins like this: the peer is no proxy, or does not send the header.
    #[error("no PROXY header: the peer is not a proxy, or does not send one (`send-proxy`, `proxy_protocol on`)")]
    NoHeader,
    /// A line of text without its end in the length that version 1 allows.
    #[error("PROXY v1 line is not complete after {V1_LENGTH_MAX_BYTES} bytes")]
    LineTooLong,
    /// Version 1, neither `TCP4`, `TCP6` nor `UNKNOWN`.
    #[error("PROXY v1 protocol is none of TCP4, TCP6, UNKNOWN")]
    Protocol,
    /// Version 1, an address that is none of its family.
    #[error("PROXY v1 address is not one of its family")]
    Address,
    /// Version 1, a port that is no number from 0 to 65535 in its shortest form.
    #[error("PROXY v1 port is not a number from 0 to 65535")]
    Port,
    /// Version 1, not exactly four fields, one space between them and CR LF at the end.
    #[error("PROXY v1 line does not have the fields of its protocol")]
    Fields,
    /// The binary signature with a version other than 2.
    #[error("PROXY version {0} is not known")]
    Version(u8),
    /// Version 2, neither `LOCAL` nor `PROXY`.
    #[error("PROXY v2 command {0} is not known")]
    Command(u8),
    /// Version 2, an address family or a transport that is not assigned.
    #[error("PROXY v2 address family and transport {0:#04x} are not known")]
    Family(u8),
    /// Version 2, too short for the addresses of its family.
    #[error("PROXY v2 header is too short for its addresses")]
    TooShort,
    /// Version 2, longer than this parser takes.
    #[error("PROXY v2 header announces {0} bytes; the limit is {V2_LENGTH_MAX_BYTES}")]
    TooLong(u16),
    /// Version 2, a TLV that ends after the header.
    #[error("PROXY v2 TLV is longer than what is left of the header")]
    Tlv,
    /// Version 2, a checksum that is not the header's.
    #[error("PROXY v2 checksum does not match")]
    Checksum,
}
