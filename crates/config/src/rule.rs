//! Rules of keys that HOCON knows nothing about; the general ones are those of [`dunlin_hocon::rule`].

use crate::secret::Secret;
use dunlin_hocon::unit;
use dunlin_model::NodeId;
use dunlin_topic::SubscriptionFilter;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub(crate) use dunlin_hocon::rule::{
    AnyText, Bytes, Decimal, Flag, OneOf, OrWord, Parsed, PerPeriod, Rule, Span, Whole, ZeroIsNone,
};

/// `name@host`.
pub(crate) fn node_id() -> impl Rule<Value = NodeId> {
    Parsed::new(|text| NodeId::new(text).ok(), "`name@host`, as in `dunlin@127.0.0.1`")
}

/// A file or folder.
pub(crate) fn path() -> impl Rule<Value = PathBuf> {
    let parse = |text: &str| (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text));
    Parsed::new(parse, "a path such as `/var/lib/dunlin`")
}

/// A filter for topic names, as a subscription that is neither shared nor exclusive may have it.
pub(crate) fn topic_filter() -> impl Rule<Value = String> {
    Parsed::new(
        |text| match SubscriptionFilter::parse(text) {
            Ok(SubscriptionFilter::Plain { filter }) => Some(filter.to_owned()),
            _ => None,
        },
        "a topic filter such as `site/+/alarm/#`, without `$share`, `$queue` or `$exclusive`",
    )
}

/// `1883` (every IPv4 address), `127.0.0.1:1883`, `:1883` or `[::1]:1883`.
pub(crate) fn bind_address() -> impl Rule<Value = SocketAddr> {
    Parsed::new(
        |text| {
            let port_only = text.strip_prefix(':').unwrap_or(text);
            match unit::whole(port_only) {
                Some(port) => {
                    u16::try_from(port).ok().map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port))
                }
                None => text.parse().ok(),
            }
        },
        "a port or an IP address and a port, such as `1883`, `127.0.0.1:1883` or `[::1]:1883`",
    )
}

/// Text, or `file://` and the path of a file that has it.
pub(crate) fn secret() -> impl Rule<Value = Secret> {
    Parsed::new(|text| Some(Secret::new(text)), "text, or a file such as `file:///run/secrets/password`")
}
