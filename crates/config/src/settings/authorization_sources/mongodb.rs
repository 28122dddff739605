//! `mongodb`: rules in a MongoDB.

use crate::rule::Whole;
use crate::section::Section;
use crate::settings::back_end::MongodbDocuments;
use dunlin_auth_backend::sql::Purpose;

/// `mongodb`: rules in a MongoDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mongodb {
    /// Where rules are: each document is one.
    pub documents: MongodbDocuments,
    /// `limit`: rules of one client at most, 1 to 100,000, default 1,000.
    pub limit: u32,
    /// `skip`: so many of the first that are found do not count, default 0.
    pub skip: u64,
}

const LIMIT: u32 = 1_000;

impl Mongodb {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        let limit = entry.value("limit", &Whole(1..=100_000), LIMIT);
        // What MongoDB counts with.
        let skip = entry.value("skip", &Whole(0..=i64::MAX.unsigned_abs()), 0);
        let documents = MongodbDocuments::read(entry, Purpose::Authorization)?;
        Some(Self { documents, limit, skip })
    }
}
