//! `dunlin ctl data`: backups of what a node was set up with.

use super::{
    CommandError,
    asker::Asker,
    ctl::{number, word, words},
    output::{Waiting, bytes},
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
An archive has the configuration, users, rules, bans and API keys, secrets among them: keep it as you would keep those. Sessions, retained
and delayed messages are not in it.

Examples:
  dunlin ctl data export
  dunlin ctl data export --root-keys mqtt,authorization --table-sets banned --dir /root/backups
  dunlin ctl data list
  dunlin ctl data import dunlin-export-2026.08.07.10.00.00.000.tar.gz
  dunlin ctl data import /root/emqx-export-2026-08-07-10-00-00.000.tar.gz      what EMQX 5 has exported";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Write what the node was set up with into an archive
    Export(ExportArguments),
    /// Take over what is in an archive: all of it, or nothing
    Import {
        /// The name of a backup of this node, or the path of an archive
        file: PathBuf,
    },
    /// List the archives that the node keeps
    List,
}

#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    /// Roots of the configuration, with commas between them [default: all but node, rpc and cluster]
    #[arg(long, value_delimiter = ',', value_name = "ROOTS")]
    root_keys: Option<Vec<String>>,
    /// banned, builtin_authn, builtin_authz, dashboard_users, api_keys, with commas between them [default: all]
    #[arg(long, value_delimiter = ',', value_name = "SETS")]
    table_sets: Option<Vec<String>>,
    /// Put the archive into this folder [default: `backup` in the data folder]
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::Export(arguments) => arguments.run(client),
            Self::Import { file } => import(client, &file),
            Self::List => {
                let files = client.call("data.list", json!({}), None)?;
                let line = |file: &Value| format!("{}  {}\n", word(file, "filename"), bytes(number(file, "size")));
                let text: String = files.as_array().into_iter().flatten().map(line).collect();
                let text = if text.is_empty() { "No backups.\n".to_owned() } else { text };
                client.show(&files, || text)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl ExportArguments {
    fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let Self { root_keys, table_sets, dir } = self;
        let waiting = Waiting::begin("exporting configuration and tables");
        let exported = client.call("data.export", json!({"root_keys": root_keys, "table_sets": table_sets}), None);
        drop(waiting);
        let mut exported = exported?;
        if let Some(folder) = dir {
            let from = PathBuf::from(word(&exported, "path"));
            let to = folder.join(word(&exported, "filename"));
            let failed =
                |source| CommandError::Told(format!("cannot move {} to {}: {source}", from.display(), to.display()));
            put(&from, &to).map_err(failed)?;
            if let Some(object) = exported.as_object_mut() {
                object.insert("path".to_owned(), to.display().to_string().into());
            }
        }
        client.show(&exported, || format!("Data has been successfully exported to {}.\n", word(&exported, "path")))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Moves a file, to another file system too.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to).or_else(|_| fs::copy(from, to).map(drop).and_then(|()| fs::remove_file(from)))
}

fn import(client: &Asker, file: &Path) -> Result<ExitCode, CommandError> {
    // The node has another working directory. A bare name that is no file here is that of a backup.
    let is_name = file.parent() == Some(Path::new(""));
    let path = match file.canonicalize() {
        Ok(path) => path,
        Err(_) if is_name => file.to_owned(),
        Err(source) => return Err(CommandError::Unreadable { path: file.to_owned(), source }),
    };
    let waiting = Waiting::begin("checking the archive, then importing it");
    let imported = client.call("data.import", json!({"file": path}), None);
    drop(waiting);
    let imported = imported?;
    client.show(&imported, || report(&imported))?;
    Ok(ExitCode::SUCCESS)
}

/// What became of an import.
fn report(imported: &Value) -> String {
    let mut text = format!("from {}\n", word(imported, "origin"));
    let roots = words(imported, "roots");
    if !roots.is_empty() {
        text += &format!("configuration: {}\n", roots.join(", "));
    }
    for (set, count) in imported.get("entries").and_then(Value::as_object).into_iter().flatten() {
        text += &format!("{set}: {count}\n");
    }
    for (title, key) in [("left out", "left_out"), ("warning", "warnings")] {
        text.extend(words(imported, key).iter().map(|line| format!("{title}: {line}\n")));
    }
    text + "Data has been imported successfully.\n"
}
