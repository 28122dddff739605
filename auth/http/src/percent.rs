//! Percent-encoding (RFC 3986 §2.1) and forms.

use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Appends the bytes, all but letters, digits and `-._~` as `%XX`: what comes out is one value in a path, a query or a form,
/// whatever goes in.
pub(crate) fn encode(bytes: &[u8], into: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => into.push(char::from(*byte)),
            // Writing to a string cannot fail.
            byte => _ = write!(into, "%{byte:02X}"),
        }
    }
}

/// Reads `a=b&c=d`. The last of several values of a name counts. `None` if it is no text.
pub(crate) fn decode_form(form: &[u8]) -> Option<Map<String, Value>> {
    let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            Some((name, Value::String(decode(halves.next().unwrap_or_default())?)))
        })
        .collect()
}

fn decode(text: &[u8]) -> Option<String> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let value = digit(rest.next())? * 16 + digit(rest.next())?;
                bytes.push(u8::try_from(value).ok()?);
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_means_something_is_left() {
        let mut text = String::new();
        encode("aZ9-._~ /?&=#%+\r\n\0é".as_bytes(), &mut text);
        assert_eq!(text, "aZ9-._~%20%2F%3F%26%3D%23%25%2B%0D%0A%00%C3%A9");
    }

    #[test]
    fn forms_are_read() {
        let read = |form: &str| decode_form(form.as_bytes()).map(|fields| Value::Object(fields).to_string());
        assert_eq!(read("a=b&c=%20d+e&f&=g&&a=h%3D=").as_deref(), Some(r#"{"":"g","a":"h==","c":" d e","f":""}"#));
        assert_eq!(read("").as_deref(), Some("{}"));
        for bad in ["a=%", "a=%2", "a=%zz", "%ff=1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
