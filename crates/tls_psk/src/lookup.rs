//! What came of looking for a client's key. OpenSSL asks from within a handshake, and says later only that it failed.

use crate::keys::PskKeys;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{Ssl, SslContextBuilder, SslRef};
use std::sync::{Arc, OnceLock};

/// Bytes of an identity that go into a log.
const SHOWN_BYTES_MAX: usize = 64;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// There is a key for this identity, as it may be shown.
    Known(String),
    /// There is none.
    Unknown(String),
}

/// Lets OpenSSL look for keys in `keys`.
pub(crate) fn install(context: &mut SslContextBuilder, keys: Arc<PskKeys>) -> Result<(), ErrorStack> {
    let index = index()?;
    context.set_psk_server_callback(move |ssl, identity, buffer| {
        let identity = identity.unwrap_or_default();
        let count = keys.copy_secret(identity, buffer);
        let shown = shown(identity);
        ssl.set_ex_data(index, if count.is_some() { Lookup::Known(shown) } else { Lookup::Unknown(shown) });
        // None at all is how an unknown identity is said.
        Ok(count.unwrap_or(0))
    });
    Ok(())
}

/// The last look that was taken for this connection.
pub(crate) fn of(ssl: &SslRef) -> Option<&Lookup> {
    ssl.ex_data(index().ok()?)
}

/// Where connections keep it; the same place for all of them.
fn index() -> Result<Index<Ssl, Lookup>, ErrorStack> {
    static INDEX: OnceLock<Index<Ssl, Lookup>> = OnceLock::new();
    match INDEX.get() {
        Some(index) => Ok(*index),
        None => {
            let made = Ssl::new_ex_index()?;
            Ok(*INDEX.get_or_init(|| made))
        }
    }
}

/// An identity comes from outside: it is clipped, and nothing in it can be mistaken for the line around it.
fn shown(identity: &[u8]) -> String {
    let clipped = identity.get(..SHOWN_BYTES_MAX);
    format!("{:?}{}", String::from_utf8_lossy(clipped.unwrap_or(identity)), if clipped.is_some() { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_shown_in_one_short_line() {
        assert_eq!(shown(b"client1"), "\"client1\"");
        assert_eq!(shown(b"a\nb\xff\""), "\"a\\nb\u{fffd}\\\"\"");
        assert_eq!(shown(&[b'x'; 300]).chars().count(), 64 + 3);
    }
}
