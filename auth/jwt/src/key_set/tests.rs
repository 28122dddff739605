//! Key sets as issuers publish them, and as they should not.

use super::*;
use crate::pem;

/// RFC 7515 §A.3.1 (P-256) and §A.4.1 (P-521), RFC 8037 §A.2 (Ed25519), RFC 7517 §A.1 (RSA, 2,048 bits).
const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const P521: &str = r#"{"kty":"EC","crv":"P-521","alg":"ES512",
    "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}"#;
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn set(keys: &[&str]) -> Result<KeySet, KeyError> {
    KeySet::from_json(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
}

#[test]
fn every_kind_of_key_is_read() {
    let keys = set(&[P256, P521, ED25519]).expect("keys");
    assert_eq!(keys.len(), 3);
    assert!(keys.knows("ed") && !keys.knows("else"));
}

#[test]
fn signatures_of_the_standards_are_verified() {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    // RFC 7515 §A.3.
    let message = b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    assert!(set(&[P256]).expect("a key").verifies(None, Algorithm::Es256, message, &signature));
    assert!(!set(&[P256]).expect("a key").verifies(None, Algorithm::Es384, message, &signature));
    assert!(!set(&[P256]).expect("a key").verifies(None, Algorithm::Es256, b"other", &signature));
    // RFC 7515 §A.4.
    let signature = decode(
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    );
    assert!(set(&[P521]).expect("a key").verifies(
        None,
        Algorithm::Es512,
        b"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
        &signature
    ));
    // RFC 8037 §A.4.
    let signature = decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let keys = set(&[P256, ED25519]).expect("keys");
    assert!(keys.verifies(Some("ed"), Algorithm::EdDsa, message, &signature));
    assert!(keys.verifies(Some("a name nobody knows"), Algorithm::EdDsa, message, &signature));
    assert!(!keys.verifies(None, Algorithm::EdDsa, message, &signature[..63]));
}

#[test]
fn a_named_key_is_the_only_one_for_its_name() {
    // RFC 8032 §7.1, the second key.
    let other = URL_SAFE_NO_PAD.encode(hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    let other = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"other","x":"{other}"}}"#);
    let keys = set(&[ED25519, P256, &other]).expect("keys");
    let signature = URL_SAFE_NO_PAD
        .decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
        .expect("base64url");
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    assert!(keys.verifies(Some("ed"), Algorithm::EdDsa, message, &signature));
    assert!(
        !keys.verifies(Some("other"), Algorithm::EdDsa, message, &signature),
        "the key of another name is not tried"
    );
}

#[test]
fn keys_for_something_else_are_passed_over() {
    let with = |field: &str| ED25519.replacen('{', &format!("{{{field},"), 1);
    for useless in [
        with(r#""use":"enc""#),
        with(r#""key_ops":["sign"]"#),
        with(r#""alg":"ES256""#),
        with(r#""alg":"none""#),
        r#"{"kty":"oct","k":"c2VjcmV0"}"#.to_owned(),
        r#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.to_owned(),
        r#"{"kty":"RSA","n":"sXch","e":"AQAB"}"#.to_owned(),
        r#"{"kty":"RSA"}"#.to_owned(),
        r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#.to_owned(),
        P256.replace("f83O", "f84O"),
        r#"{}"#.to_owned(),
        "1".to_owned(),
    ] {
        assert!(set(&[&useless]).is_err(), "{useless}");
        assert_eq!(set(&[&useless, P256]).expect("one key").len(), 1, "{useless}");
    }
    let good = with(r#""use":"sig","key_ops":["verify"],"alg":"EdDSA""#);
    assert_eq!(set(&[&good]).expect("a key").len(), 1);
}

#[test]
fn what_is_no_set_is_refused_and_a_long_one_cut() {
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, "<html>"] {
        assert!(KeySet::from_json(text.as_bytes()).is_err(), "{text}");
    }
    assert_eq!(set(&[ED25519; 500]).expect("keys").len(), MAX_KEYS);
}

#[test]
fn keys_in_pem_are_read() {
    let der = |prefix: &str, point: &[u8]| [&hex(prefix), point].concat();
    let point = Key::curve(
        Curve::P256,
        &[
            &[4],
            URL_SAFE_NO_PAD.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU").expect("x").as_slice(),
            URL_SAFE_NO_PAD.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0").expect("y").as_slice(),
        ]
        .concat(),
    );
    assert!(point.is_ok());
    let bytes = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").expect("a key");
    let text = pem_of("PUBLIC KEY", &der("302a300506032b6570032100", &bytes));
    assert!(matches!(pem::public_key(text.as_bytes()), Ok(Key::Ed25519(_))));
    for bad in ["", "x", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", &pem_of("PRIVATE KEY", b"abc")] {
        assert!(pem::public_key(bad.as_bytes()).is_err(), "{bad}");
    }
}

fn pem_of(label: &str, der: &[u8]) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a digit") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}
