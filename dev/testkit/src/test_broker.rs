//! A broker inside the test process.

use crate::clock;
use dunlin_broker::{Broker, BrokerSettings};
use dunlin_server::{Certificates, Server};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::time::Duration;
use tempfile::TempDir;

/// Handing messages from worker to worker is the risky part, so there are two unless the test says otherwise.
const WORKERS: NonZeroU16 = NonZeroU16::new(2).expect("2 is not zero");

/// Small segments of the log are quick to make.
const SEGMENT_BYTES: u32 = 1 << 20;

/// A broker of its own for one test: all its listeners on free ports of 127.0.0.1, its files in a directory of its own.
/// It stops when it is dropped.
pub struct TestBroker {
    // Before the directory: the broker stops, then its files go.
    server: Server,
    data_dir: TempDir,
    configuration: String,
}

impl TestBroker {
    /// A broker with the default configuration.
    #[must_use]
    pub fn start() -> Self {
        Self::with("")
    }

    /// A broker with a configuration in HOCON, such as `mqtt.max_qos_allowed = 1`. Clients may do everything, unless it says
    /// something of `authorization`.
    #[must_use]
    pub fn with(configuration: &str) -> Self {
        Self::with_settings(configuration, |_| {})
    }

    /// As [`TestBroker::with`], with a last word on the settings that have no key.
    #[must_use]
    pub fn with_settings(configuration: &str, adjust: impl FnOnce(&mut BrokerSettings)) -> Self {
        let data_dir = TempDir::new().expect("a temporary directory");
        Self::with_files(configuration, data_dir, adjust)
    }

    fn with_files(configuration: &str, data_dir: TempDir, adjust: impl FnOnce(&mut BrokerSettings)) -> Self {
        let loaded = match dunlin_config::load(configuration, "the test's configuration", []) {
            Ok(loaded) => loaded,
            Err(errors) => panic!("{errors}"),
        };
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
        let mut config = loaded.config;
        config.node.data_dir = data_dir.path().to_owned();
        config.node.workers.get_or_insert(WORKERS);
        // Those that listen beside `tcp` by default are left out, unless the test is about them.
        let is_wanted = |kind: &str| kind == "tcp" || configuration.contains(&format!("listeners.{kind}."));
        config.listeners.retain(|listener| is_wanted(listener.kind.word()));
        // Most tests are about what clients can do that may do everything.
        if !configuration.contains("authorization") {
            config.authorization.sources.clear();
            config.authorization.no_match_allows = true;
        }
        for listener in &mut config.listeners {
            listener.bind = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        }
        let adjust = |settings: &mut BrokerSettings| {
            settings.durable.segment_bytes = SEGMENT_BYTES;
            adjust(settings);
        };
        let server = Server::start_with(&config, adjust).expect("the broker starts");
        Self { server, data_dir, configuration: configuration.to_owned() }
    }

    /// Stops it and starts it again on the same files. Clients lose their connections.
    #[must_use]
    pub fn restart(self) -> Self {
        let Self { server, data_dir, configuration } = self;
        server.stop(Duration::ZERO);
        Self::with_files(&configuration, data_dir, |_| {})
    }

    /// Where `tcp:default` listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address_of("tcp:default")
    }

    /// Where a listener listens.
    #[must_use]
    pub fn address_of(&self, listener: &str) -> SocketAddr {
        self.server.address(listener).unwrap_or_else(|| panic!("no listener {listener}"))
    }

    /// The port of `tcp:default` on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// The server around it.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// The certificates of its listeners.
    #[must_use]
    pub fn certificates(&self) -> &Certificates {
        self.server.certificates()
    }

    /// Waits until `condition` holds, with `what` for the message when it does not come true.
    pub fn wait_until(&self, what: &str, condition: impl Fn(&Broker) -> bool) {
        assert!(clock::comes_true(|| condition(self)), "the broker did not come to this: {what}");
    }

    /// Stops it in order: clients are told, and slow readers get this much time.
    pub fn stop(self, grace: Duration) {
        self.server.stop(grace);
    }
}

/// Metrics, counts and orders of an operator.
impl std::ops::Deref for TestBroker {
    type Target = Broker;

    fn deref(&self) -> &Broker {
        self.server.broker()
    }
}
