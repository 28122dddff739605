//! The web service, and what is asked of it.

use dunlin_access::{Admission, Authenticator, ClientInfo, Credentials, Outcome, Password};
use dunlin_auth_http::{HttpAuthenticator, HttpSettings, Method};
use dunlin_model::Millis;
use dunlin_real_servers::{Certificates, ServerProcess, free_port};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const NOW: Millis = 1_700_000_000_000;
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/service.py");

pub(crate) struct Service {
    pub(crate) process: ServerProcess,
    port: u16,
}

impl Service {
    pub(crate) fn start() -> Self {
        let port = free_port();
        Self { process: run(&[port.to_string()]), port }
    }

    pub(crate) fn start_tls(certificates: &Certificates) -> Self {
        let port = free_port();
        let files = [certificates.certificate(), certificates.key()].map(|path| path.display().to_string());
        Self { process: run(&[&[port.to_string()][..], &files].concat()), port }
    }

    pub(crate) fn start_again(&mut self) {
        self.process = run(&[self.port.to_string()]);
    }

    pub(crate) fn url(&self, target: &str) -> String {
        format!("http://127.0.0.1:{}{target}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Name and password in JSON.
    pub(crate) fn settings(&self, target: &str) -> HttpSettings {
        with_body(
            HttpSettings {
                request_timeout: Duration::from_secs(30),
                ..HttpSettings::new(Method::Post, &self.url(target))
            },
            &json!({"username": "${username}", "password": "${password}"}),
        )
    }
}

fn run(arguments: &[String]) -> ServerProcess {
    let arguments = [&["-u".to_owned(), SCRIPT.to_owned()][..], arguments].concat();
    ServerProcess::start("python3", &arguments, "serving")
}

pub(crate) fn with_body(settings: HttpSettings, body: &Value) -> HttpSettings {
    HttpSettings { body: body.as_object().cloned().expect("an object"), ..settings }
}

pub(crate) fn authenticator(settings: &HttpSettings) -> HttpAuthenticator {
    HttpAuthenticator::new(settings, Arc::new(|| NOW)).expect("settings")
}

pub(crate) fn client(username: &str) -> ClientInfo {
    ClientInfo { username: Some(username.into()), client_id: "c1".into(), ..ClientInfo::default() }
}

pub(crate) fn credentials(username: &str, password: &[u8]) -> Credentials {
    Credentials { client: client(username), password: Some(Password::new(password)) }
}

pub(crate) async fn ask(authenticator: &HttpAuthenticator, username: &str, password: &str) -> Outcome {
    authenticator.authenticate(&credentials(username, password.as_bytes())).await
}

/// What was let in.
pub(crate) async fn admission(authenticator: &HttpAuthenticator, username: &str) -> Admission {
    match ask(authenticator, username, "right").await {
        Outcome::Allow(admission) => *admission,
        other => panic!("{username}: {other:?}"),
    }
}
