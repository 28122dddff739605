//! The authenticator `password_based:ldap`.

use crate::RuleAttributes;
use crate::directory::Directory;
use crate::distinguished_name::NameTemplate;
use crate::entry::Entry;
use crate::filter::{Filter, value_bytes};
use crate::settings::{LdapSettings, LdapSettingsError, PasswordMethod};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dunlin_access::{Admission, Answer, Authenticator, BackendFailure, BackendStatus, ClientAcl, Credentials, Outcome};
use dunlin_auth_backend::admission::is_true_text;
use dunlin_auth_backend::{CREDENTIAL_NAMES, WallClock};
use dunlin_expression::{Part, Template};
use dunlin_model::ReasonCode;
use dunlin_passwords::DirectoryPassword;
use serde_json::Value;
use std::fmt;

/// Of EMQX 4: an entry that is not enabled may not come in.
const IS_ENABLED: &str = "isEnabled";

/// Asks a directory whether a client may come in.
///
/// | what is there | outcome |
/// |---|---|
/// | no entry, or a placeholder without value | ignore |
/// | an entry, the password is its own | allow, with superuser, rules and time to live of its attributes |
/// | an entry, the password is another or missing, or `isEnabled` is false | deny 0x86 |
/// | several entries, rules that make no sense, a kind of hash that is not known, no answer | failure |
pub struct LdapAuthenticator {
    target: Target,
    directory: Directory,
    method: Method,
    is_superuser_attribute: String,
    rules: RuleAttributes,
    attributes: Vec<String>,
    clock: WallClock,
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
        })
    }

    async fn judge(&self, credentials: &Credentials) -> Outcome {
        let Some(password) = &credentials.password else {
            return Outcome::Deny(ReasonCode::BadUserNameOrPassword);
        };
        let Some((base, filter)) = self.target.of(credentials) else { return Outcome::Ignore };
        let question = async {
            let is_own_base = self.target.is_own_base();
            let found = self.directory.find(&base, is_own_base, &filter, &self.attributes).await?;
            let Some(entry) = found else { return Ok(Outcome::Ignore) };
            let is_enabled = entry.text(IS_ENABLED).is_none_or(is_true_text);
            let is_right = is_enabled
                && match &self.method {
                    Method::Hash { password_attribute } => {
                        is_hashed(&entry, password_attribute, password.expose().to_vec()).await?
                    }
                    Method::Bind { password } => {
                        let password = render_bytes(password, credentials);
                        self.directory.is_password(&entry.name, &password).await?
                    }
                };
            if is_right { self.admit(&entry) } else { Ok(Outcome::Deny(ReasonCode::BadUserNameOrPassword)) }
        };
        self.directory.desk.ask(question).await.unwrap_or_else(Outcome::Failed)
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
            admission.expires_at = self.rules.expires_at(entry, (self.clock)()).map_err(BackendFailure::BadAnswer)?;
        }
        Ok(Outcome::Allow(Box::new(admission)))
    }
}

/// Whether the password is one of those whose hashes are there. Hashes can take long, and are computed beside the threads that run
/// futures; the slot at the desk bounds how many.
async fn is_hashed(entry: &Entry, attribute: &str, password: Vec<u8>) -> Result<bool, BackendFailure> {
    let stored: Vec<Vec<u8>> = entry.values(attribute).map(plain_value).collect();
    let compare = move || {
        let mut failure = None;
        for value in stored {
            match DirectoryPassword::parse(&value) {
                Ok(stored) if stored.verify(&password) => return Ok(true),
                Ok(_) => {}
                Err(error) => failure = Some(BackendFailure::BadAnswer(error.to_string())),
            }
        }
        failure.map_or(Ok(false), Err)
    };
    let compared = tokio::task::spawn_blocking(compare).await;
    compared.unwrap_or_else(|_| Err(BackendFailure::Unreachable("the broker stops".into())))
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
}

impl fmt::Debug for LdapAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LdapAuthenticator").field("directory", &self.directory).finish_non_exhaustive()
    }
}
