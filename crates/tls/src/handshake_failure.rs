//! Why a handshake failed, in the words operators search for, and who refused.

use crate::certificate_refusal::{incompatible, narrower_word, sentence};
use rustls::{AlertDescription, Error, InvalidMessage};
use std::fmt;

/// Bytes in front of a connection that tell what speaks: the header of a record, that of a handshake message, and the version
/// in it.
pub(crate) const FIRST_BYTES: usize = 11;

/// More of a sentence is not kept: names in a client's certificate can be of any length.
const DETAIL_BYTES_MAX: usize = 400;

/// A handshake that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeFailure {
    /// The name of the alert as OpenSSL and Erlang write it, such as `certificate_expired` or `unknown_ca`; where one alert
    /// stands for many reasons, a narrower word: `no_suitable_cipher`, `not_tls`, `closed`.
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
    /// The broker refused.
    #[must_use]
    pub fn server(word: &'static str, mut detail: String) -> Self {
        detail.truncate(detail.floor_char_boundary(DETAIL_BYTES_MAX));
        Self { word, side: Side::Server, detail }
    }

    /// The client refused, or went away.
    #[must_use]
    pub fn client(word: &'static str, detail: String) -> Self {
        Self { word, side: Side::Client, detail }
    }

    /// The client refused with an alert.
    #[must_use]
    pub fn alert_received(alert: AlertDescription) -> Self {
        Self::client(alert_word(alert), "the client sent this alert".into())
    }

    /// What a library's error means. `first_bytes` are the first the client sent; `lacks_suite`: none of the cipher suites it offers is
    /// one of the listener's.
    pub(crate) fn from_error(error: &Error, first_bytes: &[u8], lacks_suite: bool) -> Self {
        let server = Self::server;
        if let Some(not_tls) = Self::not_tls(first_bytes) {
            return not_tls;
        }
        match error {
            Error::AlertReceived(alert) => Self::alert_received(*alert),
            Error::InvalidCertificate(reason) => {
                let word = narrower_word(reason).unwrap_or_else(|| alert_word(AlertDescription::from(reason.clone())));
                server(word, sentence(reason))
            }
            Error::NoCertificatesPresented => server(
                "certificate_required",
                "the client showed no certificate, and fail_if_no_peer_cert is set".into(),
            ),
            // What an old client lacks is missed before its version is looked at.
            Error::PeerIncompatible(_) if is_old_hello(first_bytes) => {
                server("protocol_version", "the client knows nothing newer than TLS 1.1".into())
            }
            Error::PeerIncompatible(reason) => {
                let (word, detail) = incompatible(reason, lacks_suite);
                server(word, detail)
            }
            Error::PeerMisbehaved(_) => server("illegal_parameter", error.to_string()),
            Error::DecryptError => server("bad_record_mac", error.to_string()),
            Error::PeerSentOversizedRecord => server("record_overflow", error.to_string()),
            Error::NoApplicationProtocol => server("no_application_protocol", error.to_string()),
            Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
                server("unexpected_message", error.to_string())
            }
            Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => {
                server("protocol_version", error.to_string())
            }
            Error::InvalidMessage(_) => server("decode_error", error.to_string()),
            _ => server("internal_error", error.to_string()),
        }
    }

    /// What the first bytes of a client mean that are not TLS; `None` for TLS, and for no bytes at all.
    #[must_use]
    pub fn not_tls(first_bytes: &[u8]) -> Option<Self> {
        what_speaks(first_bytes).map(|detail| Self::server("not_tls", detail.into()))
    }

    /// The client went away in the middle.
    #[must_use]
    pub fn closed() -> Self {
        Self::client("closed", "the client closed the connection during the handshake".into())
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

/// What is on the line when it is not TLS; a TLS record with a handshake or an alert starts with its type and a 3.
fn what_speaks(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x15 | 0x16, 3, ..] | [] | [0x15 | 0x16] => None,
        [0x10, ..] => Some("the client speaks MQTT without TLS"),
        [b'A'..=b'Z', b'A'..=b'Z', ..] => Some("the client speaks HTTP or another text protocol without TLS"),
        _ => Some("what the client sent is not TLS"),
    }
}

/// Whether a ClientHello comes from before TLS 1.2: its `legacy_version` is the newest it knows then, RFC 5246 §7.4.1.2.
fn is_old_hello(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16, 3, _, _, _, 1, _, _, _, 3, 0..=2])
}

/// The name of an alert as OpenSSL and Erlang write it, RFC 8446 §6.
#[must_use]
pub fn alert_word(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CloseNotify => "close_notify",
        AlertDescription::UnexpectedMessage => "unexpected_message",
        AlertDescription::BadRecordMac => "bad_record_mac",
        AlertDescription::DecryptionFailed => "decryption_failed",
        AlertDescription::RecordOverflow => "record_overflow",
        AlertDescription::DecompressionFailure => "decompression_failure",
        AlertDescription::HandshakeFailure => "handshake_failure",
        AlertDescription::NoCertificate => "no_certificate",
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
        AlertDescription::NoRenegotiation => "no_renegotiation",
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
