//! Questions over HTTP/1.1 to one server, for back ends that are asked over HTTP.
//!
//! - [`Origin`]: where the server is.
//! - [`HttpClient`]: asks it. As many connections as questions at a time, kept for the next ones.
//! - [`Answer`]: status, content type and body, none of them larger than agreed.
//!
//! What is deliberately absent: redirects are not followed (an answer must come from the server that was configured, and
//! credentials must not travel elsewhere), proxies of the environment are not used, bodies are not decompressed, cookies are not
//! kept, and HTTP/2 is not spoken.

mod answer;
mod client;
mod connection;
mod origin;

pub use answer::Answer;
pub use client::{HttpClient, HttpClientSettings};
pub use origin::{Origin, OriginError, origin_form};

pub use bytes::Bytes;
pub use http;
