//! Pre-shared keys on one listener: made from `ssl_options`, and what every connection starts from.

use crate::cipher_list::Negotiable;
use crate::client_hello::{self, Greeting, Offers};
use crate::keys::PskKeys;
use crate::lookup;
use crate::memory::Memory;
use crate::options::{PskOptions, RsaCertificate};
use crate::stream::PskStream;
use dunlin_tls::{Password, PemSource, ReadFiles, Reload, TlsError};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode, SslStream, SslVersion,
};
use openssl::x509::X509;
use parking_lot::{Mutex, RwLock};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What new connections of a listener start from that have a pre-shared key. One for all workers, behind an [`Arc`].
pub struct PskContext {
    options: PskOptions,
    keys: Arc<PskKeys>,
    negotiable: Negotiable,
    current: RwLock<SslContext>,
    files: Mutex<ReadFiles>,
}

/// A connection that waits for its stream.
#[derive(Debug)]
pub struct PskBeginning(SslStream<Memory>);

impl PskBeginning {
    /// Over a non-blocking stream from which nothing was taken.
    pub fn over<S>(self, socket: S) -> PskStream<S> {
        PskStream::new(socket, self.0)
    }
}

impl PskContext {
    /// Checks the options, and reads the certificate where a suite needs one.
    ///
    /// # Errors
    /// The first mistake, in one line with the key and the way out.
    pub fn load(options: PskOptions, keys: Arc<PskKeys>, now: SystemTime) -> Result<Self, TlsError> {
        let negotiable = Negotiable::read(&options)?;
        let mut files = ReadFiles::new(now);
        let current = RwLock::new(build(&options, &negotiable, &keys, &mut files)?);
        Ok(Self { options, keys, negotiable, current, files: Mutex::new(files) })
    }

    /// Starts the server's side of a connection on a non-blocking stream that was just accepted.
    ///
    /// # Errors
    /// When memory is short.
    pub fn accept<S>(&self, socket: S) -> io::Result<PskStream<S>> {
        Ok(self.begin()?.over(socket))
    }

    /// As [`Self::accept`], for a stream that must not be lost when that fails.
    ///
    /// # Errors
    /// As [`Self::accept`].
    pub fn begin(&self) -> io::Result<PskBeginning> {
        let ssl = Ssl::new(&self.current.read()).map_err(io::Error::other)?;
        SslStream::new(ssl, Memory::default()).map(PskBeginning).map_err(io::Error::other)
    }

    /// Whether a client that begins with these bytes offers a pre-shared key that can be used here. A client that has one for TLS 1.2
    /// says so before it names it; in TLS 1.3 it names it, and one that nobody knows may be the ticket of a session.
    #[must_use]
    pub fn judge(&self, greeting: &[u8]) -> Greeting {
        client_hello::judge(greeting, self)
    }

    /// Reads the certificate anew, changed or not, if there is one.
    ///
    /// # Errors
    /// What is wrong with it now; the earlier one stays in use.
    pub fn reload(&self, now: SystemTime) -> Result<Reload, TlsError> {
        if self.options.certificate.is_none() {
            return Ok(Reload::Unchanged);
        }
        let mut files = ReadFiles::new(now);
        let built = build(&self.options, &self.negotiable, &self.keys, &mut files);
        *self.files.lock() = files;
        *self.current.write() = built?;
        Ok(Reload::Renewed)
    }

    /// Looks whether the certificate has changed and reads it anew if so.
    ///
    /// # Errors
    /// As [`Self::reload`], once per change.
    pub fn check_for_changes(&self, now: SystemTime) -> Result<Reload, TlsError> {
        let has_changed = self.files.lock().have_changed();
        if has_changed { self.reload(now) } else { Ok(Reload::Unchanged) }
    }

    /// What is not right although it can be started with, such as ciphers that are left out; one line each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.negotiable.warnings
    }

    /// How long a handshake may take; the event loop counts.
    #[must_use]
    pub fn handshake_timeout(&self) -> Duration {
        self.options.handshake_timeout
    }
}

impl Offers for PskContext {
    fn has_suite(&self, number: u16) -> bool {
        self.negotiable.suites.iter().any(|suite| suite.number == number)
    }

    fn has_identity(&self, identity: &[u8]) -> bool {
        !self.negotiable.tls13_suites.is_empty() && self.keys.knows(identity)
    }
}

impl fmt::Debug for PskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PskContext").field("options", &self.options).field("keys", &self.keys).finish_non_exhaustive()
    }
}

fn build(
    options: &PskOptions,
    negotiable: &Negotiable,
    keys: &Arc<PskKeys>,
    files: &mut ReadFiles,
) -> Result<SslContext, TlsError> {
    let failed = |error: ErrorStack| TlsError::BadOption { key: "ssl_options", why: format!("OpenSSL: {error}") };
    let mut context = configure(options, negotiable, keys).map_err(failed)?;
    if let Some(suite) = negotiable.suites.iter().find(|suite| suite.needs_certificate()) {
        let why = "suites whose name begins with RSA-PSK need a certificate with an RSA key";
        let certificate = options.certificate.as_ref().ok_or(TlsError::Missing { key: "certfile", why })?;
        use_certificate(&mut context, certificate, suite.name, files)?;
    }
    Ok(context.build())
}

fn configure(
    options: &PskOptions,
    negotiable: &Negotiable,
    keys: &Arc<PskKeys>,
) -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContextBuilder::new(SslMethod::tls_server())?;
    let (tls12, tls13) = (!negotiable.suites.is_empty(), !negotiable.tls13_suites.is_empty());
    context.set_min_proto_version(Some(if tls12 { SslVersion::TLS1_2 } else { SslVersion::TLS1_3 }))?;
    context.set_max_proto_version(Some(if tls13 { SslVersion::TLS1_3 } else { SslVersion::TLS1_2 }))?;
    if tls12 {
        let names: Vec<_> = negotiable.suites.iter().map(|suite| suite.name).collect();
        context.set_cipher_list(&names.join(":"))?;
    }
    if tls13 {
        context.set_ciphersuites(&negotiable.tls13_suites.join(":"))?;
    }
    // A session that is resumed would outlive a key that is taken away, and the key alone is as quick.
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_num_tickets(0)?;
    let mut switches = SslOptions::NO_TICKET | SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION;
    switches.set(SslOptions::CIPHER_SERVER_PREFERENCE, options.honor_cipher_order);
    context.set_options(switches);
    // Only when there is nothing more a read says so, whatever else came between.
    context.set_mode(SslMode::RELEASE_BUFFERS | SslMode::AUTO_RETRY);
    lookup::install(&mut context, Arc::clone(keys))?;
    Ok(context)
}

fn use_certificate(
    context: &mut SslContextBuilder,
    certificate: &RsaCertificate,
    suite: &str,
    files: &mut ReadFiles,
) -> Result<(), TlsError> {
    let file = &certificate.certfile;
    let bad = |error: ErrorStack| TlsError::BadCertificate {
        key: "certfile",
        file: file.clone(),
        number: 1,
        why: error.to_string(),
    };
    let mut chain = X509::stack_from_pem(&file.read("certfile", files)?).map_err(bad)?.into_iter();
    let leaf = chain.next().ok_or_else(|| TlsError::NoCertificate { key: "certfile", file: file.clone() })?;
    if leaf.public_key().map_err(bad)?.id() != Id::RSA {
        let why = format!("its key is not RSA, which {suite} needs; take that suite out or name another certificate");
        return Err(TlsError::BadCertificate { key: "certfile", file: file.clone(), number: 1, why });
    }
    context.set_certificate(&leaf).map_err(bad)?;
    for issuer in chain {
        context.add_extra_chain_cert(issuer).map_err(bad)?;
    }
    let key = read_key(&certificate.keyfile, certificate.password.as_ref(), files)?;
    let is_of_leaf = context.set_private_key(&key).is_ok() && context.check_private_key().is_ok();
    if is_of_leaf {
        Ok(())
    } else {
        let (file, certificate) = (certificate.keyfile.clone(), file.clone());
        Err(TlsError::KeyMismatch { key: "keyfile", file, certificate })
    }
}

fn read_key(file: &PemSource, password: Option<&Password>, files: &mut ReadFiles) -> Result<PKey<Private>, TlsError> {
    let key = "keyfile";
    let pem = file.read(key, files)?;
    // Without a password none is asked for on a terminal: the empty one opens nothing.
    let mut was_asked = false;
    let opened = PKey::private_key_from_pem_callback(&pem, |buffer| {
        was_asked = true;
        let password = password.map(Password::as_bytes).unwrap_or_default();
        let Some(room) = buffer.get_mut(..password.len()) else { return Ok(0) };
        room.copy_from_slice(password);
        Ok(password.len())
    });
    opened.map_err(|error| match (was_asked, password) {
        (true, None) => TlsError::PasswordNeeded { key, file: file.clone() },
        (true, Some(_)) => TlsError::WrongPassword { key, file: file.clone(), why: error.to_string() },
        (false, _) => TlsError::BadPrivateKey { key, file: file.clone(), why: error.to_string() },
    })
}

#[cfg(test)]
#[path = "context/tests.rs"]
mod tests;
