//! Makes authenticators and sources of rules.

use super::authenticator_part::AuthenticatorPart;
use super::making::Making;
use super::source_part::SourcePart;
use crate::Background;
use crate::calendar::now;
use dunlin_access::RuleSettings;
use dunlin_auth_backend::WallClock;
use dunlin_auth_built_in_database::RuleDatabase;
use dunlin_config::Config;
use dunlin_config::authentication::AuthenticatorKind;
use dunlin_config::authorization_sources::SourceKind;
use dunlin_storage::metadata::MetadataStore;
use dunlin_tls::ReadFiles;
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;
use tokio::runtime::Handle;

/// What authenticators and sources of rules of a node are made with.
pub(super) struct Workshop {
    background: Arc<Background>,
    metadata: Arc<MetadataStore>,
    data_dir: PathBuf,
    /// `${EMQX_ETC_DIR}`: a running node has one.
    etc_dir: Option<PathBuf>,
    clock: WallClock,
    /// Of this process: for the keys of caches.
    cache_secret: [u8; 32],
    /// Given to whatever has to be told from all others.
    last_number: AtomicU64,
    /// Opened when it is wanted first; there is one of a store.
    rule_database: Mutex<Option<Arc<RuleDatabase>>>,
}

impl Workshop {
    pub(super) fn new(
        background: Arc<Background>,
        metadata: Arc<MetadataStore>,
        config: &Config,
    ) -> Result<Self, String> {
        let mut cache_secret = [0; 32];
        let random = aws_lc_rs::rand::fill(&mut cache_secret);
        random.map_err(|_| "the operating system gives no random numbers".to_owned())?;
        Ok(Self {
            background,
            metadata,
            data_dir: config.node.data_dir.clone(),
            etc_dir: config.etc_dir.clone(),
            clock: Arc::new(|| {
                let since_epoch = now().duration_since(UNIX_EPOCH).unwrap_or_default();
                u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
            }),
            cache_secret,
            last_number: AtomicU64::new(0),
            rule_database: Mutex::default(),
        })
    }

    /// Where tasks run; `None` as long as nobody has needed that.
    pub(super) fn runtime(&self) -> Option<&Handle> {
        self.background.handle()
    }

    pub(super) const fn clock(&self) -> &WallClock {
        &self.clock
    }

    pub(super) const fn metadata(&self) -> &Arc<MetadataStore> {
        &self.metadata
    }

    pub(super) fn etc_dir(&self) -> Option<&Path> {
        self.etc_dir.as_deref()
    }

    /// A number that nothing else has.
    pub(super) fn next_number(&self) -> u64 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn authenticator(&self, kind: &AuthenticatorKind, group: &str) -> Result<AuthenticatorPart, String> {
        self.within_runtime(|| {
            let making = self.making(RuleSettings::default());
            AuthenticatorPart::make(kind, group, making, (&self.cache_secret, self.next_number()))
        })
    }

    pub(super) fn source(&self, kind: &SourceKind, rules: RuleSettings) -> Result<SourcePart, String> {
        let make = || {
            let numbers = (&self.cache_secret, self.next_number());
            SourcePart::make(kind, self.making(rules), numbers, || self.rule_database())
        };
        if super::source_part::asks_others(kind) { self.within_runtime(make) } else { make() }
    }

    /// The rules of the built-in database.
    pub(super) fn rule_database(&self) -> Result<Arc<RuleDatabase>, String> {
        let mut database = self.rule_database.lock();
        if let Some(database) = &*database {
            return Ok(Arc::clone(database));
        }
        let opened = RuleDatabase::open(Arc::clone(&self.metadata)).map_err(|error| error.to_string())?;
        Ok(Arc::clone(database.insert(Arc::new(opened))))
    }

    /// Waits for an answer.
    pub(super) fn wait_for<T>(&self, answer: impl Future<Output = T>) -> Result<T, String> {
        let started = self.background.ensure_started();
        started.map_err(|error| format!("threads for its questions cannot be started: {error}"))?;
        let runtime = self.background.handle().ok_or("the node is stopping")?;
        Ok(runtime.block_on(answer))
    }

    fn making(&self, rules: RuleSettings) -> Making<'_> {
        let clock = Arc::clone(&self.clock);
        let (data_dir, etc_dir) = (&*self.data_dir, self.etc_dir.as_deref());
        Making { metadata: &self.metadata, data_dir, etc_dir, rules, clock, files: ReadFiles::new(now()) }
    }

    /// Some begin tasks of their own. From here on there are threads for them.
    fn within_runtime<T>(&self, make: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        let started = self.background.ensure_started();
        started.map_err(|error| format!("threads for its questions cannot be started: {error}"))?;
        let _entered = self.background.handle().map(|handle| handle.enter());
        make()
    }
}
