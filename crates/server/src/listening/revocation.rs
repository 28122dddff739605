//! Revocation lists and OCSP responses: fetched when they are needed, and again before they are old.

use super::Certificates;
use super::http_fetch::Fetch;
use dunlin_tls::OcspStaple;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// After a failure it is tried again after this, then after twice as long each time.
const RETRY_MIN: Duration = Duration::from_secs(10);

/// The longest revocation list that is taken; the largest authorities' are some megabytes.
const LIST_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// The longest OCSP response that is taken: one answer and a few certificates.
const RESPONSE_BYTES_MAX: u64 = 64 * 1024;

/// An OCSP response that could not be renewed for so long is shown no more. Authorities make them for days, and a client that gets
/// one that has expired may refuse the server.
const RESPONSE_AGE_MAX: Duration = Duration::from_secs(24 * 3600);

/// Fetches for all listeners, one after the other.
pub(super) struct Revocation {
    certificates: Arc<Certificates>,
    /// By address.
    lists: BTreeMap<String, Schedule>,
    /// By listener.
    staples: BTreeMap<String, (Arc<OcspStaple>, Schedule)>,
}

/// When something is fetched next.
#[derive(Clone, Copy, Debug, Default)]
struct Schedule {
    /// `None` is now.
    due: Option<Instant>,
    failing_since: Option<Instant>,
    retry: Duration,
}

impl Schedule {
    fn is_due(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    fn succeeded(&mut self, now: Instant, interval: Duration) {
        *self = Self { due: now.checked_add(interval), ..Self::default() };
    }

    fn failed(&mut self, now: Instant, interval: Duration) {
        self.retry = self.retry.saturating_mul(2).max(RETRY_MIN).min(interval);
        self.failing_since.get_or_insert(now);
        self.due = now.checked_add(self.retry);
    }

    fn has_failed_for(&self, now: Instant) -> Duration {
        self.failing_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

impl Revocation {
    pub(super) fn new(certificates: Arc<Certificates>) -> Self {
        Self { certificates, lists: BTreeMap::new(), staples: BTreeMap::new() }
    }

    /// Fetches what is due.
    pub(super) fn fetch_due(&mut self, now: Instant) {
        self.fetch_lists(now);
        self.fetch_responses(now);
    }

    fn fetch_lists(&mut self, now: Instant) {
        let crls = &self.certificates.crls;
        let urls: BTreeSet<_> = crls.wanted_urls().into_iter().chain(crls.known_urls()).collect();
        let gone: Vec<_> = self.lists.keys().filter(|url| !urls.contains(*url)).cloned().collect();
        for url in gone {
            self.lists.remove(&url);
            self.end_alarm(&url);
        }
        for url in urls {
            let mut schedule = self.lists.get(&url).copied().unwrap_or_default();
            if schedule.is_due(now) {
                self.fetch_list(&url, &mut schedule, now);
                self.lists.insert(url, schedule);
            }
        }
    }

    fn fetch_list(&self, url: &str, schedule: &mut Schedule, now: Instant) {
        let settings = &self.certificates.crl_cache;
        let fetch = Fetch { url, post: None, timeout: settings.http_timeout, bytes_max: LIST_BYTES_MAX };
        let kept = fetch.run().and_then(|list| self.certificates.crls.set(url, &list).map_err(|error| error.why));
        match kept {
            Ok(()) => {
                if schedule.failing_since.is_some() {
                    info!(msg = "crl_fetched_again", url);
                }
                schedule.succeeded(now, settings.refresh_interval);
                self.end_alarm(url);
            }
            Err(reason) => {
                warn!(msg = "failed_to_fetch_crl", url, reason);
                schedule.failed(now, settings.refresh_interval);
                if schedule.has_failed_for(now) >= settings.failure_threshold
                    && let Some(hooks) = self.certificates.hooks()
                {
                    (hooks.raise_alarm)(
                        &alarm(url),
                        &format!("the revocation list from {url} cannot be fetched: {reason}"),
                    );
                }
            }
        }
    }

    fn end_alarm(&self, url: &str) {
        if let Some(hooks) = self.certificates.hooks() {
            (hooks.end_alarm)(&alarm(url));
        }
    }

    fn fetch_responses(&mut self, now: Instant) {
        let mut before = std::mem::take(&mut self.staples);
        for (listener, loaded) in self.certificates.loaded() {
            let staple = loaded.tls.certificates().and_then(|context| context.ocsp_staple());
            let (Some(options), Some(staple)) = (&loaded.ocsp, staple) else { continue };
            // New certificates, new response.
            let known = before.remove(&listener).filter(|(known, _)| Arc::ptr_eq(known, &staple));
            let mut schedule = known.map(|(_, schedule)| schedule).unwrap_or_default();
            if schedule.is_due(now) {
                match fetch_response(&staple, options.refresh_http_timeout) {
                    Ok(()) => schedule.succeeded(now, options.refresh_interval),
                    Err(reason) => {
                        warn!(msg = "failed_to_fetch_ocsp_response", listener, url = staple.responder_url(), reason);
                        schedule.failed(now, options.refresh_interval);
                        if schedule.has_failed_for(now) >= RESPONSE_AGE_MAX {
                            staple.clear();
                        }
                    }
                }
            }
            self.staples.insert(listener, (staple, schedule));
        }
    }
}

fn fetch_response(staple: &OcspStaple, timeout: Duration) -> Result<(), String> {
    let post = Some(("application/ocsp-request", staple.request()));
    let fetch = Fetch { url: staple.responder_url(), post, timeout, bytes_max: RESPONSE_BYTES_MAX };
    staple.set(&fetch.run()?).map_err(|error| error.why)
}

fn alarm(url: &str) -> String {
    format!("crl_fetch_failed:{url}")
}
