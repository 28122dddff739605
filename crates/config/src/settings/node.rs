//! `node`: this node and its machine.

use crate::rule::{OrWord, Whole, node_id, path};
use crate::section::Section;
use dunlin_model::NodeId;
use std::num::NonZeroU16;
use std::path::PathBuf;

/// `node`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `name`: how this node is called in events and `$SYS` topics. Default `dunlin@127.0.0.1`.
    pub name: NodeId,
    /// `data_dir`: the folder of the node's files, whatever its name and address. Default `data`. A relative path is
    /// relative to the working directory of the process, not to the configuration file.
    pub data_dir: PathBuf,
    /// `workers` (Dunlin's own key): event loops that serve connections, 1 to 1024. `None`, written `auto` and the default,
    /// is one per core.
    pub workers: Option<NonZeroU16>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            name: NodeId::new("dunlin@127.0.0.1").expect("the text has both parts"),
            data_dir: PathBuf::from("data"),
            workers: None,
        }
    }
}

impl Node {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let node = Self {
            name: section.value("name", &node_id(), default.name),
            data_dir: section.value("data_dir", &path(), default.data_dir),
            workers: section.value("workers", &OrWord("auto", Whole(1..=1024_u16)), None).and_then(NonZeroU16::new),
        };
        section.not_supported(&[
            "cookie",
            "role",
            "process_limit",
            "max_ports",
            "schedulers",
            "dist_net_ticktime",
            "dist_bind_address",
            "dist_buffer_size",
            "crash_dump_file",
            "crash_dump_seconds",
            "crash_dump_bytes",
            "global_gc_interval",
            "etc_dir",
            "config_files",
            "broker_pool_size",
            "generic_pool_size",
            "channel_cleanup_batch_size",
            "tls_stateless_tickets_seed",
            "cluster_call",
            "backtrace_depth",
            "default_replicant_bootstrap_batch_size",
            "db_backend",
            "db_role",
            "rpc_module",
            "tlog_push_mode",
            "applications",
            "shutdown_timeout",
        ]);
        node
    }
}
