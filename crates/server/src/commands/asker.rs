//! What all words of `dunlin ctl` share: whom they ask, and whether they answer in JSON.

use super::output::print;
use crate::control::{ControlClient, ControlError};
use serde_json::{Value, json};
use std::io;
use std::time::Duration;

/// Asks a node, and prints what it says for people or for programs.
pub(super) struct Asker {
    client: ControlClient,
    is_json: bool,
}

impl Asker {
    /// Of one node; `is_json` is what `--json` says.
    pub(super) const fn new(client: ControlClient, is_json: bool) -> Self {
        Self { client, is_json }
    }

    /// Whether programs read the answer.
    pub(super) const fn is_json(&self) -> bool {
        self.is_json
    }

    /// See [`ControlClient::call`].
    pub(super) fn call(
        &self,
        command: &str,
        arguments: Value,
        timeout: Option<Duration>,
    ) -> Result<Value, ControlError> {
        self.client.call(command, arguments, timeout)
    }

    /// An answer as JSON, or the text for people.
    pub(super) fn shown(&self, answer: &Value, text: impl FnOnce() -> String) -> String {
        if self.is_json { format!("{answer:#}\n") } else { text() }
    }

    /// One of many answers, in a line.
    pub(super) fn line(&self, answer: &Value, text: fn(&Value) -> String) -> String {
        if self.is_json { format!("{answer}\n") } else { text(answer) }
    }

    /// What is said of something that was done, where nothing else is to be said.
    pub(super) fn told(&self, text: impl Into<String>) -> String {
        if self.is_json { format!("{:#}\n", json!({"result": "ok"})) } else { text.into() }
    }

    /// Prints [`Self::shown`].
    pub(super) fn show(&self, answer: &Value, text: impl FnOnce() -> String) -> io::Result<()> {
        print(&self.shown(answer, text))
    }

    /// Prints [`Self::told`].
    pub(super) fn done(&self, text: &str) -> io::Result<()> {
        print(&self.told(text))
    }
}
