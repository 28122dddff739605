//! Combinations of layers, and the certificates they need.

use super::client::Client;
#[cfg(feature = "psk")]
use super::key_client::{IDENTITY, KeyClient, SECRET, keys};
use crate::{CertificatePart, Layers, Naming, Tls};
use dunlin_tls::{CrlStore, PemSource, TlsContext, TlsOptions, Verify};
use dunlin_websocket::WebSocketOptions;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

/// A line of version 1: `203.0.113.9:4711` is the client.
pub(super) const PROXY_LINE: &[u8] = b"PROXY TCP4 203.0.113.9 198.51.100.1 4711 1883\r\n";

/// What there is between the socket and MQTT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Combination {
    pub(super) proxy: bool,
    pub(super) tls: bool,
    pub(super) websocket: bool,
    pub(super) compress: bool,
    pub(super) keys: Keys,
}

/// Whether TLS has pre-shared keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// There are certificates.
    None,
    /// There is nothing else.
    #[cfg(feature = "psk")]
    Only,
    /// There are both, and the client has a key.
    #[cfg(feature = "psk")]
    Chosen,
    /// There are both, and the client has none.
    #[cfg(feature = "psk")]
    Left,
}

impl Combination {
    /// Each that has at least one layer.
    pub(super) fn all() -> Vec<Self> {
        let all = (1..8).map(|bits| Self {
            proxy: bits & 1 != 0,
            tls: bits & 2 != 0,
            websocket: bits & 4 != 0,
            compress: false,
            keys: Keys::None,
        });
        let compressed = Self { proxy: true, tls: true, websocket: true, compress: true, keys: Keys::None };
        let mut all: Vec<_> = all.chain([compressed, Self { proxy: false, tls: false, ..compressed }]).collect();
        all.extend(Self::all_with_keys());
        all
    }

    #[cfg(not(feature = "psk"))]
    fn all_with_keys() -> Vec<Self> {
        Vec::new()
    }

    #[cfg(feature = "psk")]
    fn all_with_keys() -> Vec<Self> {
        let bare = Self { proxy: false, tls: true, websocket: false, compress: false, keys: Keys::Only };
        let full = Self { proxy: true, websocket: true, ..bare };
        let kinds = [Keys::Only, Keys::Chosen, Keys::Left];
        kinds.into_iter().flat_map(|keys| [Self { keys, ..bare }, Self { keys, ..full }]).collect()
    }

    fn tls(self) -> Tls {
        match self.keys {
            Keys::None => Tls::Certificates(Arc::clone(&certificates().context)),
            #[cfg(feature = "psk")]
            Keys::Only => Tls::Keys(keys()),
            #[cfg(feature = "psk")]
            Keys::Chosen | Keys::Left => Tls::Either(Arc::clone(&certificates().context), keys()),
        }
    }

    pub(super) fn layers(self) -> Layers {
        let websocket = WebSocketOptions { compress: self.compress, ..WebSocketOptions::default() };
        Layers {
            proxy: self.proxy.then_some(Duration::from_secs(3)),
            tls: self.tls.then(|| self.tls()),
            websocket: self.websocket.then(|| Arc::new(websocket)),
            naming: Naming::default(),
        }
    }

    /// A client that is about to connect.
    pub(super) fn client(self) -> Client {
        let mut client = Client::default();
        if self.proxy {
            client.to_wire.extend_from_slice(PROXY_LINE);
        }
        match self.keys {
            #[cfg(feature = "psk")]
            Keys::Only | Keys::Chosen if self.tls => client.begin_tls_with_key(KeyClient::new(IDENTITY, SECRET)),
            _ if self.tls => client.begin_tls(Arc::clone(&certificates().client), "localhost"),
            _ => {}
        }
        if self.websocket {
            let extension = if self.compress {
                "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n"
            } else {
                ""
            };
            client.begin_upgrade(extension);
        }
        client
    }
}

/// Made once for all tests.
pub(super) struct Certificates {
    authority: CertificateDer<'static>,
    authority_pem: String,
    issuer: Issuer<'static, KeyPair>,
    server_pem: String,
    server_key_pem: String,
    /// Clients are not asked for a certificate.
    pub(super) context: Arc<TlsContext>,
    /// Trusts the server, and has no certificate.
    pub(super) client: Arc<ClientConfig>,
}

pub(super) fn certificates() -> &'static Certificates {
    static CERTIFICATES: OnceLock<Certificates> = OnceLock::new();
    CERTIFICATES.get_or_init(Certificates::new)
}

impl Certificates {
    fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "authority");
        let key = KeyPair::generate().unwrap();
        let authority = parameters.self_signed(&key).unwrap();
        let issuer = Issuer::new(parameters, key);
        let server_key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&server_key, &issuer).unwrap();
        let (server_pem, server_key_pem) = (server.pem(), server_key.serialize_pem());
        let options = options(&server_pem, &server_key_pem);
        Self {
            client: Arc::new(client_config(authority.der(), None)),
            authority: authority.der().clone(),
            authority_pem: authority.pem(),
            issuer,
            server_pem,
            server_key_pem,
            context: load(&options),
        }
    }

    /// Asks clients for a certificate.
    pub(super) fn verifying_context(&self, is_needed: bool) -> Arc<TlsContext> {
        load(&TlsOptions {
            cacertfile: Some(PemSource::Inline(self.authority_pem.clone())),
            verify: Verify::Peer,
            fail_if_no_peer_cert: is_needed,
            ..options(&self.server_pem, &self.server_key_pem)
        })
    }

    /// A client that shows a certificate with this common name, which is valid until that day of 2030, or was until 2001.
    pub(super) fn client_named(&self, name: &str, is_expired: bool) -> Arc<ClientConfig> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::OrganizationName, "plant");
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if is_expired {
            parameters.not_before = rcgen::date_time_ymd(2000, 1, 1);
            parameters.not_after = rcgen::date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Arc::new(client_config(&self.authority, Some((vec![certificate.der().clone()], key))))
    }
}

/// Takes both from the certificate.
pub(super) fn naming(username: CertificatePart, client_id: CertificatePart) -> Naming {
    Naming { username: Some(username), client_id: Some(client_id) }
}

fn options(certificate_pem: &str, key_pem: &str) -> TlsOptions {
    TlsOptions {
        certfile: Some(PemSource::Inline(certificate_pem.into())),
        keyfile: Some(PemSource::Inline(key_pem.into())),
        ..TlsOptions::default()
    }
}

fn load(options: &TlsOptions) -> Arc<TlsContext> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000);
    Arc::new(TlsContext::load(options, &CrlStore::new(1), now).unwrap())
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn client_config(authority: &CertificateDer<'static>, identity: Option<Identity>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_webpki_verifier(verifier);
    match identity {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
        None => builder.with_no_client_auth(),
    }
}
