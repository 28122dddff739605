//! A running server.

use crate::access_control::{AskedRates, ResourceMetrics};
use crate::backup::{self, BackupError, StoredRow, TableSet};
use crate::banned::{BanStore, BanUpkeep, load_bootstrap_file, now_secs};
use crate::listeners::{Listeners, StartListenerError};
use crate::listening::{CertificateWatch, Certificates};
use crate::logging::Logs;
use crate::observing::{Monitor, Observing, of_access, of_certificates};
use crate::settings::{broker_settings, started};
use crate::{
    AccessChange, AccessError, AuthenticatorState, AuthorizationState, Background, BanError, NoUsersError, NodeAccess,
    RulesError, StartServerError, Traces, access_control, metadata,
};
use dunlin_access::Row;
use dunlin_auth_built_in_database::{RuleDatabase, RuleSubject, UserDatabase};
use dunlin_banned::{Ban, BanFilter, BanPage, Who};
use dunlin_broker::{Broker, BrokerSettings, StartError};
use dunlin_config::{Config, Listener, ListenerKind};
use dunlin_storage::metadata::{MetadataError, MetadataStore};
use dunlin_telemetry::MetricFamily;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tracing::info;

/// A running server. Dropping it stops it at once.
pub struct Server {
    // Before the broker: both look at it.
    traces: Traces,
    observing: Observing,
    // Before the listeners: clients are told before what carries their bytes goes.
    broker: Broker,
    _watch: CertificateWatch,
    listeners: Arc<Listeners>,
    // Behind the broker, which tells it of bans.
    _ban_upkeep: BanUpkeep,
    bans: Arc<BanStore>,
    metadata: Arc<MetadataStore>,
    access: Arc<NodeAccess>,
}

impl Server {
    /// Starts everything the configuration asks for.
    ///
    /// # Errors
    /// [`StartServerError`]; nothing is left running then.
    pub fn start(config: &Config) -> Result<Self, StartServerError> {
        Self::start_with(config, |_| {})
    }

    /// As [`Server::start`], with a last word on the broker's settings.
    ///
    /// # Errors
    /// [`StartServerError`]; nothing is left running then.
    pub fn start_with(config: &Config, adjust: impl FnOnce(&mut BrokerSettings)) -> Result<Self, StartServerError> {
        let limit = dunlin_transport::raise_descriptor_limit();
        info!(msg = "open_files_limit", before = limit.soft_before, now = limit.now);
        let metadata = metadata::open(&config.node.data_dir)?;
        let background = Arc::new(Background::default());
        let access = Arc::new(NodeAccess::new(Arc::clone(&background), Arc::clone(&metadata.store), config)?);
        let control = access.change(config)?.control;
        let bans = Arc::new(BanStore::load(Arc::clone(&metadata.store), now_secs()));
        if let Some(file) = &config.banned.bootstrap_file {
            load_bootstrap_file(&bans, file, now_secs());
        }
        let ban_upkeep = BanUpkeep::start(Arc::clone(&bans)).map_err(StartError::from)?;
        let mut settings = BrokerSettings {
            access: control,
            runtime: Some(background),
            bans: Arc::clone(bans.bans()),
            ban_keeper: Some(ban_upkeep.keeper()),
            ..broker_settings(config, limit.now)
        };
        adjust(&mut settings);
        let listeners =
            Arc::new(Listeners::new(Certificates::new(config), Arc::clone(&access), settings.max_descriptors));
        let (quic, others): (Vec<_>, Vec<_>) =
            started(config).partition(|listener| matches!(listener.kind, ListenerKind::Quic { .. }));
        let others: Vec<_> =
            others.into_iter().map(|listener| listeners.settings(listener, config)).collect::<Result<_, _>>()?;
        let broker = Broker::start(settings, &others)?;
        access.watch_back_ends(broker.alarm_bell());
        let observing = Observing::start(&broker, &access, &metadata.store, config).map_err(StartError::from)?;
        let traces = Traces::open(&config.node.data_dir, &broker, config.trace);
        let watch = listeners.watch_certificates(&broker).map_err(StartError::from)?;
        if let Some((name, text)) = metadata.alarm {
            broker.alarm_bell().raise(name, &text);
        }
        let metadata = metadata.store;
        let server = Self {
            traces,
            observing,
            broker,
            _watch: watch,
            listeners,
            _ban_upkeep: ban_upkeep,
            bans,
            metadata,
            access,
        };
        for listener in quic {
            server.open_listener(listener, config)?;
        }
        Ok(server)
    }

    /// The broker inside.
    #[must_use]
    pub fn broker(&self) -> &Broker {
        &self.broker
    }

    /// Where a listener listens: `tcp:default`.
    #[must_use]
    pub fn address(&self, listener: &str) -> Option<SocketAddr> {
        self.broker.addresses().into_iter().find(|(id, _)| id == listener).map(|(_, address)| address)
    }

    /// Has the `$SYS` topics, the watch over the machine, what is pushed and the limits of traces follow a changed configuration.
    pub(crate) fn change_observing(&self, config: &Config) {
        self.observing.change(config);
        self.traces.limit(config.trace);
    }

    /// From now on lines of this log go to the collector of OpenTelemetry, where that is configured.
    pub(crate) fn export_log(&self, logs: &Logs) {
        self.observing.export_log(logs);
    }

    /// What is seen of it.
    pub(crate) const fn observing(&self) -> &Observing {
        &self.observing
    }

    /// Its traces.
    #[must_use]
    pub const fn traces(&self) -> &Traces {
        &self.traces
    }

    /// Its numbers as `/prometheus/stats` has them.
    #[must_use]
    pub fn metric_families(&self) -> Vec<MetricFamily> {
        let mut families = self.observing.families();
        families.push(of_certificates(self.certificates().expiries()));
        families
    }

    /// How access control does, as `/prometheus/auth` has it.
    #[must_use]
    pub fn access_families(&self) -> Vec<MetricFamily> {
        of_access(
            &self.broker.readings(),
            &self.authenticators(),
            self.authorization().as_ref(),
            self.bans.bans().read(dunlin_banned::BanTable::len),
        )
    }

    /// How the numbers of the node went.
    #[must_use]
    pub const fn monitor(&self) -> &Arc<Monitor> {
        self.observing.monitor()
    }

    /// Starts a listener that does not run.
    ///
    /// # Errors
    /// [`StartListenerError`]; nothing has changed then.
    pub fn open_listener(&self, listener: &Listener, config: &Config) -> Result<(), StartListenerError> {
        self.listeners.open(&self.broker, listener, config)
    }

    /// Closes a listener and its connections.
    ///
    /// # Errors
    /// [`StartListenerError`] where it does not run.
    pub fn close_listener(&self, id: &str) -> Result<(), StartListenerError> {
        self.listeners.close(&self.broker, id)
    }

    /// Gives a running listener new options for its next connections. What belongs to its socket stays: `bind` and `tcp_options`.
    ///
    /// # Errors
    /// [`StartListenerError`]; it goes on as it was then.
    pub fn change_listener(&self, listener: &Listener, config: &Config) -> Result<(), StartListenerError> {
        self.listeners.change(&self.broker, listener, config)
    }

    /// What people and programs set up while it runs, on disk.
    #[must_use]
    pub const fn metadata(&self) -> &Arc<MetadataStore> {
        &self.metadata
    }

    /// Bans somebody, and ends the connections of clients that the ban is about; one of a client id ends the session too. With
    /// `replaces` it takes the place of a ban about the same. It is on disk when this returns.
    ///
    /// # Errors
    /// [`BanError`]; nothing has changed then.
    pub fn ban(&self, ban: Ban, replaces: bool) -> Result<(), BanError> {
        let who = ban.who.clone();
        self.bans.add(ban, replaces, now_secs())?;
        self.broker.enforce(&who);
        Ok(())
    }

    /// Lets somebody in again; false where there is no such ban.
    ///
    /// # Errors
    /// [`BanError`]; nothing has changed then.
    pub fn unban(&self, who: &Who) -> Result<bool, BanError> {
        self.bans.remove(who)
    }

    /// Lets everybody in again. Says how many bans there were.
    ///
    /// # Errors
    /// [`BanError`]; nothing has changed then.
    pub fn clear_bans(&self) -> Result<usize, BanError> {
        self.bans.clear()
    }

    /// Takes over entries of tables that [`crate::backup::check_rows`] found good: all of them, or none where the disk does not take
    /// them. They count at once, for clients too that are connected.
    pub(crate) fn import_tables(&self, rows: &[StoredRow]) -> Result<(), BackupError> {
        let bans = backup::bans(rows, now_secs())?;
        let refused = |error: &dyn std::fmt::Display| BackupError::Refused(error.to_string());
        let others: Vec<_> = rows.iter().filter(|row| row.set != TableSet::Banned).collect();
        let written = self.metadata.change(|_, batch| {
            others.iter().for_each(|row| batch.set(&row.table, &row.key, &row.value));
            Ok::<_, MetadataError>(())
        });
        written.map_err(|error| refused(&error))?;
        if others.iter().any(|row| row.set == TableSet::Rules)
            && let Ok(rules) = self.rules()
        {
            rules.reload().map_err(|error| refused(&error))?;
            self.forget_verdicts_about(&[RuleSubject::All]);
        }
        self.forget_verdicts(None);
        let whom: Vec<_> = bans.iter().map(|ban| ban.who.clone()).collect();
        self.bans.add_all(bans).map_err(|error| refused(&error))?;
        let (clients, others): (Vec<_>, Vec<_>) = whom.into_iter().partition(|who| matches!(who, Who::ClientId(_)));
        // One look at the table is enough for all that are about other things.
        clients.iter().chain(others.first()).for_each(|who| self.broker.enforce(who));
        Ok(())
    }

    /// Bans that are not over: `limit` of those that `filter` is about, the first `skip` left out.
    #[must_use]
    pub fn bans(&self, filter: &BanFilter, skip: usize, limit: usize) -> BanPage {
        self.bans.page(filter, skip, limit, now_secs())
    }

    /// Who may come in and do what.
    #[must_use]
    pub const fn access(&self) -> &Arc<NodeAccess> {
        &self.access
    }

    /// Has a configuration say who may come in and do what from now on, for clients too that are connected. Gives back the
    /// listeners whose next connections should be asked about by others; [`Self::change_listener`] sees to that.
    ///
    /// # Errors
    /// [`AccessError`]; nothing has changed then.
    pub fn change_access(&self, config: &Config) -> Result<AccessChange, AccessError> {
        let change = self.access.change(config)?;
        if change.is_different {
            self.broker.change_access(change.control.clone());
        }
        Ok(change)
    }

    /// How authenticators do: those of the node, then those of listeners.
    #[must_use]
    pub fn authenticators(&self) -> Vec<AuthenticatorState> {
        let chains = self.access.authentications();
        chains.iter().flat_map(|(listener, chain)| access_control::of_chain(listener.as_deref(), chain)).collect()
    }

    /// What was decided about what clients may do, and how its sources do.
    #[must_use]
    pub fn authorization(&self) -> Option<AuthorizationState> {
        let authorization = self.access.authorization()?;
        Some(access_control::of_rules(&authorization, &self.broker.authorization_tally()))
    }

    /// How fast clients come to an authenticator of the node, and what its back end was asked.
    pub(crate) fn authenticator_rates(&self, id: &str) -> Option<(AskedRates, Option<ResourceMetrics>)> {
        self.access.authenticator_rates(id)
    }

    /// How fast a source of rules is asked, and what its back end was asked.
    pub(crate) fn source_rates(&self, kind: &str) -> Option<(AskedRates, Option<ResourceMetrics>)> {
        self.access.source_rates(kind, &self.broker.authorization_tally())
    }

    /// What an authenticator of the node has said is counted from nothing again; false where there is none such.
    #[must_use]
    pub fn reset_authenticator(&self, id: &str) -> bool {
        let shared = self.access.authentications().into_iter().find(|(listener, _)| listener.is_none());
        let Some((_, shared)) = shared else { return false };
        let place = shared.chain().entries().iter().position(|entry| entry.authenticator.id() == id);
        self.access.reset_authenticator_rates(id);
        place.map(|place| shared.reset_tally(place)).is_some()
    }

    /// What a source of rules has said is counted from nothing again; false where there is none such.
    #[must_use]
    pub fn reset_source(&self, kind: &str) -> bool {
        let Some(authorization) = self.access.authorization() else { return false };
        let place = authorization.sources().iter().position(|entry| entry.source.kind() == kind);
        self.access.reset_source_rates(kind);
        place.map(|place| self.broker.reset_source_tally(place)).is_some()
    }

    /// Forgets verdicts that are kept: of one client, or of all and what back ends answered too.
    pub fn forget_verdicts(&self, client_id: Option<&str>) {
        match client_id {
            Some(client_id) => self.broker.forget_verdicts(client_id),
            None => {
                if let Some(control) = self.access.forget_verdicts() {
                    self.broker.change_access(control);
                }
            }
        }
    }

    /// The users that an authenticator keeps itself: one of the node's, or of a listener's own. They can be changed with what
    /// this gives back; a change counts for the next client that comes.
    ///
    /// # Errors
    /// [`NoUsersError`].
    pub fn users(&self, listener: Option<&str>, id: &str) -> Result<UserDatabase, NoUsersError> {
        self.access.users(listener, id)
    }

    /// The rules of the source `built_in_database`, to be read; [`Self::set_rules`] and its like change them.
    ///
    /// # Errors
    /// [`RulesError`].
    pub fn rules(&self) -> Result<Arc<RuleDatabase>, RulesError> {
        self.access.rules()
    }

    /// Gives subjects rules, all of them or none: instead of those they have, or only if they have none. They count at once, for
    /// clients too that are connected.
    ///
    /// # Errors
    /// [`RulesError`]; nothing has changed then.
    pub fn set_rules(&self, list: Vec<(RuleSubject<'_>, Vec<Row>)>, replaces: bool) -> Result<(), RulesError> {
        let subjects: Vec<_> = list.iter().map(|(subject, _)| *subject).collect();
        let rules = self.rules()?;
        if replaces { rules.set_all(list) } else { rules.add(list) }?;
        self.forget_verdicts_about(&subjects);
        Ok(())
    }

    /// Takes all rules from a subject; it counts at once.
    ///
    /// # Errors
    /// [`RulesError`]; nothing has changed then.
    pub fn remove_rules(&self, subject: RuleSubject<'_>) -> Result<(), RulesError> {
        self.rules()?.remove(subject)?;
        self.forget_verdicts_about(&[subject]);
        Ok(())
    }

    /// Takes all rules from all subjects; it counts at once.
    ///
    /// # Errors
    /// [`RulesError`]; nothing has changed then.
    pub fn clear_rules(&self) -> Result<(), RulesError> {
        self.rules()?.remove_all()?;
        self.forget_verdicts_about(&[RuleSubject::All]);
        Ok(())
    }

    fn forget_verdicts_about(&self, subjects: &[RuleSubject<'_>]) {
        let client_ids = subjects.iter().map(|subject| match subject {
            RuleSubject::ClientId(client_id) => Some(*client_id),
            RuleSubject::Username(_) | RuleSubject::All => None,
        });
        match client_ids.collect::<Option<Vec<_>>>() {
            Some(client_ids) => client_ids.into_iter().for_each(|client_id| self.broker.forget_verdicts(client_id)),
            None => {
                if let Some(control) = self.access.renew_rules() {
                    self.broker.change_access(control);
                }
            }
        }
    }

    /// The certificates in use.
    #[must_use]
    pub fn certificates(&self) -> &Arc<Certificates> {
        &self.listeners.certificates
    }

    /// Says goodbye to all clients and stops; waits at most `grace` for those that read slowly.
    pub fn stop(self, grace: Duration) {
        let Self { traces, observing, broker, listeners, .. } = self;
        drop(observing);
        broker.stop(grace);
        // How connections ended is told too.
        traces.close();
        listeners.close_all();
    }
}
