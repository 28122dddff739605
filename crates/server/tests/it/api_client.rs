//! A node with the API on a free port, and a client of it.

use crate::binary_process::Dunlin;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The password that tests give to `admin`.
pub(crate) const PASSWORD: &str = "changed-1";

/// A node with the API.
pub(crate) struct ApiNode {
    pub(crate) process: Dunlin,
    /// Where clients connect.
    pub(crate) mqtt: SocketAddr,
    /// Where the API is.
    pub(crate) api: SocketAddr,
}

/// Somebody who uses the API.
#[derive(Clone)]
pub(crate) struct ApiClient {
    agent: ureq::Agent,
    base: String,
    authorization: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl ApiNode {
    /// With this text in its configuration, too.
    pub(crate) fn start(configuration: &str) -> Self {
        let text = format!(
            "node.data_dir = data\nlisteners.tcp.default.bind = \"127.0.0.1:0\"\n\
             dashboard.listeners.http.bind = \"127.0.0.1:0\"\n{configuration}\n"
        );
        let mut process = Dunlin::start(&text);
        let mqtt = process.address("tcp:default");
        let api = process.address("http:dashboard");
        Self { process, mqtt, api }
    }

    /// Nobody in particular.
    pub(crate) fn nobody(&self) -> ApiClient {
        ApiClient::new(format!("http://{}", self.api))
    }

    /// An administrator, whose password is changed first.
    #[track_caller]
    pub(crate) fn administrator(&self) -> ApiClient {
        let token = self.nobody().log_in("admin", "public");
        let body = json!({"old_pwd": "public", "new_pwd": PASSWORD});
        token.post("/users/admin/change_pwd", &body).expect_status(204);
        self.nobody().log_in("admin", PASSWORD)
    }
}

impl ApiClient {
    pub(crate) fn new(base: String) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        Self { agent: config.into(), base, authorization: None }
    }

    /// The same with a token.
    #[track_caller]
    pub(crate) fn log_in(&self, username: &str, password: &str) -> Self {
        let answer = self.post("/login", &json!({"username": username, "password": password}));
        let token = answer.expect_status(200).json()["token"].as_str().expect("a token").to_owned();
        self.with_token(&token)
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")), ..self.clone() }
    }

    /// The same with an API key.
    pub(crate) fn with_key(&self, key: &str, secret: &str) -> Self {
        let credentials = STANDARD.encode(format!("{key}:{secret}"));
        Self { authorization: Some(format!("Basic {credentials}")), ..self.clone() }
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// The same, where JSON is only one of the answers there are.
    #[track_caller]
    pub(crate) fn get_as_json(&self, path: &str) -> Answer {
        let url = format!("{}/api/v5{path}", self.base);
        let mut response = self.agent.get(&url).header("accept", "application/json").call().expect("an answer");
        let text = response.body_mut().read_to_string().expect("a text");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), text }
    }

    /// The body of an answer that is no text.
    #[track_caller]
    pub(crate) fn get_bytes(&self, path: &str) -> Vec<u8> {
        let url = format!("{}/api/v5{path}", self.base);
        let authorization = self.authorization.as_deref().unwrap_or_default();
        let mut response = self.agent.get(&url).header("authorization", authorization).call().expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        response.body_mut().read_to_vec().expect("bytes")
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(("application/json", body.to_string())))
    }

    /// A form with a file.
    #[track_caller]
    pub(crate) fn post_file(&self, path: &str, name: &str, content: &[u8]) -> Answer {
        let head = format!(
            "--mark\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let body = [head.as_bytes(), content, b"\r\n--mark--\r\n"].concat();
        let url = format!("{}/api/v5{path}", self.base);
        let authorization = self.authorization.as_deref().unwrap_or_default();
        let request = self.agent.post(&url).header("authorization", authorization);
        let request = request.header("content-type", "multipart/form-data; boundary=mark");
        let mut response = request.send(&body[..]).expect("an answer");
        let text = response.body_mut().read_to_string().expect("a text");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), text }
    }

    #[track_caller]
    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(("application/json", body.to_string())))
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// A path that begins with `//` is one of the whole listener; others are below `/api/v5`.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<(&str, String)>) -> Answer {
        let url = match path.strip_prefix("//") {
            Some(path) => format!("{}/{path}", self.base),
            None => format!("{}/api/v5{path}", self.base),
        };
        let mut request = ureq::http::Request::builder().method(method).uri(&url);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let (content_type, bytes) = body.unwrap_or_default();
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        let request = request.body(bytes).expect("a request");
        let mut response = self.agent.run(request).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let text = response.body_mut().read_to_string().unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), text }
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// An error with this code.
    #[track_caller]
    pub(crate) fn expect_error(self, status: u16, code: &str) -> Self {
        let answer = self.expect_status(status);
        let json = answer.json();
        assert_eq!(json["code"], code, "{json}");
        assert!(!json["message"].is_null(), "{json}");
        answer
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}
