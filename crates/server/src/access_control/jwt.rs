//! Tokens.

use super::client_tls;
use super::making::Making;
use dunlin_auth_http::http_client::http::{HeaderMap, HeaderName, HeaderValue};
use dunlin_auth_jwt::{JwtAuthenticator, JwtSettings, KeyEndpointSettings, KeySource, OrElse, TokenField};
use dunlin_config::Pem;
use dunlin_config::authentication::{self, Jwt, JwtEndpoint, JwtKeys, OnToken};
use std::sync::Arc;

/// `jwt`. Must be called within the runtime that fetches keys.
pub(super) fn authenticator(config: &Jwt, making: &mut Making<'_>) -> Result<JwtAuthenticator, String> {
    let keys = match &config.keys {
        JwtKeys::Secret { secret, is_base64 } => KeySource::Secret {
            secret: making.reveal("secret", Some(secret))?.unwrap_or_default(),
            is_base64: *is_base64,
        },
        JwtKeys::PublicKey(Pem::Inline(text)) => KeySource::PublicKey(text.clone()),
        JwtKeys::PublicKey(Pem::File(file)) => KeySource::PublicKey(making.read_text("public_key", file)?),
        JwtKeys::Endpoint(endpoint) => KeySource::Endpoint(Box::new(endpoint_settings(endpoint, making)?)),
    };
    let settings = JwtSettings {
        from: match config.from {
            authentication::TokenField::Password => TokenField::Password,
            authentication::TokenField::Username => TokenField::Username,
        },
        verify_claims: config.verify_claims.clone(),
        acl_claim_name: config.acl_claim_name.clone(),
        disconnect_after_expire: config.disconnect_after_expire,
        on_missing: or_else(config.on_missing_jwt),
        on_bad_signature: or_else(config.on_bad_signature),
        ..JwtSettings::new(keys)
    };
    JwtAuthenticator::new(settings, Arc::clone(&making.clock)).map_err(|error| error.to_string())
}

fn endpoint_settings(endpoint: &JwtEndpoint, making: &mut Making<'_>) -> Result<KeyEndpointSettings, String> {
    let tls = client_tls::load(&endpoint.ssl, making)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &endpoint.headers {
        let name =
            HeaderName::try_from(name.as_str()).map_err(|_| format!("headers.{name}: this is no name of a header"))?;
        // Its value may be a secret.
        let value =
            HeaderValue::try_from(value.as_str()).map_err(|_| format!("headers.{name}: its value is no header"))?;
        headers.insert(name, value);
    }
    Ok(KeyEndpointSettings {
        refresh_interval: endpoint.refresh_interval,
        timeout: endpoint.request_timeout,
        headers,
        server_name: tls.as_ref().and_then(|tls| tls.server_name.clone()),
        tls: tls.map(|tls| tls.loaded.config),
        ..KeyEndpointSettings::new(&endpoint.endpoint)
    })
}

const fn or_else(on: OnToken) -> OrElse {
    match on {
        OnToken::Ignore => OrElse::Ignore,
        OnToken::Deny => OrElse::Deny,
    }
}
