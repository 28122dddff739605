//! Whether a back end can be asked.

use crate::BackendFailure;

/// Whether a back end can be asked, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendStatus {
    /// Nobody has tried yet, or not to the end.
    Connecting,
    /// It answers.
    Connected,
    /// The last failure, while nothing has succeeded since.
    Disconnected(BackendFailure),
}

impl BackendStatus {
    /// EMQX's word for it: `connecting`, `connected`, `disconnected`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Disconnected(_) => "disconnected",
        }
    }

    /// Why it cannot be asked.
    #[must_use]
    pub const fn failure(&self) -> Option<&BackendFailure> {
        match self {
            Self::Disconnected(failure) => Some(failure),
            Self::Connecting | Self::Connected => None,
        }
    }

    /// What several servers come to that are all needed: the worst of them.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (down @ Self::Disconnected(_), _) | (_, down @ Self::Disconnected(_)) => down,
            (Self::Connected, Self::Connected) => Self::Connected,
            _ => Self::Connecting,
        }
    }
}
