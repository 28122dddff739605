//! The back end against real servers of Redis: one, behind sentinels, in a cluster, over TLS, and while they fail.

mod cluster;
mod outages;
mod rules;
mod sentinels;
mod setting;
mod tls;
mod users;
