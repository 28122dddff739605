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

use crate::rule::{Flag, OneOf, OrEmpty, expression};
use crate::section::Section;
use dunlin_expression::Expression;
use dunlin_hocon::{Node, Origin, Value};

/// An entry of `authorization.sources`.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// `enable`, default true.
    pub enable: bool,
    /// `precondition`: only clients for which it is true are asked about; default `None` = all.
    pub precondition: Option<Expression>,
    /// `type`: who is asked.
    pub kind: SourceKind,
}

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
        Self { enable: true, precondition: None, kind: SourceKind::File(File::default()) }
    }
}

impl Source {
    /// How it is called everywhere: its `type`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match &self.kind {
            SourceKind::File(_) => "file",
            SourceKind::BuiltInDatabase(_) => "built_in_database",
            SourceKind::Mysql(_) => "mysql",
            SourceKind::Postgresql(_) => "postgresql",
            SourceKind::Mongodb(_) => "mongodb",
            SourceKind::Redis(_) => "redis",
            SourceKind::Ldap(_) => "ldap",
            SourceKind::Http(_) => "http",
        }
    }

    fn read(entry: &mut Section<'_>) -> Option<Self> {
        let enable = entry.value("enable", &Flag, true);
        let precondition = entry.value("precondition", &OrEmpty(expression()), None);
        let Some(kind) = entry.required("type", &OneOf(TYPES)) else {
            // Nobody knows what may stand here.
            entry.take_entries();
            return None;
        };
        Some(Self { enable, precondition, kind: SourceKind::read(kind, entry)? })
    }
}

impl SourceKind {
    fn read(kind: Type, entry: &mut Section<'_>) -> Option<Self> {
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
    let mut ids: Vec<&'static str> = Vec::new();
    let read = section.list_or_one("sources", "type", |entry| {
        let read = Source::read(entry)?;
        if ids.contains(&read.id()) {
            let message =
                format!("`{}` is in the list already, and it can have one of each type; take one away", read.id());
            entry.conflict_here(message);
        }
        ids.push(read.id());
        Some(read)
    });
    match read {
        Some(sources) => sources.into_iter().flatten().collect(),
        None => {
            section.keep("sources", &Source::default_shown());
            vec![Source::default()]
        }
    }
}

impl Source {
    /// The default as it would be written.
    fn default_shown() -> Node {
        let text = |text: &str| Node::new(Value::Text(text.into()), Origin::Default);
        let fields = [("enable", Node::new(Value::Bool(true), Origin::Default)), ("type", text("file"))];
        let entry = fields.into_iter().map(|(key, field)| (key.to_owned(), field)).collect();
        let entry = Node::new(Value::Object(entry), Origin::Default);
        Node::new(Value::List(vec![entry]), Origin::Default)
    }
}
