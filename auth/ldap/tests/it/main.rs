//! The authenticator and the source against OpenLDAP.

mod failures;
mod hostile;
mod logins;
mod rules;
mod site;
