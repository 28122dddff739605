//! `mongodb`: rules in a MongoDB.

use crate::rule::{Whole, filled_text};
use crate::section::Section;
use crate::settings::back_end::{MongodbServers, check_name_template, json_object};
use dunlin_auth_backend::sql::Purpose;
use serde_json::{Map, Value};
use std::fmt;

/// `mongodb`: rules in a MongoDB.
#[derive(Clone, PartialEq, Eq)]
pub struct Mongodb {
    /// How it is reached.
    pub servers: MongodbServers,
    /// `collection`: where rules are.
    pub collection: String,
    /// `filter`: finds the rules of a client; texts in it may have placeholders. Default empty.
    pub filter: Map<String, Value>,
    /// `limit`: rules of one client at most, 1 to 100,000, default 1,000.
    pub limit: u32,
    /// `skip`: so many of the first that are found do not count, default 0.
    pub skip: u64,
}

const LIMIT: u32 = 1_000;

impl Mongodb {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        check_name_template(entry, "filter", Purpose::Authorization);
        let collection = entry.required("collection", &filled_text());
        let filter = entry.child("filter", json_object);
        let limit = entry.value("limit", &Whole(1..=100_000), LIMIT);
        // What MongoDB counts with.
        let skip = entry.value("skip", &Whole(0..=i64::MAX.unsigned_abs()), 0);
        let servers = MongodbServers::read(entry)?;
        Some(Self { servers, collection: collection?, filter, limit, skip })
    }
}

/// Without what the filter compares with, which may be a secret.
impl fmt::Debug for Mongodb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mongodb");
        shown.field("filter", &self.filter.keys());
        shown.field("servers", &self.servers);
        shown.field("collection", &self.collection);
        shown.field("limit", &self.limit);
        shown.field("skip", &self.skip);
        shown.finish()
    }
}
