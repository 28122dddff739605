//! The authenticator against tokens that PyJWT made, and key sets that Python's web server publishes.

mod claims;
mod endpoint;
mod mint;
mod signatures;
