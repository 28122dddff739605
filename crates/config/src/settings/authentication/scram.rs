//! `scram:built_in_database` and `scram:http`: the exchange of MQTT 5.0 §4.12, in which no password is sent.

use super::http::REQUEST_TIMEOUT;
use crate::rule::{OneOf, Whole};
use crate::section::Section;
use crate::settings::back_end::HttpService;
use dunlin_auth_backend::CREDENTIAL_NAMES;
use dunlin_passwords::{MAX_ITERATIONS, ScramMechanism};

/// `scram:built_in_database`: users that Dunlin keeps itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramBuiltInDatabase {
    /// `algorithm`: `sha256` or `sha512`, default `sha256`.
    pub algorithm: ScramMechanism,
    /// `iteration_count` of new passwords, 1 to 10,000,000, default 4096.
    pub iteration_count: u32,
}

/// `scram:http`: a web service has the keys of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramHttp {
    /// `algorithm`: `sha256` or `sha512`, default `sha256`.
    pub algorithm: ScramMechanism,
    /// `iteration_count`: the one with which the keys of all users were made, 1 to 10,000,000, default 4096.
    pub iteration_count: u32,
    /// What it is asked.
    pub service: HttpService,
}

const ALGORITHMS: &[(&str, ScramMechanism)] = &[("sha256", ScramMechanism::Sha256), ("sha512", ScramMechanism::Sha512)];
const ITERATION_COUNT: u32 = 4096;

impl ScramBuiltInDatabase {
    pub(super) fn read(entry: &mut Section<'_>) -> Self {
        let (algorithm, iteration_count) = read_algorithm(entry);
        Self { algorithm, iteration_count }
    }
}

impl ScramHttp {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        let (algorithm, iteration_count) = read_algorithm(entry);
        let service = HttpService::read(entry, REQUEST_TIMEOUT, &CREDENTIAL_NAMES)?;
        Some(Self { algorithm, iteration_count, service })
    }
}

fn read_algorithm(entry: &mut Section<'_>) -> (ScramMechanism, u32) {
    let algorithm = entry.value("algorithm", &OneOf(ALGORITHMS), ScramMechanism::Sha256);
    (algorithm, entry.value("iteration_count", &Whole(1..=MAX_ITERATIONS), ITERATION_COUNT))
}
