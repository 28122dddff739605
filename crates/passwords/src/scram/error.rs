//! Why an exchange failed, and the word that RFC 5802 has for it.

use thiserror::Error;

use super::{MAX_SCRAM_MESSAGE_BYTES, MIN_NONCE_BYTES};

/// Why an exchange failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScramError {
    /// Not the message that is due, or not in its form.
    #[error("the message is malformed: {0}")]
    Malformed(&'static str),
    /// The message is not text, or longer than it may be.
    #[error("the message is not text of at most {MAX_SCRAM_MESSAGE_BYTES} bytes")]
    Encoding,
    /// The name of the user is not encoded as it must be, or not allowed by SASLprep, or empty.
    #[error("the name of the user is malformed")]
    Username,
    /// An extension that the client will not do without.
    #[error("the client asks for an extension")]
    Extension,
    /// Channel binding, which is not offered.
    #[error("the client asks for channel binding")]
    ChannelBinding,
    /// The header of the first message came back changed.
    #[error("the channel binding is not that of the first message")]
    ChannelBindingChanged,
    /// The client wants to act as another than it proves to be.
    #[error("the client asks to act as another user")]
    AuthorizationIdentity,
    /// The nonce of the client's last message is not that of the exchange.
    #[error("the nonce is not that of this exchange")]
    Nonce,
    /// The client does not know the password.
    #[error("the proof is wrong")]
    Proof,
    /// The server handed in a nonce that is short or has characters a nonce cannot have: an error of the caller.
    #[error("a nonce of the server has at least {MIN_NONCE_BYTES} printable characters and no comma")]
    ServerNonce,
}

impl ScramError {
    /// The `server-error-value` of RFC 5802 §7, to be sent as `e=…`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Encoding => "invalid-encoding",
            Self::Username => "invalid-username-encoding",
            Self::Extension => "extensions-not-supported",
            Self::ChannelBinding => "channel-binding-not-supported",
            Self::ChannelBindingChanged => "channel-bindings-dont-match",
            Self::Proof => "invalid-proof",
            Self::Malformed(_) | Self::AuthorizationIdentity | Self::Nonce | Self::ServerNonce => "other-error",
        }
    }
}
