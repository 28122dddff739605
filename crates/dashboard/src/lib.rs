//! The dashboard of a node: the files that Vite makes of `dashboard/`, inside the binary, and how they are served.
//!
//! `asset.rs` knows the files, `pages.rs` answers requests, `policy.rs` says what a browser may do with them.

mod asset;
mod pages;
mod policy;

pub use pages::router;
