//! A token as it comes: a JSON Web Signature in its compact form (RFC 7515 §7.1).
//!
//! ```text
//! base64url(header) '.' base64url(payload) '.' base64url(signature)
//! ```
//! What is signed is the text up to the second dot, as it came.

use crate::algorithm::Algorithm;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// A token whose signature has not been checked yet.
pub(crate) struct Token<'a> {
    /// `None`: one that is not known, or `none`, or nothing that can be checked.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) key_id: Option<String>,
    pub(crate) signed: &'a [u8],
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<serde_json::Value>,
    /// What has to be understood to check the signature (RFC 7515 §4.1.11). Nothing that stands there is understood here.
    crit: Option<serde_json::Value>,
}

impl<'a> Token<'a> {
    /// `None` if this is no token at all, such as a plain password.
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let mut parts = text.split(|byte| *byte == b'.');
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let decode = |part: &[u8]| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let signed_bytes = text.len().checked_sub(signature.len())?.checked_sub(1)?;
        let signed = text.get(..signed_bytes)?;
        let (payload, signature) = (decode(payload), decode(signature));
        // Who writes such a header means a token, whatever the rest is; and what cannot be read was not signed.
        let is_checkable = header.crit.is_none() && payload.is_some() && signature.is_some();
        Some(Self {
            algorithm: Algorithm::from_name(&header.alg).filter(|_| is_checkable),
            key_id: header.kid.and_then(|kid| kid.as_str().map(str::to_owned)),
            signed,
            payload: payload.unwrap_or_default(),
            signature: signature.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> String {
        format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode("sig"))
    }

    #[test]
    fn the_parts_are_taken_apart() {
        let text = token(r#"{"alg":"ES512","kid":"a","typ":"JWT"}"#);
        let parsed = Token::parse(text.as_bytes()).expect("a token");
        assert_eq!(parsed.algorithm, Some(Algorithm::Es512));
        assert_eq!(parsed.key_id.as_deref(), Some("a"));
        assert_eq!(Some(parsed.signed), text.as_bytes().get(..text.rfind('.').expect("a dot")));
        assert_eq!((parsed.payload.as_slice(), parsed.signature.as_slice()), (&b"{}"[..], &b"sig"[..]));
    }

    #[test]
    fn what_must_be_understood_and_is_not_leaves_no_algorithm() {
        let headers = [
            r#"{"alg":"none"}"#,
            r#"{"alg":"None"}"#,
            r#"{"alg":""}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        ];
        for header in headers {
            let text = token(header);
            assert_eq!(Token::parse(text.as_bytes()).expect(header).algorithm, None, "{header}");
        }
    }

    #[test]
    fn a_token_that_cannot_be_read_is_one_all_the_same() {
        let good = token(r#"{"alg":"HS256"}"#);
        let header = good.split('.').next().expect("a header");
        for text in [format!("{good}="), format!("{good}!"), format!("{header}.{{}}.x"), format!("{header}..a")] {
            assert_eq!(Token::parse(text.as_bytes()).expect("a token").algorithm, None, "{text}");
        }
    }

    #[test]
    fn a_password_is_no_token() {
        let good = token(r#"{"alg":"HS256"}"#);
        let cases = [
            "".into(),
            "secret".into(),
            "a.b".into(),
            "..".into(),
            "a.b.c".into(),
            format!("{good}.x"),
            format!(" {good}"),
            token("[]"),
            token(r#"{"alg":1}"#),
            token(r#"{"alg":"HS256","alg":"none"}"#),
            token("{}"),
        ];
        for text in cases {
            assert!(Token::parse(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Token::parse(&[0xff; 100]).is_none());
        assert!(Token::parse(&[b'.'; 65_535]).is_none());
    }
}
