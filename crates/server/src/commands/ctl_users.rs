//! `dunlin ctl authn users`: the users that authenticators of a running node keep themselves.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    output::{Progress, more, print},
    page_arguments::PageArguments,
};
use clap::{Args, Subcommand};
use dunlin_auth_built_in_database::{ImportFile, ImportFormat, ImportReport, MAX_IMPORT_BYTES, PasswordForm};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
Users are those of `password_based:built_in_database`, unless --id says otherwise, and of the node's own authenticators, unless
--chain names a listener that has some of its own. A change is on disk before it is said to be made, and counts for the next
client that comes.

Examples:
  dunlin ctl authn users add ann --password-file -              the password is the first line of standard input
  dunlin ctl authn users add ann --password 'correct horse' --superuser
  dunlin ctl authn users set ann --password-file /run/secrets/ann
  dunlin ctl authn users list --like meter- --limit 20
  dunlin ctl authn users del ann
  dunlin ctl authn users import users.csv --passwords hash --replace
  dunlin ctl authn users add ann --id scram:built_in_database --chain tcp:default --password-file -

A file to import is CSV with a line of names, or JSON, as docs/access-control.md has it.";

/// Users that are sent at a time: their passwords may be dear to hash, and people want to see that something happens.
const PORTION_USERS: usize = 100;

/// As many bytes as that: a request is one line.
const PORTION_BYTES: usize = 1 << 20;

/// The longest password file.
const PASSWORD_BYTES_MAX: u64 = 64 << 10;

#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct UsersArguments {
    /// Whose users: the id of an authenticator
    #[arg(long, global = true, value_name = "ID", default_value = "password_based:built_in_database")]
    id: String,
    /// `global`, or a listener with authenticators of its own, such as tcp:default
    #[arg(long, global = true, value_name = "CHAIN", default_value = "global")]
    chain: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List users, page by page
    List(ListArguments),
    /// Add a user
    Add {
        /// Its user name or client id
        user_id: String,
        #[command(flatten)]
        password: NewPassword,
        /// No rule is asked for it
        #[arg(long)]
        superuser: bool,
    },
    /// Change a user: its password, whether it is a superuser, or both
    Set {
        /// Its user name or client id
        user_id: String,
        #[command(flatten)]
        password: NewPassword,
        /// true or false
        #[arg(long, value_name = "BOOL")]
        superuser: Option<bool>,
    },
    /// Remove a user; a client that is connected stays so
    Del {
        /// Its user name or client id
        user_id: String,
    },
    /// Add the users of a file
    Import(ImportArguments),
}

#[derive(Args, Debug)]
struct ListArguments {
    /// Only those with this in their names
    #[arg(long, value_name = "TEXT")]
    like: Option<String>,
    /// Only superusers, or only others
    #[arg(long, value_name = "BOOL")]
    superuser: Option<bool>,
    #[command(flatten)]
    page: PageArguments,
}

#[derive(Args)]
struct NewPassword {
    /// The password; other users of this machine may see it
    #[arg(long, value_name = "TEXT", conflicts_with = "password_file")]
    password: Option<String>,
    /// A file whose first line is the password; `-` is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct ImportArguments {
    /// A name that ends in .csv or .json
    file: PathBuf,
    /// What its passwords are: plain or hash
    #[arg(long, value_name = "FORM", default_value = "plain", value_parser = ["plain", "hash"])]
    passwords: String,
    /// Users that exist become what the file says; without this they stay as they are
    #[arg(long)]
    replace: bool,
}

impl UsersArguments {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let whose = json!({"chain": self.chain, "id": self.id});
        let text = match self.command {
            Command::List(arguments) => arguments.text(client, &whose)?,
            Command::Add { user_id, password, superuser } => {
                let password = password.read()?.ok_or_else(|| {
                    CommandError::Told("a user has a password: --password or --password-file".to_owned())
                })?;
                let user = json!({"whose": whose, "user_id": user_id, "password": password, "is_superuser": superuser});
                client.line(&client.call("authn.users.add", user, Some(PATIENCE))?, line)
            }
            Command::Set { user_id, password, superuser } => {
                let password = password.read()?;
                if password.is_none() && superuser.is_none() {
                    let remedy = "nothing is to change: --password, --password-file or --superuser";
                    return Err(CommandError::Told(remedy.to_owned()));
                }
                let user = json!({"whose": whose, "user_id": user_id, "password": password, "is_superuser": superuser});
                client.line(&client.call("authn.users.update", user, Some(PATIENCE))?, line)
            }
            Command::Del { user_id } => {
                client.call("authn.users.delete", json!({"whose": whose, "user_id": user_id}), Some(PATIENCE))?;
                client.told(format!("{} is no user any more\n", user_id.escape_debug()))
            }
            Command::Import(arguments) => arguments.text(client, &whose)?,
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ListArguments {
    fn text(self, client: &Asker, whose: &Value) -> Result<String, CommandError> {
        let Self { like, superuser, page: PageArguments { page, limit } } = self;
        let paging = json!({"like": like, "page": page, "limit": limit});
        let wanted = json!({"whose": whose, "is_superuser": superuser, "paging": paging});
        let answer = client.call("authn.users.list", wanted, Some(PATIENCE))?;
        let users = answer.get("data").and_then(Value::as_array);
        let text = || users.into_iter().flatten().map(line).collect::<String>() + &more(&answer);
        Ok(client.shown(&answer, text))
    }
}

impl NewPassword {
    fn read(self) -> Result<Option<String>, CommandError> {
        let Some(path) = self.password_file else { return Ok(self.password) };
        let mut text = String::new();
        let read = match path.as_os_str() == "-" {
            true => io::stdin().take(PASSWORD_BYTES_MAX).read_to_string(&mut text),
            false => File::open(&path).and_then(|file| file.take(PASSWORD_BYTES_MAX).read_to_string(&mut text)),
        };
        read.map_err(|source| CommandError::Unreadable { path, source })?;
        Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
    }
}

impl ImportArguments {
    fn text(self, client: &Asker, whose: &Value) -> Result<String, CommandError> {
        let told = |problem: String| CommandError::Told(format!("{}: {problem}", self.file.display()));
        let format = ImportFormat::of_file(&self.file);
        let format = format.ok_or_else(|| told("its name ends neither in .csv nor in .json".to_owned()))?;
        // Clap lets nothing else through.
        let passwords = PasswordForm::from_name(&self.passwords).unwrap_or_default();
        let bytes = read(&self.file)?;
        let file = ImportFile { format, passwords, bytes: &bytes };
        let portions = file.portions(PORTION_USERS, PORTION_BYTES).map_err(|error| told(error.to_string()))?;
        let users_of = |portion: &Value| portion.as_array().map_or(0, Vec::len);
        let total: usize = portions.iter().map(users_of).sum();
        let mut report = ImportReport::default();
        let mut progress = Progress::of("users", total);
        for portion in portions {
            let count = users_of(&portion);
            let request =
                json!({"whose": whose, "passwords": self.passwords, "replace": self.replace, "users": portion});
            // Hashes of passwords may take as long as somebody wanted them to take.
            let answer = client.call("authn.users.import", request, None);
            let answer = answer.inspect_err(|_| progress.clear())?;
            add(&mut report, &answer);
            progress.add(count);
        }
        progress.clear();
        Ok(report_text(client, &report))
    }
}

fn report_text(client: &Asker, report: &ImportReport) -> String {
    let ImportReport { total, added, replaced, unchanged, kept } = report;
    let object = json!({"total": total, "added": added, "replaced": replaced, "unchanged": unchanged, "kept": kept});
    client.shown(&object, || {
        format!("{total} users: {added} added, {replaced} replaced, {unchanged} unchanged, {kept} kept as they were\n")
    })
}

fn add(report: &mut ImportReport, answer: &Value) {
    let count = |key: &str| usize::try_from(number(answer, key)).unwrap_or(usize::MAX);
    report.total += count("total");
    report.added += count("added");
    report.replaced += count("replaced");
    report.unchanged += count("unchanged");
    report.kept += count("kept");
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    // One byte more shows that it is too long.
    let read = File::open(path).and_then(|file| file.take(MAX_IMPORT_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|source| CommandError::Unreadable { path: path.to_owned(), source })?;
    Ok(bytes)
}

/// `User(ann, superuser=false)`. Names may have been imported: nothing in them may command a terminal.
fn line(user: &Value) -> String {
    let is_superuser = user.get("is_superuser").and_then(Value::as_bool).unwrap_or(false);
    format!("User({}, superuser={is_superuser})\n", word(user, "user_id").escape_debug())
}

/// Without the password.
impl std::fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPassword").field("password_file", &self.password_file).finish_non_exhaustive()
    }
}
