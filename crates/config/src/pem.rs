//! Certificates and keys in the configuration.

use crate::rule::Written;
use crate::secret::MASK;
use dunlin_hocon::Value;
use std::fmt;
use std::path::PathBuf;

/// Text in PEM form: in a file, or written out in the configuration.
#[derive(Clone, PartialEq, Eq)]
pub enum Pem {
    /// A file.
    File(PathBuf),
    /// The text itself.
    Inline(String),
}

impl Pem {
    /// What looks like PEM is PEM, and so is what can be no path: a damaged key must not be shown in a message. Everything else is
    /// a path. `None` for an empty text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_inline = text.trim_start().starts_with("-----BEGIN ") || text.contains(['\0', '\n']);
        let parsed = if is_inline { Self::Inline(text.into()) } else { Self::File(text.into()) };
        (!text.is_empty()).then_some(parsed)
    }
}

impl Written for Pem {
    fn written(&self) -> Value {
        Value::Text(match self {
            Self::File(path) => path.display().to_string(),
            Self::Inline(_) => MASK.into(),
        })
    }

    /// What is no certificate may be a key, also a damaged one.
    fn is_secret(text: &str) -> bool {
        let is_public = text.trim_start().starts_with("-----BEGIN CERTIFICATE-----")
            || text.trim_start().starts_with("-----BEGIN X509 CRL-----");
        matches!(Self::parse(text), Some(Self::Inline(_))) && (!is_public || text.contains("PRIVATE KEY"))
    }
}

/// The file. Never the text: it may be a key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Inline(_) => f.write_str("Inline(******)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_is_told_from_a_path_and_not_shown() {
        let inline = Pem::parse("\n-----BEGIN PRIVATE KEY-----\nMIIE\n").unwrap();
        assert_eq!(format!("{inline:?}"), "Inline(******)");
        assert_eq!(format!("{:?}", Pem::parse("etc/key.pem").unwrap()), "File(etc/key.pem)");
        let damaged = Pem::parse("MIIE\nMIIE").unwrap();
        assert_eq!(format!("{damaged:?}"), "Inline(******)");
        assert_eq!(Pem::parse(""), None);
    }
}
