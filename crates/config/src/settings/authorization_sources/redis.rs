//! `redis`: rules in a Redis.

use crate::rule::filled_text;
use crate::section::Section;
use crate::settings::back_end::{RedisServers, check_name_template};
use dunlin_auth_backend::sql::Purpose;

/// `redis`: rules in a Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// How it is reached.
    pub servers: RedisServers,
    /// `cmd`: `HGETALL` and a key with placeholders: `HGETALL mqtt_acl:${username}`.
    pub cmd: String,
}

impl Redis {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        check_name_template(entry, "cmd", Purpose::Authorization);
        let cmd = entry.required("cmd", &filled_text());
        let servers = RedisServers::read(entry)?;
        Some(Self { servers, cmd: cmd? })
    }
}
