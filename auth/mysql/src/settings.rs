//! What has to be known to reach a MySQL server.

use dunlin_auth_backend::sql::{Secret, SqlQueryError, SqlSettings};

/// What has to be known to reach a MySQL server.
#[derive(Clone, Debug)]
pub struct MysqlSettings {
    /// Servers, database, user, limits.
    pub sql: SqlSettings,
    /// `ssl`: the server must speak TLS.
    pub tls: Option<Tls>,
}

/// How TLS is spoken: as PEM texts, which is what the library below wants.
#[derive(Clone, Debug)]
pub struct Tls {
    /// `cacertfile`: whom to trust, instead of the authorities of the web.
    pub authorities_pem: Option<String>,
    /// `certfile` and `keyfile`: which certificate to show.
    pub certificate: Option<ClientCertificate>,
    /// `verify = verify_peer`: a server that cannot show who it is, is not trusted.
    pub verify: bool,
    /// `server_name_indication`: the name its certificate must have, where it is not the host.
    pub server_name: Option<String>,
}

/// The certificate that is shown to the server.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// It and those between it and an authority.
    pub chain_pem: String,
    /// Its key.
    pub key_pem: Secret,
}

impl MysqlSettings {
    /// The port of MySQL.
    pub const DEFAULT_PORT: u16 = 3306;

    /// Without TLS.
    #[must_use]
    pub fn new(sql: SqlSettings) -> Self {
        Self { sql, tls: None }
    }
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MysqlSettingsError {
    /// There is no server.
    #[error("no server is named")]
    NoServer,
    /// There is no time to answer.
    #[error("query_timeout must be longer than zero")]
    NoTime,
    /// A text that MySQL cannot be sent.
    #[error("{0} must not hold a zero byte")]
    ZeroByte(&'static str),
    /// A name that no certificate can have.
    #[error("`{0}` is no name of a server")]
    InvalidServerName(String),
    /// No certificate of an authority, or no certificate and key, where they should be.
    #[error("{0} holds none in PEM form")]
    NoPem(&'static str),
    /// The query.
    #[error("query: {0}")]
    Query(#[from] SqlQueryError),
}
