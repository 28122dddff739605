//! Bans of networks, found by address.

use crate::Terms;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Bans of networks. An address is looked up once for each length of prefix that there is.
#[derive(Clone, Debug, Default)]
pub(super) struct Networks {
    entries: BTreeMap<IpNet, Terms>,
    /// How many networks there are of each length, of IPv4 and of IPv6.
    lengths: [BTreeMap<u8, usize>; 2],
}

impl Networks {
    /// The first that the address is in, smallest networks first, and that holds.
    pub(super) fn find<'a>(&'a self, address: IpAddr, holds: impl Fn(&&'a Terms) -> bool) -> Option<&'a Terms> {
        let lengths = self.lengths[family(address)].keys().rev();
        lengths
            .filter_map(|length| IpNet::new(address, *length).ok())
            .filter_map(|network| self.entries.get(&network.trunc()))
            .find(holds)
    }

    pub(super) fn get(&self, network: &IpNet) -> Option<&Terms> {
        self.entries.get(network)
    }

    pub(super) fn insert(&mut self, network: IpNet, terms: Terms) -> Option<Terms> {
        let old = self.entries.insert(network, terms);
        if old.is_none() {
            *self.lengths[family(network.addr())].entry(network.prefix_len()).or_default() += 1;
        }
        old
    }

    pub(super) fn remove(&mut self, network: &IpNet) -> Option<Terms> {
        let old = self.entries.remove(network)?;
        let lengths = &mut self.lengths[family(network.addr())];
        if let Some(count) = lengths.get_mut(&network.prefix_len()) {
            *count -= 1;
            if *count == 0 {
                lengths.remove(&network.prefix_len());
            }
        }
        Some(old)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&IpNet, &Terms)> {
        self.entries.iter()
    }
}

fn family(address: IpAddr) -> usize {
    usize::from(address.is_ipv6())
}
