//! Where tokens come from, and what is asked about them.

use dunlin_access::{Authenticator, ClientInfo, Credentials, Outcome, Password};
use dunlin_auth_jwt::{JwtAuthenticator, JwtSettings, KeySource};
use dunlin_model::{Millis, ReasonCode};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

pub(crate) const NOW: Millis = 1_700_000_000_000;
pub(crate) const DENIED: Outcome = Outcome::Deny(ReasonCode::BadUserNameOrPassword);

/// Every algorithm, and the name of the key that it takes.
pub(crate) const ALGORITHMS: [(&str, &str); 13] = [
    ("HS256", "secret"),
    ("HS384", "secret"),
    ("HS512", "secret"),
    ("RS256", "RSA"),
    ("RS384", "RSA"),
    ("RS512", "RSA"),
    ("PS256", "RSA"),
    ("PS384", "RSA"),
    ("PS512", "RSA"),
    ("ES256", "P-256"),
    ("ES384", "P-384"),
    ("ES512", "P-521"),
    ("EdDSA", "Ed25519"),
];

/// Keys, and the tokens that were asked for.
pub(crate) struct Mint {
    made: Value,
}

/// Keys and tokens that PyJWT made, by the orders. The private halves are nowhere.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/recorded.json");

static RECORDING: Mutex<()> = Mutex::new(());

fn recorded() -> BTreeMap<String, Value> {
    let text = fs::read_to_string(RECORDED).unwrap_or_else(|_| "{}".to_owned());
    serde_json::from_str(&text).expect("JSON")
}

/// What a token is asked for with.
pub(crate) fn order(algorithm: &str, key: &str, claims: &Value) -> Value {
    json!({"alg": algorithm, "key": key, "claims": claims})
}

impl Mint {
    /// What PyJWT makes now, with new keys; where it is not installed, what it made when that was written down (`recorded.json`).
    /// `UPDATE_TOKENS=1` writes it down.
    pub(crate) fn make(orders: &[Value]) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let key = Value::from(orders).to_string();
        let Some(python) = variable("DUNLIN_TEST_PYTHON").map(PathBuf::from).filter(|path| path.is_file()) else {
            assert!(
                variable("CI").is_none_or(|value| value != "true"),
                "DUNLIN_TEST_PYTHON is not there, and CI must have it"
            );
            let made = recorded().remove(&key);
            return Self { made: made.expect("written down: UPDATE_TOKENS=1, with PyJWT (DUNLIN_TEST_PYTHON)") };
        };
        let made = Self::mint(python, orders);
        if variable("UPDATE_TOKENS").is_some() {
            let _one_at_a_time = RECORDING.lock();
            let mut all = recorded();
            all.insert(key, made.clone());
            let text = serde_json::to_string_pretty(&all).expect("JSON");
            fs::write(RECORDED, text + "\n").expect("it can be written");
        }
        Self { made }
    }

    fn mint(python: PathBuf, orders: &[Value]) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tokens.py");
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python can be started");
        let mut input = child.stdin.take().expect("its input is piped");
        input.write_all(Value::from(orders).to_string().as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "see above");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    pub(crate) fn token(&self, index: usize) -> &str {
        self.made["tokens"][index].as_str().expect("a token")
    }

    pub(crate) fn secret(&self) -> KeySource {
        KeySource::Secret { secret: self.secret_text().into(), is_base64: false }
    }

    pub(crate) fn secret_text(&self) -> &str {
        self.made["secret"].as_str().expect("text")
    }

    pub(crate) fn public_key(&self, name: &str) -> KeySource {
        KeySource::PublicKey(self.made["pem"][name].as_str().expect("a key").into())
    }

    /// In the form that RSA keys had before all keys had one.
    pub(crate) fn bare_rsa_key(&self) -> KeySource {
        KeySource::PublicKey(self.made["bare_pem"].as_str().expect("a key").into())
    }

    /// The key of that name, the secret among them.
    pub(crate) fn key(&self, name: &str) -> KeySource {
        if name == "secret" { self.secret() } else { self.public_key(name) }
    }

    /// A key set of those keys, each called by its name here.
    pub(crate) fn key_set(&self, names: &[&str]) -> String {
        let keys: Vec<_> = names.iter().map(|name| self.made["jwk"][*name].clone()).collect();
        json!({"keys": keys}).to_string()
    }
}

pub(crate) fn authenticator(settings: JwtSettings) -> JwtAuthenticator {
    JwtAuthenticator::new(settings, Arc::new(|| NOW)).expect("settings")
}

pub(crate) fn with_key(key: KeySource) -> JwtAuthenticator {
    authenticator(JwtSettings::new(key))
}

pub(crate) fn credentials(password: Option<&[u8]>) -> Credentials {
    let client = ClientInfo { client_id: "c1".into(), username: Some("alice".into()), ..ClientInfo::default() };
    Credentials { client, password: password.map(Password::new) }
}

pub(crate) async fn show(authenticator: &JwtAuthenticator, token: &str) -> Outcome {
    authenticator.authenticate(&credentials(Some(token.as_bytes()))).await
}

pub(crate) fn is_allowed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Allow(_))
}
