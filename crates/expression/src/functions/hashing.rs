//! Digests, and numbers made of them.

use md5::Digest as _;

use super::Arguments;
use crate::{EvaluateError, Value};

/// What `hash` can compute.
pub(crate) const KNOWN_DIGESTS: [&str; 7] = ["md5", "sha", "sha1", "sha224", "sha256", "sha384", "sha512"];

/// `hash(digest, data)`: hexadecimal digits, lower case.
pub(super) fn hash(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let data = arguments.bytes(1)?;
    let digest = match arguments.text(0)? {
        "md5" => md5::Md5::digest(data).to_vec(),
        "sha" | "sha1" => sha1::Sha1::digest(data).to_vec(),
        "sha224" => sha2::Sha224::digest(data).to_vec(),
        "sha256" => sha2::Sha256::digest(data).to_vec(),
        "sha384" => sha2::Sha384::digest(data).to_vec(),
        "sha512" => sha2::Sha512::digest(data).to_vec(),
        _ => return Err(arguments.mismatch(0, "the name of a digest")),
    };
    Ok(base16ct::lower::encode_string(&digest).into())
}

/// `hash_to_range(text, least, most)`: a number of the range, the same for the same text.
pub(super) fn hash_to_range(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let digest = sha2::Sha256::digest(not_empty(arguments)?);
    Range::of(arguments)?.place(&digest)
}

/// `map_to_range(number or text, least, most)`: the remainder; a text counts as the number that its bytes are.
pub(super) fn map_to_range(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let range = Range::of(arguments)?;
    match arguments.value(0) {
        Value::Integer(number) => range.value(i128::from(*number).rem_euclid(range.length)),
        _ => range.place(not_empty(arguments)?),
    }
}

fn not_empty<'a>(arguments: &Arguments<'a>) -> Result<&'a [u8], EvaluateError> {
    let bytes = arguments.bytes(0)?;
    if bytes.is_empty() { Err(arguments.mismatch(0, "text with something in it")) } else { Ok(bytes) }
}

struct Range {
    least: i128,
    /// How many numbers it has, at least one and at most 2⁶⁴.
    length: i128,
}

impl Range {
    fn of(arguments: &Arguments<'_>) -> Result<Self, EvaluateError> {
        let (least, most) = (i128::from(arguments.integer(1)?), i128::from(arguments.integer(2)?));
        if least > most {
            return Err(arguments.mismatch(2, "at least the second"));
        }
        Ok(Self { least, length: most - least + 1 })
    }

    /// The remainder of the number that the bytes are, the first the most significant.
    fn place(&self, bytes: &[u8]) -> Result<Value, EvaluateError> {
        self.value(bytes.iter().fold(0, |remainder, byte| (remainder * 256 + i128::from(*byte)) % self.length))
    }

    fn value(&self, remainder: i128) -> Result<Value, EvaluateError> {
        i64::try_from(self.least + remainder).map(Value::Integer).map_err(|_| EvaluateError::VALUE_TOO_LARGE)
    }
}
