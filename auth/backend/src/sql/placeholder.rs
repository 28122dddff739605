//! What `${...}` in a query stands for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dunlin_access::{CLIENT_NAMES, PASSWORD_NAME};
use dunlin_expression::{Bindings, Value};

/// What a query is for: a password is there only where a client is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Is this client who it says it is?
    Authentication,
    /// Which rules are about it?
    Authorization,
}

/// The name in `${...}` of a query, one of those that everything in access control knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder(String);

/// In front of the name of an attribute.
const ATTRIBUTES: &str = "client_attrs.";
/// Its text has many lines: EMQX hands it to queries in base64.
const CERTIFICATE: &str = "cert_pem";

impl Placeholder {
    /// The one of this name, if there is one for this purpose.
    #[must_use]
    pub fn from_name(name: &str, purpose: Purpose) -> Option<Self> {
        let is_known = match name.strip_prefix(ATTRIBUTES) {
            Some(attribute) => !attribute.is_empty(),
            None if name == PASSWORD_NAME => purpose == Purpose::Authentication,
            None => CLIENT_NAMES.contains(&name),
        };
        is_known.then(|| Self(name.to_owned()))
    }

    /// The names there are for this purpose, for messages.
    #[must_use]
    pub fn names(purpose: Purpose) -> String {
        let password = (purpose == Purpose::Authentication).then_some(PASSWORD_NAME);
        password.into_iter().chain(CLIENT_NAMES).collect::<Vec<_>>().join(", ")
    }

    /// What it is for this client. Where nothing is known it is empty, as queries written for EMQX expect.
    #[must_use]
    pub fn value(&self, client: &dyn Bindings) -> Vec<u8> {
        let bytes = match client.variable(&self.0) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Bytes(bytes)) => bytes,
            Some(Value::Text(text)) => text.into_bytes(),
            Some(other) => other.to_text().map(|text| text.into_owned().into_bytes()).unwrap_or_default(),
        };
        if self.0 == CERTIFICATE { STANDARD.encode(bytes).into_bytes() } else { bytes }
    }
}
