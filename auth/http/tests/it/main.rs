//! The authenticators and the source against a web service on Python's HTTP server.

mod failures;
mod hostile;
mod logins;
mod rules;
mod scram;
mod service;
mod tokens;
