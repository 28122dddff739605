//! Roles: what somebody may do at all.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody may do at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Administrator,
    /// Look at everything, and change nothing.
    #[default]
    Viewer,
    /// Publish messages; for keys only.
    Publisher,
}

impl Role {
    /// `administrator`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Viewer => "viewer",
            Self::Publisher => "publisher",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Administrator, Self::Viewer, Self::Publisher].into_iter().find(|role| role.as_str() == name)
    }
}
