//! A secret of the configuration: never shown, and read from its file only when it is needed.

use std::fmt;
use std::path::{Path, PathBuf};

/// Shown instead of a secret, as in EMQX.
pub const MASK: &str = "******";

/// A password or the like, or where it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Place);

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Text(String),
    File(PathBuf),
}

impl Secret {
    /// Text, or `file://` and the path of a file that has it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(match text.strip_prefix("file://") {
            Some(path) => Place::File(path.into()),
            None => Place::Text(text.into()),
        })
    }

    /// The file, if it is in one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Place::Text(_) => None,
            Place::File(path) => Some(path),
        }
    }

    /// The secret itself. A file is read anew each time, so that what is changed there counts; blanks and the end of the line
    /// around its text do not belong to it.
    ///
    /// # Errors
    /// If its file cannot be read or is not UTF-8.
    pub fn reveal(&self) -> std::io::Result<String> {
        match &self.0 {
            Place::Text(text) => Ok(text.clone()),
            Place::File(path) => Ok(std::fs::read_to_string(path)?.trim().to_owned()),
        }
    }
}

impl Secret {
    /// Whether it is to be shown as [`MASK`]. Where it is, is none, and neither is a lone placeholder, for which each client has its
    /// own text: `${password}`.
    pub(crate) fn is_hidden(&self) -> bool {
        matches!(&self.0, Place::Text(text) if !is_placeholder(text))
    }

    /// What may be shown of it.
    pub(crate) fn shown(&self) -> String {
        match &self.0 {
            Place::File(path) => format!("file://{}", path.display()),
            Place::Text(text) if is_placeholder(text) => text.clone(),
            Place::Text(_) => MASK.into(),
        }
    }
}

/// Whether a text is `${name}` and nothing else.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b)))
}

/// Secrets never reach logs.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Text(_) => f.write_str("Secret(******)"),
            Place::File(path) => write!(f, "Secret({})", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_no_secret() {
        let shown = |text| Secret::new(text).shown();
        assert_eq!(shown("${client_attrs.key}"), "${client_attrs.key}");
        for text in ["${password}x", "${}", "${a b}", "$password", "${a}${b}", ""] {
            assert_eq!(shown(text), MASK, "{text}");
        }
    }

    #[test]
    fn a_secret_is_text_or_in_a_file_and_is_not_shown() {
        let plain = Secret::new("abc ");
        assert_eq!((plain.reveal().unwrap().as_str(), plain.file()), ("abc ", None));
        assert_eq!(format!("{plain:?}"), "Secret(******)");

        let path = std::env::temp_dir().join(format!("dunlin-secret-{}", std::process::id()));
        std::fs::write(&path, "def\n").unwrap();
        let filed = Secret::new(&format!("file://{}", path.display()));
        assert_eq!((filed.reveal().unwrap().as_str(), filed.file()), ("def", Some(path.as_path())));
        std::fs::remove_file(&path).unwrap();
        assert!(filed.reveal().is_err());
    }
}
