//! Rules of keys that HOCON knows nothing about; the general ones are those of [`dunlin_hocon::rule`].

mod shown;

pub(crate) use shown::{Shown, Written, size_text, span_text};

use crate::pem::Pem;
use crate::secret::Secret;
use dunlin_expression::Expression;
use dunlin_hocon::unit::{self, Rate};
use dunlin_model::NodeId;
use dunlin_topic::SubscriptionFilter;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use dunlin_hocon::rule::{
    AnyText, Bytes, Decimal, Flag, OneOf, OrWord, Parsed, PerPeriod, Percent, Rule, Span, Whole, ZeroIsNone,
};

/// `name@host`.
pub(crate) fn node_id() -> impl Shown<Value = NodeId> {
    Parsed::new(|text| NodeId::new(text).ok(), "`name@host`, as in `dunlin@127.0.0.1`")
}

/// A file or folder.
pub(crate) fn path() -> impl Shown<Value = PathBuf> {
    let parse = |text: &str| (!text.is_empty() && !text.contains('\0')).then(|| PathBuf::from(text));
    Parsed::new(parse, "a path such as `/var/lib/dunlin`")
}

/// A filter for topic names, as a subscription that is neither shared nor exclusive may have it.
pub(crate) fn topic_filter() -> impl Shown<Value = String> {
    Parsed::new(
        |text| match SubscriptionFilter::parse(text) {
            Ok(SubscriptionFilter::Plain { filter }) => Some(filter.to_owned()),
            _ => None,
        },
        "a topic filter such as `site/+/alarm/#`, without `$share`, `$queue` or `$exclusive`",
    )
}

/// `1883` (every IPv4 address), `127.0.0.1:1883`, `:1883` or `[::1]:1883`.
pub(crate) fn bind_address() -> impl Shown<Value = SocketAddr> {
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

/// A text that says something.
pub(crate) fn filled_text() -> impl Shown<Value = String> {
    Parsed::new(|text: &str| (!text.trim().is_empty()).then(|| text.to_owned()), "a text that is not empty")
}

/// An expression that can be read; what it is about is known when a client comes.
pub(crate) fn expression() -> impl Shown<Value = Expression> {
    Parsed::new(
        |text| Expression::parse(text).ok(),
        "an expression such as `str_eq(username, 'alice')` or `regex_match(clientid, '^v1-.+$')`",
    )
}

/// Text, or `file://` and the path of a file that has it.
pub(crate) fn secret() -> impl Shown<Value = Secret> {
    Parsed::new(|text| Some(Secret::new(text)), "text, or a file such as `file:///run/secrets/password`")
}

/// PEM text, or the path of a file that has it.
pub(crate) fn pem() -> impl Shown<Value = Pem> {
    Parsed::new(Pem::parse, "a path such as `etc/certs/cert.pem`, or PEM text that begins with `-----BEGIN `")
}

/// Another rule for a key that has no default.
pub(crate) struct Optional<R>(pub(crate) R);

impl<R: Rule> Rule for Optional<R> {
    type Value = Option<R::Value>;

    fn read(&self, text: &str) -> Option<Option<R::Value>> {
        self.0.read(text).map(Some)
    }

    fn allowed(&self) -> String {
        self.0.allowed()
    }
}

/// As [`Optional`], and an empty text means that nothing is there: EMQX writes it so.
pub(crate) struct OrEmpty<R>(pub(crate) R);

impl<R: Rule> Rule for OrEmpty<R> {
    type Value = Option<R::Value>;

    fn read(&self, text: &str) -> Option<Option<R::Value>> {
        if text.is_empty() { Some(None) } else { self.0.read(text).map(Some) }
    }

    fn allowed(&self) -> String {
        self.0.allowed()
    }
}

/// A rate, also without its period: `100` is 100 each second.
pub(crate) struct EachSecond;

impl Rule for EachSecond {
    type Value = Rate;

    fn read(&self, text: &str) -> Option<Rate> {
        PerPeriod.read(text).or_else(|| {
            let count = NonZeroU64::new(unit::whole(text)?)?;
            Some(Rate { count, period: Duration::from_secs(1) })
        })
    }

    fn allowed(&self) -> String {
        PerPeriod.allowed()
    }
}
