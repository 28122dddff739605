//! `ssl_options` of the listeners `ssl`, `wss` and `quic`.

use crate::pem::Pem;
use crate::rule::{AnyText, Flag, OneOf, Optional, Parsed, Rule, Shown, Span, Whole, pem, secret};
use crate::secret::Secret;
use crate::section::Section;
use crate::settings::managed_certificate::{ManagedCertificate, replaceable, warn_of_what_is_replaced};
use dunlin_hocon::Value;
use std::time::Duration;

/// `ssl_options`: TLS of a listener. Nothing is read from the files that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SslOptions {
    /// `certfile`: the server's certificate, followed by the intermediate ones. Default `None`; set together with `keyfile`.
    pub certfile: Option<Pem>,
    /// `keyfile`: the key of the server's certificate. Default `None`.
    pub keyfile: Option<Pem>,
    /// `password` of an encrypted key, or `file://` and where it is. Default `None`.
    pub password: Option<Secret>,
    /// `managed_certs`, one or a list: bundles in the place of `certfile`, `keyfile` and `password`, and of `cacertfile` where the
    /// first one has authorities. The first one is for clients that ask for no other. Default empty.
    pub managed_certs: Vec<ManagedCertificate>,
    /// `sni_certs` (Dunlin's own key), a list of `{ certfile, keyfile, password, names }`: more certificates, chosen by the
    /// name that a client asks for (SNI, RFC 6066 §3). Default empty.
    pub sni_certs: Vec<SniCertificate>,
    /// `cacertfile`: who may sign client certificates. Default `None`.
    pub cacertfile: Option<Pem>,
    /// `verify` is `verify_peer`: clients are asked for a certificate, and what they show must be valid. Default false,
    /// written `verify_none`.
    pub verify_peer: bool,
    /// `fail_if_no_peer_cert`: refuse clients without a certificate. Only with `verify_peer`. Default false.
    pub fail_if_no_peer_cert: bool,
    /// `depth`: intermediate certificates between a client's certificate and a trusted one, 0 to 255, default 10.
    pub depth: u8,
    /// `partial_chain`, default `false`.
    pub partial_chain: PartialChain,
    /// `verify_peer_ext_key_usage`, a list or one text with commas: purposes that a client's certificate must name, such as
    /// `clientAuth` or `OID:1.3.6.1.5.5.7.3.2`. Default empty.
    pub verify_peer_ext_key_usage: Vec<String>,
    /// `enable_crl_check`: a client's certificate must be known as not revoked. Only with `verify_peer`. Default false.
    pub enable_crl_check: bool,
    /// `crl_files` (Dunlin's own key), a list or one text with commas: revocation lists that are kept as files, beside those
    /// fetched from where certificates say. Default empty.
    pub crl_files: Vec<Pem>,
    /// `versions`, a list or one text with commas, default `tlsv1.3` and `tlsv1.2`. Never empty.
    pub versions: Vec<TlsVersion>,
    /// `ciphers`, a list or one text with commas: their names, the preferred one first. Default empty = all that are safe.
    pub ciphers: Vec<String>,
    /// `honor_cipher_order`: the server's order of ciphers counts and not the client's. Default true.
    pub honor_cipher_order: bool,
    /// `reuse_sessions`: clients may resume sessions. Default false.
    pub reuse_sessions: bool,
    /// `session_tickets` of TLS 1.3 (RFC 8446 §4.6.1), default `disabled`.
    pub session_tickets: SessionTickets,
    /// `handshake_timeout`, 1 ms to 1 day, default 15 s.
    pub handshake_timeout: Duration,
    /// `ocsp`, present with `ocsp.enable_ocsp_stapling = true`. Default `None`.
    pub ocsp: Option<OcspOptions>,
}

/// An entry of `sni_certs`. `certfile` and `keyfile` are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SniCertificate {
    /// `names` such as `mqtt.example.com` or `*.example.com`, a list or one text with commas. Default empty = those in the
    /// certificate.
    pub names: Vec<String>,
    /// `certfile`: the certificate and its chain.
    pub certfile: Pem,
    /// `keyfile`: its key.
    pub keyfile: Pem,
    /// `password` of its key. Default `None`.
    pub password: Option<Secret>,
}

/// A version of TLS that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// `tlsv1.3`.
    Tls13,
    /// `tlsv1.2`.
    Tls12,
}

/// `session_tickets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionTickets {
    /// `disabled`.
    Disabled,
    /// `stateless`: what the session was is in the ticket.
    Stateless,
    /// `stateless_with_cert`: so is the client's certificate.
    StatelessWithCertificate,
}

/// `partial_chain`: which certificates of `cacertfile` end a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialChain {
    /// `false`: the self-signed ones.
    Off,
    /// `true` or `cacert_from_cacertfile`: the last one too.
    LastCertificate,
    /// `two_cacerts_from_cacertfile`: the last two too, while one takes the other's place.
    LastTwoCertificates,
}

/// `ocsp`: the server shows that its own certificate is not revoked (RFC 6066 §8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspOptions {
    /// `responder_url`. Default `None` = what the certificate says.
    pub responder_url: Option<String>,
    /// `issuer_pem`: who signed the server's certificate. Default `None` = taken from the chain.
    pub issuer_pem: Option<Pem>,
    /// `refresh_interval`, 1 s to 1 day, default 5 min.
    pub refresh_interval: Duration,
    /// `refresh_http_timeout`, 1 ms to 1 day, default 15 s.
    pub refresh_http_timeout: Duration,
}

pub(in crate::settings) const VERIFY: &[(&str, bool)] = &[("verify_none", false), ("verify_peer", true)];
const PARTIAL_CHAINS: &[(&str, PartialChain)] = &[
    ("false", PartialChain::Off),
    ("true", PartialChain::LastCertificate),
    ("cacert_from_cacertfile", PartialChain::LastCertificate),
    ("two_cacerts_from_cacertfile", PartialChain::LastTwoCertificates),
];
const SESSION_TICKETS: &[(&str, SessionTickets)] = &[
    ("disabled", SessionTickets::Disabled),
    ("stateless", SessionTickets::Stateless),
    ("stateless_with_cert", SessionTickets::StatelessWithCertificate),
];
const DAY: Duration = Duration::from_secs(86_400);

/// What steers Erlang's TLS.
const WITHOUT_COUNTERPART: &[&str] = &[
    "cacerts",
    "client_renegotiation",
    "dhfile",
    "gc_after_handshake",
    "hibernate_after",
    "log_level",
    "middlebox_comp_mode",
    "secure_renegotiate",
    "user_lookup_fun",
];

impl TlsVersion {
    /// The word for it in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tls13 => "tlsv1.3",
            Self::Tls12 => "tlsv1.2",
        }
    }
}

impl Default for SslOptions {
    fn default() -> Self {
        Self {
            certfile: None,
            keyfile: None,
            password: None,
            managed_certs: Vec::new(),
            sni_certs: Vec::new(),
            cacertfile: None,
            verify_peer: false,
            fail_if_no_peer_cert: false,
            depth: 10,
            partial_chain: PartialChain::Off,
            verify_peer_ext_key_usage: Vec::new(),
            enable_crl_check: false,
            crl_files: Vec::new(),
            versions: vec![TlsVersion::Tls13, TlsVersion::Tls12],
            ciphers: Vec::new(),
            honor_cipher_order: true,
            reuse_sessions: false,
            session_tickets: SessionTickets::Disabled,
            handshake_timeout: Duration::from_secs(15),
            ocsp: None,
        }
    }
}

impl Default for OcspOptions {
    fn default() -> Self {
        Self {
            responder_url: None,
            issuer_pem: None,
            refresh_interval: Duration::from_secs(300),
            refresh_http_timeout: Duration::from_secs(15),
        }
    }
}

impl SslOptions {
    /// The defaults of a QUIC listener: QUIC has TLS 1.3 inside (RFC 9001 §4.2).
    pub(super) fn of_quic() -> Self {
        Self { versions: vec![TlsVersion::Tls13], ..Self::default() }
    }

    pub(in crate::settings) fn read(section: &mut Section<'_>) -> Self {
        let mut read = Self::default();
        section.without_counterpart(WITHOUT_COUNTERPART);
        read.read_certificates(section);
        read.read_verification(section);
        read.read_sessions(section);
        read.ocsp = section.child("ocsp", OcspOptions::read);
        read
    }

    /// The few keys that EMQX has for QUIC. Its ciphers stand beside `ssl_options`.
    pub(super) fn read_of_quic(section: &mut Section<'_>) -> Self {
        let mut read = Self::of_quic();
        section.without_counterpart(&["hibernate_after"]);
        read.read_certificates(section);
        read.cacertfile = section.value("cacertfile", &Optional(pem()), None);
        read.read_verify(section);
        read
    }

    fn read_certificates(&mut self, section: &mut Section<'_>) {
        let origins = ["certfile", "keyfile"].map(|key| section.origin_of(key));
        let replaceable = replaceable(section);
        self.certfile = section.value("certfile", &Optional(pem()), None);
        self.keyfile = section.value("keyfile", &Optional(pem()), None);
        match (&self.certfile, &self.keyfile) {
            (Some(_), None) => section.conflict("certfile", &origins[0], "needs `keyfile`, the key of the certificate"),
            (None, Some(_)) => section.conflict("keyfile", &origins[1], "needs `certfile`, the certificate of the key"),
            _ => {}
        }
        self.password = section.value("password", &Optional(secret()), None);
        self.sni_certs = section.list("sni_certs", SniCertificate::read).into_iter().flatten().collect();
        self.managed_certs = ManagedCertificate::read_all(section);
        if !self.managed_certs.is_empty() {
            warn_of_what_is_replaced(section, replaceable);
        }
    }

    fn read_verify(&mut self, section: &mut Section<'_>) {
        let origin = section.origin_of("verify");
        self.verify_peer = section.value("verify", &OneOf(VERIFY), self.verify_peer);
        // A bundle may have them.
        if self.verify_peer && self.cacertfile.is_none() && self.managed_certs.is_empty() {
            let message = "no `cacertfile` is set beside it: without the certificates of those who sign the clients' \
                           certificates no client can be verified";
            section.warn_at("verify", &origin, message);
        }
    }

    fn read_verification(&mut self, section: &mut Section<'_>) {
        self.cacertfile = section.value("cacertfile", &Optional(pem()), None);
        self.read_verify(section);
        let origins = ["fail_if_no_peer_cert", "enable_crl_check"].map(|key| section.origin_of(key));
        self.fail_if_no_peer_cert = section.value("fail_if_no_peer_cert", &Flag, self.fail_if_no_peer_cert);
        self.enable_crl_check = section.value("enable_crl_check", &Flag, self.enable_crl_check);
        for (key, is_on, origin) in [
            ("fail_if_no_peer_cert", self.fail_if_no_peer_cert, &origins[0]),
            ("enable_crl_check", self.enable_crl_check, &origins[1]),
        ] {
            if is_on && !self.verify_peer {
                let message = "is true, but clients are not asked for a certificate; set `verify = verify_peer` beside it, or \
                               this to false";
                section.conflict(key, origin, message);
            }
        }
        self.crl_files = section.texts("crl_files", &pem(), Vec::new());
        self.depth = section.value("depth", &Whole(0..=u8::MAX), self.depth);
        self.partial_chain = section.value("partial_chain", &OneOf(PARTIAL_CHAINS), self.partial_chain);
        self.verify_peer_ext_key_usage = section.texts("verify_peer_ext_key_usage", &key_purpose(), Vec::new());
    }

    fn read_sessions(&mut self, section: &mut Section<'_>) {
        let timeout = Span::in_millis(Duration::from_millis(1)..=DAY);
        let origin = section.origin_of("versions");
        self.versions = section.texts("versions", &VersionWord, std::mem::take(&mut self.versions));
        if self.versions.is_empty() {
            section.conflict("versions", &origin, "is empty; name `tlsv1.3`, `tlsv1.2` or both");
        }
        self.ciphers = section.texts("ciphers", &AnyText, Vec::new());
        self.honor_cipher_order = section.value("honor_cipher_order", &Flag, self.honor_cipher_order);
        self.reuse_sessions = section.value("reuse_sessions", &Flag, self.reuse_sessions);
        self.session_tickets = section.value("session_tickets", &OneOf(SESSION_TICKETS), self.session_tickets);
        self.handshake_timeout = section.value("handshake_timeout", &timeout, self.handshake_timeout);
    }
}

impl SniCertificate {
    fn read(entry: &mut Section<'_>) -> Option<Self> {
        // All are asked for before one is missed, so that all that is wrong is reported.
        let (certfile, keyfile) = (entry.required("certfile", &pem()), entry.required("keyfile", &pem()));
        let password = entry.value("password", &Optional(secret()), None);
        let names = entry.texts("names", &AnyText, Vec::new());
        Some(Self { names, certfile: certfile?, keyfile: keyfile?, password })
    }
}

impl OcspOptions {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let default = Self::default();
        let interval = Span::in_millis(Duration::from_secs(1)..=DAY);
        let timeout = Span::in_millis(Duration::from_millis(1)..=DAY);
        let enable = section.value("enable_ocsp_stapling", &Flag, false);
        let read = Self {
            responder_url: section.value("responder_url", &Optional(http_url()), default.responder_url),
            issuer_pem: section.value("issuer_pem", &Optional(pem()), default.issuer_pem),
            refresh_interval: section.value("refresh_interval", &interval, default.refresh_interval),
            refresh_http_timeout: section.value("refresh_http_timeout", &timeout, default.refresh_http_timeout),
        };
        enable.then_some(read)
    }
}

/// One of the words of [`TlsVersion`]; who asks for an old version is told why it is not there.
pub(in crate::settings) struct VersionWord;

impl Rule for VersionWord {
    type Value = TlsVersion;

    fn read(&self, text: &str) -> Option<TlsVersion> {
        [TlsVersion::Tls13, TlsVersion::Tls12].into_iter().find(|version| version.word() == text)
    }

    fn allowed(&self) -> String {
        "one of `tlsv1.3`, `tlsv1.2`; 1.1, 1.0 and SSL are not offered: they are broken and forbidden since 2021 (RFC 8996)"
            .into()
    }
}

impl Shown for VersionWord {
    fn shown(&self, value: &TlsVersion) -> Option<Value> {
        Some(Value::Text(value.word().to_owned()))
    }
}

fn http_url() -> impl Shown<Value = String> {
    let parse = |text: &str| {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
        (!rest.is_empty() && !rest.contains(char::is_whitespace)).then(|| text.to_owned())
    };
    Parsed::new(parse, "a URL such as `http://ocsp.example.com`")
}

/// The words of RFC 5280 §4.2.1.12, or any other purpose by its number.
fn key_purpose() -> impl Shown<Value = String> {
    const WORDS: [&str; 6] =
        ["clientAuth", "serverAuth", "codeSigning", "emailProtection", "timeStamping", "ocspSigning"];
    let is_oid = |text: &str| text.contains('.') && text.split('.').all(|part| part.parse::<u64>().is_ok());
    let parse = move |text: &str| {
        let is_purpose = WORDS.contains(&text) || text.strip_prefix("OID:").is_some_and(is_oid);
        is_purpose.then(|| text.to_owned())
    };
    Parsed::new(
        parse,
        "`clientAuth`, `serverAuth`, `codeSigning`, `emailProtection`, `timeStamping`, `ocspSigning` or a number such as \
         `OID:1.3.6.1.5.5.7.3.2`",
    )
}
