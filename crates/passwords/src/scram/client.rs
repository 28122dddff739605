//! The client's side of an exchange, for those who try a server.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::client_first::text;
use super::preparation::prepare;
use super::{ScramError, ScramMechanism};
use crate::PasswordError;
use crate::pbkdf2_password::check_iterations;

/// The header of a client that neither binds to a channel nor wants to act as another user.
const HEADER: &str = "n,,";

/// A client that knows a password (RFC 5802 §3). The broker has no use for it; those who try one have.
pub struct ScramClient {
    mechanism: ScramMechanism,
    password: Zeroizing<String>,
    first: String,
}

/// The last message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScramClientFinal {
    /// What it sends.
    pub message: String,
    /// What a server answers that knows its keys.
    pub expected: String,
}

impl ScramClient {
    /// A client with this name and password. `nonce` should be random and new: printable ASCII without a comma.
    ///
    /// # Errors
    /// The name or the password is empty, too long or has characters that SASLprep does not allow.
    pub fn new(mechanism: ScramMechanism, username: &str, password: &str, nonce: &str) -> Result<Self, PasswordError> {
        let username = prepare(username)?.replace('=', "=3D").replace(',', "=2C");
        let password = Zeroizing::new(prepare(password)?.into_owned());
        Ok(Self { mechanism, password, first: format!("{HEADER}n={username},r={nonce}") })
    }

    /// `client-first-message`.
    #[must_use]
    pub fn first_message(&self) -> &str {
        &self.first
    }

    /// Answers `server-first-message` (RFC 5802 §7). That the nonce begins with its own is not looked at.
    ///
    /// # Errors
    /// [`ScramError`], where the message is none.
    pub fn final_message(&self, question: &[u8]) -> Result<ScramClientFinal, ScramError> {
        let question = text(question)?;
        let attribute = |name: &'static str| {
            let found = question.split(',').find_map(|attribute| attribute.strip_prefix(name));
            found.ok_or(ScramError::Malformed("an attribute is missing"))
        };
        let salt = STANDARD.decode(attribute("s=")?).map_err(|_| ScramError::Malformed("the salt is none"))?;
        let iterations = attribute("i=")?.parse().ok().filter(|iterations| check_iterations(*iterations).is_ok());
        let iterations = iterations.ok_or(ScramError::Malformed("the number of iterations is none"))?;
        let digest = self.mechanism.digest();
        let salted = digest.pbkdf2(self.password.as_bytes(), &salt, iterations, digest.output_bytes());
        let client_key = digest.hmac(&salted, b"Client Key");
        let without_proof = format!("c={},r={}", STANDARD.encode(HEADER), attribute("r=")?);
        let bare = self.first.strip_prefix(HEADER).unwrap_or_default();
        let signed = format!("{bare},{question},{without_proof}");
        let signature = digest.hmac(&digest.hash(&[&client_key]), signed.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature.iter()).map(|(key, byte)| key ^ byte).collect();
        let server_signature = digest.hmac(&digest.hmac(&salted, b"Server Key"), signed.as_bytes());
        Ok(ScramClientFinal {
            message: format!("{without_proof},p={}", STANDARD.encode(proof)),
            expected: format!("v={}", STANDARD.encode(server_signature)),
        })
    }
}

impl fmt::Debug for ScramClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ScramClient").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The client's messages of RFC 7677 §3.
    #[test]
    fn it_says_what_the_client_of_rfc_7677_says() {
        let client =
            ScramClient::new(ScramMechanism::Sha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO").expect("a client");
        assert_eq!(client.first_message(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let question = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let last = client.final_message(question).expect("an answer");
        assert_eq!(
            last.message,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(last.expected, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        for bad in [&b""[..], b"r=a,s=!,i=1", b"r=a,s=QQ==,i=0", b"r=a,s=QQ==,i=4294967295", b"r=a,i=1", b"\xff"] {
            assert!(client.final_message(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_are_prepared_and_encoded() {
        let client = ScramClient::new(ScramMechanism::Sha512, "a=b,\u{ad}c", "x", "n").expect("a client");
        assert_eq!(client.first_message(), "n,,n=a=3Db=2Cc,r=n");
        assert!(ScramClient::new(ScramMechanism::Sha512, "", "x", "n").is_err());
    }
}
