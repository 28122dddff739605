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

use crate::rule::{Flag, OrEmpty, expression};
use crate::section::Section;
use dunlin_expression::Expression;
use mechanism::Backend;

/// An entry of `authentication`.
#[derive(Clone, Debug, PartialEq)]
pub struct Authenticator {
    /// `enable`, default true.
    pub enable: bool,
    /// `precondition`: only clients for which it is true are asked about; default `None` = all.
    pub precondition: Option<Expression>,
    /// Who is asked.
    pub kind: AuthenticatorKind,
}

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

impl Authenticator {
    /// How it is called everywhere: `mechanism:backend`, or the mechanism where that has none.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.kind.id()
    }

    fn read(entry: &mut Section<'_>) -> Option<Self> {
        let enable = entry.value("enable", &Flag, true);
        let precondition = entry.value("precondition", &OrEmpty(expression()), None);
        let Some(backend) = Backend::read(entry) else {
            // Nobody knows what may stand here.
            entry.take_entries();
            return None;
        };
        let kind = AuthenticatorKind::read(backend, entry)?;
        Some(Self { enable, precondition, kind })
    }
}

impl AuthenticatorKind {
    /// See [`Authenticator::id`].
    #[must_use]
    pub const fn id(&self) -> &'static str {
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

    fn read(backend: Backend, entry: &mut Section<'_>) -> Option<Self> {
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
    let mut ids: Vec<&'static str> = Vec::new();
    let read = section.list_or_one("authentication", "mechanism", |entry| {
        let read = Authenticator::read(entry)?;
        if ids.contains(&read.id()) {
            let message = format!("`{}` is in the list already, and it can have one of each; take one away", read.id());
            entry.conflict_here(message);
        }
        ids.push(read.id());
        Some(read)
    });
    read.into_iter().flatten().flatten().collect()
}
