//! What is wrong with what programs send, in plain words: which key is missing, unknown or of another kind. Neither how it
//! is read is said, nor what stands there: that may be a secret.

use crate::domain::{Error, Result};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use std::error::Error as Cause;

/// Where something stands, and what is wrong there.
type At<E> = serde_path_to_error::Error<E>;

/// A body, or why it is none.
pub(super) fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T> {
    sent.map(|Json(body)| body).map_err(|rejection| match cause::<At<serde_json::Error>>(&rejection) {
        Some(at) => of_json(at),
        None if rejection.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            wrong("send JSON, with the header Content-Type: application/json".to_owned())
        }
        None if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => wrong("this is too long to be read".to_owned()),
        None => wrong("this is no JSON, or it broke off".to_owned()),
    })
}

/// What a body says, where several things can stand in it.
pub(super) fn of<T: DeserializeOwned>(body: serde_json::Value) -> Result<T> {
    serde_path_to_error::deserialize(body).map_err(|at| of_json(&at))
}

/// The bytes of a body that may be left out.
pub(super) fn parsed(body: &[u8]) -> Result<serde_json::Value> {
    let mut from = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut from).map_err(|at| of_json(&at))?;
    from.end().map(|()| read).map_err(|error| wrong(no_json(&error)))
}

/// Why a query cannot be read.
pub(super) fn of_query(rejection: &QueryRejection) -> Error {
    let at = cause::<At<serde::de::value::Error>>(rejection);
    let words = at.map(|at| words(&at.path().to_string(), &at.inner().to_string()));
    Error::invalid("query", words.unwrap_or_else(|| "this query cannot be read".to_owned()))
}

fn cause<'e, E: Cause + 'static>(error: &'e (dyn Cause + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn wrong(words: String) -> Error {
    Error::invalid("body", words)
}

fn of_json(at: &At<serde_json::Error>) -> Error {
    let (path, error) = (at.path().to_string(), at.inner());
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    match error.classify() {
        Category::Data => wrong(words(&path, text)),
        // So it is said of a number where one of some words is due.
        _ if path != "." && text == "expected value" => {
            wrong(format!("what stands at `{path}` cannot be read: it is of another kind, or no JSON"))
        }
        _ => wrong(no_json(error)),
    }
}

fn no_json(error: &serde_json::Error) -> String {
    format!("this is no JSON: it cannot be read at line {}, column {}", error.line(), error.column())
}

/// What is wrong at a place.
fn words(path: &str, text: &str) -> String {
    let it = if path == "." { "this".to_owned() } else { format!("`{path}`") };
    let named = || text.split('`').nth(1).unwrap_or_default();
    let listed = || text.split('`').skip(3).step_by(2).collect::<Vec<_>>().join(", ");
    let expected = || kind(text.rsplit_once("expected ").map_or("", |(_, expected)| expected));
    match text.split([' ', '`']).take(2).collect::<Vec<_>>().join(" ").as_str() {
        "missing field" if path == "." => format!("the key `{}` is missing", named()),
        "missing field" => format!("the key `{}` is missing in {it}", named()),
        "unknown field" if listed().is_empty() => format!("the key `{}` is not known here; there is none", named()),
        "unknown field" => format!("the key `{}` is not known here; these are: {}", named(), listed()),
        "duplicate field" => format!("the key `{}` stands twice", named()),
        "unknown variant" => format!("{it} is one of: {}", listed()),
        "invalid type:" | "invalid value:" => format!("{it} has to be {}", expected()),
        "invalid length" => format!("{it} has the wrong length"),
        "invalid digit" | "cannot parse" | "number too" => format!("{it} has to be a whole number"),
        "provided string" => format!("{it} has to be true or false"),
        "data did" => format!("{it} is nothing that is taken here"),
        _ if path == "." => text.to_owned(),
        _ => format!("{it}: {text}"),
    }
}

/// A kind of value, as people call it.
fn kind(expected: &str) -> &'static str {
    match expected.split(' ').take(2).collect::<Vec<_>>().join(" ").as_str() {
        "a string" | "a borrowed" | "string or" | "a character" => "a text",
        "a boolean" => "true or false",
        "u8" | "u16" | "u32" | "u64" | "usize" | "a nonzero" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" | "a tuple" => "a list",
        "a map" => "an object",
        // So their types are called.
        other if other.starts_with("struct") => "an object",
        _ => "of another kind",
    }
}
