//! What expressions and templates are worked out against.

use crate::Value;

/// What the names of an expression or template stand for, and what else functions ask of the world. Any
/// `Fn(&str) -> Option<Value>` will do.
pub trait Bindings {
    /// The value of a name, dots included, as in `client_attrs.team`. `None` if it has none; a name that has a value
    /// which is unknown, such as the username of a client without one, is [`Value::Null`].
    fn variable(&self, name: &str) -> Option<Value>;

    /// A variable of the process's environment. Names asked for start with `EMQXVAR_`, always.
    fn environment(&self, name: &str) -> Option<String> {
        _ = name;
        None
    }

    /// Random bits, new each time; `None` if there are none, and `rand_str` and `rand_int` fail.
    fn random(&self) -> Option<u64> {
        None
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; `None` if unknown, and `timestamp_s` and `timestamp_ms` fail.
    fn unix_milliseconds(&self) -> Option<i64> {
        None
    }
}

impl<F: Fn(&str) -> Option<Value>> Bindings for F {
    fn variable(&self, name: &str) -> Option<Value> {
        self(name)
    }
}
