//! What `ssl_options` of a listener can say, as plain data under EMQX's names.

use crate::bundle::Bundle;
use crate::pem_source::PemSource;
use std::fmt;
use std::time::Duration;

/// `ssl_options`. The defaults are EMQX's, except that no file is named.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// `cacertfile`: who may sign client certificates; its intermediate certificates also complete the server's own chain.
    pub cacertfile: Option<PemSource>,
    /// `certfile`: the server's certificate, followed by the intermediate ones.
    pub certfile: Option<PemSource>,
    /// `keyfile`: the key of the server's certificate.
    pub keyfile: Option<PemSource>,
    /// `password` of an encrypted key.
    pub password: Option<Password>,
    /// `managed_certs`: bundles in the place of [`Self::certfile`], its key and password, and of [`Self::cacertfile`] where the first one
    /// has authorities. The first one is for clients that ask for no other.
    pub bundles: Vec<Bundle>,
    /// More certificates, chosen by the name a client asks for (SNI).
    pub sni: Vec<SniCertificate>,
    /// `verify`, default [`Verify::None`].
    pub verify: Verify,
    /// `fail_if_no_peer_cert`: a client without a certificate is refused; needs [`Verify::Peer`]. Default false.
    pub fail_if_no_peer_cert: bool,
    /// `depth`: intermediate certificates allowed between a client's certificate and a trusted one, default 10. More than 6
    /// are never accepted, whatever this says.
    pub depth: u8,
    /// `partial_chain`, default [`PartialChain::Off`].
    pub partial_chain: PartialChain,
    /// `verify_peer_ext_key_usage`: purposes a client's certificate must name, all of them: `clientAuth`, `serverAuth`,
    /// `codeSigning`, `emailProtection`, `timeStamping`, `ocspSigning` or `OID:1.2.3`. Empty: as RFC 5280 says, that is
    /// `clientAuth` where purposes are named at all.
    pub verify_peer_ext_key_usage: Vec<String>,
    /// `versions`, default `tlsv1.3` and `tlsv1.2`.
    pub versions: Vec<String>,
    /// `ciphers` under their OpenSSL or IANA names, the preferred one first; empty = all that are safe.
    pub ciphers: Vec<String>,
    /// `honor_cipher_order`: the server's order of ciphers counts, not the client's. Default true.
    pub honor_cipher_order: bool,
    /// `reuse_sessions`: clients may resume TLS 1.2 sessions by id or ticket, and TLS 1.3 sessions by ticket. Default false.
    pub reuse_sessions: bool,
    /// `session_tickets` is `stateless` or `stateless_with_cert`: as [`Self::reuse_sessions`]. Default false.
    pub session_tickets: bool,
    /// `handshake_timeout`, default 15 s. The event loop enforces it.
    pub handshake_timeout: Duration,
    /// `enable_crl_check`: a client's certificate must be known as not revoked; needs [`Verify::Peer`]. Default false.
    pub enable_crl_check: bool,
    /// Revocation lists kept as files, beside those fetched from where certificates say.
    pub crl_files: Vec<PemSource>,
    /// `ocsp` with `enable_ocsp_stapling = true`, default off.
    pub ocsp: Option<OcspOptions>,
}

/// Keys of `ssl_options` that steer Erlang's own machinery: accepted, without effect.
pub const IGNORED_KEYS: [&str; 8] = [
    "client_renegotiation",
    "dhfile",
    "gc_after_handshake",
    "hibernate_after",
    "log_level",
    "middlebox_comp_mode",
    "secure_renegotiate",
    "user_lookup_fun",
];

/// A certificate for clients that ask for certain names.
#[derive(Clone, Debug)]
pub struct SniCertificate {
    /// The names, such as `mqtt.example.com` or `*.example.com`; empty = those in the certificate.
    pub names: Vec<String>,
    /// The certificate and its chain.
    pub certfile: PemSource,
    /// Its key.
    pub keyfile: PemSource,
    /// The password of its key.
    pub password: Option<Password>,
}

/// `verify`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// `verify_none`: clients are not asked for a certificate.
    #[default]
    None,
    /// `verify_peer`: clients are asked for one, and what they show must be valid.
    Peer,
}

/// `partial_chain`: which certificates of `cacertfile` end a chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartialChain {
    /// `false`: the self-signed ones.
    #[default]
    Off,
    /// `true` or `cacert_from_cacertfile`: the self-signed ones and the last one.
    LastCertificate,
    /// `two_cacerts_from_cacertfile`: the self-signed ones and the last two, while one takes the other's place.
    LastTwoCertificates,
}

/// `ocsp`: the server shows that its own certificate is not revoked.
#[derive(Clone, Debug)]
pub struct OcspOptions {
    /// `responder_url`; `None` = what the certificate says.
    pub responder_url: Option<String>,
    /// `issuer_pem`: who signed the server's certificate; `None` = taken from the chain.
    pub issuer_pem: Option<PemSource>,
    /// `refresh_interval`, default 5 min. The caller fetches.
    pub refresh_interval: Duration,
    /// `refresh_http_timeout`, default 15 s. The caller fetches.
    pub refresh_http_timeout: Duration,
}

/// A password that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            cacertfile: None,
            certfile: None,
            keyfile: None,
            password: None,
            bundles: Vec::new(),
            sni: Vec::new(),
            verify: Verify::None,
            fail_if_no_peer_cert: false,
            depth: 10,
            partial_chain: PartialChain::Off,
            verify_peer_ext_key_usage: Vec::new(),
            versions: vec!["tlsv1.3".into(), "tlsv1.2".into()],
            ciphers: Vec::new(),
            honor_cipher_order: true,
            reuse_sessions: false,
            session_tickets: false,
            handshake_timeout: Duration::from_secs(15),
            enable_crl_check: false,
            crl_files: Vec::new(),
            ocsp: None,
        }
    }
}

impl Default for OcspOptions {
    fn default() -> Self {
        Self {
            responder_url: None,
            issuer_pem: None,
            refresh_interval: Duration::from_secs(5 * 60),
            refresh_http_timeout: Duration::from_secs(15),
        }
    }
}

impl Password {
    /// Keeps a password.
    #[must_use]
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// The password itself, for who opens a key with it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}
