//! Documents in a MongoDB that are about a client: where they are, and what finds them.

use super::{MongodbServers, check_name_template, json_object};
use crate::rule::filled_text;
use crate::section::Section;
use dunlin_auth_backend::sql::Purpose;
use serde_json::{Map, Value};
use std::fmt;

/// Documents in a MongoDB that are about a client: users for an authenticator, rules for a source.
#[derive(Clone, PartialEq, Eq)]
pub struct MongodbDocuments {
    /// How it is reached.
    pub servers: MongodbServers,
    /// `collection`: where they are.
    pub collection: String,
    /// `filter`: finds those of a client; texts in it may have placeholders. Default empty.
    pub filter: Map<String, Value>,
}

impl MongodbDocuments {
    pub(in crate::settings) fn read(entry: &mut Section<'_>, purpose: Purpose) -> Option<Self> {
        check_name_template(entry, "filter", purpose);
        let collection = entry.required("collection", &filled_text());
        let filter = entry.child("filter", json_object);
        let servers = MongodbServers::read(entry)?;
        Some(Self { servers, collection: collection?, filter })
    }
}

/// Without what the filter compares with, which may be a secret.
impl fmt::Debug for MongodbDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongodbDocuments")
            .field("servers", &self.servers)
            .field("collection", &self.collection)
            .field("filter", &self.filter.keys())
            .finish()
    }
}
