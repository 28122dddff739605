//! Web services.

use super::client_tls;
use super::making::Making;
use dunlin_auth_http::{HttpAuthenticator, HttpAuthorization, HttpSettings, Method, OAuth2Settings};
use dunlin_config::back_end::{HttpMethod, HttpService, OAuth2};
use std::sync::Arc;

/// `password_based:http`.
pub(super) fn authenticator(service: &HttpService, making: &mut Making<'_>) -> Result<HttpAuthenticator, String> {
    let settings = settings(service, making)?;
    HttpAuthenticator::new(&settings, Arc::clone(&making.clock)).map_err(|error| error.to_string())
}

/// The source `http`.
pub(super) fn source(service: &HttpService, making: &mut Making<'_>) -> Result<HttpAuthorization, String> {
    let settings = settings(service, making)?;
    HttpAuthorization::new(&settings).map_err(|error| error.to_string())
}

/// What is asked of a service, also where it is asked for SCRAM.
pub(super) fn settings(service: &HttpService, making: &mut Making<'_>) -> Result<HttpSettings, String> {
    let method = match service.method {
        HttpMethod::Get => Method::Get,
        HttpMethod::Post => Method::Post,
    };
    let tls = client_tls::load(&service.ssl, making)?;
    Ok(HttpSettings {
        headers: service.headers.clone(),
        body: service.body.clone(),
        request_timeout: service.request_timeout,
        connect_timeout: service.connect_timeout,
        pool_size: service.pool_size,
        max_inactive: service.max_inactive,
        server_name: tls.as_ref().and_then(|tls| tls.server_name.clone()),
        tls: tls.map(|tls| tls.loaded.config),
        oauth2: service.oauth2.as_ref().map(|oauth2| oauth2_settings(oauth2, making)).transpose()?,
        ..HttpSettings::new(method, &service.url)
    })
}

fn oauth2_settings(oauth2: &OAuth2, making: &mut Making<'_>) -> Result<OAuth2Settings, String> {
    let tls = client_tls::load(&oauth2.ssl, making).map_err(|error| format!("oauth2.{error}"))?;
    Ok(OAuth2Settings {
        token_endpoint: oauth2.token_endpoint.clone(),
        client_id: oauth2.client_id.clone(),
        client_secret: making.reveal("oauth2.client_secret", Some(&oauth2.client_secret))?.unwrap_or_default(),
        scope: oauth2.scope.clone(),
        timeout: oauth2.timeout,
        server_name: tls.as_ref().and_then(|tls| tls.server_name.clone()),
        tls: tls.map(|tls| tls.loaded.config),
    })
}
