//! Certificates and keys in the configuration.

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
    /// What looks like PEM is PEM, everything else is a path. `None` where it can be neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim_start().starts_with("-----BEGIN ") {
            return Some(Self::Inline(text.into()));
        }
        let is_path = !text.is_empty() && !text.contains(['\0', '\n']);
        is_path.then(|| Self::File(text.into()))
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
        for bad in ["", "a\0b", "MIIE\nMIIE"] {
            assert_eq!(Pem::parse(bad), None, "{bad:?}");
        }
    }
}
