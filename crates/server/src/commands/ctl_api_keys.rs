//! `dunlin ctl api_keys`: keys of the API.

use super::{CommandError, asker::Asker, ctl::PATIENCE, ctl_clients::not_found, output::print};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
Answers are JSON, as EMQX prints them. A secret is shown once, when its key is made.

Examples:
  dunlin ctl api_keys list
  dunlin ctl api_keys add --name grafana --role viewer
  dunlin ctl api_keys add --name ci --valid-days 30 --scopes publish,monitoring
  dunlin ctl api_keys add --name ci --api-secret \"$(cat secret)\"
  dunlin ctl api_keys show --name ci
  dunlin ctl api_keys disable --name ci
  dunlin ctl api_keys enable --name ci
  dunlin ctl api_keys del --name ci";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// List keys
    List,
    /// Show a key
    Show(Named),
    /// Make a key
    Add(AddArguments),
    /// Let a key be used again
    Enable(Named),
    /// Refuse a key until it is enabled
    Disable(Named),
    /// Remove a key
    Del(Named),
}

#[derive(Args, Debug)]
pub(super) struct Named {
    /// Its name
    #[arg(long)]
    name: String,
}

#[derive(Args, Debug)]
pub(super) struct AddArguments {
    /// A letter, and then letters, numbers, - and _
    #[arg(long)]
    name: String,
    /// Its secret [default: a new one]
    #[arg(long, value_name = "SECRET")]
    api_secret: Option<String>,
    /// Days until it ends [default: it has no end]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..))]
    valid_days: Option<u32>,
    /// administrator, viewer or publisher
    #[arg(long, default_value = "administrator", value_parser = ["administrator", "viewer", "publisher"])]
    role: String,
    /// Resources that it is good for, with commas between them [default: all]
    #[arg(long, value_delimiter = ',')]
    scopes: Option<Vec<String>>,
    /// For people
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let answer = match self {
            Self::List => client.call("api_keys.list", json!({}), Some(PATIENCE))?,
            Self::Show(Named { name }) => {
                let found = client.call("api_keys.show", json!({"name": name}), Some(PATIENCE))?;
                if found.is_null() {
                    return Err(not_found());
                }
                found
            }
            Self::Add(arguments) => client.call("api_keys.add", arguments.request(), Some(PATIENCE))?,
            Self::Enable(Named { name }) => switch(client, &name, true)?,
            Self::Disable(Named { name }) => switch(client, &name, false)?,
            Self::Del(Named { name }) => {
                client.call("api_keys.del", json!({"name": name}), Some(PATIENCE))?;
                client.done("ok\n")?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        print(&format!("{answer:#}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl AddArguments {
    fn request(self) -> Value {
        let Self { name, api_secret, valid_days, role, scopes, description } = self;
        json!({
            "name": name, "api_secret": api_secret, "valid_days": valid_days, "role": role, "scopes": scopes,
            "description": description
        })
    }
}

fn switch(client: &Asker, name: &str, enable: bool) -> Result<Value, CommandError> {
    Ok(client.call("api_keys.switch", json!({"name": name, "enable": enable}), Some(PATIENCE))?)
}
