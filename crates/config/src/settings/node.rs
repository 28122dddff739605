//! `node`: this node and its machine.

use crate::rule::{OrWord, Whole, node_id, path, secret};
use crate::secret::Secret;
use crate::section::Section;
use dunlin_model::NodeId;
use std::num::NonZeroU16;
use std::path::PathBuf;

/// The cookie that EMQX comes with.
const DEFAULT_COOKIE: &str = "emqxsecretcookie";

/// Keys for Erlang's machine and what EMQX builds on it.
const ERLANG_KEYS: &[&str] = &[
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
    "backtrace_depth",
    "default_replicant_bootstrap_batch_size",
    "db_backend",
    "db_role",
    "rpc_module",
    "tlog_push_mode",
    "applications",
    "shutdown_timeout",
];

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
    /// `cookie`: a secret that all nodes of a cluster share, default none.
    pub cookie: Option<Secret>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            name: NodeId::new("dunlin@127.0.0.1").expect("the text has both parts"),
            data_dir: PathBuf::from("data"),
            workers: None,
            cookie: None,
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
            cookie: Self::read_cookie(section),
        };
        section.not_supported(&["role", "tls_stateless_tickets_seed", "cluster_call"]);
        section.without_counterpart(ERLANG_KEYS);
        node
    }

    /// `cookie`, which keeps clusters apart. Until there are any it has no effect, which its author is told; who left the one
    /// that everybody knows is told how to change it, as EMQX does.
    fn read_cookie(section: &mut Section<'_>) -> Option<Secret> {
        const KEY: &str = "cookie";
        let node = section.peek(KEY)?;
        let cookie = section.check(KEY, node, &secret());
        if node.value.as_text() != Some(DEFAULT_COOKIE) {
            section.not_supported(&[KEY]);
            return cookie;
        }
        section.ignored(&[KEY]);
        let message = format!(
            "everybody knows this cookie, it is EMQX's default; set `node.cookie` in {} or the environment variable \
             DUNLIN_NODE__COOKIE (EMQX_NODE__COOKIE is understood too), the same on all nodes of a cluster",
            node.origin.file_name().unwrap_or("the configuration file")
        );
        section.warn_value(KEY, node, &message);
        cookie
    }
}
