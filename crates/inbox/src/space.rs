//! The spaces of the key-value store the inbox writes to, and what lies in them.
//!
//! Integers in keys are big endian, so that they sort; values begin with a one-byte format version.
//!
//! | space | key | value |
//! |---|---|---|
//! | `meta` | [`NEXT_SESSION_NUMBER`], [`LIVE_REFERENCES`] | a number; references per log segment |
//! | `sessions` | session | [`crate::SessionRecord`] |
//! | `subscriptions` | session, filter | options, subscription identifier |
//! | `awaiting` | session, packet id | nothing |
//! | `queues` | session | head, tail and sums of its queue; there is one for every session |
//! | `chunks` | session, chunk index | up to 256 entries of its queue |
//! | `retained`, `delayed`, `metadata` | as given | as given |

/// Facts about the whole inbox.
pub const META: &str = "meta";
/// One record per session.
pub const SESSIONS: &str = "sessions";
/// Subscriptions of sessions.
pub const SUBSCRIPTIONS: &str = "subscriptions";
/// QoS 2 exchanges begun by a client and not yet released.
pub const AWAITING: &str = "awaiting";
/// Queue summaries.
pub const QUEUES: &str = "queues";
/// Queue entries.
pub const CHUNKS: &str = "chunks";
/// Retained messages.
pub const RETAINED: &str = "retained";
/// Delayed messages.
pub const DELAYED: &str = "delayed";
/// Users, bans and what else is set by API.
pub const METADATA: &str = "metadata";

/// All of them, for opening a store.
pub const ALL: [&str; 9] = [META, SESSIONS, SUBSCRIPTIONS, AWAITING, QUEUES, CHUNKS, RETAINED, DELAYED, METADATA];

/// Key in [`META`] of the next session number.
pub const NEXT_SESSION_NUMBER: &[u8] = b"next_session_number";
/// Key in [`META`] of the live references per log segment.
pub const LIVE_REFERENCES: &[u8] = b"live_references";

/// A space whose keys and values only their owner understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    /// Retained messages.
    Retained = 0,
    /// Delayed messages.
    Delayed = 1,
    /// Users, bans and what else is set by API.
    Metadata = 2,
}

impl Space {
    /// Its name in the key-value store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retained => RETAINED,
            Self::Delayed => DELAYED,
            Self::Metadata => METADATA,
        }
    }

    pub(crate) const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Retained),
            1 => Some(Self::Delayed),
            2 => Some(Self::Metadata),
            _ => None,
        }
    }
}
