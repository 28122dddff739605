//! Authentication and authorization by MongoDB.
//!
//! - [`MongodbAuthenticator`] looks users up, [`MongodbAuthorization`] what they may do; [`MongodbSettings`] says where.
//! - A [`Filter`] finds the documents of a client. The names of the client are values in it, and never anything else.
//!
//! The wire, and the search for the server that can be asked, are those of the official driver. How many questions it is asked
//! at once, and how long, is decided here: a question ends within [`MongodbSettings::timeout`], and the driver closes the
//! connection of one that is given up.

mod authenticator;
mod authorization;
mod client_options;
mod driver;
mod filter;
mod settings;
mod settings_error;
mod values;

pub use authenticator::{MongodbAuthenticator, UserFields};
pub use authorization::{DEFAULT_LIMIT, MongodbAuthorization};
pub use filter::Filter;
pub use settings::{Deployment, MongodbSettings, ReadFrom, Tls};
pub use settings_error::SettingsError;
