//! Why a handshake failed, in the words operators search for, and who refused.

use quinn::{ConnectionError, TransportErrorCode};
use rustls::AlertDescription;
use std::fmt;

/// A handshake that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeFailure {
    /// The name of the alert as OpenSSL and Erlang write it, such as `certificate_expired` or `unknown_ca`; or, where there was
    /// none, `closed`, `timeout`, `protocol_violation` and the like.
    pub word: &'static str,
    /// Who refused.
    pub side: Side,
    /// A sentence about it.
    pub detail: String,
}

/// One of the two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The broker refused.
    Server,
    /// The client refused, or went away.
    Client,
}

impl HandshakeFailure {
    pub(crate) fn server(word: &'static str, detail: impl Into<String>) -> Self {
        Self { word, side: Side::Server, detail: detail.into() }
    }

    fn client(word: &'static str, detail: impl Into<String>) -> Self {
        Self { word, side: Side::Client, detail: detail.into() }
    }
}

impl From<ConnectionError> for HandshakeFailure {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::TransportError(refusal) => match alert(refusal.code) {
                Some(alert) => Self::server(narrower_word(alert, &refusal.reason), refusal.reason),
                None => Self::server(transport_word(refusal.code), refusal.to_string()),
            },
            ConnectionError::ConnectionClosed(close) => match alert(close.error_code) {
                Some(alert) => Self::client(alert_word(alert), "the client sent this alert"),
                None => Self::client("closed", close.to_string()),
            },
            ConnectionError::ApplicationClosed(close) => Self::client("closed", close.to_string()),
            ConnectionError::Reset => Self::client("closed", "the client has forgotten the connection"),
            ConnectionError::TimedOut => Self::client("timeout", "the client fell silent during the handshake"),
            ConnectionError::VersionMismatch => {
                Self::server("protocol_version", "the client speaks no version of QUIC known here")
            }
            ConnectionError::LocallyClosed => Self::server("closed", "the listener is closing"),
            ConnectionError::CidsExhausted => Self::server("internal_error", "no connection id is free"),
        }
    }
}

impl Side {
    /// The word for logs: `server` or `client`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

impl fmt::Display for HandshakeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (refused by the {}): {}", self.word, self.side.as_str(), self.detail)
    }
}

impl std::error::Error for HandshakeFailure {}

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

/// The name of an alert TLS 1.3 can send, RFC 8446 §6.
fn alert_word(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CloseNotify => "close_notify",
        AlertDescription::UnexpectedMessage => "unexpected_message",
        AlertDescription::BadRecordMac => "bad_record_mac",
        AlertDescription::RecordOverflow => "record_overflow",
        AlertDescription::HandshakeFailure => "handshake_failure",
        AlertDescription::BadCertificate => "bad_certificate",
        AlertDescription::UnsupportedCertificate => "unsupported_certificate",
        AlertDescription::CertificateRevoked => "certificate_revoked",
        AlertDescription::CertificateExpired => "certificate_expired",
        AlertDescription::CertificateUnknown => "certificate_unknown",
        AlertDescription::IllegalParameter => "illegal_parameter",
        AlertDescription::UnknownCA => "unknown_ca",
        AlertDescription::AccessDenied => "access_denied",
        AlertDescription::DecodeError => "decode_error",
        AlertDescription::DecryptError => "decrypt_error",
        AlertDescription::ProtocolVersion => "protocol_version",
        AlertDescription::InsufficientSecurity => "insufficient_security",
        AlertDescription::InternalError => "internal_error",
        AlertDescription::InappropriateFallback => "inappropriate_fallback",
        AlertDescription::UserCanceled => "user_canceled",
        AlertDescription::MissingExtension => "missing_extension",
        AlertDescription::UnsupportedExtension => "unsupported_extension",
        AlertDescription::UnrecognisedName => "unrecognized_name",
        AlertDescription::BadCertificateStatusResponse => "bad_certificate_status_response",
        AlertDescription::UnknownPSKIdentity => "unknown_psk_identity",
        AlertDescription::CertificateRequired => "certificate_required",
        AlertDescription::NoApplicationProtocol => "no_application_protocol",
        _ => "unknown_alert",
    }
}
