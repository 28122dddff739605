//! What back ends of access control share.
