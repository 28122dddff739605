//! Version 1: a line of text (§2.1).
//!
//! ```text
//! PROXY TCP4 192.0.2.7 198.51.100.1 40312 1883\r\n
//! PROXY TCP6 2001:db8::7 2001:db8::1 40312 1883\r\n
//! PROXY UNKNOWN anything\r\n
//! ```

use crate::{Addresses, Header, Invalid, Tlvs, Version};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The longest line, with its CR LF.
pub const V1_LENGTH_MAX_BYTES: usize = 107;

pub(crate) const PREFIX: &[u8] = b"PROXY ";

/// Reads a line that begins with [`PREFIX`], as far as there are bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<Option<(Header, usize)>, Invalid> {
    let window = bytes.get(..V1_LENGTH_MAX_BYTES).unwrap_or(bytes);
    let Some(end) = window.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() >= V1_LENGTH_MAX_BYTES { Err(Invalid::LineTooLong) } else { Ok(None) };
    };
    let line = window.get(PREFIX.len()..end).ok_or(Invalid::Fields)?;
    let addresses = read_line(line)?;
    Ok(Some((Header { version: Version::V1, addresses, tlvs: Tlvs::default() }, end + 2)))
}

fn read_line(line: &[u8]) -> Result<Addresses, Invalid> {
    // What follows UNKNOWN has to be ignored, whatever it is.
    if line == b"UNKNOWN" || line.starts_with(b"UNKNOWN ") {
        return Ok(Addresses::Unknown);
    }
    let line = str::from_utf8(line).map_err(|_| Invalid::Fields)?;
    let (protocol, rest) = line.split_once(' ').unwrap_or((line, ""));
    match protocol {
        "TCP4" => read_fields(rest, |address| Ipv4Addr::from_str(address).ok().map(IpAddr::from)),
        "TCP6" => read_fields(rest, |address| Ipv6Addr::from_str(address).ok().map(IpAddr::from)),
        _ => Err(Invalid::Protocol),
    }
}

fn read_fields(fields: &str, address: impl Fn(&str) -> Option<IpAddr>) -> Result<Addresses, Invalid> {
    let mut fields = fields.split(' ');
    let mut next = || fields.next().ok_or(Invalid::Fields);
    let (source, destination, source_port, destination_port) = (next()?, next()?, next()?, next()?);
    if fields.next().is_some() {
        return Err(Invalid::Fields);
    }
    let end = |text, port| Ok(SocketAddr::new(address(text).ok_or(Invalid::Address)?, read_port(port)?));
    Ok(Addresses::Internet { source: end(source, source_port)?, destination: end(destination, destination_port)? })
}

fn read_port(text: &str) -> Result<u16, Invalid> {
    let is_shortest = text == "0" || !text.starts_with('0');
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_shortest && is_digits).ok_or(Invalid::Port)
}
