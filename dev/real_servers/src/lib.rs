//! Servers of other projects that back ends are tested against.
