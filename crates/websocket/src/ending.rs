//! How a WebSocket connection ends, or does not begin.

use crate::{CloseCode, Refusal, Violation};

/// How a WebSocket connection ends, or does not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The request was refused.
    Refused(Refusal),
    /// The client broke a rule.
    Violation(Violation),
    /// The client closed, with its code if it gave one.
    ClosedByPeer(Option<u16>),
    /// The broker closed.
    Closed(CloseCode),
}
