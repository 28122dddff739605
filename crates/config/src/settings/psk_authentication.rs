//! `psk_authentication`: keys that clients and the broker share instead of certificates.

use crate::rule::{Flag, Optional, Parsed, Shown, path};
use crate::section::Section;
use std::path::PathBuf;

/// `psk_authentication`: pre-shared keys of TLS (RFC 4279).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PskAuthentication {
    /// `enable`, default false.
    pub enable: bool,
    /// `init_file`: a file with one `identity:secret` in each line. Default `None`.
    pub init_file: Option<PathBuf>,
    /// `separator` between identity and secret, one character, default `:`.
    pub separator: char,
}

impl Default for PskAuthentication {
    fn default() -> Self {
        Self { enable: false, init_file: None, separator: ':' }
    }
}

impl PskAuthentication {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // EMQX imports so many keys at a time.
        section.ignored(&["chunk_size"]);
        #[cfg(not(feature = "psk"))]
        section.not_honoured(&[(
            "enable",
            "false",
            ": this build has no pre-shared keys, clients that offer nothing else are refused",
        )]);
        Self {
            enable: section.value("enable", &Flag, default.enable),
            init_file: section.value("init_file", &Optional(path()), default.init_file),
            separator: section.value("separator", &character(), default.separator),
        }
    }
}

fn character() -> impl Shown<Value = char> {
    let parse = |text: &str| {
        let mut characters = text.chars();
        characters.next().filter(|_| characters.as_str().is_empty())
    };
    Parsed::new(parse, "one character such as `:`")
}
