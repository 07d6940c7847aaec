//! The one place that turns an error into an answer: a status, and the caller's dialect around it.

use crate::domain::error::{ContentProblem, What};
use crate::domain::protection::Barred;
use crate::domain::{Error, Permission};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;

/// The status of an error.
pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated | Error::NarrowToken | Error::Resting(_) => StatusCode::UNAUTHORIZED,
        Error::TooManyTries { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Forbidden(_) | Error::Foreign(_) | Error::NotLetIn(_) | Error::InUse { .. } | Error::Protected(_) => {
            StatusCode::FORBIDDEN
        }
        Error::Changed { .. } => StatusCode::PRECONDITION_FAILED,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::Invalid { .. } | Error::Content { .. } | Error::MissingParts(_) => StatusCode::BAD_REQUEST,
        Error::Conflict(_)
        | Error::Elsewhere(_)
        | Error::ReadOnly(_)
        | Error::Taken(_)
        | Error::Outdated
        | Error::Overtaken => StatusCode::CONFLICT,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Beyond { .. } | Error::OutOfOrder { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
        Error::Unsupported(_) | Error::Method => StatusCode::METHOD_NOT_ALLOWED,
        Error::Upstream { .. } => StatusCode::BAD_GATEWAY,
        Error::Unavailable(_) | Error::Damaged(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The code of an error for registry clients (OCI distribution specification, "Error Codes").
fn oci_code(error: &Error) -> &'static str {
    match error {
        Error::Unauthenticated | Error::NarrowToken | Error::Resting(_) => "UNAUTHORIZED",
        Error::TooManyTries { .. } => "TOOMANYREQUESTS",
        Error::Forbidden(_)
        | Error::Foreign(_)
        | Error::NotLetIn(_)
        | Error::InUse { .. }
        | Error::Protected(_)
        | Error::Changed { .. } => "DENIED",
        Error::NotFound(What::Repository(_) | What::Elsewhere { .. }) => "NAME_UNKNOWN",
        Error::NotFound(What::Tag { .. } | What::Manifest { .. }) => "MANIFEST_UNKNOWN",
        Error::NotFound(What::Blob { .. }) => "BLOB_UNKNOWN",
        Error::NotFound(What::Upload) => "BLOB_UPLOAD_UNKNOWN",
        Error::NotFound(
            What::Page
            | What::Endpoint
            | What::User(_)
            | What::Grant(_)
            | What::Group(_)
            | What::Mount(_)
            | What::Protection(_)
            | What::Session
            | What::Token
            | What::Robot(_)
            | What::Role(_)
            | What::Job
            | What::Provider(_)
            | What::Trash
            | What::Plan
            | What::Link,
        )
        | Error::Unsupported(_)
        | Error::Elsewhere(_)
        | Error::Method => "UNSUPPORTED",
        Error::Invalid { field, .. } => match field.as_str() {
            "name" => "NAME_INVALID",
            "tag" => "TAG_INVALID",
            "digest" => "DIGEST_INVALID",
            "n" | "last" => "PAGINATION_NUMBER_INVALID",
            "content-range" | "body" | "upload" => "BLOB_UPLOAD_INVALID",
            _ => "UNSUPPORTED", // The specification has no code for a question that asks too much.
        },
        Error::Content { problem, .. } => match problem {
            ContentProblem::Digest => "DIGEST_INVALID",
            ContentProblem::Size => "SIZE_INVALID",
            ContentProblem::Manifest => "MANIFEST_INVALID",
        },
        Error::MissingParts(_) => "MANIFEST_BLOB_UNKNOWN",
        Error::Taken(_) => "NAME_INVALID",
        Error::Beyond { .. } | Error::OutOfOrder { .. } => "RANGE_INVALID",
        Error::Conflict(_) | Error::ReadOnly(_) | Error::Outdated | Error::Overtaken => "BLOB_UPLOAD_INVALID",
        Error::TooLarge { .. } => "MANIFEST_INVALID",
        Error::Upstream { .. } | Error::Unavailable(_) | Error::Damaged(_) => "UNAVAILABLE",
        Error::Internal => "UNKNOWN",
    }
}

/// For registry clients: `{"errors":[{"code","message","detail"}]}`.
pub fn oci(error: &Error) -> Response<Body> {
    let code = oci_code(error);
    let errors = match error {
        Error::MissingParts(digests) => {
            let message = "push this first, the repository does not have it";
            let missing = |digest| json!({ "code": code, "message": message, "detail": { "digest": digest } });
            digests.iter().map(missing).collect()
        }
        _ => vec![json!({ "code": code, "message": error.to_string(), "detail": detail(error) })],
    };
    answer(error, "application/json", json!({ "errors": errors }).to_string())
}

fn detail(error: &Error) -> serde_json::Value {
    match error {
        Error::Forbidden(permission) => json!({ "permission": Permission::name(*permission) }),
        Error::Beyond { size } => json!({ "size": size }),
        Error::OutOfOrder { received } => json!({ "offset": received }),
        Error::Protected(barred) => rule(barred),
        Error::InUse { digest, by } => json!({ "digest": digest, "parents": by }),
        Error::Changed { current } => json!({ "current": current }),
        _ => json!(null),
    }
}

/// The rule in the way of something.
fn rule(Barred { rule, scope, guard, .. }: &Barred) -> serde_json::Value {
    json!({ "rule": rule, "scope": scope, "kind": guard.kind(), "role": guard.role() })
}

/// For programs: problem JSON (RFC 9457).
pub fn problem(error: &Error) -> Response<Body> {
    let status = match error {
        // Registry clients know no other word for the first than denied, and a failed condition for the second.
        Error::InUse { .. } | Error::Changed { .. } => StatusCode::CONFLICT,
        error => status(error),
    };
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": error.to_string(),
    });
    match error {
        Error::InUse { by, .. } => body["parents"] = json!(by),
        Error::Changed { current } => body["current"] = json!(current),
        Error::Protected(barred) => body["protection"] = rule(barred),
        _ => {}
    }
    let mut response = answer(error, "application/problem+json", body.to_string());
    *response.status_mut() = status;
    response
}

/// After how many seconds it is worth trying again, where it is (RFC 9110, section 10.2.3).
pub fn retry_after(error: &Error) -> Option<HeaderValue> {
    match error {
        Error::TooManyTries { wait_s } => Some(HeaderValue::from(*wait_s)),
        Error::Unavailable(_) | Error::Damaged(_) | Error::Upstream { .. } => Some(HeaderValue::from_static("5")),
        _ => None,
    }
}

fn answer(error: &Error, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = (status(error), [(header::CONTENT_TYPE, content_type)], body).into_response();
    response.headers_mut().extend(retry_after(error).map(|wait| (header::RETRY_AFTER, wait)));
    if let Error::Beyond { size } = error {
        let range = format!("bytes */{size}"); // RFC 9110, section 15.5.17.
        response.headers_mut().insert(header::CONTENT_RANGE, HeaderValue::from_str(&range).expect("a number"));
    }
    response
}

/// For a method that a path does not know.
pub fn wrong_method(allowed: &'static str) -> Response<Body> {
    let message = format!("this path takes {allowed}");
    let body = json!({ "errors": [{ "code": "UNSUPPORTED", "message": message, "detail": null }] });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::ALLOW, allowed)];
    (StatusCode::METHOD_NOT_ALLOWED, headers, body.to_string()).into_response()
}

/// For people, where the console's own page cannot be drawn: no script, nothing but the sentence and the id.
pub fn bare_page(error: &Error, request_id: &str) -> Response<Body> {
    let body = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Portolan</title><h1>{}</h1><p>{}.</p>\
         <p>The log has more under <code>err_{request_id}</code></p><p><a href=\"/repositories\">See all repositories</a></p>",
        status(error).canonical_reason().unwrap_or("Portolan failed"),
        escape(&error.to_string()),
    );
    let mut response = answer(error, "text/html; charset=utf-8", body);
    let policy = HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// A text in a page, or in a value of its markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
