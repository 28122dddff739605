//! `password_based:mongodb`: users in a MongoDB.

use super::password_hash::read_password_hash;
use crate::rule::filled_text;
use crate::section::Section;
use crate::settings::back_end::MongodbDocuments;
use dunlin_auth_backend::sql::Purpose;
use dunlin_passwords::Algorithm;

/// `password_based:mongodb`: users in a MongoDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mongodb {
    /// Where users are: the first document that is found is the user.
    pub documents: MongodbDocuments,
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
        let mut field = |key: &'static str, default: &str| entry.value(key, &filled_text(), default.to_owned());
        let password_hash_field = field("password_hash_field", "password_hash");
        let salt_field = field("salt_field", "salt");
        let is_superuser_field = field("is_superuser_field", "is_superuser");
        let clientid_override_field = field("clientid_override_field", "clientid_override");
        let password_hash_algorithm = read_password_hash(entry);
        let documents = MongodbDocuments::read(entry, Purpose::Authentication)?;
        Some(Self {
            documents,
            password_hash_field,
            salt_field,
            is_superuser_field,
            clientid_override_field,
            password_hash_algorithm,
        })
    }
}
