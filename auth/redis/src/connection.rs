//! One connection to one server.

use crate::{RedisSettings, ServerAddress};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::AskError;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, ProtocolVersion, RedisConnectionInfo, RedisError, ServerErrorKind, Value,
};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

/// One connection to one server, logged in. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    line: MultiplexedConnection,
    /// Writes and reads until the connection ends.
    carrier: JoinHandle<()>,
}

/// What a server answers.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The answer.
    Value(Value),
    /// Another node of the cluster has the slot.
    Moved(ServerAddress),
    /// The slot is on its way to another node of the cluster, which may have the key already.
    Ask(ServerAddress),
}

impl Connection {
    /// Connects and logs in. Sentinels have no databases, and users of their own if they have any.
    pub(crate) async fn open(
        settings: &RedisSettings,
        address: &ServerAddress,
        role: Role,
    ) -> Result<Self, BackendFailure> {
        let unreachable = |reason: String| BackendFailure::Unreachable(format!("{address}: {reason}"));
        let socket = TcpStream::connect((address.host(), address.port())).await;
        let socket = socket.map_err(|error| unreachable(error.to_string()))?;
        // A command is one small segment, and its answer is waited for.
        socket.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
        let login = login(settings, role);
        let opened = match &settings.tls {
            None => Self::over(socket, &login).await,
            Some(tls) => {
                let name = match &tls.server_name {
                    Some(name) => name.clone(),
                    None => ServerName::try_from(address.host().to_owned()).map_err(|_| {
                        unreachable("no certificate can be for this host: set `server_name_indication`".into())
                    })?,
                };
                let stream = TlsConnector::from(tls.config.clone()).connect(name, socket).await;
                Self::over(stream.map_err(|error| unreachable(format!("TLS: {error}")))?, &login).await
            }
        };
        opened.map_err(|error| unreachable(format!("login: {error}")))
    }

    async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        login: &RedisConnectionInfo,
    ) -> Result<Self, RedisError> {
        // The deadline of the question is the only one.
        let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
        let (line, carrier) = MultiplexedConnection::new_with_config(login, stream, config).await?;
        Ok(Self { line, carrier: tokio::spawn(carrier) })
    }

    /// Whether the other end keeps it open, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        !self.carrier.is_finished()
    }

    /// Sends a command and waits for the answer.
    pub(crate) async fn ask(&mut self, command: &Cmd) -> Result<Reply, AskError> {
        let answer = self.line.send_packed_command(command).await.and_then(Value::extract_error);
        match answer {
            Ok(value) => Ok(Reply::Value(value)),
            Err(error) => elsewhere(&error).ok_or_else(|| failure(&error)),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

/// What a server is asked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// One with data.
    Data,
    /// One that knows which has the data.
    Sentinel,
}

fn login(settings: &RedisSettings, role: Role) -> RedisConnectionInfo {
    let login = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name();
    let (mut login, username, password) = match role {
        Role::Data => (login.set_db(i64::from(settings.database)), &settings.username, &settings.password),
        Role::Sentinel => (login, &settings.sentinel_username, &settings.sentinel_password),
    };
    if let Some(username) = username {
        login = login.set_username(username);
    }
    if let Some(password) = password {
        login = login.set_password(password);
    }
    login
}

/// Where the answer is, if it is not here.
fn elsewhere(error: &RedisError) -> Option<Reply> {
    let (address, _slot) = error.redirect_node()?;
    let (host, port) = address.rsplit_once(':')?;
    let address = ServerAddress::new(host, port.parse().ok()?);
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::Ask) => Some(Reply::Ask(address)),
        _ => Some(Reply::Moved(address)),
    }
}

/// Whether the connection is lost, the server cannot answer anything now, or this one question only was a bad one.
fn failure(error: &RedisError) -> AskError {
    match error.kind() {
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::TryAgain
            | ServerErrorKind::NoPerm,
        ) => AskError::Refused(BackendFailure::Unreachable(error.to_string())),
        ErrorKind::Server(_) | ErrorKind::Extension => AskError::Refused(BackendFailure::BadAnswer(error.to_string())),
        _ => AskError::Lost(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_error(text: &str) -> RedisError {
        redis::parse_redis_value(format!("-{text}\r\n").as_bytes()).unwrap().extract_error().unwrap_err()
    }

    #[test]
    fn redirections_name_another_node() {
        let reply = elsewhere(&server_error("MOVED 3999 127.0.0.1:6381"));
        assert!(matches!(reply, Some(Reply::Moved(to)) if to == ServerAddress::new("127.0.0.1", 6381)));
        let reply = elsewhere(&server_error("ASK 3999 ::1:6381"));
        assert!(matches!(reply, Some(Reply::Ask(to)) if to == ServerAddress::new("::1", 6381)));
        for other in ["MOVED", "MOVED 1", "MOVED 1 nowhere", "ASK 1 host:port", "ERR no"] {
            assert!(elsewhere(&server_error(other)).is_none(), "{other}");
        }
    }

    #[test]
    fn errors_of_one_question_are_told_from_those_of_the_server() {
        let kind = |text| match failure(&server_error(text)) {
            AskError::Refused(BackendFailure::Unreachable(_)) => "server",
            AskError::Refused(BackendFailure::BadAnswer(_)) => "question",
            _ => "connection",
        };
        assert_eq!(kind("LOADING Redis is loading the dataset in memory"), "server");
        assert_eq!(kind("CLUSTERDOWN The cluster is down"), "server");
        assert_eq!(kind("NOPERM this user has no permissions"), "server");
        assert_eq!(kind("WRONGTYPE Operation against a key holding the wrong kind of value"), "question");
        assert_eq!(kind("NOAUTH Authentication required."), "question");
        assert!(matches!(failure(&RedisError::from(std::io::Error::other("reset"))), AskError::Lost(_)));
    }
}
