//! Why a request is not answered as it wishes: `{"code": "NOT_FOUND", "message": "…"}`.

use crate::ErrorCode;
use crate::secrets::without_secrets;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// How much of a message is written down, in characters.
const REASON_CHARS_MAX: usize = 500;

/// An answer that is an error. Its status follows from the code unless another one is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    status: StatusCode,
    code: ErrorCode,
    message: Value,
    header: Option<(HeaderName, HeaderValue)>,
    /// Boxed: few have one, and every answer pays for its size.
    field: Option<Box<(&'static str, Value)>>,
}

/// The body of every answer that is an error.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// What kind of error it is; `/error_codes` has all of them.
    code: &'static str,
    /// What went wrong, for people; for some errors an object.
    message: Value,
}

impl Refusal {
    /// With a message for people.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::with_object(code, Value::String(message.into()))
    }

    /// With a message that is an object.
    #[must_use]
    pub const fn with_object(code: ErrorCode, message: Value) -> Self {
        Self { status: code.status(), code, message, header: None, field: None }
    }

    /// With another status than that of the code.
    #[must_use]
    pub const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a header beside the body.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }

    /// With one more field in the body, beside code and message.
    #[must_use]
    pub fn with_field(mut self, name: &'static str, value: Value) -> Self {
        self.field = Some(Box::new((name, value)));
        self
    }

    /// The request is not understood.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    /// What is asked for is not there.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// The node cannot answer now.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ServiceUnavailable, message)
    }

    /// Something went wrong that should not.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InternalError, message)
    }

    /// What kind of error it is.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What went wrong.
    #[must_use]
    pub const fn message(&self) -> &Value {
        &self.message
    }
}

/// Why, for whoever writes down what was asked: `NOT_FOUND: Name NOT FOUND`.
#[derive(Clone, Debug)]
pub(crate) struct RefusedBecause(pub(crate) String);

/// The message, cut where it is long. An object may have a secret in it that is for whoever asked alone.
fn text_of(message: &Value) -> String {
    let text = message.as_str().map_or_else(|| without_secrets(message).to_string(), str::to_owned);
    match text.char_indices().nth(REASON_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!(ErrorBody { code: self.code.as_str(), message: self.message });
        if let (Some(field), Some(fields)) = (self.field, body.as_object_mut()) {
            let (name, value) = *field;
            fields.insert(name.to_owned(), value);
        }
        let why = RefusedBecause(format!("{}: {}", self.code.as_str(), text_of(&body["message"])));
        let body = Json(body);
        let header = self.header.map(|header| [header]);
        let mut response = match header {
            Some(header) => (self.status, header, body).into_response(),
            None => (self.status, body).into_response(),
        };
        response.extensions_mut().insert(why);
        response
    }
}
