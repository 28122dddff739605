//! All codes of errors.

use crate::api_state::ApiState;
use crate::path_part::PathPart;
use crate::{ErrorCode, Refusal};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A code of errors.
#[derive(Serialize, ToSchema)]
struct CodeObject {
    /// The code.
    #[schema(example = "NOT_FOUND")]
    code: &'static str,
    /// What it means.
    description: &'static str,
}

impl From<ErrorCode> for CodeObject {
    fn from(code: ErrorCode) -> Self {
        Self { code: code.as_str(), description: code.description().trim() }
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// All codes.
#[utoipa::path(get, path = "/error_codes", tag = "Error Codes", responses((status = 200, body = Vec<CodeObject>)))]
async fn list() -> Json<Vec<CodeObject>> {
    Json(ErrorCode::ALL.iter().map(|code| (*code).into()).collect())
}

/// A code.
#[utoipa::path(get, path = "/error_codes/{code}", tag = "Error Codes", params(("code" = String, Path, description = "The code.")),
    responses((status = 200, body = CodeObject), (status = 404, description = "There is none such.")))]
async fn show(PathPart(code): PathPart<String>) -> Result<Json<CodeObject>, Refusal> {
    let found = ErrorCode::ALL.iter().find(|known| known.as_str() == code);
    found.map(|code| Json((*code).into())).ok_or_else(|| Refusal::not_found("There is no such error code"))
}
