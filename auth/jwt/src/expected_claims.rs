//! What claims must be, per client (`verify_claims`).

use crate::JwtSettingsError;
use crate::claims::ClaimError;
use dunlin_access::Credentials;

/// Names of claims and templates of their texts.
pub(crate) struct ExpectedClaims(Vec<(String, String)>);

impl ExpectedClaims {
    pub(crate) fn parse(claims: Vec<(String, String)>) -> Result<Self, JwtSettingsError> {
        Ok(Self(claims))
    }

    pub(crate) fn render(&self, credentials: &Credentials) -> Result<Vec<(String, String)>, ClaimError> {
        let client = &credentials.client;
        let render = |text: &str| {
            text.replace("${clientid}", &client.client_id)
                .replace("${username}", client.username.as_deref().unwrap_or_default())
        };
        Ok(self.0.iter().map(|(name, text)| (name.clone(), render(text))).collect())
    }
}
