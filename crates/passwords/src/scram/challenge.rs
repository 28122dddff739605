//! The server's question to a client, and the check of its answer.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::client_first::{is_printable, text};
use super::{ScramCredentials, ScramError};

/// The shortest nonce of a server.
pub const MIN_NONCE_BYTES: usize = 16;

/// The server's question to a client: send [`message`](Self::message), and give what comes back to
/// [`finish`](Self::finish).
pub struct ScramChallenge {
    credentials: ScramCredentials,
    header: String,
    /// Both nonces.
    nonce: String,
    message: String,
    /// The start of what is signed: the client's first message and this one.
    signed: String,
}

impl ScramChallenge {
    pub(super) fn new(
        credentials: ScramCredentials,
        header: String,
        client_first_bare: &str,
        client_nonce: &str,
        server_nonce: &str,
    ) -> Result<Self, ScramError> {
        if server_nonce.len() < MIN_NONCE_BYTES || !is_printable(server_nonce) {
            return Err(ScramError::ServerNonce);
        }
        let nonce = format!("{client_nonce}{server_nonce}");
        let salt = STANDARD.encode(credentials.salt());
        let message = format!("r={nonce},s={salt},i={}", credentials.iterations());
        let signed = format!("{client_first_bare},{message},");
        Ok(Self { credentials, header, nonce, message, signed })
    }

    /// The server's `server-first-message`.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Checks `client-final-message` (RFC 5802 §7) and answers with the server's own proof, `v=…`.
    ///
    /// # Errors
    /// [`ScramError::Proof`] if the client does not know the password, others if the message is none of this exchange.
    pub fn finish(self, message: &[u8]) -> Result<String, ScramError> {
        let message = text(message)?;
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(ScramError::Malformed("no proof"))?;
        self.check_attributes(without_proof)?;
        let proof = Zeroizing::new(STANDARD.decode(proof).map_err(|_| ScramError::Malformed("the proof is none"))?);
        let digest = self.credentials.mechanism().digest();
        let signed = format!("{}{without_proof}", self.signed);
        let signature = digest.hmac(self.credentials.stored_key(), signed.as_bytes());
        if proof.len() != signature.len() {
            return Err(ScramError::Proof);
        }
        let client_key: Zeroizing<Vec<u8>> =
            Zeroizing::new(proof.iter().zip(signature.iter()).map(|(proof, signature)| proof ^ signature).collect());
        if !bool::from(digest.hash(&[&client_key]).ct_eq(self.credentials.stored_key())) {
            return Err(ScramError::Proof);
        }
        Ok(format!("v={}", STANDARD.encode(digest.hmac(self.credentials.server_key(), signed.as_bytes()))))
    }

    /// `c=header,r=nonce` and extensions, which are skipped.
    fn check_attributes(&self, without_proof: &str) -> Result<(), ScramError> {
        let mut attributes = without_proof.split(',');
        let mut next = || attributes.next().unwrap_or_default();
        let first = next();
        if first.starts_with("m=") {
            return Err(ScramError::Extension);
        }
        let binding = first.strip_prefix("c=").ok_or(ScramError::Malformed("no channel binding"))?;
        let binding = STANDARD.decode(binding).map_err(|_| ScramError::Malformed("the channel binding is none"))?;
        if binding != self.header.as_bytes() {
            return Err(ScramError::ChannelBindingChanged);
        }
        let nonce = next().strip_prefix("r=").ok_or(ScramError::Malformed("no nonce"))?;
        if nonce == self.nonce { Ok(()) } else { Err(ScramError::Nonce) }
    }
}

impl fmt::Debug for ScramChallenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScramChallenge").field("message", &self.message).finish_non_exhaustive()
    }
}
