//! Why a handshake failed, in the words that certificates fail in too.

use crate::lookup::Lookup;
use dunlin_tls::{AlertDescription, HandshakeFailure, alert_word};
use openssl::ssl;

/// Reasons that OpenSSL's errors have for alerts of the peer begin here: `SSL_AD_REASON_OFFSET`.
const ALERT_REASONS: i32 = 1000;

/// `SSL_R_NO_SHARED_CIPHER`: TLS 1.2 without a suite for keys.
const NO_SHARED_CIPHER: i32 = 193;

/// `SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM`: TLS 1.3 without a key, so that there had to be a certificate.
const NO_SIGNATURE: i32 = 118;

/// `SSL_R_BINDER_DOES_NOT_VERIFY`: TLS 1.3 with another key. OpenSSL 3.0 sends `illegal_parameter` then, later ones what RFC 8446
/// §6.2 has for it, and there is one word for both here.
const BINDER_DOES_NOT_VERIFY: i32 = 253;

/// What an error in the handshake means. `sent` ends with the alert for the client, if there is one; the handshake fails before
/// anything of it is encrypted.
pub(crate) fn handshake_failure(error: &ssl::Error, lookup: Option<&Lookup>, sent: &[u8]) -> HandshakeFailure {
    let reason = error.ssl_error().and_then(|stack| stack.errors().last());
    let code = reason.map_or(0, openssl::error::Error::reason_code);
    if let Some(alert) = code.checked_sub(ALERT_REASONS).and_then(|alert| u8::try_from(alert).ok()) {
        return HandshakeFailure::alert_received(AlertDescription::from(alert));
    }
    let said = reason.and_then(openssl::error::Error::reason).unwrap_or("it gives no reason");
    let alert = alert_in(sent).map(AlertDescription::from);
    match (lookup, alert) {
        (Some(Lookup::Unknown(identity)), _) => HandshakeFailure::server(
            alert_word(AlertDescription::UnknownPSKIdentity),
            format!("there is no key for the identity {identity}"),
        ),
        (Some(Lookup::Known(identity)), Some(alert)) => HandshakeFailure::server(
            alert_word(if code == BINDER_DOES_NOT_VERIFY { AlertDescription::DecryptError } else { alert }),
            format!("the client's key for the identity {identity} is probably another one: {said}"),
        ),
        (None, _) if code == NO_SHARED_CIPHER => HandshakeFailure::server(
            "no_suitable_cipher",
            "the client offers no cipher suite with a pre-shared key that is spoken here".into(),
        ),
        (None, Some(alert)) if code == NO_SIGNATURE => HandshakeFailure::server(
            alert_word(alert),
            "the client offers no pre-shared key, and nothing else is spoken here".into(),
        ),
        (_, Some(alert)) => HandshakeFailure::server(alert_word(alert), said.into()),
        (_, None) => HandshakeFailure::server("internal_error", said.into()),
    }
}

/// The number of the alert in the last record, RFC 8446 §6.
fn alert_in(sent: &[u8]) -> Option<u8> {
    match sent.last_chunk::<7>()? {
        [21, 3, _, 0, 2, _, alert] => Some(*alert),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alert_is_the_last_record() {
        assert_eq!(alert_in(b"\x16\x03\x03\0\x01\x02\x15\x03\x03\0\x02\x02\x28"), Some(40));
        assert_eq!(alert_in(b"\x17\x03\x03\0\x02\x02\x28"), None);
        assert_eq!(alert_in(b"\x02\x28"), None);
    }
}
