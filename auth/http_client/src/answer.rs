//! What a server answered.

use bytes::Bytes;
use http::StatusCode;
use std::fmt;

/// What a server answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status; a redirect is one too.
    pub status: StatusCode,
    /// `content-type` in small letters, without its parameters; empty where there is none.
    pub content_type: String,
    /// The body, not decompressed.
    pub body: Bytes,
}

impl fmt::Debug for Answer {
    /// Without the body, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
