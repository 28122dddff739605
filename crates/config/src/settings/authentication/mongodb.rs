//! `password_based:mongodb`: users in a MongoDB.

use super::password_hash::read_password_hash;
use crate::rule::filled_text;
use crate::section::Section;
use crate::settings::back_end::{MongodbServers, check_name_template, json_object};
use dunlin_auth_backend::sql::Purpose;
use dunlin_passwords::Algorithm;
use serde_json::{Map, Value};
use std::fmt;

/// `password_based:mongodb`: users in a MongoDB.
#[derive(Clone, PartialEq, Eq)]
pub struct Mongodb {
    /// How it is reached.
    pub servers: MongodbServers,
    /// `collection`: where users are.
    pub collection: String,
    /// `filter`: finds a user; texts in it may have placeholders. Default empty.
    pub filter: Map<String, Value>,
    /// `password_hash_field`, default `password_hash`.
    pub password_hash_field: String,
    /// `salt_field`, default `salt`.
    pub salt_field: String,
    /// `is_superuser_field`, default `is_superuser`.
    pub is_superuser_field: String,
    /// `clientid_override_field`, default `clientid_override`.
    pub clientid_override_field: String,
    /// `password_hash_algorithm`, default `sha256` with the salt in front.
    pub password_hash_algorithm: Algorithm,
}

impl Mongodb {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        check_name_template(entry, "filter", Purpose::Authentication);
        let collection = entry.required("collection", &filled_text());
        let mut field = |key: &'static str, default: &str| entry.value(key, &filled_text(), default.to_owned());
        let password_hash_field = field("password_hash_field", "password_hash");
        let salt_field = field("salt_field", "salt");
        let is_superuser_field = field("is_superuser_field", "is_superuser");
        let clientid_override_field = field("clientid_override_field", "clientid_override");
        let filter = entry.child("filter", json_object);
        let password_hash_algorithm = read_password_hash(entry);
        let servers = MongodbServers::read(entry)?;
        Some(Self {
            servers,
            collection: collection?,
            filter,
            password_hash_field,
            salt_field,
            is_superuser_field,
            clientid_override_field,
            password_hash_algorithm,
        })
    }
}

/// Without what the filter compares with, which may be a secret.
impl fmt::Debug for Mongodb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mongodb");
        shown.field("filter", &self.filter.keys());
        shown.field("servers", &self.servers);
        shown.field("collection", &self.collection);
        shown.field("password_hash_field", &self.password_hash_field);
        shown.field("salt_field", &self.salt_field);
        shown.field("is_superuser_field", &self.is_superuser_field);
        shown.field("clientid_override_field", &self.clientid_override_field);
        shown.field("password_hash_algorithm", &self.password_hash_algorithm);
        shown.finish()
    }
}
