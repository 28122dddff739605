//! `authentication`, of the node or of one listener: who is asked whether a client may come in, and in what order.

mod built_in_database;
mod client_info;
mod http;
mod jwt;
mod ldap;
mod mechanism;
mod mongodb;
mod mysql;
mod password_hash;
mod postgresql;
mod redis;
mod scram;

pub use built_in_database::{BootstrapPasswords, BuiltInDatabase, UserIdType};
pub use client_info::ClientInfo;
pub use http::Http;
pub use jwt::{Jwt, JwtEndpoint, JwtKeys, OnToken, TokenField};
pub use ldap::{Ldap, LdapMethod};
pub use mongodb::Mongodb;
pub use mysql::Mysql;
pub use postgresql::Postgresql;
pub use redis::Redis;
pub use scram::{ScramBuiltInDatabase, ScramHttp};

use super::access_entry::{AccessEntry, EntryKind, read_entries};
use crate::section::Section;
use mechanism::Backend;

/// An entry of `authentication`.
pub type Authenticator = AccessEntry<AuthenticatorKind>;

/// Who is asked: `mechanism` and `backend` of an authenticator.
#[derive(Clone, Debug, PartialEq)]
pub enum AuthenticatorKind {
    /// `password_based:built_in_database`.
    BuiltInDatabase(BuiltInDatabase),
    /// `password_based:mysql`.
    Mysql(Box<Mysql>),
    /// `password_based:postgresql`.
    Postgresql(Box<Postgresql>),
    /// `password_based:mongodb`.
    Mongodb(Box<Mongodb>),
    /// `password_based:redis`.
    Redis(Box<Redis>),
    /// `password_based:ldap`.
    Ldap(Box<Ldap>),
    /// `password_based:http`.
    Http(Box<Http>),
    /// `jwt`.
    Jwt(Box<Jwt>),
    /// `scram:built_in_database`.
    ScramBuiltInDatabase(ScramBuiltInDatabase),
    /// `scram:http`.
    ScramHttp(Box<ScramHttp>),
    /// `cinfo`.
    ClientInfo(ClientInfo),
}

impl EntryKind for AuthenticatorKind {
    const KEY: &'static str = "mechanism";

    fn name(&self) -> &'static str {
        match self {
            Self::BuiltInDatabase(_) => "password_based:built_in_database",
            Self::Mysql(_) => "password_based:mysql",
            Self::Postgresql(_) => "password_based:postgresql",
            Self::Mongodb(_) => "password_based:mongodb",
            Self::Redis(_) => "password_based:redis",
            Self::Ldap(_) => "password_based:ldap",
            Self::Http(_) => "password_based:http",
            Self::Jwt(_) => "jwt",
            Self::ScramBuiltInDatabase(_) => "scram:built_in_database",
            Self::ScramHttp(_) => "scram:http",
            Self::ClientInfo(_) => "cinfo",
        }
    }

    /// Keys of tokens are fetched when it is time, and no other time would find out more.
    fn has_back_end(&self) -> bool {
        match self {
            Self::Mysql(_)
            | Self::Postgresql(_)
            | Self::Mongodb(_)
            | Self::Redis(_)
            | Self::Ldap(_)
            | Self::Http(_)
            | Self::ScramHttp(_) => true,
            Self::BuiltInDatabase(_) | Self::Jwt(_) | Self::ScramBuiltInDatabase(_) | Self::ClientInfo(_) => false,
        }
    }

    fn read(entry: &mut Section<'_>) -> Option<Self> {
        let Some(backend) = Backend::read(entry) else {
            // Nobody knows what may stand here.
            entry.take_entries();
            return None;
        };
        Self::of_backend(backend, entry)
    }
}

impl AuthenticatorKind {
    fn of_backend(backend: Backend, entry: &mut Section<'_>) -> Option<Self> {
        Some(match backend {
            Backend::BuiltInDatabase => Self::BuiltInDatabase(BuiltInDatabase::read(entry)),
            Backend::Mysql => Self::Mysql(Box::new(Mysql::read(entry)?)),
            Backend::Postgresql => Self::Postgresql(Box::new(Postgresql::read(entry)?)),
            Backend::Mongodb => Self::Mongodb(Box::new(Mongodb::read(entry)?)),
            Backend::Redis => Self::Redis(Box::new(Redis::read(entry)?)),
            Backend::Ldap => Self::Ldap(Box::new(Ldap::read(entry)?)),
            Backend::LdapBind => Self::Ldap(Box::new(Ldap::read_bind(entry)?)),
            Backend::Http => Self::Http(Box::new(Http::read(entry)?)),
            Backend::Jwt => Self::Jwt(Box::new(Jwt::read(entry)?)),
            Backend::ScramBuiltInDatabase => Self::ScramBuiltInDatabase(ScramBuiltInDatabase::read(entry)),
            Backend::ScramHttp => Self::ScramHttp(Box::new(ScramHttp::read(entry)?)),
            Backend::ClientInfo => Self::ClientInfo(ClientInfo::read(entry)),
        })
    }
}

/// Reads `authentication` of a section: a list, or the one entry itself.
pub(crate) fn read_chain(section: &mut Section<'_>) -> Vec<Authenticator> {
    read_entries(section, "authentication").unwrap_or_default()
}
