//! `ciphers` and `versions`: the names operators write, and what this build has for them.

use crate::error::TlsError;
use rustls::crypto::aws_lc_rs::{ALL_CIPHER_SUITES, DEFAULT_CIPHER_SUITES};
use rustls::{CipherSuite, SupportedCipherSuite, SupportedProtocolVersion, version};

/// Every suite this build has: OpenSSL's name and IANA's. TLS 1.3 names are the same in both, but for the prefix that rustls
/// gives them.
const NAMES: [(CipherSuite, &str, &str); 9] = [
    (CipherSuite::TLS13_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
    (CipherSuite::TLS13_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
    (CipherSuite::TLS13_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    ),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    ),
    (
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-RSA-AES256-GCM-SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-RSA-AES128-GCM-SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    ),
    (
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-RSA-CHACHA20-POLY1305",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ),
];

/// Words that names of older suites are made of. A name of such words is no typing error: files written for EMQX list many
/// suites that this build leaves out because they have no forward secrecy or are weak.
const OLD_WORDS: [&str; 34] = [
    "3DES",
    "ADH",
    "AECDH",
    "AES",
    "AES128",
    "AES256",
    "ARIA128",
    "ARIA256",
    "CAMELLIA128",
    "CAMELLIA256",
    "CBC",
    "CBC3",
    "CCM",
    "CCM8",
    "CHACHA20",
    "DES",
    "DH",
    "DHE",
    "DSS",
    "ECDH",
    "ECDHE",
    "ECDSA",
    "EDE",
    "EDH",
    "GCM",
    "MD5",
    "NULL",
    "POLY1305",
    "RC4",
    "RSA",
    "SEED",
    "SHA",
    "SHA256",
    "SHA384",
];

/// What a listener negotiates.
#[derive(Debug)]
pub(crate) struct Negotiable {
    /// The preferred one first; never empty.
    pub(crate) suites: Vec<SupportedCipherSuite>,
    /// Never empty; there is a suite for each.
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
    /// Lines for the log.
    pub(crate) warnings: Vec<String>,
}

impl Negotiable {
    /// Reads `versions` and `ciphers`.
    ///
    /// # Errors
    /// A name that is none, or nothing left to negotiate; the text says what could be written instead.
    pub(crate) fn read(version_names: &[String], cipher_names: &[String]) -> Result<Self, TlsError> {
        let mut warnings = Vec::new();
        let versions = read_versions(version_names, &mut warnings)?;
        let mut suites = read_ciphers(cipher_names, &mut warnings)?;
        suites.retain(|suite| versions.contains(&suite.version()));
        if suites.is_empty() {
            let why = format!(
                "none of the configured ciphers belongs to the versions {}; possible are: {}",
                version_names.join(", "),
                possible()
            );
            return Err(TlsError::option("ciphers", why));
        }
        // A version without a suite would be agreed on first and then fail.
        let (versions, unusable): (Vec<_>, Vec<_>) =
            versions.into_iter().partition(|version| suites.iter().any(|suite| suite.version() == *version));
        for version in unusable {
            warnings.push(format!(
                "ciphers: none is for {}, so that clients cannot use this version; add one or take it from versions",
                word_of(version)
            ));
        }
        Ok(Self { suites, versions, warnings })
    }
}

/// The name of a suite as OpenSSL, and so EMQX, writes it.
pub(crate) fn openssl_name(suite: CipherSuite) -> &'static str {
    NAMES.iter().find(|(known, _, _)| *known == suite).map_or("unknown", |(_, name, _)| name)
}

fn word_of(version: &SupportedProtocolVersion) -> &'static str {
    if *version == version::TLS13 { "tlsv1.3" } else { "tlsv1.2" }
}

fn read_versions(
    names: &[String],
    warnings: &mut Vec<String>,
) -> Result<Vec<&'static SupportedProtocolVersion>, TlsError> {
    let mut versions = Vec::new();
    let mut old = Vec::new();
    for name in names {
        match name.as_str() {
            "tlsv1.3" => versions.push(&version::TLS13),
            "tlsv1.2" => versions.push(&version::TLS12),
            "tlsv1.1" | "tlsv1" | "sslv3" => old.push(name.as_str()),
            _ => {
                let why = format!("{name} is no version; possible are: tlsv1.3, tlsv1.2");
                return Err(TlsError::option("versions", why));
            }
        }
    }
    if versions.is_empty() {
        let why = "no usable version is configured; possible are: tlsv1.3, tlsv1.2 (older ones are broken, RFC 8996)";
        return Err(TlsError::option("versions", why));
    }
    if !old.is_empty() {
        let old = old.join(", ");
        warnings.push(format!(
            "versions: {old} is not offered (broken, RFC 8996): clients that know nothing newer cannot connect"
        ));
    }
    Ok(versions)
}

fn read_ciphers(names: &[String], warnings: &mut Vec<String>) -> Result<Vec<SupportedCipherSuite>, TlsError> {
    if names.is_empty() {
        return Ok(DEFAULT_CIPHER_SUITES.to_vec());
    }
    let mut suites: Vec<SupportedCipherSuite> = Vec::new();
    let mut left_out = Vec::new();
    for name in names {
        let name = name.trim();
        if name.split(['-', '_']).any(|word| word == "PSK") {
            return Err(TlsError::option("ciphers", without_psk(name)));
        }
        match suite_of(name) {
            Some(suite) if suites.contains(&suite) => {}
            Some(suite) => suites.push(suite),
            None if is_old(name) => left_out.push(name),
            None => {
                let why = format!("{name} is no cipher suite; possible are: {}", possible());
                return Err(TlsError::option("ciphers", why));
            }
        }
    }
    if suites.is_empty() {
        let why = format!("none of the configured ones is offered (they are weak); possible are: {}", possible());
        return Err(TlsError::option("ciphers", why));
    }
    if !left_out.is_empty() {
        let left_out = left_out.join(", ");
        warnings.push(format!(
            "ciphers: not offered, because weak or without forward secrecy: {left_out}; clients that know nothing else cannot connect"
        ));
    }
    Ok(suites)
}

fn without_psk(name: &str) -> String {
    format!(
        "{name} needs pre-shared keys, and there are none here: set psk_authentication.enable = true in a build that has the feature psk, or take the PSK suites out"
    )
}

fn suite_of(name: &str) -> Option<SupportedCipherSuite> {
    let (suite, _, _) = NAMES.iter().find(|(_, openssl, iana)| *openssl == name || *iana == name)?;
    ALL_CIPHER_SUITES.iter().find(|supported| supported.suite() == *suite).copied()
}

fn is_old(name: &str) -> bool {
    let name = name.strip_prefix("TLS_").unwrap_or(name);
    let is_known = |word| OLD_WORDS.contains(&word) || matches!(word, "WITH" | "128" | "256" | "8" | "EXPORT" | "SRP");
    name.contains(['-', '_']) && name.split(['-', '_']).all(is_known)
}

fn possible() -> String {
    NAMES.map(|(_, openssl, _)| openssl).join(", ")
}

#[cfg(test)]
#[path = "cipher_list/tests.rs"]
mod tests;
