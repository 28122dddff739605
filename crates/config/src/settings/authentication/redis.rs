//! `password_based:redis`: users in a Redis.

use super::password_hash::read_password_hash;
use crate::rule::filled_text;
use crate::section::Section;
use crate::settings::back_end::{RedisServers, check_name_template};
use dunlin_auth_backend::sql::Purpose;
use dunlin_passwords::Algorithm;

/// `password_based:redis`: users in a Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// How it is reached.
    pub servers: RedisServers,
    /// `cmd`: `HGET` or `HMGET`, a key with placeholders, and fields: `HMGET mqtt_user:${username} password_hash salt`.
    pub cmd: String,
    /// `password_hash_algorithm`, default `sha256` with the salt in front.
    pub password_hash_algorithm: Algorithm,
}

impl Redis {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        check_name_template(entry, "cmd", Purpose::Authentication);
        let cmd = entry.required("cmd", &filled_text());
        let password_hash_algorithm = read_password_hash(entry);
        let servers = RedisServers::read(entry)?;
        Some(Self { servers, cmd: cmd?, password_hash_algorithm })
    }
}
