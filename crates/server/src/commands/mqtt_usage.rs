//! How `dunlin sub` and `dunlin pub` end.

use std::fmt::Display;
use std::process::ExitCode;

pub(super) const EXIT_CODES: &str = "\
Exit codes: 0 good, 1 no connection, refused, or the connection ended, 2 wrong usage, 27 sub: the time of -W is over

They take the arguments that mosquitto_sub and mosquitto_pub take; what differs: -V is 5 unless it is said, and --insecure trusts every \
server whatever its certificate.";

/// Wrong usage, as of every command line.
const EXIT_USAGE: u8 = 2;

/// As of `mosquitto_sub`.
const EXIT_TIMEOUT: u8 = 27;

/// The end of a command whose arguments do not fit together.
pub(super) fn wrong_usage(error: &str) -> ExitCode {
    eprintln!("dunlin: {error}\n\nFor more information, try '--help'.");
    ExitCode::from(EXIT_USAGE)
}

/// The end of a command that did not do what it should.
pub(super) fn failed(error: &impl Display) -> ExitCode {
    eprintln!("dunlin: {error}");
    ExitCode::FAILURE
}

/// The end of a command that has waited long enough.
pub(super) fn timed_out() -> ExitCode {
    eprintln!("dunlin: the time is over");
    ExitCode::from(EXIT_TIMEOUT)
}
