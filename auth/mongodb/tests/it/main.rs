//! The back end against a real server of MongoDB's protocol: users, rules, logins, TLS, and while it fails.

mod outages;
mod rules;
mod setting;
mod tls;
mod users;
