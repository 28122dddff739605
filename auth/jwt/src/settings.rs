//! What is configured of tokens. The names are EMQX's.

use crate::KeyEndpointSettings;
use std::fmt;

/// Where the token stands in a CONNECT (`from`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenField {
    /// In the password.
    #[default]
    Password,
    /// In the user name.
    Username,
}

/// What is said of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrElse {
    /// The next authenticator is asked.
    Ignore,
    /// It is refused.
    Deny,
}

/// What signatures are checked with (`use_jwks`, `algorithm`).
#[derive(Clone)]
pub enum KeySource {
    /// `algorithm = hmac-based`: HS256, HS384, HS512.
    Secret {
        /// `secret`.
        secret: String,
        /// `secret_base64_encoded`.
        is_base64: bool,
    },
    /// `algorithm = public-key`: the text of the PEM file; RS, PS and ES256 to 512, EdDSA.
    PublicKey(String),
    /// `use_jwks = true`.
    Endpoint(Box<KeyEndpointSettings>),
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { is_base64, .. } => {
                f.debug_struct("Secret").field("is_base64", is_base64).finish_non_exhaustive()
            }
            Self::PublicKey(_) => f.write_str("PublicKey"),
            // Its headers may hold a token.
            Self::Endpoint(settings) => f.debug_tuple("Endpoint").field(&settings.url).finish(),
        }
    }
}

/// What is configured of tokens.
#[derive(Clone, Debug)]
pub struct JwtSettings {
    /// What signatures are checked with.
    pub keys: KeySource,
    /// Where the token stands.
    pub from: TokenField,
    /// `verify_claims`: names and templates of the texts they must be; `${clientid}` and `${username}` can stand there.
    pub verify_claims: Vec<(String, String)>,
    /// `acl_claim_name`.
    pub acl_claim_name: String,
    /// `disconnect_after_expire`.
    pub disconnect_after_expire: bool,
    /// `on_missing_jwt`: there is none, or what stands there is no token, such as a plain password.
    pub on_missing: OrElse,
    /// The signature of a token is not one of these keys. EMQX asks the next authenticator (its `legacy` profile); a token that
    /// somebody made up is no reason to go on, so Dunlin denies.
    pub on_bad_signature: OrElse,
}

impl JwtSettings {
    /// EMQX's defaults, but for tokens with a bad signature.
    #[must_use]
    pub fn new(keys: KeySource) -> Self {
        Self {
            keys,
            from: TokenField::Password,
            verify_claims: Vec::new(),
            acl_claim_name: "acl".into(),
            disconnect_after_expire: true,
            on_missing: OrElse::Ignore,
            on_bad_signature: OrElse::Deny,
        }
    }
}
