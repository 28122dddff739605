//! Who asks.

use crate::{Refusal, Role, Scope};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The name of a user or of a key.
    pub(crate) name: String,
    /// Which of them.
    pub(crate) kind: CallerKind,
    pub(crate) role: Role,
    /// Resources that are allowed; `None` all.
    pub(crate) scopes: Option<Vec<Scope>>,
}

/// A person or a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallerKind {
    /// A user with a token.
    User {
        token: String,
        /// Nothing but a change of the password is allowed.
        only_for_password: bool,
    },
    /// A program with a key.
    Key,
}

/// For resources behind the guard.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Refusal::internal("Nobody knows who asks"))
    }
}
