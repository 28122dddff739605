//! The authenticator `password_based:ldap`.

use crate::RuleAttributes;
use crate::directory::Directory;
use crate::distinguished_name::NameTemplate;
use crate::entry::Entry;
use crate::filter::{Filter, value_bytes};
use crate::settings::{LdapSettings, LdapSettingsError, PasswordMethod};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dunlin_access::{
    Admission, Answer, Authenticator, BackendFailure, BackendQuestions, BackendStatus, ClientAcl, Credentials, Outcome,
};
use dunlin_auth_backend::admission::is_true_text;
use dunlin_auth_backend::{CREDENTIAL_NAMES, WallClock};
use dunlin_expression::{Part, Template};
use dunlin_model::ReasonCode;
use dunlin_passwords::DirectoryPassword;
use parking_lot::Mutex;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of EMQX 4: an entry that is not enabled may not come in.
const IS_ENABLED: &str = "isEnabled";

/// What OpenLDAP makes of a password unless somebody says otherwise, until it is known how they are stored.
const FIRST_DECOY: &[u8] = b"{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Who binds where there is no entry: nobody calls an entry so.
const NOBODY: &str = "cn=dunlin-nobody-9b1f6c52";

/// Asks a directory whether a client may come in.
///
/// | what is there | outcome |
/// |---|---|
/// | no entry, or a placeholder without value | ignore |
/// | an entry, the password is its own | allow, with superuser, rules and time to live of its attributes |
/// | an entry, the password is another or missing, or `isEnabled` is false | deny 0x86 |
/// | several entries, rules that make no sense, a kind of hash that is not known, no answer | failure |
///
/// Where there is no entry, a password is compared all the same, with one that nobody has and that is stored as the last one was; or
/// somebody who does not exist binds with it. What the directory itself takes for that is its own.
pub struct LdapAuthenticator {
    target: Target,
    directory: Directory,
    method: Method,
    is_superuser_attribute: String,
    rules: RuleAttributes,
    attributes: Vec<String>,
    clock: WallClock,
    /// Hashes like those that were compared last, which nobody has.
    decoys: Mutex<Arc<[DirectoryPassword]>>,
    work: Arc<AtomicU64>,
}

/// Where the entry of a client is.
#[derive(Debug)]
pub(crate) struct Target {
    base: NameTemplate,
    filter: Filter,
}

enum Method {
    Hash { password_attribute: String },
    Bind { password: Template },
}

impl Target {
    pub(crate) fn new(settings: &LdapSettings, names: &[&str]) -> Result<Self, LdapSettingsError> {
        if settings.base_dn.is_empty() {
            return Err(LdapSettingsError::NoBase);
        }
        let filter = Filter::parse(&settings.filter, names)?;
        Ok(Self { base: NameTemplate::parse(&settings.base_dn, names), filter })
    }

    /// The base and the filter for one client; `None` if there can be no entry.
    pub(crate) fn of(&self, values: &dyn dunlin_expression::Bindings) -> Option<(String, Vec<u8>)> {
        Some((self.base.render(values)?, self.filter.encode(values)?))
    }

    pub(crate) fn is_own_base(&self) -> bool {
        self.base.has_placeholders()
    }
}

impl LdapAuthenticator {
    /// `is_superuser_attribute` is `isSuperuser` mostly. Connects to nobody yet.
    ///
    /// # Errors
    /// [`LdapSettingsError`].
    pub fn new(
        settings: &LdapSettings,
        method: PasswordMethod,
        is_superuser_attribute: &str,
        clock: WallClock,
    ) -> Result<Self, LdapSettingsError> {
        let mut attributes = vec![is_superuser_attribute.to_owned(), IS_ENABLED.to_owned()];
        let method = match method {
            PasswordMethod::Hash { password_attribute } => {
                attributes.push(password_attribute.clone());
                Method::Hash { password_attribute }
            }
            PasswordMethod::Bind { bind_password } => {
                Method::Bind { password: Template::parse(&bind_password, &CREDENTIAL_NAMES) }
            }
        };
        attributes.extend(settings.rules.names().cloned());
        Ok(Self {
            target: Target::new(settings, &CREDENTIAL_NAMES)?,
            directory: Directory::new(settings)?,
            method,
            is_superuser_attribute: is_superuser_attribute.to_owned(),
            rules: settings.rules.clone(),
            attributes,
            clock,
            decoys: Mutex::new(DirectoryPassword::parse(FIRST_DECOY).into_iter().collect()),
            work: Arc::default(),
        })
    }

    /// How many questions could be asked now without waiting.
    #[must_use]
    pub fn free_slots(&self) -> usize {
        self.directory.desk.free().0
    }

    /// What all comparisons of passwords so far have taken, in the unit of [`DirectoryPassword::work`]; 1 is a bind.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }

    async fn judge(&self, credentials: &Credentials) -> Outcome {
        let Some(password) = &credentials.password else {
            return Outcome::Deny(ReasonCode::BadUserNameOrPassword);
        };
        let Some((base, filter)) = self.target.of(credentials) else { return Outcome::Ignore };
        let question = async {
            let is_own_base = self.target.is_own_base();
            let found = self.directory.find(&base, is_own_base, &filter, &self.attributes).await?;
            let Some(entry) = found else {
                self.compare_with_nobody(&base, is_own_base, credentials, password.expose()).await?;
                return Ok(Outcome::Ignore);
            };
            let is_right = match &self.method {
                Method::Hash { password_attribute } => {
                    self.is_hashed(&entry, password_attribute, password.expose()).await?
                }
                Method::Bind { password } => self.is_bound(&entry.name, &render_bytes(password, credentials)).await?,
            };
            let is_right = is_right && entry.text(IS_ENABLED).is_none_or(is_true_text);
            if is_right { self.admit(&entry) } else { Ok(Outcome::Deny(ReasonCode::BadUserNameOrPassword)) }
        };
        self.directory.desk.ask(question).await.unwrap_or_else(Outcome::Failed)
    }

    /// Whether the password is one of those whose hashes are there. An entry without any is compared with what nobody has.
    async fn is_hashed(&self, entry: &Entry, attribute: &str, password: &[u8]) -> Result<bool, BackendFailure> {
        let mut failure = None;
        let mut stored = Vec::new();
        for value in entry.values(attribute).map(plain_value) {
            match DirectoryPassword::parse(&value) {
                Ok(password) => stored.push(password),
                Err(error) => failure = Some(BackendFailure::BadAnswer(error.to_string())),
            }
        }
        if stored.is_empty() && failure.is_none() {
            self.compare(self.decoys(), password).await?;
            return Ok(false);
        }
        if !stored.is_empty() {
            *self.decoys.lock() = stored.iter().map(DirectoryPassword::decoy).collect();
        }
        let is_right = self.compare(stored.into(), password).await?;
        failure.filter(|_| !is_right).map_or(Ok(is_right), Err)
    }

    fn decoys(&self) -> Arc<[DirectoryPassword]> {
        Arc::clone(&self.decoys.lock())
    }

    /// Hashes can take long, and are computed beside the threads that run futures; the slot at the desk bounds how many.
    async fn compare(&self, stored: Arc<[DirectoryPassword]>, password: &[u8]) -> Result<bool, BackendFailure> {
        let (work, password) = (Arc::clone(&self.work), password.to_vec());
        // One after the other and each of them, also behind the right one.
        let compare = move || {
            stored.iter().fold(false, |is_right, stored| {
                work.fetch_add(stored.work(), Ordering::Relaxed);
                stored.verify(&password) | is_right
            })
        };
        let compared = tokio::task::spawn_blocking(compare).await;
        compared.map_err(|_| BackendFailure::Unreachable("the broker stops".into()))
    }

    async fn is_bound(&self, name: &str, password: &[u8]) -> Result<bool, BackendFailure> {
        self.work.fetch_add(1, Ordering::Relaxed);
        self.directory.is_password(name, password).await
    }

    /// As much as for somebody who is there.
    async fn compare_with_nobody(
        &self,
        base: &str,
        is_own_base: bool,
        credentials: &Credentials,
        password: &[u8],
    ) -> Result<(), BackendFailure> {
        match &self.method {
            Method::Hash { .. } => self.compare(self.decoys(), password).await.map(drop),
            Method::Bind { password } => {
                let name = if is_own_base { base.to_owned() } else { format!("{NOBODY},{base}") };
                match self.is_bound(&name, &render_bytes(password, credentials)).await {
                    // It is no name to a directory, or nobody's.
                    Ok(_) | Err(BackendFailure::BadAnswer(_)) => Ok(()),
                    Err(failure) => Err(failure),
                }
            }
        }
    }

    fn admit(&self, entry: &Entry) -> Result<Outcome, BackendFailure> {
        let rules = self.rules.rules(entry).map_err(BackendFailure::BadAnswer)?;
        let mut admission = Admission {
            is_superuser: entry.text(&self.is_superuser_attribute).is_some_and(is_true_text),
            ..Admission::default()
        };
        if !rules.is_empty() {
            let acl = Value::Array(rules).to_string();
            ClientAcl::parse(&acl, None).map_err(|error| BackendFailure::BadAnswer(error.to_string()))?;
            admission.acl = Some(acl);
            admission.acl_expires_at =
                self.rules.expires_at(entry, (self.clock)()).map_err(BackendFailure::BadAnswer)?;
        }
        Ok(Outcome::Allow(Box::new(admission)))
    }
}

/// Some tools store the base64 of a value that has a scheme in front.
fn plain_value(value: &[u8]) -> Vec<u8> {
    match STANDARD.decode(value) {
        Ok(decoded) if decoded.starts_with(b"{") => decoded,
        _ => value.to_vec(),
    }
}

/// Nothing in the place of values that are missing.
fn render_bytes(template: &Template, credentials: &Credentials) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            Part::Variable(name) => bytes.extend(value_bytes(name, credentials).unwrap_or_default()),
        }
    }
    bytes
}

impl Authenticator for LdapAuthenticator {
    fn id(&self) -> &str {
        "password_based:ldap"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.judge(credentials))
    }

    fn status(&self) -> BackendStatus {
        self.directory.desk.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.directory.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.directory.desk.questions())
    }
}

impl fmt::Debug for LdapAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LdapAuthenticator").field("directory", &self.directory).finish_non_exhaustive()
    }
}
