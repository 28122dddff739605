//! The members of the SCRAM family that are offered.

use std::fmt;

use crate::Digest;

/// A mechanism of the SCRAM family. That of SHA-1 is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScramMechanism {
    /// RFC 7677.
    Sha256,
    /// The same with SHA-512.
    Sha512,
}

impl ScramMechanism {
    /// The name, which is MQTT's Authentication Method (MQTT 5.0 §3.1.2.11.9).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    /// The mechanism of an Authentication Method.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha512].into_iter().find(|mechanism| mechanism.name() == name)
    }

    /// The digest that everything is computed with.
    #[must_use]
    pub const fn digest(self) -> Digest {
        match self {
            Self::Sha256 => Digest::Sha256,
            Self::Sha512 => Digest::Sha512,
        }
    }
}

impl fmt::Display for ScramMechanism {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
