//! What an error of QUIC says about a handshake that failed.

use dunlin_tls::{AlertDescription, HandshakeFailure, alert_word};
use quinn::{ConnectionError, TransportErrorCode};

/// Why a handshake failed, in the words that TLS over TCP uses too.
pub(crate) fn handshake_failure(error: ConnectionError) -> HandshakeFailure {
    let (server, client) = (HandshakeFailure::server, HandshakeFailure::client);
    match error {
        ConnectionError::TransportError(refusal) => match alert(refusal.code) {
            Some(alert) => server(narrower_word(alert, &refusal.reason), refusal.reason),
            None => server(transport_word(refusal.code), refusal.to_string()),
        },
        ConnectionError::ConnectionClosed(close) => match alert(close.error_code) {
            Some(alert) => HandshakeFailure::alert_received(alert),
            None => client("closed", close.to_string()),
        },
        ConnectionError::ApplicationClosed(close) => client("closed", close.to_string()),
        ConnectionError::Reset => client("closed", "the client has forgotten the connection".into()),
        ConnectionError::TimedOut => client("timeout", "the client fell silent during the handshake".into()),
        ConnectionError::VersionMismatch => {
            server("protocol_version", "the client speaks no version of QUIC known here".into())
        }
        ConnectionError::LocallyClosed => server("closed", "the listener is closing".into()),
        ConnectionError::CidsExhausted => server("internal_error", "no connection id is free".into()),
    }
}

/// The TLS alert in a transport error, RFC 9001 §4.8.
fn alert(code: TransportErrorCode) -> Option<AlertDescription> {
    let code = u64::from(code);
    (code & !0xFF == 0x100).then(|| AlertDescription::from((code & 0xFF) as u8))
}

/// Errors of QUIC itself, RFC 9000 §20.1.
fn transport_word(code: TransportErrorCode) -> &'static str {
    match code {
        TransportErrorCode::CONNECTION_REFUSED => "connection_refused",
        TransportErrorCode::TRANSPORT_PARAMETER_ERROR => "transport_parameter_error",
        TransportErrorCode::INVALID_TOKEN => "invalid_token",
        TransportErrorCode::INTERNAL_ERROR => "internal_error",
        _ => "protocol_violation",
    }
}

/// Where one alert stands for many reasons, the TLS library's sentence tells them apart.
fn narrower_word(alert: AlertDescription, reason: &str) -> &'static str {
    match alert {
        AlertDescription::UnknownCA if reason.contains("UnknownRevocationStatus") => "bad_certificate",
        AlertDescription::HandshakeFailure if reason.contains("NoCipherSuitesInCommon") => "no_suitable_cipher",
        _ => alert_word(alert),
    }
}
