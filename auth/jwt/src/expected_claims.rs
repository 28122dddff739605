//! What claims must be, per client (`verify_claims`).

use crate::claims::ClaimError;
use dunlin_access::Credentials;
use dunlin_expression::Template;

/// The placeholders; others are text.
const NAMES: [&str; 2] = ["clientid", "username"];

/// Names of claims and templates of their texts.
pub(crate) struct ExpectedClaims(Vec<(String, Template)>);

impl ExpectedClaims {
    pub(crate) fn parse(claims: Vec<(String, String)>) -> Self {
        Self(claims.into_iter().map(|(name, text)| (name, Template::parse(&text, &NAMES))).collect())
    }

    /// A client without a user name has none in a claim either, and is refused: nothing is no name.
    pub(crate) fn render(&self, credentials: &Credentials) -> Result<Vec<(String, String)>, ClaimError> {
        let render = |(name, template): &(String, Template)| {
            let text = template.render(credentials).map_err(|_| ClaimError::Mismatch(name.clone()))?;
            Ok((name.clone(), text))
        };
        self.0.iter().map(render).collect()
    }
}
