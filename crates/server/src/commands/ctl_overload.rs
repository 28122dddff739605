//! `dunlin ctl olp`: overload protection of a running node, under the name that EMQX has for it.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, word},
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
`enable` and `disable` set `overload_protection.enable`, now and for every start.

Examples:
  dunlin ctl olp status
  dunlin ctl olp enable
  dunlin ctl olp disable";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Show whether the node is overloaded
    Status,
    /// Switch it on
    Enable,
    /// Switch it off
    Disable,
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::Status => {
                let status = client.call("overload.status", json!({}), Some(PATIENCE))?;
                client.show(&status, || text(&status))?;
            }
            Self::Enable => change(client, "Enable", true)?,
            Self::Disable => change(client, "Disable", false)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn change(client: &Asker, verb: &str, enable: bool) -> Result<(), CommandError> {
    let text = format!("overload_protection.enable = {enable}");
    client.call("conf.load", json!({"name": "dunlin ctl olp", "text": text}), None)?;
    let status = client.call("overload.status", json!({}), Some(PATIENCE))?;
    client.show(&status, || format!("{verb} overload protection '{}' : ok\n", word(&status, "node")))?;
    Ok(())
}

/// The line that scripts know, and another where it means little.
fn text(status: &Value) -> String {
    let is = |key| status.get(key).and_then(Value::as_bool).unwrap_or(false);
    let negation = if is("is_overloaded") { "" } else { "not " };
    let mut text = format!("'{}' is {negation}overloaded\n", word(status, "node"));
    if !is("enable") {
        text += "overload protection is off, so that nobody looks: dunlin ctl olp enable\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_what_scripts_know() {
        let said = |enable: bool, is_overloaded: bool| {
            text(&json!({"node": "emqx@127.0.0.1", "enable": enable, "is_overloaded": is_overloaded}))
        };
        assert_eq!(said(true, false), "'emqx@127.0.0.1' is not overloaded\n");
        assert_eq!(said(true, true), "'emqx@127.0.0.1' is overloaded\n");
        let off = said(false, false);
        assert!(off.starts_with("'emqx@127.0.0.1' is not overloaded\noverload protection is off"), "{off}");
    }
}
