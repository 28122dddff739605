//! What `ssl` of a client can say, as plain data under EMQX's names: of whoever asks a database, a directory or a web service.

use crate::bundle::Bundle;
use crate::options::{Password, Verify};
use crate::pem_source::PemSource;

/// `ssl` of a client.
#[derive(Clone, Debug)]
pub struct ClientTlsOptions {
    /// `cacertfile`: whom to trust; those that web browsers trust, where there is none.
    pub cacertfile: Option<PemSource>,
    /// `certfile`: the certificate to show, followed by the intermediate ones. Comes with [`Self::keyfile`].
    pub certfile: Option<PemSource>,
    /// `keyfile`: the key of that certificate.
    pub keyfile: Option<PemSource>,
    /// `password` of an encrypted key.
    pub password: Option<Password>,
    /// `managed_certs`: a bundle in the place of these, and of [`Self::cacertfile`] where it has authorities.
    pub bundle: Option<Bundle>,
    /// `verify`: with [`Verify::None`] any server will do, also one that somebody has put in the way.
    pub verify: Verify,
    /// Whether the certificate has to be made for the name of the server. `server_name_indication = disable` is false: the name
    /// is not sent either (RFC 6066 §3).
    pub uses_server_name: bool,
    /// `versions`, default `tlsv1.3` and `tlsv1.2`.
    pub versions: Vec<String>,
    /// `ciphers` under their OpenSSL or IANA names, the preferred one first; empty = all that are safe.
    pub ciphers: Vec<String>,
}

impl Default for ClientTlsOptions {
    fn default() -> Self {
        Self {
            cacertfile: None,
            certfile: None,
            keyfile: None,
            password: None,
            bundle: None,
            verify: Verify::Peer,
            uses_server_name: true,
            versions: vec!["tlsv1.3".into(), "tlsv1.2".into()],
            ciphers: Vec::new(),
        }
    }
}
