//! The first message of a client: who it is.

use super::preparation::prepare;
use super::{ScramChallenge, ScramCredentials, ScramError};

/// The longest message that is read: MQTT's Authentication Data is binary data (MQTT 5.0 §1.5.6).
pub const MAX_SCRAM_MESSAGE_BYTES: usize = 65_535;

/// The first message of a client, read. The exchange goes on with [`challenge`](Self::challenge).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScramClientFirst {
    username: String,
    nonce: String,
    /// `n,,` or its like: comes back in the last message.
    header: String,
    /// The message without the header: part of what is signed.
    bare: String,
}

impl ScramClientFirst {
    /// Reads `client-first-message` (RFC 5802 §7). A wish to act as another user is refused, as is channel binding.
    pub fn parse(message: &[u8]) -> Result<Self, ScramError> {
        let message = text(message)?;
        let (flag, rest) = message.split_once(',').ok_or(ScramError::Malformed("no header"))?;
        match flag {
            // `y`: the client could bind to the channel and thinks that the server cannot, which is so.
            "n" | "y" => {}
            _ if flag.starts_with("p=") => return Err(ScramError::ChannelBinding),
            _ => return Err(ScramError::Malformed("the header is none")),
        }
        let (identity, bare) = rest.split_once(',').ok_or(ScramError::Malformed("no header"))?;
        let (username, nonce) = parse_bare(bare)?;
        match identity.strip_prefix("a=") {
            Some(identity) if decode_name(identity)? == username => {}
            Some(_) => return Err(ScramError::AuthorizationIdentity),
            None if identity.is_empty() => {}
            None => return Err(ScramError::Malformed("the header is none")),
        }
        let header = message.strip_suffix(bare).unwrap_or_default().to_owned();
        Ok(Self { username, nonce, header, bare: bare.to_owned() })
    }

    /// The name, decoded and prepared.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// What the server answers. `server_nonce` must be random and new: printable ASCII without a comma, at least
    /// [`MIN_NONCE_BYTES`](super::MIN_NONCE_BYTES).
    ///
    /// # Errors
    /// [`ScramError::ServerNonce`].
    pub fn challenge(self, credentials: ScramCredentials, server_nonce: &str) -> Result<ScramChallenge, ScramError> {
        ScramChallenge::new(credentials, self.header, &self.bare, &self.nonce, server_nonce)
    }
}

/// `n=name,r=nonce` and extensions, which are skipped.
fn parse_bare(bare: &str) -> Result<(String, String), ScramError> {
    let mut attributes = bare.split(',');
    let mut next = || attributes.next().unwrap_or_default();
    let first = next();
    if first.starts_with("m=") {
        return Err(ScramError::Extension);
    }
    let name = first.strip_prefix("n=").ok_or(ScramError::Malformed("no name"))?;
    let nonce = next().strip_prefix("r=").ok_or(ScramError::Malformed("no nonce"))?;
    if nonce.is_empty() || !is_printable(nonce) {
        return Err(ScramError::Malformed("the nonce is none"));
    }
    Ok((decode_name(name)?, nonce.to_owned()))
}

/// `=2C` and `=3D` stand for comma and equals sign.
fn decode_name(encoded: &str) -> Result<String, ScramError> {
    let mut parts = encoded.split('=');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (character, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            (None, None) => return Err(ScramError::Username),
        };
        name.push(character);
        name.push_str(rest);
    }
    prepare(&name).map(std::borrow::Cow::into_owned).map_err(|_| ScramError::Username)
}

pub(super) fn text(message: &[u8]) -> Result<&str, ScramError> {
    if message.len() > MAX_SCRAM_MESSAGE_BYTES {
        return Err(ScramError::Encoding);
    }
    std::str::from_utf8(message).ok().filter(|text| !text.contains('\0')).ok_or(ScramError::Encoding)
}

/// `printable` of RFC 5802 §7.
pub(super) fn is_printable(nonce: &str) -> bool {
    nonce.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}
