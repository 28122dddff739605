//! `ssl` of whoever is asked: TLS with Dunlin as the client.

use super::super::listener::{VERIFY, VersionWord};
use crate::pem::Pem;
use crate::rule::{AnyText, Flag, OneOf, OrEmpty, Parsed, Shown, Whole, Written, pem, secret};
use crate::secret::Secret;
use crate::section::Section;
use crate::settings::TlsVersion;
use crate::settings::managed_certificate::{ManagedCertificate, replaceable, warn_of_what_is_replaced};
use dunlin_hocon::Value;

/// `ssl`: TLS with Dunlin as the client. Nothing is read from the files that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSsl {
    /// `enable`, default false.
    pub enable: bool,
    /// `verify` is `verify_peer`: the server has to show a certificate that is valid and made for its name. Default false, written
    /// `verify_none`: as in EMQX anybody in between may be the server.
    pub verify_peer: bool,
    /// `cacertfile`: who may sign the server's certificate. Default `None` = those that web browsers trust, whose list is built in.
    pub cacertfile: Option<Pem>,
    /// `certfile`: the certificate that is shown to the server. Default `None`; set together with `keyfile`.
    pub certfile: Option<Pem>,
    /// `keyfile`: the key of that certificate. Default `None`.
    pub keyfile: Option<Pem>,
    /// `password` of an encrypted key, or `file://` and where it is. Default `None`.
    pub password: Option<Secret>,
    /// `managed_certs`: a bundle in the place of these three, and of `cacertfile` where it has authorities. Default `None`.
    pub managed_cert: Option<ManagedCertificate>,
    /// `server_name_indication`, default [`ServerNameIndication::Host`].
    pub server_name_indication: ServerNameIndication,
    /// `versions`: `tlsv1.3`, `tlsv1.2`; default both.
    pub versions: Vec<TlsVersion>,
    /// `ciphers`: names of cipher suites in the order in which they are offered. Default empty = all that are safe.
    pub ciphers: Vec<String>,
}

/// `server_name_indication`: the name that the server is asked for (SNI, RFC 6066 §3) and that its certificate must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerNameIndication {
    /// Not written: the host that is connected to.
    Host,
    /// `disable`: none is asked for, and a certificate for any name will do.
    Disabled,
    /// Another name.
    Name(String),
}

/// What steers Erlang's TLS.
const WITHOUT_COUNTERPART: &[&str] = &[
    "cacerts",
    "hibernate_after",
    "log_level",
    "middlebox_comp_mode",
    "partial_chain",
    "reuse_sessions",
    "secure_renegotiate",
    "user_lookup_fun",
    "verify_peer_ext_key_usage",
];

impl Default for ClientSsl {
    fn default() -> Self {
        Self {
            enable: false,
            verify_peer: false,
            cacertfile: None,
            certfile: None,
            keyfile: None,
            password: None,
            managed_cert: None,
            server_name_indication: ServerNameIndication::Host,
            versions: vec![TlsVersion::Tls13, TlsVersion::Tls12],
            ciphers: Vec::new(),
        }
    }
}

impl ClientSsl {
    /// Reads `ssl` of a section.
    pub(in crate::settings) fn of(section: &mut Section<'_>) -> Self {
        Self::called(section, "ssl")
    }

    /// Reads it where it has another name.
    pub(in crate::settings) fn called(section: &mut Section<'_>, key: &'static str) -> Self {
        section.child(key, |section| Self::read(section, Self::default()))
    }

    /// Reads it where it is known already whether TLS is spoken, unless it says otherwise.
    pub(in crate::settings) fn unless_said(section: &mut Section<'_>, key: &'static str, enable: bool) -> Self {
        section.child(key, |section| Self::read(section, Self { enable, ..Self::default() }))
    }

    fn read(section: &mut Section<'_>, default: Self) -> Self {
        let replaceable = replaceable(section);
        let origins = ["verify", "certfile", "keyfile", "versions"].map(|key| section.origin_of(key));
        section.without_counterpart(WITHOUT_COUNTERPART);
        let managed_cert = ManagedCertificate::read_one(section);
        section.not_honoured(&[("depth", "10", ": a chain of certificates may be as long as it has to be")]);
        section.value("depth", &Whole(0..=u8::MAX), 10);
        let read = Self {
            enable: section.value("enable", &Flag, default.enable),
            verify_peer: section.value("verify", &OneOf(VERIFY), default.verify_peer),
            cacertfile: section.value("cacertfile", &OrEmpty(pem()), None),
            certfile: section.value("certfile", &OrEmpty(pem()), None),
            keyfile: section.value("keyfile", &OrEmpty(pem()), None),
            password: section.value("password", &OrEmpty(secret()), None),
            managed_cert,
            server_name_indication: section.value(
                "server_name_indication",
                &server_name_indication(),
                default.server_name_indication,
            ),
            versions: section.texts("versions", &VersionWord, default.versions),
            ciphers: section.texts("ciphers", &AnyText, Vec::new()),
        };
        match (&read.certfile, &read.keyfile) {
            (Some(_), None) => section.conflict("certfile", &origins[1], "needs `keyfile`, the key of the certificate"),
            (None, Some(_)) => section.conflict("keyfile", &origins[2], "needs `certfile`, the certificate of the key"),
            _ => {}
        }
        if read.managed_cert.is_some() {
            warn_of_what_is_replaced(section, replaceable);
        }
        if read.versions.is_empty() {
            section.conflict("versions", &origins[3], "is empty; name `tlsv1.3`, `tlsv1.2` or both");
        }
        if read.enable && !read.verify_peer {
            let message = "is `verify_none`: whoever stands in between can be the server and say who comes in; write \
                           `verify = verify_peer`";
            section.warn_at("verify", &origins[0], message);
        }
        read
    }
}

impl Written for ServerNameIndication {
    fn written(&self) -> Value {
        Value::Text(match self {
            Self::Host => String::new(),
            Self::Disabled => "disable".into(),
            Self::Name(name) => name.clone(),
        })
    }
}

fn server_name_indication() -> impl Shown<Value = ServerNameIndication> {
    let parse = |text: &str| match text {
        "" => Some(ServerNameIndication::Host),
        "disable" => Some(ServerNameIndication::Disabled),
        name => (!name.contains(|c: char| c.is_whitespace() || c.is_control()))
            .then(|| ServerNameIndication::Name(name.to_owned())),
    };
    Parsed::new(parse, "the name of a host such as `db.example.com`, or `disable`")
}
