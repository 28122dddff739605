//! TLS from outside: streams in memory, the OpenSSL command line tools over the loopback, files that change.
#![allow(clippy::unwrap_used, reason = "a test that panics says where, in its helper functions too")]

mod loading;
mod mutations;
mod openssl;
mod refusals;
mod reload;
mod server_certificates;
mod sessions;
mod streams;
mod support;
mod version_one;
