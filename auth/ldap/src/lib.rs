//! Clients that a directory knows (LDAPv3, RFC 4511).
//!
//! - [`LdapAuthenticator`]: `password_based:ldap`. Searches the entry of a client, then compares its password, or binds with it.
//! - [`LdapAuthorization`]: the source `ldap`. The attributes of an entry say what a client may do.
//!
//! The little of LDAP that this takes is spoken by this crate itself: bind, search and StartTLS. The client libraries at hand end
//! the process on an answer that is malformed and read messages of any length; here a directory that went mad costs a
//! connection. Definite lengths only, nothing nested deeper than an entry is, and no message
//! beyond a megabyte.
//!
//! **Invariant:** what a client says is never part of the text of a filter or a name. Filters are taken apart when the settings
//! are read and values put in afterwards (RFC 4515); in names values are escaped (RFC 4514). An empty password is never bound
//! with, because a directory takes that for an anonymous login and says yes (RFC 4513 §5.1.2).

mod authenticator;
mod authorization;
mod ber;
mod connection;
mod directory;
mod distinguished_name;
mod entry;
mod entry_rules;
mod filter;
mod message;
mod settings;

pub use authenticator::LdapAuthenticator;
pub use authorization::LdapAuthorization;
pub use entry_rules::RuleAttributes;
pub use filter::FilterError;
pub use settings::{Encryption, LdapSettings, LdapSettingsError, PasswordMethod, Server};
