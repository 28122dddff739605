//! A file in a body of the type `multipart/form-data` (RFC 7578).
//!
//! ```text
//! --boundary CRLF  headers CRLF CRLF  content  CRLF --boundary CRLF  …  CRLF --boundary--
//! ```

use crate::{ErrorCode, Refusal};

/// The longest boundary that there may be, in bytes (RFC 2046 §5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;

/// A file that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MultipartFile<'a> {
    /// Its name, as whoever sent it says.
    pub(crate) name: &'a str,
    /// What is in it.
    pub(crate) bytes: &'a [u8],
}

impl<'a> MultipartFile<'a> {
    /// The file in the field of this name.
    ///
    /// # Errors
    /// A [`Refusal`]: the body is of another type, or has no such field.
    pub(crate) fn read(content_type: &str, body: &'a [u8], field: &str) -> Result<Self, Refusal> {
        let boundary = boundary(content_type).ok_or_else(|| {
            Refusal::new(ErrorCode::UnsupportedMediaType, "content-type:multipart/form-data with a boundary Required")
        })?;
        let missing = || Refusal::bad_request(format!("Missing required parameter: {field}"));
        let delimiter = format!("\r\n--{boundary}");
        // The first one may have nothing in front of it.
        let mut rest = body.strip_prefix(delimiter.trim_start().as_bytes()).or_else(|| after(body, &delimiter));
        while let Some(part) = rest {
            let part = part.strip_prefix(b"\r\n").ok_or_else(missing)?;
            let end = find(part, delimiter.as_bytes()).ok_or_else(missing)?;
            let (part, behind) = part.split_at(end);
            let headers_end = find(part, b"\r\n\r\n").ok_or_else(missing)?;
            let (headers, content) = part.split_at(headers_end);
            let headers = std::str::from_utf8(headers).map_err(|_| missing())?;
            if let Some((_, name)) = disposition(headers).filter(|(of, _)| *of == field) {
                return Ok(Self { name, bytes: content.get(4..).unwrap_or_default() });
            }
            rest = behind.get(delimiter.len()..);
        }
        Err(missing())
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len()).then_some(boundary)
}

/// Name of the field and of the file.
fn disposition(headers: &str) -> Option<(&str, &str)> {
    let line = headers.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let parameter = |wanted: &str| {
        line.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"'))
        })
    };
    Some((parameter("name")?, parameter("filename")?))
}

fn after<'a>(bytes: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    bytes.get(find(bytes, wanted.as_bytes())? + wanted.len()..)
}

/// Where `wanted` begins. Looked for by its first byte, of which there are few in a file.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let place = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(place..)?.starts_with(wanted) {
            return Some(place);
        }
        from = place + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=\"xy\"";

    #[test]
    fn the_file_of_a_field_is_found() {
        let body = b"--xy\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--xy\r\n\
            content-disposition: form-data; name=\"filename\"; filename=\"users.csv\"\r\nContent-Type: text/csv\r\n\r\n\
            a,b\r\n\r\n-1,--x\r\n--xy--\r\n";
        let file = MultipartFile::read(TYPE, body, "filename").unwrap();
        assert_eq!((file.name, file.bytes), ("users.csv", &b"a,b\r\n\r\n-1,--x"[..]));
        let empty = b"preamble\r\n--xy\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n\r\n--xy--";
        assert_eq!(MultipartFile::read(TYPE, empty, "f").unwrap(), MultipartFile { name: "a", bytes: b"" });
    }

    #[test]
    fn what_is_cut_or_something_else_has_no_file() {
        let body = b"--xy\r\nContent-Disposition: form-data; name=\"f\"; filename=\"u\"\r\n\r\nab\r\n--xy--\r\n";
        for cut in 0..body.len() - 4 {
            assert!(MultipartFile::read(TYPE, &body[..cut], "f").is_err(), "{cut} bytes");
        }
        for content_type in ["", "application/json", "multipart/form-data", "multipart/form-data; boundary="] {
            let refusal = MultipartFile::read(content_type, body, "f").unwrap_err();
            assert_eq!(refusal.status(), 415, "{content_type}");
        }
    }
}
