//! `delayed`: messages published to `$delayed/{seconds}/{topic}`.

use crate::rule::{Flag, OrWord, Whole, ZeroIsNone};
use crate::section::Section;

/// `delayed`: messages that wait for their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delayed {
    /// `enable`: keep delayed messages, default true. Without, `$delayed/…` are topics like any other, and what was
    /// waiting is forgotten.
    pub enable: bool,
    /// `max_delayed_messages` that wait at a time, default `None` = no limit (written 0 or `infinity`).
    pub max_delayed_messages: Option<u64>,
}

impl Default for Delayed {
    fn default() -> Self {
        Self { enable: true, max_delayed_messages: None }
    }
}

impl Delayed {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let limit = ZeroIsNone(OrWord("infinity", Whole(0..=u64::MAX)));
        Self {
            enable: section.value("enable", &Flag, default.enable),
            max_delayed_messages: section.value("max_delayed_messages", &limit, default.max_delayed_messages),
        }
    }
}
