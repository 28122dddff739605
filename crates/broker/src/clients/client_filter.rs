//! Which clients are wanted.

use dunlin_model::{Millis, ProtocolVersion};
use std::net::IpAddr;

/// Which clients are wanted: those of which everything holds that is said here. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFilter {
    /// One of these client ids; empty is any.
    pub client_ids: Vec<String>,
    /// One of these user names; empty is any.
    pub user_names: Vec<String>,
    /// A part of the client id.
    pub client_id_contains: Option<String>,
    /// A part of the user name. The empty text is a part of any, and of none at all.
    pub user_name_contains: Option<String>,
    /// The client's own address.
    pub address: Option<IpAddr>,
    /// With a connection, or without.
    pub is_connected: Option<bool>,
    /// Clean Start of the last CONNECT.
    pub clean_start: Option<bool>,
    /// Version of the last connection.
    pub version: Option<ProtocolVersion>,
    /// When the session began.
    pub created_at: Span,
    /// When the present connection began.
    pub connected_at: Span,
}

/// From one moment to another, both included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Not before.
    pub from: Option<Millis>,
    /// Not after.
    pub to: Option<Millis>,
}

impl Span {
    /// Whether a moment lies in it. One that is not known lies only in a span without bounds.
    pub(crate) fn contains(self, moment: Option<Millis>) -> bool {
        match (self.from, self.to, moment) {
            (None, None, _) => true,
            (_, _, None) => false,
            (from, to, Some(at)) => from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to),
        }
    }
}

impl ClientFilter {
    /// Whether it wants all clients.
    #[must_use]
    pub fn wants_all(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_included_and_the_unknown_is_in_no_bounded_span() {
        let span = |from, to| Span { from, to };
        for (span, moment, expected) in [
            (span(None, None), None, true),
            (span(Some(5), None), None, false),
            (span(Some(5), None), Some(5), true),
            (span(Some(5), None), Some(4), false),
            (span(None, Some(5)), Some(5), true),
            (span(None, Some(5)), Some(6), false),
            (span(Some(4), Some(6)), Some(5), true),
        ] {
            assert_eq!(span.contains(moment), expected, "{span:?} {moment:?}");
        }
        assert!(ClientFilter::default().wants_all());
        assert!(!ClientFilter { is_connected: Some(true), ..ClientFilter::default() }.wants_all());
    }
}
