//! What `ssl_options` of a listener say about pre-shared keys, as plain data.

use dunlin_tls::{Password, PemSource};
use std::time::Duration;

/// The part of `ssl_options` that clients with pre-shared keys are concerned by.
#[derive(Clone, Debug)]
pub struct PskOptions {
    /// `versions` has `tlsv1.3`. Default true.
    pub tls13: bool,
    /// `versions` has `tlsv1.2`. Default true.
    pub tls12: bool,
    /// `ciphers` under their OpenSSL or IANA names, the preferred one first: PSK suites for TLS 1.2, and those of TLS 1.3. Others
    /// are no business of this crate. Empty = those with forward secrecy or authenticated encryption.
    pub ciphers: Vec<String>,
    /// `honor_cipher_order`: the server's order of ciphers counts, not the client's. Default true.
    pub honor_cipher_order: bool,
    /// `certfile` and `keyfile`, for the suites whose name begins with `RSA-PSK`: only these need a certificate.
    pub certificate: Option<RsaCertificate>,
    /// `handshake_timeout`, default 15 s. The event loop enforces it.
    pub handshake_timeout: Duration,
}

/// A certificate with an RSA key.
#[derive(Clone, Debug)]
pub struct RsaCertificate {
    /// The certificate, followed by the intermediate ones.
    pub certfile: PemSource,
    /// Its key.
    pub keyfile: PemSource,
    /// The password of its key.
    pub password: Option<Password>,
}

impl Default for PskOptions {
    fn default() -> Self {
        Self {
            tls13: true,
            tls12: true,
            ciphers: Vec::new(),
            honor_cipher_order: true,
            certificate: None,
            handshake_timeout: Duration::from_secs(15),
        }
    }
}
