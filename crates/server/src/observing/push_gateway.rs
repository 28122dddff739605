//! `prometheus.push_gateway`: a thread that takes the numbers of the node to a Pushgateway, while that is switched on.
//!
//! A gateway that does not answer costs the node nothing but that thread: it is told once in the log, and tried again.

use super::numbers::Numbers;
use dunlin_config::{Config, PushGateway};
use dunlin_telemetry::render_families;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tracing::{info, warn};
use ureq::Agent;

/// How long a gateway may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The thread. It ends when this is dropped, without waiting for a gateway that is slow to answer.
pub(super) struct Pusher {
    settings: PushGateway,
    /// Dropped to end the thread.
    end: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Pusher {
    /// Starts the thread; `None` where nothing is to be pushed.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub(super) fn start(config: &Config, numbers: &Numbers) -> io::Result<Option<Self>> {
        let settings = config.prometheus.push_gateway.clone();
        if !settings.enable {
            return Ok(None);
        }
        let (end, ended) = sync_channel(1);
        let pushing = Pushing::new(&settings, config.node.name.as_str(), numbers.clone());
        let thread = std::thread::Builder::new().name("push_gateway".into());
        let thread = thread.spawn(move || pushing.run(&ended))?;
        Ok(Some(Self { settings, end: Some(end), thread: Some(thread) }))
    }

    /// Whether it does what a configuration says.
    pub(super) fn is_as(&self, config: &Config) -> bool {
        self.settings == config.prometheus.push_gateway
    }
}

impl Drop for Pusher {
    fn drop(&mut self) {
        self.end = None;
        // One that is in the middle of a request ends by itself.
        if let Some(thread) = self.thread.take().filter(JoinHandle::is_finished) {
            let _ = thread.join();
        }
    }
}

/// What the thread has.
struct Pushing {
    agent: Agent,
    url: String,
    headers: Vec<(String, String)>,
    interval: Duration,
    numbers: Numbers,
    is_failing: bool,
}

impl Pushing {
    fn new(settings: &PushGateway, node: &str, numbers: Numbers) -> Self {
        let config = Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).build();
        Self {
            agent: config.into(),
            url: address(settings, node),
            headers: settings.headers.clone(),
            interval: settings.interval,
            numbers,
            is_failing: false,
        }
    }

    fn run(mut self, ended: &Receiver<()>) {
        while ended.recv_timeout(self.interval) == Err(RecvTimeoutError::Timeout) {
            match (self.push(), self.is_failing) {
                (Err(error), false) => {
                    self.is_failing = true;
                    warn!(msg = "push_to_push_gateway_failed", url = self.url, %error);
                }
                (Ok(()), true) => {
                    self.is_failing = false;
                    info!(msg = "push_to_push_gateway_succeeds_again", url = self.url);
                }
                _ => {}
            }
        }
    }

    fn push(&self) -> Result<(), ureq::Error> {
        let mut request = self.agent.post(&self.url).content_type("text/plain; version=0.0.4; charset=utf-8");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.send(render_families(&self.numbers.families())).map(drop)
    }
}

/// `http://127.0.0.1:9091/metrics/job/dunlin/instance/dunlin~127.0.0.1`
fn address(settings: &PushGateway, node: &str) -> String {
    let (name, host) = node.split_once('@').unwrap_or((node, ""));
    let job = settings.job_name.replace("${name}", name).replace("${host}", host);
    format!("{}/metrics/job/{job}", settings.url.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_job_has_that_of_the_node() {
        let settings = PushGateway::default();
        let url = "http://127.0.0.1:9091/metrics/job/dunlin/instance/dunlin~10.0.0.1";
        assert_eq!(address(&settings, "dunlin@10.0.0.1"), url);
        let other = PushGateway { url: "http://g:1/base/".into(), job_name: "mqtt".into(), ..settings };
        assert_eq!(address(&other, "dunlin@10.0.0.1"), "http://g:1/base/metrics/job/mqtt");
    }
}
