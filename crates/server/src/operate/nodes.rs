//! This node among the nodes of its cluster: the only one.

use super::machine;
use super::operated_node::{OperatedNode, refusal};
use crate::observing::Memory;
use dunlin_api::Refusal;
use dunlin_api::nodes::{NodeObject, Nodes};
use dunlin_config::Config;
use std::path::Path;

impl Nodes for OperatedNode {
    fn nodes(&self) -> Result<Vec<NodeObject>, Refusal> {
        let (connections, sessions) = self
            .node
            .with_broker(|broker| (broker.connections(), broker.sessions()))
            .map_err(|error| refusal(&error))?;
        let identity = &self.answerer.identity;
        let [load1, load5, load15] = machine::load();
        let memory = Memory::read();
        let log_path = self.node.with_config(log_path);
        Ok(vec![NodeObject {
            node: identity.node_name.clone(),
            node_status: "running",
            version: env!("CARGO_PKG_VERSION").to_owned(),
            edition: "Opensource",
            role: "core",
            uptime: u64::try_from(identity.uptime().as_millis()).unwrap_or(u64::MAX),
            connections: sessions.max(connections),
            live_connections: connections,
            cluster_sessions: sessions,
            load1,
            load5,
            load15,
            memory_used: memory.map_or(0, |memory| memory.used),
            memory_total: memory.map_or(0, |memory| memory.total),
            process_memory: machine::resident_bytes(),
            process_used: machine::threads(),
            process_available: machine::threads_max(),
            max_fds: machine::open_files_max(),
            otp_release: "-",
            sys_path: install_folder(),
            log_path,
        }])
    }
}

/// The folder of the first log file that is written.
fn log_path(config: &Config) -> String {
    let file = config.log.files.values().find(|file| file.handler.enable);
    file.and_then(|file| file.path.parent()).map_or_else(String::new, |folder| folder.display().to_string())
}

fn install_folder() -> String {
    let program = std::env::current_exe().ok();
    program.as_deref().and_then(Path::parent).map_or_else(String::new, |folder| folder.display().to_string())
}
