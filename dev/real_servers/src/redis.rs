//! Redis: single servers, sentinels and clusters.

use crate::{Certificates, ServerProcess, free_port};
use std::fs;
use std::process::Command;
use tempfile::TempDir;

const READY: &str = "Ready to accept connections";

/// A Redis server that keeps its data through a restart.
#[derive(Debug)]
pub struct RedisServer {
    process: ServerProcess,
    arguments: Vec<String>,
    port: u16,
    cli_options: Vec<String>,
    _folder: TempDir,
}

impl RedisServer {
    /// Starts one on 127.0.0.1.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one on a port that was found free before.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_on(port: u16) -> Self {
        Self::on_port(port, &["--port".into(), port.to_string()], &[], Vec::new())
    }

    /// Starts one with more settings, such as `["--requirepass", "secret"]`.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        let port = free_port();
        Self::on_port(port, &["--port".into(), port.to_string()], settings, Vec::new())
    }

    /// Starts one that speaks nothing but TLS.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start_tls(certificates: &Certificates) -> Self {
        let port = free_port();
        let [ca, certificate, key] = [certificates.authority(), certificates.certificate(), certificates.key()]
            .map(|path| path.display().to_string());
        let settings = ["--tls-cert-file", &certificate, "--tls-key-file", &key, "--tls-ca-cert-file", &ca];
        let ports = ["--port", "0", "--tls-port", &port.to_string(), "--tls-auth-clients", "no"].map(str::to_owned);
        // The tool does not check names of hosts.
        Self::on_port(port, &ports, &settings, ["--tls", "--cacert", &ca].map(str::to_owned).to_vec())
    }

    fn on_port(port: u16, ports: &[String], settings: &[&str], cli_options: Vec<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for its data");
        let dir = folder.path().to_str().expect("a path of UTF-8");
        let fixed = ["--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "yes", "--appendfsync", "no"];
        let arguments: Vec<String> =
            ports.iter().cloned().chain(fixed.into_iter().chain(settings.iter().copied()).map(str::to_owned)).collect();
        let process = ServerProcess::start("redis-server", &arguments, READY);
        Self { process, arguments, port, cli_options, _folder: folder }
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process.
    #[must_use]
    pub fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }

    /// Starts it again on the same port with the same data, after it was killed.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = ServerProcess::start("redis-server", &self.arguments, READY);
    }

    /// What `redis-cli` says to a command.
    ///
    /// # Panics
    /// It fails, or the server answers an error.
    pub fn cli(&self, command: &[&str]) -> String {
        let options = self.cli_options.iter().map(String::as_str);
        let port = self.port.to_string();
        cli(&["-e", "-p", &port].into_iter().chain(options).chain(command.iter().copied()).collect::<Vec<_>>())
    }
}

/// A sentinel that watches one master, and decides alone.
#[derive(Debug)]
pub struct RedisSentinel {
    process: ServerProcess,
    settings: String,
    port: u16,
    _folder: TempDir,
}

impl RedisSentinel {
    /// Starts one, and waits until it knows a replica of the master. It takes the master for dead after 300 ms.
    ///
    /// # Panics
    /// It cannot be started, or there is no replica.
    #[must_use]
    pub fn start(master_name: &str, master: &RedisServer) -> Self {
        Self::start_with(master_name, master, "")
    }

    /// Starts one with more lines of settings, such as `requirepass secret`.
    ///
    /// # Panics
    /// As [`Self::start`].
    #[must_use]
    pub fn start_with(master_name: &str, master: &RedisServer, settings: &str) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().expect("a folder for its data");
        let path = folder.path().join("sentinel.conf");
        let settings = format!(
            "{settings}\nport {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor {master_name} 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds {master_name} 300\nsentinel failover-timeout {master_name} 2000\n",
            master.port(),
            folder = folder.path().display()
        );
        fs::write(&path, settings).expect("its settings can be written");
        let settings = path.display().to_string();
        let process = ServerProcess::start("redis-sentinel", std::slice::from_ref(&settings), "+slave slave");
        Self { process, settings, port, _folder: folder }
    }

    /// Ends it without a warning.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again on the same port with what it knew, after it was killed.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start_again(&mut self) {
        self.process = ServerProcess::start("redis-sentinel", std::slice::from_ref(&self.settings), "+monitor master");
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until it has made a replica the new master.
    ///
    /// # Panics
    /// It does not.
    pub fn wait_for_failover(&self) {
        self.process.wait_for_line("+switch-master");
    }
}

/// A cluster of three servers without replicas, each with a third of the slots.
#[derive(Debug)]
pub struct RedisCluster {
    /// Its servers.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts one. Servers that are left go on with their slots when one of them is gone.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start() -> Self {
        let nodes: Vec<_> = (0..3).map(|_| start_node()).collect();
        let addresses: Vec<_> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())).collect();
        let create: Vec<&str> = ["--cluster", "create"]
            .into_iter()
            .chain(addresses.iter().map(String::as_str))
            .chain(["--cluster-yes"])
            .collect();
        cli(&create);
        nodes.iter().for_each(|node| node.process.wait_for_line("Cluster state changed: ok"));
        Self { nodes }
    }

    /// Ends all of them without a warning.
    pub fn kill(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.process.kill());
    }

    /// Starts all of them again, after they were killed, and waits until they are a cluster again.
    ///
    /// # Panics
    /// They cannot be started.
    pub fn start_again(&mut self) {
        self.nodes.iter_mut().for_each(RedisServer::restart);
        self.nodes.iter().for_each(|node| node.process.wait_for_line("Cluster state changed: ok"));
    }

    /// The server that has a key.
    ///
    /// # Panics
    /// There is no such key.
    pub fn owner(&mut self, key: &str) -> &mut RedisServer {
        let owner = self.nodes.iter_mut().find(|node| node.cli(&["KEYS", key]).trim() == key);
        owner.unwrap_or_else(|| panic!("nobody has {key}"))
    }

    /// What `redis-cli` says to a command, sent to the server that has its key.
    ///
    /// # Panics
    /// It fails, or the server answers an error.
    pub fn cli(&self, command: &[&str]) -> String {
        let [first, ..] = self.nodes.as_slice() else { panic!("no nodes") };
        let port = first.port().to_string();
        cli(&["-c", "-e", "-p", &port].into_iter().chain(command.iter().copied()).collect::<Vec<_>>())
    }
}

fn start_node() -> RedisServer {
    let bus = free_port().to_string();
    let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-require-full-coverage", "no"];
    RedisServer::start_with(&[&settings[..], &["--cluster-node-timeout", "500"]].concat())
}

fn cli(arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(arguments).output().expect("redis-cli is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "redis-cli {arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}
