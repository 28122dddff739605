//! Version 2: binary (§2.2).
//!
//! ```text
//!  0        12       13       14      16          16+a         16+length
//! | signature | 2 | c | f  | t | length | addresses | TLVs ... |
//!   12 bytes    4   4   4    4   u16      a bytes
//! ```
//! `c` 0 LOCAL, 1 PROXY; `f` 0 unspecified, 1 IPv4, 2 IPv6, 3 Unix; `t` 0 unspecified, 1 stream, 2 datagram.

use crate::{Addresses, Header, Invalid, Tlvs, Version, tlv_type};
use std::net::{IpAddr, SocketAddr};

/// The longest header that is taken, in bytes. The protocol would allow 64 KiB; addresses and TLVs of the proxies that are
/// in use fit into some hundred bytes, with a client's certificate into a few thousand.
pub const V2_LENGTH_MAX_BYTES: usize = 8 * 1024;

pub(crate) const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

const FIXED_LENGTH: usize = 16;
const UNIX_PATH_LENGTH: usize = 108;

/// Reads a header that begins with [`SIGNATURE`], as far as there are bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Header, usize)>, Invalid> {
    let Some((_, fields)) = bytes.split_at_checked(SIGNATURE.len()) else { return Ok(None) };
    let is_local = match fields.first() {
        None => return Ok(None),
        Some(0x20) => true,
        Some(0x21) => false,
        Some(byte) if byte >> 4 == 2 => return Err(Invalid::Command(byte & 0x0f)),
        Some(byte) => return Err(Invalid::Version(byte >> 4)),
    };
    let &[_, family, high, low, ..] = fields else { return Ok(None) };
    let length = u16::from_be_bytes([high, low]);
    let used = FIXED_LENGTH + usize::from(length);
    if used > V2_LENGTH_MAX_BYTES {
        return Err(Invalid::TooLong(length));
    }
    // A proxy's own connection: its ends count, and everything else has to be ignored, the family too.
    if !is_local && (family >> 4 > 3 || family & 0x0f > 2) {
        return Err(Invalid::Family(family));
    }
    let Some(whole) = bytes.get(..used) else { return Ok(None) };
    let (addresses, tlvs) =
        if is_local { (Addresses::Local, Tlvs::default()) } else { read_block(whole, family >> 4)? };
    Ok(Some((Header { version: Version::V2, addresses, tlvs }, used)))
}

/// Reads what follows the fixed part.
fn read_block(whole: &[u8], family: u8) -> Result<(Addresses, Tlvs), Invalid> {
    let (_, block) = whole.split_at_checked(FIXED_LENGTH).ok_or(Invalid::TooShort)?;
    let (addresses, rest) = match family {
        1 => read_internet::<4, IpAddr>(block)?,
        2 => read_internet::<16, IpAddr>(block)?,
        3 => read_unix(block)?,
        _ => {
            // Nothing says whether addresses of some length come first; then what follows is not a list of TLVs.
            let tlvs = Tlvs::new(block).unwrap_or_default();
            check_sum(whole, &tlvs)?;
            return Ok((Addresses::Unknown, tlvs));
        }
    };
    let tlvs = Tlvs::new(rest).ok_or(Invalid::Tlv)?;
    check_sum(whole, &tlvs)?;
    Ok((addresses, tlvs))
}

fn read_internet<const LENGTH: usize, Address>(block: &[u8]) -> Result<(Addresses, &[u8]), Invalid>
where
    Address: From<[u8; LENGTH]>,
    IpAddr: From<Address>,
{
    let (source, rest) = block.split_first_chunk::<LENGTH>().ok_or(Invalid::TooShort)?;
    let (destination, rest) = rest.split_first_chunk::<LENGTH>().ok_or(Invalid::TooShort)?;
    let (source_port, rest) = rest.split_first_chunk::<2>().ok_or(Invalid::TooShort)?;
    let (destination_port, rest) = rest.split_first_chunk::<2>().ok_or(Invalid::TooShort)?;
    let end = |address: [u8; LENGTH], port| SocketAddr::new(Address::from(address).into(), u16::from_be_bytes(port));
    let addresses =
        Addresses::Internet { source: end(*source, *source_port), destination: end(*destination, *destination_port) };
    Ok((addresses, rest))
}

fn read_unix(block: &[u8]) -> Result<(Addresses, &[u8]), Invalid> {
    let (source, rest) = block.split_at_checked(UNIX_PATH_LENGTH).ok_or(Invalid::TooShort)?;
    let (destination, rest) = rest.split_at_checked(UNIX_PATH_LENGTH).ok_or(Invalid::TooShort)?;
    Ok((Addresses::Unix { source: unpadded(source), destination: unpadded(destination) }, rest))
}

/// A path without the zeros after it. A zero in front belongs to an abstract socket's name.
fn unpadded(path: &[u8]) -> Box<[u8]> {
    let length = path.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    path.get(..length).unwrap_or(path).into()
}

/// A checksum, where there is one, is that of the whole header with zeros in its own place (§2.2.3).
fn check_sum(whole: &[u8], tlvs: &Tlvs) -> Result<(), Invalid> {
    let Some(tlv) = tlvs.iter().find(|tlv| tlv.kind == tlv_type::CRC32C) else { return Ok(()) };
    let expected = tlv.value.try_into().map(u32::from_be_bytes).map_err(|_| Invalid::Checksum)?;
    let from_end = tlvs.as_bytes().len() - tlv.value_at;
    let place = whole.len().checked_sub(from_end).ok_or(Invalid::Checksum)?;
    let (before, rest) = whole.split_at_checked(place).ok_or(Invalid::Checksum)?;
    let (_, after) = rest.split_at_checked(tlv.value.len()).ok_or(Invalid::Checksum)?;
    let sum = crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(before), &[0; 4]), after);
    if sum == expected { Ok(()) } else { Err(Invalid::Checksum) }
}
