//! How connections to MySQL are made and used.

use crate::connection::{Connection, describe};
use crate::{MysqlSettings, MysqlSettingsError, Tls};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::sql::{Dialect, Rows, ServerAddress, SqlDriver, SqlQuestion};
use dunlin_auth_backend::{AskError, Driver};
use mysql_async::{ClientIdentity, Opts, OptsBuilder, SslOpts};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::fmt;
use std::time::Duration;
use tokio::time::timeout;

/// The longest packet that is read or written: names of 64 KB many times over.
const MAX_PACKET_BYTES: usize = 4 * 1024 * 1024;

/// A server that has gone without a word is noticed after a minute or so.
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(60);

/// How connections to MySQL are made and used.
pub struct MysqlDriver {
    /// In the order in which they are tried.
    servers: Vec<(ServerAddress, Opts)>,
    query_timeout: Duration,
    has_tls: bool,
}

impl MysqlDriver {
    pub(crate) fn new(settings: MysqlSettings) -> Result<Self, MysqlSettingsError> {
        check(&settings)?;
        let sql = settings.sql;
        let has_tls = settings.tls.is_some();
        let tls = settings.tls.map(tls_options).transpose()?;
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let opts = OptsBuilder::default()
            .user(text(&sql.username))
            .pass(text(sql.password.expose()))
            .db_name(text(&sql.database))
            .prefer_socket(false)
            .tcp_keepalive(Some(KEEP_ALIVE_IDLE))
            .max_allowed_packet(Some(MAX_PACKET_BYTES))
            // What it is for is a pool that is not used here, and to ask for it takes a round trip.
            .wait_timeout(Some(usize::MAX >> 1))
            .ssl_opts(tls);
        let with_address = |server: ServerAddress| {
            let opts = opts.clone().ip_or_hostname(server.host.clone()).tcp_port(server.port);
            (server, Opts::from(opts))
        };
        let servers = sql.servers.into_iter().map(with_address).collect();
        Ok(Self { servers, query_timeout: sql.query_timeout, has_tls })
    }
}

fn check(settings: &MysqlSettings) -> Result<(), MysqlSettingsError> {
    let sql = &settings.sql;
    if sql.servers.is_empty() {
        return Err(MysqlSettingsError::NoServer);
    }
    if sql.query_timeout.is_zero() {
        return Err(MysqlSettingsError::NoTime);
    }
    let texts = [("database", &*sql.database), ("username", &*sql.username)];
    match texts.into_iter().find(|(_, text)| text.contains('\0')) {
        Some((name, _)) => Err(MysqlSettingsError::ZeroByte(name)),
        None => Ok(()),
    }
}

/// Checks what the library would find out at each connection.
fn tls_options(tls: Tls) -> Result<SslOpts, MysqlSettingsError> {
    // The library asks for the provider of the process, which nobody has chosen where several are linked in.
    if CryptoProvider::get_default().is_none() {
        let _ = aws_lc_rs::default_provider().install_default();
    }
    let mut options = SslOpts::default()
        .with_danger_accept_invalid_certs(!tls.verify)
        .with_danger_skip_domain_validation(!tls.verify);
    if let Some(pem) = tls.authorities_pem {
        if CertificateDer::from_pem_slice(pem.as_bytes()).is_err() {
            return Err(MysqlSettingsError::NoPem("cacertfile"));
        }
        options = options.with_root_certs(vec![pem.into_bytes().into()]).with_disable_built_in_roots(true);
    }
    if let Some(certificate) = tls.certificate {
        if CertificateDer::from_pem_slice(certificate.chain_pem.as_bytes()).is_err() {
            return Err(MysqlSettingsError::NoPem("certfile"));
        }
        let key = certificate.key_pem.expose().as_bytes().to_vec();
        if PrivateKeyDer::from_pem_slice(&key).is_err() {
            return Err(MysqlSettingsError::NoPem("keyfile"));
        }
        let identity = ClientIdentity::new(certificate.chain_pem.into_bytes().into(), key.into());
        options = options.with_client_identity(Some(identity));
    }
    if let Some(name) = tls.server_name {
        if ServerName::try_from(name.as_str()).is_err() {
            return Err(MysqlSettingsError::InvalidServerName(name));
        }
        options = options.with_danger_tls_hostname_override(Some(name));
    }
    Ok(options)
}

impl Driver for MysqlDriver {
    type Connection = Connection;
    type Question = SqlQuestion;
    type Reply = Rows;

    async fn connect(&self) -> Result<Connection, BackendFailure> {
        let share = self.query_timeout / u32::try_from(self.servers.len()).unwrap_or(u32::MAX).max(1);
        let mut problems = Vec::new();
        for (server, opts) in &self.servers {
            let problem = match timeout(share, Connection::open(opts.clone(), self.query_timeout)).await {
                Ok(Ok(connection)) => return Ok(connection),
                Ok(Err(error)) => describe(&error),
                Err(_) => "no answer".to_owned(),
            };
            problems.push(format!("{server}: {problem}"));
        }
        Err(BackendFailure::Unreachable(problems.join(", ")))
    }

    fn is_usable(&self, connection: &Connection) -> bool {
        connection.is_usable()
    }

    async fn ask(&self, connection: &mut Connection, question: &SqlQuestion) -> Result<Rows, AskError> {
        connection.ask(question).await
    }

    fn ping(&self) -> SqlQuestion {
        SqlQuestion::ping()
    }
}

impl SqlDriver for MysqlDriver {
    const KIND: &'static str = "mysql";
    const MECHANISM: &'static str = "password_based:mysql";
    const DIALECT: Dialect = Dialect::MySql;

    /// Its texts are UTF-8. A zero byte is a character like others.
    fn can_hold(value: &[u8]) -> bool {
        std::str::from_utf8(value).is_ok()
    }
}

impl fmt::Debug for MysqlDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<String> = self.servers.iter().map(|(server, _)| server.to_string()).collect();
        f.debug_struct("MysqlDriver").field("servers", &servers).field("has_tls", &self.has_tls).finish_non_exhaustive()
    }
}
