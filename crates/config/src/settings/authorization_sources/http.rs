//! `http`: a web service that is asked.

use crate::section::Section;
use crate::settings::back_end::HttpService;
use dunlin_auth_backend::ACTION_NAMES;
use std::time::Duration;

/// `request_timeout` of sources where nobody says anything.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// `http`: a web service that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// What it is asked.
    pub service: HttpService,
}

impl Http {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        HttpService::read(entry, REQUEST_TIMEOUT, &ACTION_NAMES).map(|service| Self { service })
    }
}
