//! The control socket: how `dunlin ctl` talks to a running broker.
//!
//! A Unix socket in the data folder, for the user the broker runs as and nobody else. Each line is one JSON object:
//!
//! ```text
//! -> {"command":"store.info","arguments":{}}
//! <- {"ok":{"sessions":12, …}}        or        {"error":{"message":"…"}}
//! ```
//!
//! A connection may carry several requests, one after the other. The socket opens before any listener does, and closes after
//! the last client is gone: until then commands that need the broker are told that it is starting, or stopping.
//!
//! Where to look: the socket `control/server.rs`, what can be asked `control/commands.rs`, who answers `control/answerer.rs`,
//! the other side `control/client.rs`.

mod access_commands;
mod admin_commands;
mod answerer;
mod api_key_commands;
mod audited;
mod banned_commands;
mod client;
mod client_commands;
mod commands;
mod conf_commands;
mod data_commands;
mod listener_commands;
mod log_commands;
mod node_commands;
mod overload_commands;
mod paging;
mod protocol;
mod retainer_commands;
mod rule_commands;
mod server;
mod slow_subs_commands;
mod store_commands;
mod topic_metrics_commands;
mod trace_commands;
mod user_commands;

pub(crate) use answerer::{Answerer, Identity, Running};
pub(crate) use client::{ControlClient, ControlError};
pub(crate) use server::{ControlServer, StartControlError};

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// Name of the socket in the data folder.
const SOCKET_NAME: &str = "dunlin.sock";

/// The socket of the broker whose data folder this is.
pub(crate) fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join(SOCKET_NAME)
}

/// The longest path that fits into the address of a socket, in bytes.
const ADDRESS_BYTES_MAX: usize = 107;

/// A path for the socket that is short enough to be an address. One that is not is reached by the descriptor of its folder.
struct SocketAddress {
    path: PathBuf,
    _folder: Option<File>,
}

impl SocketAddress {
    fn of(data_dir: &Path) -> io::Result<Self> {
        let path = socket_path(data_dir);
        if path.as_os_str().len() <= ADDRESS_BYTES_MAX {
            return Ok(Self { path, _folder: None });
        }
        let folder = File::open(data_dir)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET_NAME}", folder.as_raw_fd()));
        Ok(Self { path, _folder: Some(folder) })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}
