//! SCRAM (RFC 5802, RFC 7677), the server's side and, for those who try it, the client's: a map of the files below.
//!
//! ```text
//! client                                   server
//! n,,n=user,r=NONCE           ------>      ScramClientFirst::parse    who is it? look up ScramCredentials
//!                             <------      ScramClientFirst::challenge  r=NONCE…,s=SALT,i=4096
//! c=biws,r=NONCE…,p=PROOF     ------>      ScramChallenge::finish
//!                             <------      v=SIGNATURE
//! ```

mod challenge;
mod client;
mod client_first;
mod credentials;
mod error;
mod mechanism;
mod preparation;

#[cfg(test)]
mod tests;

pub use challenge::{MIN_NONCE_BYTES, ScramChallenge};
pub use client::{ScramClient, ScramClientFinal};
pub use client_first::{MAX_SCRAM_MESSAGE_BYTES, ScramClientFirst};
pub use credentials::ScramCredentials;
pub use error::ScramError;
pub use mechanism::ScramMechanism;
