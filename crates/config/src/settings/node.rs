//! `node`: this node and its machine.

use crate::rule::{Optional, OrWord, Span, Whole, node_id, path, secret};
use crate::secret::Secret;
use crate::section::Section;
use crate::source::DEFAULT_DATA_DIR;
use dunlin_model::NodeId;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

/// The cookie that EMQX comes with.
const DEFAULT_COOKIE: &str = "emqxsecretcookie";

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// Keys that are read below and that nothing acts upon yet: the value that changes nothing, and what follows.
const NOT_HONOURED: &[(&str, &str, &str)] = &[
    ("tls_server_session_ticket_lifetime", "7200, 7200s, 2h", ""),
    ("tls_stateless_tickets_seed", "", ": a TLS session is resumed only on the node where it began"),
];

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
    /// `tls_server_session_ticket_lifetime`, 1 s to 7 days (RFC 8446 §4.6.1), default 7200 s: how long a client may use a
    /// ticket to resume its TLS session.
    pub tls_session_ticket_lifetime: Duration,
    /// `tls_stateless_tickets_seed`: the secret from which all nodes of a cluster make the keys of their tickets, default none.
    pub tls_stateless_tickets_seed: Option<Secret>,
}

impl Default for Node {
    fn default() -> Self {
        Self {
            name: NodeId::new("dunlin@127.0.0.1").expect("the text has both parts"),
            data_dir: PathBuf::from(DEFAULT_DATA_DIR),
            workers: None,
            cookie: None,
            tls_session_ticket_lifetime: Duration::from_secs(7200),
            tls_stateless_tickets_seed: None,
        }
    }
}

impl Node {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let lifetime = Span::in_seconds(Duration::from_secs(1)..=WEEK);
        section.not_honoured(NOT_HONOURED);
        let node = Self {
            name: section.value("name", &node_id(), default.name),
            data_dir: section.value("data_dir", &path(), default.data_dir),
            workers: section.value("workers", &OrWord("auto", Whole(1..=1024_u16)), None).and_then(NonZeroU16::new),
            cookie: Self::read_cookie(section),
            tls_session_ticket_lifetime: section.value(
                "tls_server_session_ticket_lifetime",
                &lifetime,
                default.tls_session_ticket_lifetime,
            ),
            tls_stateless_tickets_seed: section.value("tls_stateless_tickets_seed", &Optional(secret()), None),
        };
        section.not_supported(&["role", "cluster_call"]);
        section.without_counterpart(ERLANG_KEYS);
        node
    }

    /// `cookie`, which keeps clusters apart: it counts once nodes join, and so has nothing to say to a node alone. Who left the one
    /// that everybody knows is told how to change it, as EMQX does.
    fn read_cookie(section: &mut Section<'_>) -> Option<Secret> {
        const KEY: &str = "cookie";
        let node = section.peek(KEY)?;
        let cookie = section.check(KEY, node, &secret());
        if let Some(file) = cookie.as_ref().and_then(Secret::file)
            && let Some(Err(error)) = cookie.as_ref().map(Secret::reveal)
        {
            let message =
                format!("its file {} cannot be read: {error}; no other node could join this one", file.display());
            section.warn_value(KEY, node, &message);
        }
        section.ignored(&[KEY]);
        if node.value.as_text() == Some(DEFAULT_COOKIE) {
            let message = format!(
                "default (insecure) cookie is in use: everybody knows it, it is EMQX's; configure `node.cookie` in {} or \
                 override it from the environment variable DUNLIN_NODE__COOKIE (EMQX_NODE__COOKIE is understood too), and use \
                 the same cookie for all nodes in the cluster",
                node.origin.file_name().unwrap_or("the configuration file")
            );
            section.warn_value(KEY, node, &message);
        }
        cookie
    }
}
