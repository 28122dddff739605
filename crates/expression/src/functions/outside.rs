//! Functions that ask the world: its environment, its clock, chance. The bindings answer.

use super::Arguments;
use crate::{EvaluateError, MAX_VALUE_BYTES, Value};

/// Only variables with this prefix can be read: an expression must not show the secrets of the process.
const ENVIRONMENT_PREFIX: &str = "EMQXVAR_";

/// `getenv('X')` is the variable `EMQXVAR_X`; empty if it is not set.
pub(super) fn getenv(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let name = format!("{ENVIRONMENT_PREFIX}{}", arguments.text(0)?);
    Ok(arguments.bindings.environment(&name).unwrap_or_default().into())
}

pub(super) fn timestamp_ms(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    arguments.bindings.unix_milliseconds().map(Value::Integer).ok_or_else(|| arguments.failure("there is no clock"))
}

pub(super) fn timestamp_s(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let milliseconds = arguments.bindings.unix_milliseconds().ok_or_else(|| arguments.failure("there is no clock"))?;
    Ok(milliseconds.div_euclid(1000).into())
}

/// A whole number from 1 to the given one.
pub(super) fn rand_int(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let most = u64::try_from(arguments.integer(0)?).ok().filter(|most| *most > 0);
    let most = most.ok_or_else(|| arguments.mismatch(0, "a whole number from 1"))?;
    let number = random(arguments)? % most + 1;
    i64::try_from(number).map(Value::Integer).map_err(|_| EvaluateError::VALUE_TOO_LARGE)
}

/// So many letters and digits.
pub(super) fn rand_str(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    const CHARACTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let length = arguments.count_of(0)?;
    if length == 0 {
        return Err(arguments.mismatch(0, "a whole number from 1"));
    }
    if length > MAX_VALUE_BYTES {
        return Err(EvaluateError::VALUE_TOO_LARGE);
    }
    let mut text = String::with_capacity(length);
    for _ in 0..length {
        let index = random(arguments)? % CHARACTERS.len() as u64;
        let character = usize::try_from(index).ok().and_then(|index| CHARACTERS.get(index));
        text.extend(character.map(|byte| char::from(*byte)));
    }
    Ok(text.into())
}

fn random(arguments: &Arguments<'_>) -> Result<u64, EvaluateError> {
    arguments.bindings.random().ok_or_else(|| arguments.failure("there is no source of randomness"))
}
