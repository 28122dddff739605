//! What keeps a listener from being started, before it listens.

use super::HTTPS;
use dunlin_tls::{SelfSignedError, TlsError};
use std::io;
use std::path::PathBuf;

/// What keeps a listener from being started: one line, with the key of the configuration that it is about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListeningError {
    /// Its options or its certificates are not right.
    #[error("{}.ssl_options.{source}", place_of(listener))]
    Tls {
        /// `ssl:default`.
        listener: String,
        /// What is wrong.
        source: TlsError,
    },
    /// The password of a key is in a file that cannot be read.
    #[error(
        "{}.ssl_options.{key}: {} cannot be read: {source}; check the path, and that the user the broker runs as may \
         read it",
        place_of(listener),
        file.display()
    )]
    Password {
        /// `ssl:default`.
        listener: String,
        /// The key that names the file.
        key: String,
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It names no certificate, and none could be made in its place.
    #[error(
        "{}.ssl_options.certfile is not set, and no self-signed certificate for testing can be made: {source}",
        place_of(listener)
    )]
    SelfSigned {
        /// `ssl:default`.
        listener: String,
        /// Why not.
        source: SelfSignedPairError,
    },
    /// The pre-shared keys cannot be read.
    #[cfg(feature = "psk")]
    #[error("psk_authentication.{0}")]
    Keys(dunlin_tls_psk::KeyFileError),
    /// Only QUIC asks for this.
    #[error("{} is not a quic listener", place_of(listener))]
    NotQuic {
        /// `ssl:default`.
        listener: String,
    },
}

/// Why there is no self-signed certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelfSignedPairError {
    /// It cannot be written.
    #[error("{}: {source}", file.display())]
    File {
        /// The file or the folder.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It cannot be generated.
    #[error(transparent)]
    Generate(#[from] SelfSignedError),
}

/// `listeners.ssl.default` for `ssl:default`: the listener's place in the configuration. The API has one, too.
fn place_of(listener: &str) -> String {
    match listener {
        HTTPS => "dashboard.listeners.https".to_owned(),
        _ => format!("listeners.{}", listener.replacen(':', ".", 1)),
    }
}
