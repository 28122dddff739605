//! A key, its default, and texts with the values they stand for.

use dunlin_config::Config;
use std::fmt::Debug;

/// One key.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    /// Its effective value.
    pub(crate) field: fn(&Config) -> String,
    /// Its value where nobody sets it.
    pub(crate) default: &'static str,
    /// What can be written, and the value that it is.
    pub(crate) accepted: &'static [(&'static str, &'static str)],
    /// What cannot be written.
    pub(crate) refused: &'static [&'static str],
    /// What has to stand beside it.
    pub(crate) beside: &'static str,
}

impl Row {
    /// The text that sets the key, and what has to stand beside it.
    pub(crate) fn text(&self, value: &str) -> String {
        format!("{} = {value}\n{}", self.key, self.beside)
    }
}

pub(crate) fn show(value: impl Debug) -> String {
    format!("{value:?}")
}

macro_rules! row {
    ($key:literal, $config:ident => $field:expr, $default:literal, [$($text:literal => $value:literal),+ $(,)?],
        [$($bad:literal),* $(,)?] $(, beside $beside:literal)?) => {
        $crate::row::Row {
            key: $key,
            field: |$config| $crate::row::show(&$field),
            default: $default,
            accepted: &[$(($text, $value)),+],
            refused: &[$($bad),*],
            beside: concat!($($beside)?),
        }
    };
}
pub(crate) use row;
