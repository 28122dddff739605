//! What a token whose signature is good says (RFC 7519 §4).

use dunlin_access::Admission;
use dunlin_auth_backend::admission::admission;
use dunlin_model::Millis;
use serde_json::{Map, Value};

/// What claims must be and what becomes of them.
pub(crate) struct ClaimRules<'a> {
    /// Names and the texts that stand there in a good token.
    pub(crate) expected: &'a [(String, String)],
    /// Where rules for the client stand.
    pub(crate) acl_name: &'a str,
    /// Whether the client has to go when the token has expired.
    pub(crate) disconnect_after_expire: bool,
}

/// Why a token is refused although its signature is good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimError {
    /// The payload is no JSON object.
    #[error("its claims are no JSON object")]
    NoClaims,
    /// `exp` is over, or no time.
    #[error("it has expired")]
    Expired,
    /// `nbf` is still to come, or no time.
    #[error("it is not valid yet")]
    NotYet,
    /// One that has to be there is not.
    #[error("claim {0} is missing")]
    Missing(String),
    /// One is not what it has to be.
    #[error("claim {0} is not what it has to be")]
    Mismatch(String),
    /// The rules for the client.
    #[error("{0}")]
    BadRules(String),
}

impl ClaimRules<'_> {
    /// `now` is the time of day. `iat` is not looked at, as EMQX does not: clocks differ.
    pub(crate) fn judge(&self, payload: &[u8], now: Millis) -> Result<Admission, ClaimError> {
        let claims: Map<String, Value> = serde_json::from_slice(payload).map_err(|_| ClaimError::NoClaims)?;
        self.check_expected(&claims)?;
        let expires_at = match claims.get("exp") {
            None => None,
            Some(value) => Some(time(value).filter(|time| *time > now).ok_or(ClaimError::Expired)?),
        };
        if let Some(value) = claims.get("nbf") {
            time(value).filter(|time| *time <= now).ok_or(ClaimError::NotYet)?;
        }
        let mut admission =
            admission(&claims, self.acl_name).map_err(|error| ClaimError::BadRules(error.to_string()))?;
        admission.expires_at = expires_at.filter(|_| self.disconnect_after_expire);
        admission.acl_expires_at = expires_at;
        Ok(admission)
    }

    fn check_expected(&self, claims: &Map<String, Value>) -> Result<(), ClaimError> {
        for (name, expected) in self.expected {
            let value = claims.get(name).ok_or_else(|| ClaimError::Missing(name.clone()))?;
            let is_expected = match value {
                Value::String(text) => text == expected && (name != "aud" || !text.is_empty()),
                // One of several audiences is meant (RFC 7519 §4.1.3).
                Value::Array(list) if name == "aud" => list.iter().any(|one| one.as_str() == Some(expected)),
                _ => false,
            };
            if !is_expected {
                return Err(ClaimError::Mismatch(name.clone()));
            }
        }
        Ok(())
    }
}

/// Seconds since the Unix epoch, as a number or the text of one, in milliseconds.
fn time(value: &Value) -> Option<Millis> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) if text.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
            text.parse().ok()?
        }
        _ => return None,
    };
    // A cast to an integer ends at its bounds: before the epoch is 0, and beyond all time the last moment there is.
    seconds.is_finite().then_some((seconds * 1_000.0) as Millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Millis = 1_000_500;

    fn judge_with(expected: &[(&str, &str)], claims: &Value) -> Result<Admission, ClaimError> {
        let expected: Vec<_> = expected.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        let rules = ClaimRules { expected: &expected, acl_name: "acl", disconnect_after_expire: true };
        rules.judge(claims.to_string().as_bytes(), NOW)
    }

    fn judge(claims: &Value) -> Result<Admission, ClaimError> {
        judge_with(&[], claims)
    }

    #[test]
    fn times_are_numbers_or_their_text() {
        for good in [json!(1_001), json!("1001"), json!(1_000.6), json!("1000.6"), json!(1e300)] {
            assert!(judge(&json!({"exp": good})).is_ok(), "{good}");
        }
        let bad = [json!(1_000), json!("1000"), json!(1_000.4), json!(-1), json!("soon"), json!(""), json!("inf")];
        for bad in bad.into_iter().chain([json!("nan"), json!(null), json!([2_000]), json!(true), json!(0)]) {
            assert_eq!(judge(&json!({"exp": bad})), Err(ClaimError::Expired), "{bad}");
        }
        for good in [json!(1_000), json!("1000"), json!(0), json!(-5)] {
            assert!(judge(&json!({"nbf": good})).is_ok(), "{good}");
        }
        for bad in [json!(1_001), json!("1001"), json!("soon"), json!({})] {
            assert_eq!(judge(&json!({"nbf": bad})), Err(ClaimError::NotYet), "{bad}");
        }
        assert!(judge(&json!({"iat": 9_999_999})).is_ok());
    }

    #[test]
    fn expiry_ends_the_connection_if_it_shall() {
        let claims = json!({"exp": 2_000});
        assert_eq!(judge(&claims).expect("good").expires_at, Some(2_000_000));
        let rules = ClaimRules { expected: &[], acl_name: "acl", disconnect_after_expire: false };
        let admission = rules.judge(claims.to_string().as_bytes(), NOW).expect("good");
        assert_eq!((admission.expires_at, admission.acl_expires_at), (None, Some(2_000_000)));
    }

    #[test]
    fn expected_claims_must_be_there_and_equal() {
        let expected = [("sub", "u")];
        assert!(judge_with(&expected, &json!({"sub": "u"})).is_ok());
        assert_eq!(judge_with(&expected, &json!({})), Err(ClaimError::Missing("sub".into())));
        for bad in [json!("v"), json!(""), json!(["u"]), json!(null), json!(1)] {
            assert_eq!(judge_with(&expected, &json!({"sub": bad})), Err(ClaimError::Mismatch("sub".into())), "{bad}");
        }
    }

    #[test]
    fn one_of_several_audiences_is_enough() {
        let expected = [("aud", "me")];
        for good in [json!("me"), json!(["me"]), json!(["you", "me"])] {
            assert!(judge_with(&expected, &json!({"aud": good})).is_ok(), "{good}");
        }
        for bad in [json!("you"), json!([]), json!([["me"]]), json!({"me": 1}), json!(null)] {
            assert_eq!(judge_with(&expected, &json!({"aud": bad})), Err(ClaimError::Mismatch("aud".into())), "{bad}");
        }
        let empty = judge_with(&[("aud", "")], &json!({"aud": ""}));
        assert_eq!(empty, Err(ClaimError::Mismatch("aud".into())), "a client without name has no audience");
    }

    #[test]
    fn claims_become_an_admission() {
        let claims =
            json!({"is_superuser": true, "client_attrs": {"a": "b"}, "clientid_override": "c", "acl": {"pub": ["t"]}});
        let admission = judge(&claims).expect("good");
        assert!(admission.is_superuser);
        assert_eq!(admission.attributes.get("a").map(String::as_str), Some("b"));
        assert_eq!(admission.client_id.as_deref(), Some("c"));
        assert!(admission.acl.is_some());
        assert!(matches!(judge(&json!({"acl": 1})), Err(ClaimError::BadRules(_))));
        for no_object in [json!([]), json!(1), json!("x")] {
            assert_eq!(judge(&no_object), Err(ClaimError::NoClaims));
        }
    }
}
