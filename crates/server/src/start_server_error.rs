//! Why a server did not start.

use crate::metadata::MetadataUnavailable;
use crate::{AccessError, StartListenerError};
use dunlin_broker::StartError;

/// Why a server did not start. Nothing is left running then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartServerError {
    /// The broker, or one of its listeners.
    #[error(transparent)]
    Listener(#[from] StartListenerError),
    /// Who may come in, or what clients may do.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// What was set up while it ran before.
    #[error(transparent)]
    Metadata(#[from] MetadataUnavailable),
}

impl From<StartError> for StartServerError {
    fn from(error: StartError) -> Self {
        Self::Listener(error.into())
    }
}

impl StartServerError {
    /// The listener whose `bind` cannot be used, if that is what is wrong.
    #[must_use]
    pub fn unusable_bind(&self) -> Option<&str> {
        match self {
            Self::Listener(error) => error.unusable_bind(),
            _ => None,
        }
    }
}
