//! A running server.

use crate::settings::{broker_settings, listener_settings, started};
use dunlin_broker::{Broker, BrokerSettings, StartError};
use dunlin_config::{Config, ListenerKind};
use std::net::SocketAddr;
use std::time::Duration;
use tracing::info;

/// A running server. Dropping it stops it at once.
pub struct Server {
    broker: Broker,
}

impl Server {
    /// Starts everything the configuration asks for.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub fn start(config: &Config) -> Result<Self, StartError> {
        Self::start_with(config, |_| {})
    }

    /// As [`Server::start`], with a last word on the broker's settings.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub fn start_with(config: &Config, adjust: impl FnOnce(&mut BrokerSettings)) -> Result<Self, StartError> {
        let limit = dunlin_transport::raise_descriptor_limit();
        info!(msg = "open_files_limit", before = limit.soft_before, now = limit.now);
        let mut settings = broker_settings(config, limit.now);
        adjust(&mut settings);
        let listeners: Vec<_> = started(config)
            .filter(|listener| listener.kind == ListenerKind::Tcp)
            .map(|listener| listener_settings(listener, None))
            .collect();
        let broker = Broker::start(settings, &listeners)?;
        Ok(Self { broker })
    }

    /// The broker inside.
    #[must_use]
    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// Where a listener listens: `tcp:default`.
    #[must_use]
    pub fn address(&self, listener: &str) -> Option<SocketAddr> {
        self.broker.listeners().into_iter().find(|report| report.id == listener).map(|report| report.address)
    }

    /// Says goodbye to all clients and stops; waits at most `grace` for those that read slowly.
    pub fn stop(self, grace: Duration) {
        self.broker.stop(grace);
    }
}
