//! One connection to a directory, and one question at a time on it.

use crate::ber;
use crate::entry::Entry;
use crate::message::{self, Done, Response, Search};
use crate::{Encryption, Server};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::Line;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A longer message is refused. Entries have the attributes that were asked for only.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// One connection. Dropped, it is closed.
pub(crate) struct Connection {
    stream: Stream,
    last_id: i32,
    /// What was read and not used yet.
    received: Vec<u8>,
}

/// How a question on a connection failed; the connection is of no more use.
#[derive(Debug)]
pub(crate) enum Lost {
    /// Closed or broken.
    Gone(io::Error),
    /// It says what is no answer to what was asked.
    Nonsense(&'static str),
}

impl Connection {
    /// TCP, and TLS as wished.
    pub(crate) async fn open(
        server: &Server,
        server_name: Option<&ServerName<'static>>,
        encryption: &Encryption,
    ) -> Result<Self, Lost> {
        let stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
        stream.set_nodelay(true)?;
        let mut connection = Self { stream: Stream::Tcp(stream), last_id: 0, received: Vec::new() };
        match (encryption, server_name) {
            (Encryption::Tls(config), Some(name)) => connection.encrypt(config, name).await,
            (Encryption::StartTls(config), Some(name)) => {
                let done = connection.start_tls().await?;
                if done.code != Done::SUCCESS {
                    return Err(Lost::Nonsense("it refuses StartTLS"));
                }
                connection.encrypt(config, name).await
            }
            _ => Ok(connection),
        }
    }

    async fn encrypt(self, config: &Arc<rustls::ClientConfig>, name: &ServerName<'static>) -> Result<Self, Lost> {
        // Whatever came before TLS did not come from the one whose certificate is checked.
        let (Stream::Tcp(stream), true) = (self.stream, self.received.is_empty()) else {
            return Err(Lost::Nonsense("it speaks before TLS"));
        };
        let stream = TlsConnector::from(Arc::clone(config)).connect(name.clone(), stream).await?;
        Ok(Self { stream: Stream::Tls(Box::new(stream)), last_id: self.last_id, received: Vec::new() })
    }

    async fn start_tls(&mut self) -> Result<Done, Lost> {
        let id = self.next_id();
        self.send(&message::start_tls(id)).await?;
        match self.receive(id).await? {
            Response::Extended(done) => Ok(done),
            _ => Err(Lost::Nonsense("no answer to StartTLS")),
        }
    }

    /// Becomes the entry of that name for this connection; nobody if it fails.
    pub(crate) async fn bind(&mut self, name: &str, password: &[u8]) -> Result<Done, Lost> {
        let id = self.next_id();
        self.send(&message::bind(id, name, password)).await?;
        match self.receive(id).await? {
            Response::Bound(done) => Ok(done),
            _ => Err(Lost::Nonsense("no answer to a bind")),
        }
    }

    /// The entries, one more than `max_entries` at most, and how it ended.
    pub(crate) async fn search(&mut self, search: &Search<'_>) -> Result<(Vec<Entry>, Done), Lost> {
        let id = self.next_id();
        self.send(&message::search(id, search)).await?;
        let mut entries = Vec::new();
        loop {
            match self.receive(id).await? {
                Response::Found(entry) => entries.push(entry),
                Response::Reference => {}
                Response::SearchDone(done) => return Ok((entries, done)),
                _ => return Err(Lost::Nonsense("no answer to a search")),
            }
            if i32::try_from(entries.len()).is_ok_and(|count| count > search.max_entries) {
                return Err(Lost::Nonsense("more entries than asked for"));
            }
        }
    }

    fn next_id(&mut self) -> i32 {
        // 0 is the directory's own (RFC 4511 §4.1.1.1).
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        self.last_id
    }

    async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match &mut self.stream {
            Stream::Tcp(stream) => stream.write_all(message).await,
            Stream::Tls(stream) => {
                stream.write_all(message).await?;
                stream.flush().await
            }
        }
    }

    async fn receive(&mut self, id: i32) -> Result<Response, Lost> {
        let bytes = loop {
            match ber::header(&self.received) {
                None => return Err(Lost::Nonsense("no LDAP")),
                Some(Some((header, content))) => {
                    let length = header.saturating_add(content);
                    if length > MAX_MESSAGE_BYTES {
                        return Err(Lost::Nonsense("a message that is too long"));
                    }
                    if self.received.len() >= length {
                        let rest = self.received.split_off(length);
                        break std::mem::replace(&mut self.received, rest);
                    }
                }
                Some(None) => {}
            }
            self.read_more().await?;
        };
        match message::read(&bytes) {
            Some((answered, response)) if answered == id => Ok(response),
            // What comes unasked says why the connection is being closed (RFC 4511 §4.4.1).
            Some((0, _)) => Err(Lost::Gone(io::ErrorKind::ConnectionReset.into())),
            Some(_) => Err(Lost::Nonsense("an answer to another question")),
            None => Err(Lost::Nonsense("a malformed message")),
        }
    }

    async fn read_more(&mut self) -> io::Result<()> {
        let count = match &mut self.stream {
            Stream::Tcp(stream) => stream.read_buf(&mut self.received).await?,
            Stream::Tls(stream) => stream.read_buf(&mut self.received).await?,
        };
        if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

impl Line for Connection {
    /// A directory that speaks unasked, or is at its end, is about to close.
    fn is_open(&self) -> bool {
        let stream = match &self.stream {
            Stream::Tcp(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        };
        let is_silent = matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        is_silent && self.received.is_empty()
    }
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

impl From<Lost> for BackendFailure {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Gone(error) => Self::Unreachable(error.to_string()),
            Lost::Nonsense(what) => Self::BadAnswer(what.to_owned()),
        }
    }
}
