//! Where both versions begin.

use crate::{Header, Invalid, v1, v2};

/// What the first bytes of a connection are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// The beginning of a header, or nothing yet: more bytes are needed.
    Incomplete,
    /// A header.
    Done {
        /// What it says.
        header: Header,
        /// Its length in bytes; the connection's own bytes begin there.
        used: usize,
    },
    /// No header.
    Invalid(Invalid),
}

/// Reads a PROXY header from the first bytes of a connection, at most [`V1_LENGTH_MAX_BYTES`](crate::V1_LENGTH_MAX_BYTES)
/// or [`V2_LENGTH_MAX_BYTES`](crate::V2_LENGTH_MAX_BYTES) of them. Nothing is allocated before the header is there as a
/// whole, and wrong bytes are refused as soon as they show.
#[must_use]
pub fn parse(bytes: &[u8]) -> Parsed {
    let read = if begins_like(bytes, v2::SIGNATURE) {
        v2::read(bytes)
    } else if begins_like(bytes, v1::PREFIX) {
        v1::read(bytes)
    } else {
        Err(Invalid::NoHeader)
    };
    match read {
        Ok(Some((header, used))) => Parsed::Done { header, used },
        Ok(None) => Parsed::Incomplete,
        Err(why) => Parsed::Invalid(why),
    }
}

/// As far as there are bytes, they are those of `prefix`.
fn begins_like(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.iter().zip(prefix).all(|(byte, expected)| byte == expected)
}
