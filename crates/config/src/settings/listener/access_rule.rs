//! `access_rules` of a listener: which addresses may connect at all.

use super::ip_network::IpNetwork;
use crate::rule::{Parsed, Shown, Written};
use dunlin_hocon::Value;
use std::net::IpAddr;

/// An entry of `access_rules`: `allow all`, `deny 192.168.0.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessRule {
    /// Whether an address that this rule is about may connect.
    pub allow: bool,
    /// The addresses it is about; `None` = all of them.
    pub network: Option<IpNetwork>,
}

impl AccessRule {
    /// `allow all`.
    pub(super) const ALLOW_ALL: Self = Self { allow: true, network: None };

    /// Whether an address may connect: the first rule about it decides; one that no rule is about may.
    #[must_use]
    pub fn admits(rules: &[Self], address: IpAddr) -> bool {
        let is_about = |rule: &&Self| rule.network.is_none_or(|network| network.contains(address));
        rules.iter().find(is_about).is_none_or(|rule| rule.allow)
    }
}

impl Written for AccessRule {
    fn written(&self) -> Value {
        let verb = if self.allow { "allow" } else { "deny" };
        let network = self.network.map_or_else(|| "all".to_owned(), |network| network.to_string());
        Value::Text(format!("{verb} {network}"))
    }
}

/// `allow` or `deny`, and `all`, an address or a network.
pub(super) fn access_rule() -> impl Shown<Value = AccessRule> {
    let parse = |text: &str| {
        let mut words = text.split_whitespace();
        let allow = match words.next()? {
            "allow" => true,
            "deny" => false,
            _ => return None,
        };
        let network = match words.next()? {
            "all" => None,
            network => Some(network.parse().ok()?),
        };
        words.next().is_none().then_some(AccessRule { allow, network })
    };
    Parsed::new(parse, "`allow` or `deny` and `all`, an address or a network, such as \"deny 192.168.0.0/24\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Rule;

    #[test]
    fn the_first_rule_about_an_address_decides() {
        let parse = |text: &str| access_rule().read(text).expect(text);
        for (rules, address, expected) in [
            (&[][..], "192.0.2.1", true),
            (&["allow all"], "192.0.2.1", true),
            (&["deny all"], "192.0.2.1", false),
            (&["deny 192.0.2.0/24"], "192.0.2.1", false),
            (&["deny 192.0.2.0/24"], "192.0.3.1", true),
            (&["allow 192.0.2.1", "deny all"], "192.0.2.1", true),
            (&["allow 192.0.2.1", "deny all"], "192.0.2.2", false),
            (&["allow 192.0.2.1", "deny all"], "2001:db8::1", false),
            (&["deny all", "allow 192.0.2.1"], "192.0.2.1", false),
        ] {
            let parsed: Vec<_> = rules.iter().copied().map(parse).collect();
            assert_eq!(AccessRule::admits(&parsed, address.parse().expect(address)), expected, "{rules:?} {address}");
        }
    }
}
