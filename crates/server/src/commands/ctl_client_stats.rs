//! `dunlin ctl clients stats`: the figures of all clients as a table for programs that make pictures of such.

use super::{CommandError, asker::Asker, ctl_clients::for_each_part, output::Progress};
use clap::Args;
use csv::Writer;
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// A row has these of a client, as `GET /clients` calls them.
const COLUMNS: [&str; 21] = [
    "clientid",
    "username",
    "connected",
    "ip_address",
    "listener",
    "proto_ver",
    "keepalive",
    "subscriptions_cnt",
    "inflight_cnt",
    "awaiting_rel_cnt",
    "mqueue_len",
    "mqueue_dropped",
    "recv_oct",
    "recv_pkt",
    "recv_msg",
    "send_oct",
    "send_pkt",
    "send_msg",
    "created_at",
    "connected_at",
    "disconnected_at",
];

#[derive(Args, Debug)]
pub(super) struct StatsArguments {
    /// The file; it must not be there yet
    file: PathBuf,
}

impl StatsArguments {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let failed = |error: io::Error| CommandError::Told(format!("{}: {error}", self.file.display()));
        let mut table = Writer::from_writer(File::create_new(&self.file).map_err(failed)?);
        table.write_record(COLUMNS).map_err(|error| failed(error.into()))?;
        let mut progress = Progress::of("clients written", 0);
        let mut count = 0;
        for_each_part(client, Map::new(), |clients| {
            count += clients.len();
            progress.grow(clients.len());
            clients.iter().try_for_each(|found| {
                table.write_record(COLUMNS.map(|column| cell(found, column))).map_err(|error| failed(error.into()))
            })
        })?;
        progress.clear();
        table.flush().map_err(failed)?;
        let told = json!({"file": self.file, "clients": count});
        client.show(&told, || format!("{count} clients are in {}\n", self.file.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What is not known is empty.
fn cell(client: &Value, column: &str) -> String {
    match client.get(column) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
