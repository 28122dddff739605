//! Who is kept out: bans, and clients that come too often.
//!
//! A [`Ban`] names [`Who`] it is about: a client id, a user name, an address, a network, or a pattern of names. [`BanTable`] has
//! all of them and tells of a client whether one is about it. [`FlappingTable`] counts how often clients come.
//!
//! Nothing here reads a clock, a file or a socket. Moments are seconds since 1970-01-01T00:00:00Z unless their name says
//! something else.

mod ban;
mod ban_filter;
mod ban_json;
mod ban_list;
mod ban_table;
mod flapping_table;
mod invalid_ban;
mod moment;
mod name_pattern;
mod who;

pub use ban::{Ban, Terms};
pub use ban_filter::{BanFilter, BanPage};
pub use ban_json::DEFAULT_AUTHOR;
pub use ban_list::{BanList, UnusableRow, read_ban_list};
pub use ban_table::{BanTable, Candidate, MAX_BAN_BYTES, MAX_BANS, MAX_PATTERNS, NotBanned};
pub use flapping_table::{FlappingLimit, FlappingTable};
pub use invalid_ban::InvalidBan;
pub use moment::{moment_text, parse_moment};
pub use name_pattern::{MAX_PATTERN_BYTES, NamePattern};
pub use who::{MAX_WHO_BYTES, Who, WhoKind};
