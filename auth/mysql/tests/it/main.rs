//! With a real MariaDB server: who comes in, which rules count, and what happens when the server does not do what it should.

mod authentication;
mod authorization;
mod outages;
#[path = "../../../backend/scenarios/sql.rs"]
mod scenarios;
mod server;
mod tls;
