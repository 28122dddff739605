//! `dunlin ctl admins`: users of the API and the dashboard.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, word},
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::io::{self, BufRead};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
A password that is not named is read from standard input, so that nobody sees it among the processes.

Examples:
  dunlin ctl admins passwd admin < new-password     a forgotten password, or the default one
  dunlin ctl admins add ann 'secret-1' 'on call' viewer
  dunlin ctl admins list
  dunlin ctl admins mfa ann disable                 a lost telephone: she logs in with her password alone
  dunlin ctl admins del ann";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// List users
    List,
    /// Make a user
    Add {
        /// Letters, numbers and underscores
        username: String,
        /// 8 to 64 characters, of two kinds at least; without one it is read from standard input
        password: Option<String>,
        /// For people
        #[arg(default_value = "")]
        description: String,
        /// administrator or viewer
        #[arg(default_value = "administrator")]
        role: String,
    },
    /// Set the password of a user; who is logged in under this name is not any more
    Passwd {
        /// The user
        username: String,
        /// The password from now on; without one it is read from standard input
        password: Option<String>,
    },
    /// Ask a user for a second factor, or do so no longer
    Mfa {
        /// The user
        username: String,
        /// enable: the secret for the telephone is shown at the next login; disable: the password alone is enough
        #[arg(value_parser = ["enable", "disable"])]
        what: String,
        /// totp: numbers that a telephone makes, which is all there is
        #[arg(default_value = "totp", value_parser = ["totp"])]
        mechanism: String,
    },
    /// Remove a user
    Del {
        /// The user
        username: String,
    },
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::List => return list(client),
            Self::Add { username, password, description, role } => {
                let password = given_or_read(password)?;
                let new = json!({"username": username, "password": password, "description": description, "role": role});
                client.call("admins.add", new, Some(PATIENCE))?;
            }
            Self::Passwd { username, password } => {
                let password = given_or_read(password)?;
                let change = json!({"username": username, "password": password});
                client.call("admins.passwd", change, Some(PATIENCE))?;
            }
            Self::Mfa { username, what, mechanism: _ } => {
                let change = json!({"username": username, "enable": what == "enable"});
                client.call("admins.mfa", change, Some(PATIENCE))?;
            }
            Self::Del { username } => {
                client.call("admins.del", json!({"username": username}), Some(PATIENCE))?;
            }
        }
        client.done("ok\n")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn list(client: &Asker) -> Result<ExitCode, CommandError> {
    let users = client.call("admins.list", json!({}), Some(PATIENCE))?;
    let line = |user: &Value| {
        let [username, role, description] = ["username", "role", "description"].map(|key| word(user, key));
        format!("User(username={username}, role={role}, mfa={}, description={description})\n", word(user, "mfa"))
    };
    client.show(&users, || users.as_array().into_iter().flatten().map(line).collect())?;
    Ok(ExitCode::SUCCESS)
}

/// A line of standard input where nothing was named.
fn given_or_read(password: Option<String>) -> io::Result<String> {
    if let Some(password) = password {
        return Ok(password);
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
