//! Base64 and hexadecimal digits.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine};

use super::Arguments;
use crate::{EvaluateError, Value};

/// Takes padding or goes without.
pub(super) const URL_SAFE_ANY_PADDING: GeneralPurpose = any_padding(&alphabet::URL_SAFE);
/// Takes padding or goes without.
const STANDARD_ANY_PADDING: GeneralPurpose = any_padding(&alphabet::STANDARD);

const fn any_padding(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

/// The options `urlsafe` and `no_padding`, in any order; others do nothing.
fn options(arguments: &Arguments<'_>) -> Result<(bool, bool), EvaluateError> {
    let options = [arguments.option(1)?, arguments.option(2)?];
    Ok((options.contains(&Some("urlsafe")), options.contains(&Some("no_padding"))))
}

pub(super) fn base64_encode(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let engine = match options(arguments)? {
        (false, false) => engine::general_purpose::STANDARD,
        (false, true) => engine::general_purpose::STANDARD_NO_PAD,
        (true, false) => engine::general_purpose::URL_SAFE,
        (true, true) => engine::general_purpose::URL_SAFE_NO_PAD,
    };
    Ok(engine.encode(arguments.bytes(0)?).into())
}

/// White space is skipped. With `no_padding`, padding may be there or not.
pub(super) fn base64_decode(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let engine = match options(arguments)? {
        (false, false) => engine::general_purpose::STANDARD,
        (false, true) => STANDARD_ANY_PADDING,
        (true, false) => engine::general_purpose::URL_SAFE,
        (true, true) => URL_SAFE_ANY_PADDING,
    };
    let encoded: Vec<u8> = arguments.text(0)?.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    engine.decode(encoded).map(Value::from_bytes).map_err(|_| arguments.mismatch(0, "base64"))
}

/// Two digits a byte, upper case.
pub(super) fn bin2hexstr(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    Ok(base16ct::upper::encode_string(arguments.bytes(0)?).into())
}

pub(super) fn hexstr2bin(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let bytes = base16ct::mixed::decode_vec(arguments.text(0)?);
    bytes.map(Value::from_bytes).map_err(|_| arguments.mismatch(0, "pairs of hexadecimal digits"))
}

/// A number, in as few digits as it takes, upper case.
pub(super) fn int2hexstr(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let number = arguments.integer(0)?;
    let sign = if number < 0 { "-" } else { "" };
    Ok(format!("{sign}{:X}", number.unsigned_abs()).into())
}
