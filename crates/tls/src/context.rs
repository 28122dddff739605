//! TLS of one listener: made from `ssl_options`, made anew when its files change, and what every connection starts from.

use crate::certificate_choice::OneChoice;
use crate::crl_store::CrlStore;
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::generation::{Generation, switch_resumption_off};
use crate::handshake::Handshake;
use crate::ocsp_staple::OcspStaple;
use crate::options::TlsOptions;
use crate::server_identity::ServerIdentity;
use crate::stream::TlsStream;
use parking_lot::{Mutex, RwLock};
use rustls::ServerConfig;
use rustls::server::UnbufferedServerConnection;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What new connections of a listener start from. One for all workers, behind an [`Arc`].
#[derive(Debug)]
pub struct TlsContext {
    options: TlsOptions,
    crls: Arc<CrlStore>,
    current: RwLock<Arc<Generation>>,
    watch: Mutex<Watch>,
}

/// What looking at the files came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// They are as they were, or as broken as they were.
    Unchanged,
    /// New connections get what is in them now; connections that are up live on. An alarm about broken files can be cleared.
    Renewed,
}

/// A connection that waits for its stream.
pub struct Beginning {
    tls: UnbufferedServerConnection,
    handshake: Handshake,
}

#[derive(Debug)]
struct Watch {
    files: ReadFiles,
    is_broken: bool,
}

impl fmt::Debug for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beginning").field("handshake", &self.handshake).finish_non_exhaustive()
    }
}

impl Beginning {
    /// Over a non-blocking stream from which nothing was taken.
    pub fn over<S>(self, socket: S) -> TlsStream<S> {
        TlsStream::new(socket, self.tls, self.handshake)
    }
}

impl TlsContext {
    /// Reads everything the options name. Revocation lists that are fetched come from `crls`, which all listeners share.
    ///
    /// # Errors
    /// The first mistake, in one line with the key, the file and the way out. An expired certificate is none: see
    /// [`Self::warnings`].
    pub fn load(options: &TlsOptions, crls: &Arc<CrlStore>, now: SystemTime) -> Result<Self, TlsError> {
        let mut files = ReadFiles::new(now);
        let generation = Generation::load(options, crls, &mut files, now)?;
        Ok(Self {
            options: options.clone(),
            crls: Arc::clone(crls),
            current: RwLock::new(Arc::new(generation)),
            watch: Mutex::new(Watch { files, is_broken: false }),
        })
    }

    /// Starts the server's side of a connection on a non-blocking stream that was just accepted.
    ///
    /// # Errors
    /// None in practice; the library can refuse a configuration.
    pub fn accept<S>(&self, socket: S) -> io::Result<TlsStream<S>> {
        Ok(self.begin()?.over(socket))
    }

    /// As [`Self::accept`], for a stream that must not be lost when that fails.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub fn begin(&self) -> io::Result<Beginning> {
        let generation = Arc::clone(&self.current.read());
        let choice = Arc::new(OneChoice::new(Arc::clone(&generation.choice)));
        // A copy of some pointers, gone after the handshake: that is how the name the client asks for is seen.
        let mut config = generation.config.clone();
        config.cert_resolver = Arc::clone(&choice) as _;
        let tls = UnbufferedServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
        Ok(Beginning { tls, handshake: Handshake::new(generation, choice) })
    }

    /// The same for what brings its own streams, such as QUIC or HTTPS: with the certificates in use now, and these application
    /// protocols (ALPN). Sessions are not resumed where clients show certificates, because only [`TlsStream`] verifies them
    /// again.
    #[must_use]
    pub fn server_config(&self, protocols: &[&[u8]]) -> ServerConfig {
        let generation = Arc::clone(&self.current.read());
        let mut config = generation.config.clone();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        if generation.verifier.is_some() {
            switch_resumption_off(&mut config);
        }
        config
    }

    /// Looks whether a file has changed and reads all of them anew if so.
    ///
    /// # Errors
    /// What is wrong with them now, once per change: the earlier contents stay in use until they are right again.
    pub fn check_for_changes(&self, now: SystemTime) -> Result<Reload, TlsError> {
        let mut watch = self.watch.lock();
        if !watch.files.have_changed() {
            return Ok(Reload::Unchanged);
        }
        self.read_anew(&mut watch, now, false)
    }

    /// Reads all files anew, changed or not.
    ///
    /// # Errors
    /// As [`Self::check_for_changes`].
    pub fn reload(&self, now: SystemTime) -> Result<Reload, TlsError> {
        self.read_anew(&mut self.watch.lock(), now, true)
    }

    fn read_anew(&self, watch: &mut Watch, now: SystemTime, is_forced: bool) -> Result<Reload, TlsError> {
        let mut files = ReadFiles::new(now);
        let result = Generation::load(&self.options, &self.crls, &mut files, now);
        let is_same = !is_forced && !watch.is_broken && files.same_content(&watch.files);
        watch.is_broken = result.is_err();
        watch.files = files;
        let next = result?;
        if is_same {
            return Ok(Reload::Unchanged);
        }
        let mut current = self.current.write();
        next.inherit(&current);
        *current = Arc::new(next);
        Ok(Reload::Renewed)
    }

    /// What is not right although it can be started with, such as an expired certificate; one line each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.current.read().warnings.clone()
    }

    /// When the first of the server's certificates stops being valid.
    #[must_use]
    pub fn not_after(&self) -> Option<SystemTime> {
        let current = self.current.read();
        let identities = current.choice.by_name.iter().chain([&*current.choice.main]);
        identities.filter_map(ServerIdentity::not_after).min()
    }

    /// How long a handshake may take; the event loop counts.
    #[must_use]
    pub fn handshake_timeout(&self) -> Duration {
        self.options.handshake_timeout
    }

    /// Where the OCSP response of the certificate in use goes, when stapling is enabled. Another one after each
    /// [`Reload::Renewed`].
    #[must_use]
    pub fn ocsp_staple(&self) -> Option<Arc<OcspStaple>> {
        self.current.read().ocsp.clone()
    }
}
