//! TLS with pre-shared keys (RFC 4279, RFC 8446 §2.2) for non-blocking sockets, beside the certificates of `dunlin_tls`.
//!
//! * [`PskKeys`] is the file of keys that clients and the broker share, read anew when it changes.
//! * [`PskContext`] is what new connections of a listener start from; it also tells by a client's first bytes whether that client
//!   wants a pre-shared key at all ([`Greeting`]), so that a listener can serve clients with certificates too.
//! * [`PskStream`] is the server's side of one connection, for an event loop with edge-triggered readiness. It blocks never, and
//!   gives back its buffers while it is idle.
//!
//! Built on OpenSSL, because rustls knows no external pre-shared keys. Without the feature `openssl` this crate is empty. It
//! knows no event loop, no runtime and no thread.

#![cfg(feature = "openssl")]

mod cipher_list;
mod client_hello;
mod context;
mod failure;
mod key_file;
mod keys;
mod lookup;
mod memory;
mod options;
mod stream;

pub use cipher_list::is_psk_suite;
pub use client_hello::Greeting;
pub use context::{PskBeginning, PskContext};
pub use key_file::KeyFileError;
pub use keys::PskKeys;
pub use options::{PskOptions, RsaCertificate};
pub use stream::PskStream;
