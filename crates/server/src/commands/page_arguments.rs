//! Which page of a list is wanted.

use clap::Args;

/// Which page of a list is wanted.
#[derive(Args, Debug)]
pub(super) struct PageArguments {
    /// Which page, from 1
    #[arg(long, default_value_t = 1)]
    pub(super) page: u64,
    /// How many on a page, at most 1000
    #[arg(long, default_value_t = 100)]
    pub(super) limit: u64,
}
