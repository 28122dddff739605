//! A private key out of PEM text: PKCS#8, plain or encrypted, PKCS#1 or SEC 1.

use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::options::Password;
use crate::pem_source::PemSource;
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::{
    PrivateKeyDer, PrivatePkcs8KeyDer,
    pem::{self, SectionKind},
};

/// The label of an encrypted PKCS#8 key, RFC 7468 §11.
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// The header OpenSSL wrote into keys it encrypted before PKCS#8, RFC 1421 §4.6.1.1.
const OLD_ENCRYPTION: &[u8] = b"Proc-Type: 4,ENCRYPTED";

/// Reads the first private key.
///
/// # Errors
/// What is wrong with the file, the key or its password.
pub(crate) fn read_private_key(
    key: &'static str,
    source: &PemSource,
    password: Option<&Password>,
    files: &mut ReadFiles,
) -> Result<PrivateKeyDer<'static>, TlsError> {
    let text = source.read(key, files)?;
    let bad = |why: String| TlsError::BadPrivateKey { key, file: source.clone(), why };
    if text.windows(OLD_ENCRYPTION.len()).any(|window| window == OLD_ENCRYPTION) {
        let why = "it is encrypted in OpenSSL's old way; write it anew with `openssl pkcs8 -topk8 -in KEY -out NEW_KEY`, \
                   which asks for both passwords";
        return Err(bad(why.into()));
    }
    if let Some(encrypted) = encrypted_key(&text) {
        let encrypted = encrypted.map_err(bad)?;
        let password = password.ok_or_else(|| TlsError::PasswordNeeded { key, file: source.clone() })?;
        return decrypt(&encrypted, password, key, source);
    }
    match <PrivateKeyDer<'_> as pem::PemObject>::from_pem_slice(&text) {
        Ok(found) => Ok(found),
        Err(pem::Error::NoItemsFound) => Err(TlsError::NoPrivateKey { key, file: source.clone() }),
        Err(error) => Err(bad(format!("its PEM text is damaged ({error})"))),
    }
}

fn decrypt(
    encrypted: &[u8],
    password: &Password,
    key: &'static str,
    source: &PemSource,
) -> Result<PrivateKeyDer<'static>, TlsError> {
    let parsed = EncryptedPrivateKeyInfoRef::try_from(encrypted).map_err(|error| TlsError::BadPrivateKey {
        key,
        file: source.clone(),
        why: format!(
            "it is encrypted in a way from before PBES2, such as PBE-SHA1-3DES, or in one that this build does not know ({error}); \
             write it anew with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW_KEY`, which asks for both passwords"
        ),
    })?;
    let opened = parsed.decrypt(password.as_bytes()).map_err(|error| TlsError::WrongPassword {
        key,
        file: source.clone(),
        why: error.to_string(),
    })?;
    Ok(PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(opened.as_bytes().to_vec())))
}

/// The DER of an encrypted PKCS#8 key, when that is the first key in the text.
fn encrypted_key(text: &[u8]) -> Option<Result<Vec<u8>, String>> {
    let begin = format!("-----BEGIN {ENCRYPTED_LABEL}-----");
    let start = text.windows(begin.len()).position(|window| window == begin.as_bytes())?;
    let end = format!("-----END {ENCRYPTED_LABEL}-----");
    let body = text.get(start + begin.len()..)?;
    let Some(length) = body.windows(end.len()).position(|window| window == end.as_bytes()) else {
        return Some(Err(format!("its PEM text has no line {end}")));
    };
    // PEM with the label of a plain key: the parser of the TLS library knows no encrypted ones.
    let mut plain = b"-----BEGIN PRIVATE KEY-----".to_vec();
    plain.extend_from_slice(&body[..length]);
    plain.extend_from_slice(b"-----END PRIVATE KEY-----\n");
    Some(match pem::from_buf(&mut plain.as_slice()) {
        Ok(Some((SectionKind::PrivateKey, der))) => Ok(der),
        Ok(_) => Err("its PEM text is damaged".into()),
        Err(error) => Err(format!("its PEM text is damaged ({error})")),
    })
}
