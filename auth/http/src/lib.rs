//! Clients that a web service lets in and gives rules to.
//!
//! - [`HttpAuthenticator`]: `password_based:http`. One request per CONNECT; the answer becomes an outcome.
//! - [`HttpAuthorization`]: the source `http`. One request per question that no cache answers.
//! - [`OAuth2Settings`]: how the broker gets a token that it shows to the service.
//! - [`HttpScram`] is `scram:http`; [`HttpScramKeys`] is what it asks for.
//!
//! **Invariant:** what a client says never changes what is asked but the values in it. Placeholders are percent-encoded in the
//! path and the query, escaped in JSON and forms, and a request is not sent at all where one of them would end a header or climb
//! out of the path.

mod access_tokens;
mod answer_fields;
mod authenticator;
mod authorization;
mod percent;
mod request_template;
mod scram;
mod settings;

pub use authenticator::HttpAuthenticator;
pub use authorization::HttpAuthorization;
pub use scram::{HttpScram, HttpScramKeys};
pub use settings::{HttpSettings, HttpSettingsError, Method, OAuth2Settings};

pub use dunlin_auth_http_client as http_client;
