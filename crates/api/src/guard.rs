//! What stands before every resource: who asks, whether they may, and what every answer says besides.

mod auditing;
mod authenticate;
mod caller;
mod every_answer;
mod permission;
mod small_body;

pub(crate) use authenticate::authenticate;
pub(crate) use caller::{Caller, CallerKind};
pub(crate) use every_answer::every_answer;
pub(crate) use permission::{is_open, may_be_open};
