//! A range of IP addresses, as `access_rules` and `allow_log_packet_data_from` name it.

use crate::rule::Written;
use dunlin_hocon::Value;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The addresses that share the first bits of one: `192.168.0.0/16`, `2001:db8::/32`, or a single address.
///
/// An IPv4 address that came through an IPv6 socket (`::ffff:192.0.2.1`) counts as the IPv4 address it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IpNetwork {
    address: IpAddr,
    prefix_bits: u8,
}

impl IpNetwork {
    /// The addresses whose first `prefix_bits` bits are those of `address`; `None` if the address does not have that many.
    /// What `address` has behind them does not matter.
    #[must_use]
    pub fn new(address: IpAddr, prefix_bits: u8) -> Option<Self> {
        let is_mapped = address.is_ipv6() && address.to_canonical().is_ipv4();
        // `::ffff:10.0.0.0/104` is 10.0.0.0/8; a shorter prefix of such an address has others in it too.
        let (address, prefix_bits) = match prefix_bits.checked_sub(96) {
            Some(rest) if is_mapped => (address.to_canonical(), rest),
            _ => (address, prefix_bits),
        };
        (u32::from(prefix_bits) <= bits_of(address)).then_some(Self { address, prefix_bits })
    }

    /// Whether an address is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let differing = u32::from(ours) ^ u32::from(theirs);
                differing.leading_zeros() >= u32::from(self.prefix_bits)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let differing = u128::from(ours) ^ u128::from(theirs);
                differing.leading_zeros() >= u32::from(self.prefix_bits)
            }
            _ => false,
        }
    }
}

impl FromStr for IpNetwork {
    type Err = ();

    /// `10.0.0.0/8`, `10.1.2.3`, `2001:db8::/32` or `::1`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| ())?;
        let prefix_bits = match prefix.map(str::trim) {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map_err(|_| ())?,
            Some(_) => return Err(()),
            None => u8::try_from(bits_of(address)).map_err(|_| ())?,
        };
        Self::new(address, prefix_bits).ok_or(())
    }
}

fn bits_of(address: IpAddr) -> u32 {
    if address.is_ipv4() { u32::BITS } else { u128::BITS }
}

impl Written for IpNetwork {
    fn written(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

impl fmt::Debug for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_what_shares_its_prefix() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("192.168.1.0/25", "192.168.1.127", true),
            ("192.168.1.0/25", "192.168.1.128", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "8.8.8.8", false),
            ("2001:db8::/33", "2001:db8:7fff::", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
            ("::1", "::1", true),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "11.1.1.1", false),
            ("::ffff:10.0.0.7", "10.0.0.7", true),
        ] {
            let parsed: IpNetwork = network.parse().expect(network);
            assert_eq!(parsed.contains(address.parse().expect(address)), expected, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in
            ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/+8", "all", "/8", "1/2/3"]
        {
            assert_eq!(text.parse::<IpNetwork>(), Err(()), "{text}");
        }
    }
}
