//! `password_based:http`: a web service that is asked.

use crate::section::Section;
use crate::settings::back_end::HttpService;
use dunlin_auth_backend::CREDENTIAL_NAMES;
use std::time::Duration;

/// `request_timeout` of authenticators where nobody says anything.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// `password_based:http`: a web service that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// What it is asked.
    pub service: HttpService,
}

impl Http {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        HttpService::read(entry, REQUEST_TIMEOUT, &CREDENTIAL_NAMES).map(|service| Self { service })
    }
}
