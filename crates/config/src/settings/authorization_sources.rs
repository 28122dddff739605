//! `authorization.sources`: who is asked what a client may do, and in what order.

mod built_in_database;
mod file;
mod http;
mod ldap;
mod mongodb;
mod mysql;
mod postgresql;
mod redis;

pub use built_in_database::BuiltInDatabase;
pub use file::File;
pub use http::Http;
pub use ldap::Ldap;
pub use mongodb::Mongodb;
pub use mysql::Mysql;
pub use postgresql::Postgresql;
pub use redis::Redis;

use super::access_entry::{AccessEntry, EntryKind, HEALTH_CHECK_INTERVAL, read_entries};
use crate::rule::OneOf;
use crate::section::Section;
use dunlin_hocon::{Node, Origin, Value};

/// An entry of `authorization.sources`.
pub type Source = AccessEntry<SourceKind>;

/// `type` of a source: who is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    /// `file`.
    File(File),
    /// `built_in_database`.
    BuiltInDatabase(BuiltInDatabase),
    /// `mysql`.
    Mysql(Box<Mysql>),
    /// `postgresql`.
    Postgresql(Box<Postgresql>),
    /// `mongodb`.
    Mongodb(Box<Mongodb>),
    /// `redis`.
    Redis(Box<Redis>),
    /// `ldap`.
    Ldap(Box<Ldap>),
    /// `http`.
    Http(Box<Http>),
}

#[derive(Clone, Copy, PartialEq)]
enum Type {
    File,
    BuiltInDatabase,
    Mysql,
    Postgresql,
    Mongodb,
    Redis,
    Ldap,
    Http,
}

const TYPES: &[(&str, Type)] = &[
    ("file", Type::File),
    ("built_in_database", Type::BuiltInDatabase),
    ("mysql", Type::Mysql),
    ("postgresql", Type::Postgresql),
    ("mongodb", Type::Mongodb),
    ("redis", Type::Redis),
    ("ldap", Type::Ldap),
    ("http", Type::Http),
];

/// The one that is there where nobody names any: `acl.conf` in the folder `${EMQX_ETC_DIR}`, or the rules that Dunlin comes with.
impl Default for Source {
    fn default() -> Self {
        let kind = SourceKind::File(File::default());
        Self { enable: true, precondition: None, health_check_interval: HEALTH_CHECK_INTERVAL, kind }
    }
}

impl EntryKind for SourceKind {
    const KEY: &'static str = "type";

    fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::BuiltInDatabase(_) => "built_in_database",
            Self::Mysql(_) => "mysql",
            Self::Postgresql(_) => "postgresql",
            Self::Mongodb(_) => "mongodb",
            Self::Redis(_) => "redis",
            Self::Ldap(_) => "ldap",
            Self::Http(_) => "http",
        }
    }

    fn has_back_end(&self) -> bool {
        !matches!(self, Self::File(_) | Self::BuiltInDatabase(_))
    }

    fn read(entry: &mut Section<'_>) -> Option<Self> {
        let Some(kind) = entry.required("type", &OneOf(TYPES)) else {
            // Nobody knows what may stand here.
            entry.take_entries();
            return None;
        };
        Some(match kind {
            Type::File => Self::File(File::read(entry)),
            Type::BuiltInDatabase => Self::BuiltInDatabase(BuiltInDatabase::read(entry)),
            Type::Mysql => Self::Mysql(Box::new(Mysql::read(entry)?)),
            Type::Postgresql => Self::Postgresql(Box::new(Postgresql::read(entry)?)),
            Type::Mongodb => Self::Mongodb(Box::new(Mongodb::read(entry)?)),
            Type::Redis => Self::Redis(Box::new(Redis::read(entry)?)),
            Type::Ldap => Self::Ldap(Box::new(Ldap::read(entry)?)),
            Type::Http => Self::Http(Box::new(Http::read(entry)?)),
        })
    }
}

/// Reads `sources` of a section: a list, or the one entry itself.
pub(crate) fn read_sources(section: &mut Section<'_>) -> Vec<Source> {
    match read_entries(section, "sources") {
        Some(sources) => sources,
        None => {
            section.keep("sources", &default_shown());
            vec![Source::default()]
        }
    }
}

/// The default as it would be written.
fn default_shown() -> Node {
    let text = |text: &str| Node::new(Value::Text(text.into()), Origin::Default);
    let fields = [("enable", Node::new(Value::Bool(true), Origin::Default)), ("type", text("file"))];
    let entry = fields.into_iter().map(|(key, field)| (key.to_owned(), field)).collect();
    let entry = Node::new(Value::Object(entry), Origin::Default);
    Node::new(Value::List(vec![entry]), Origin::Default)
}
