//! One subscription of one session, as the table keeps it.

use crate::{Grant, SessionKey, position_index::OfSession};

/// A subscription without its filter: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscriber {
    pub(crate) session: SessionKey,
    pub(crate) grant: Grant,
    /// 0 is none.
    pub(crate) subscription_id: u32,
}

impl OfSession for Subscriber {
    fn session(&self) -> SessionKey {
        self.session
    }
}
