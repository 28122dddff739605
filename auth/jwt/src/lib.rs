//! The authenticator `jwt`: clients that show a JSON Web Token (RFC 7519) in their password or user name.
//!
//! - [`JwtAuthenticator`]: checks signature and claims; the claims `acl`, `client_attrs`, `is_superuser`, `clientid_override` and
//!   `exp` become an admission.
//! - [`KeySet`] (RFC 7517) and [`KeyEndpointSettings`]: keys that are fetched, and kept while they cannot be.
//!
//! Signatures are checked by aws-lc-rs directly, which is linked for TLS anyway: taking a token apart is two dots and base64,
//! and the libraries that do it lack ES512.
//!
//! **Invariant:** which algorithms are accepted is decided by the keys, never by the token (RFC 8725 §3.1): `none` is not
//! among them, a public key is never a secret, and a secret never fetched.

mod algorithm;
mod authenticator;
mod claims;
mod expected_claims;
mod key;
mod key_endpoint;
mod key_set;
mod pem;
mod settings;
mod token;

pub use authenticator::{JwtAuthenticator, JwtSettingsError};
pub use key::KeyError;
pub use key_endpoint::KeyEndpointSettings;
pub use key_set::KeySet;
pub use settings::{JwtSettings, KeySource, OrElse, TokenField};
