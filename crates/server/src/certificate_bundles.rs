//! Bundles of certificates (`managed_certs`), in `certs2` of the data folder as in EMQX. What is in them is checked before it is kept,
//! and a bundle changes as a whole.
//!
//! ```text
//! certs2/global/NAME/            for everybody
//! certs2/ns/NAMESPACE/NAME/      of a namespace
//!   key.pem, chain.pem, …        0600, in folders 0700
//! ```

mod bundle_error;
mod bundle_folder;
mod bundle_id;
#[cfg(test)]
mod tests;

pub(crate) use bundle_error::BundleError;
pub(crate) use bundle_folder::BundleFolder;
pub(crate) use bundle_id::BundleId;
