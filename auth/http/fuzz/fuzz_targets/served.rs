//! Any answer that a web service can give, out of any bytes: the first chooses the status and the kind of content.

use dunlin_auth_http::http_client::http::StatusCode;
use dunlin_auth_http::http_client::{Answer, Bytes};

const TYPES: [&str; 3] = ["application/json", "application/x-www-form-urlencoded", "text/html"];

/// The answer. Most have status 200, as there is most to read in them.
pub fn served(data: &[u8]) -> Answer {
    let (choice, body) = data.split_first().unwrap_or((&0, &[]));
    let status = match choice / 3 {
        0..60 => StatusCode::OK,
        60..63 => StatusCode::NO_CONTENT,
        63..66 => StatusCode::NOT_FOUND,
        other => StatusCode::from_u16(100 + u16::from(other) * 3).unwrap_or(StatusCode::OK),
    };
    let content_type = TYPES[usize::from(choice % 3)].to_owned();
    Answer { status, content_type, body: Bytes::copy_from_slice(body) }
}
