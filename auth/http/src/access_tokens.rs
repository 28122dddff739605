//! Tokens that the broker shows to a web service (RFC 6749 §4.4, RFC 6750).

use crate::percent::encode;
use crate::settings::{HttpSettingsError, OAuth2Settings};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::{Renewed, Source};
use dunlin_auth_http_client::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use dunlin_auth_http_client::http::{Request, StatusCode};
use dunlin_auth_http_client::{Answer, Bytes, HttpClient, HttpClientSettings, Origin, origin_form};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// How long a token is taken for good of which nobody says how long it is.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);

/// No token is kept longer, whatever is said of it.
const LONGEST_LIFE: Duration = Duration::from_secs(86_400);

/// Tokens of one web service, fetched in the background before they expire.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    tokens: Renewed<AccessToken>,
}

/// What is shown, and until when.
struct AccessToken {
    authorization: HeaderValue,
    expires_at: Instant,
}

impl AccessTokens {
    /// Begins to fetch. Must be called within a tokio runtime.
    pub(crate) fn start(settings: &OAuth2Settings) -> Result<Self, HttpSettingsError> {
        let bad = |reason: String| HttpSettingsError::OAuth2(reason);
        let (origin, target) =
            Origin::split(&settings.token_endpoint).map_err(|error| bad(format!("token_endpoint {error}")))?;
        let request = Request::post(origin_form(target))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(Bytes::from(form(settings)))
            .map_err(|error| bad(format!("token_endpoint: {error}")))?;
        let client = HttpClient::new(HttpClientSettings {
            tls: settings.tls.clone(),
            server_name: settings.server_name.clone(),
            connect_timeout: settings.timeout,
            ..HttpClientSettings::new(origin)
        });
        let endpoint = TokenEndpoint { client: client.map_err(bad)?, request };
        Ok(Self { tokens: Renewed::start(endpoint, settings.timeout) })
    }

    /// What a request has to carry in `Authorization`.
    ///
    /// # Errors
    /// There is no token, or it has expired and there is no other.
    pub(crate) async fn authorization(&self) -> Result<HeaderValue, BackendFailure> {
        let none = |reason: &dyn std::fmt::Display| BackendFailure::Unreachable(format!("no access token: {reason}"));
        let token = self.tokens.value().await.map_err(|failure| none(&failure))?;
        if token.expires_at <= Instant::now() {
            self.tokens.want_newer();
            let status = self.tokens.status();
            return Err(status.failure().map_or_else(|| none(&"the last one has expired"), |failure| none(failure)));
        }
        Ok(token.authorization.clone())
    }

    /// The service does not take the token any more.
    pub(crate) fn refused(&self) {
        self.tokens.want_newer();
    }
}

fn form(settings: &OAuth2Settings) -> String {
    let mut form = "grant_type=client_credentials".to_owned();
    let scope = settings.scope.as_ref().map(|scope| ("&scope=", scope));
    let fields = [("&client_id=", &settings.client_id), ("&client_secret=", &settings.client_secret)];
    for (name, value) in fields.into_iter().chain(scope) {
        form.push_str(name);
        encode(value.as_bytes(), &mut form);
    }
    form
}

/// Who gives tokens.
struct TokenEndpoint {
    client: HttpClient,
    request: Request<Bytes>,
}

impl Source for TokenEndpoint {
    type Value = AccessToken;

    async fn fetch(&self) -> Result<(AccessToken, Duration), BackendFailure> {
        let asked_at = Instant::now();
        let answer = self.client.exchange(self.request.clone()).await?;
        let (authorization, life) = read(&answer).map_err(|reason| {
            BackendFailure::BadAnswer(format!("{} says of a token: {reason}", self.client.origin()))
        })?;
        // As EMQX does it: while the old one is still good, there is time for a second try.
        Ok((AccessToken { authorization, expires_at: asked_at + life }, life * 3 / 4))
    }
}

/// The token in an answer (RFC 6749 §5.1), and how long it is good for.
fn read(answer: &Answer) -> Result<(HeaderValue, Duration), String> {
    let fields: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status != StatusCode::OK {
        let error = fields["error"].as_str().filter(|word| is_error_word(word)).unwrap_or("no reason");
        return Err(format!("status {}, {error}", answer.status));
    }
    if !fields["token_type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err("its token_type is not Bearer".into());
    }
    let token = fields["access_token"].as_str().filter(|token| !token.is_empty()).ok_or("there is no access_token")?;
    let mut authorization =
        HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| "access_token has letters that none may have")?;
    authorization.set_sensitive(true);
    let life = match &fields["expires_in"] {
        Value::Null => DEFAULT_LIFE,
        life => {
            let seconds = life.as_u64().or_else(|| life.as_str().and_then(|text| text.parse().ok()));
            Duration::from_secs(seconds.filter(|seconds| *seconds > 0).ok_or("expires_in is no time")?)
        }
    };
    Ok((authorization, life.min(LONGEST_LIFE)))
}

/// `invalid_client` and its like: whatever else somebody writes there is kept out of the log.
fn is_error_word(word: &str) -> bool {
    !word.is_empty() && word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).expect("a status");
        Answer { status, content_type: "application/json".into(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    #[test]
    fn tokens_are_read() {
        for (body, seconds) in [
            (r#"{"access_token":"t","token_type":"Bearer","expires_in":60}"#, 60),
            (r#"{"access_token":"t","token_type":"bearer","expires_in":"7","scope":"x"}"#, 7),
            (r#"{"access_token":"t","token_type":"BEARER"}"#, 300),
            (r#"{"access_token":"t","token_type":"bearer","expires_in":99999999999}"#, 86_400),
        ] {
            let (authorization, life) = read(&answer(200, body)).expect(body);
            assert_eq!((authorization.as_bytes(), life.as_secs()), (&b"Bearer t"[..], seconds), "{body}");
            assert!(!format!("{authorization:?}").contains("Bearer"), "it is a secret");
        }
    }

    #[test]
    fn what_is_no_token_says_why() {
        for (status, body, reason) in [
            (401, r#"{"error":"invalid_client"}"#, "status 401 Unauthorized, invalid_client"),
            (400, r#"{"error":"your secret is hunter2"}"#, "status 400 Bad Request, no reason"),
            (500, "oh", "status 500 Internal Server Error, no reason"),
            (200, "", "its token_type is not Bearer"),
            (200, r#"{"access_token":"t","token_type":"mac"}"#, "its token_type is not Bearer"),
            (200, r#"{"access_token":"","token_type":"bearer"}"#, "there is no access_token"),
            (200, r#"{"access_token":"a\nb","token_type":"bearer"}"#, "access_token has letters that none may have"),
            (200, r#"{"access_token":"t","token_type":"bearer","expires_in":0}"#, "expires_in is no time"),
            (200, r#"{"access_token":"t","token_type":"bearer","expires_in":-1}"#, "expires_in is no time"),
        ] {
            assert_eq!(read(&answer(status, body)).expect_err(body), reason, "{body}");
        }
    }
}
