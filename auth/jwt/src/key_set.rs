//! Keys of one issuer (RFC 7517).

use crate::algorithm::Algorithm;
use crate::key::{Curve, Key, KeyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// More are not read: each may have to be tried for a token that names none.
const MAX_KEYS: usize = 100;

/// Keys of one issuer.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<NamedKey>,
}

#[derive(Debug)]
struct NamedKey {
    id: Option<String>,
    /// Where the set says that it is for one algorithm only.
    algorithm: Option<Algorithm>,
    key: Key,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct JsonKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// A set of one key without a name.
    pub(crate) fn single(key: Key) -> Self {
        Self { keys: vec![NamedKey { id: None, algorithm: None, key }] }
    }

    /// Reads a JSON Web Key Set. Keys that are for something else, or of a kind that is not known here, are passed over
    /// (RFC 7517 §5); so are secrets, which have no place in what everybody can fetch.
    ///
    /// # Errors
    /// [`KeyError::NoKeySet`] if no key is left.
    pub fn from_json(text: &[u8]) -> Result<Self, KeyError> {
        let document: Document = serde_json::from_slice(text).map_err(|error| KeyError::NoKeySet(error.to_string()))?;
        let keys: Vec<_> = document.keys.into_iter().filter_map(NamedKey::from_json).take(MAX_KEYS).collect();
        if keys.is_empty() { Err(KeyError::NoKeySet("it has no key that is of use".into())) } else { Ok(Self { keys }) }
    }

    /// Whether one of them made the signature. Keys with the name that the token gives are the only ones to try, if there are
    /// any.
    pub(crate) fn verifies(&self, id: Option<&str>, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let is_known = id.is_some_and(|id| self.knows(id));
        self.keys
            .iter()
            .filter(|key| !is_known || key.id.as_deref() == id)
            .filter(|key| key.algorithm.is_none_or(|only| only == algorithm))
            .any(|key| key.key.verifies(algorithm, message, signature))
    }

    pub(crate) fn knows(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id.as_deref() == Some(id))
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Never: a set without keys is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl NamedKey {
    fn from_json(value: serde_json::Value) -> Option<Self> {
        let json: JsonKey = serde_json::from_value(value).ok()?;
        let is_for_signatures = json.usage.as_deref().is_none_or(|usage| usage == "sig")
            && json.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !is_for_signatures {
            return None;
        }
        let key = json.key()?;
        let algorithm = match &json.alg {
            Some(name) => Some(Algorithm::from_name(name).filter(|algorithm| key.is_for(*algorithm))?),
            None => None,
        };
        Some(Self { id: json.kid, algorithm, key })
    }
}

impl JsonKey {
    fn key(&self) -> Option<Key> {
        let bytes = |field: &Option<String>| URL_SAFE_NO_PAD.decode(field.as_ref()?).ok();
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Key::rsa(&bytes(&self.n)?, &bytes(&self.e)?).ok(),
            ("EC", Some(name)) => {
                let curve = match name {
                    "P-256" => Curve::P256,
                    "P-384" => Curve::P384,
                    "P-521" => Curve::P521,
                    _ => return None,
                };
                // Coordinates have their full length (RFC 7518 §6.2.1.2).
                let (x, y) = (bytes(&self.x)?, bytes(&self.y)?);
                if x.len() != curve.coordinate_bytes() {
                    return None;
                }
                Key::curve(curve, &[&[4], x.as_slice(), y.as_slice()].concat()).ok()
            }
            ("OKP", Some("Ed25519")) => Key::ed25519(&bytes(&self.x)?).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
