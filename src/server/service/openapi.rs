//! The OpenAPI document of `/api/v1` (OpenAPI 3.1), which is written by hand, one file for each area, and what the page
//! that is drawn from it says. Tests hold it against the router and against what is answered.

mod shown;

use crate::domain::view::api::ApiView;
use serde_json::{Map, Value};

/// What holds for all of it.
const FRAME: &str = include_str!("openapi/frame.json");

/// The areas, in the order of the page.
const AREAS: [&str; 8] = [
    include_str!("openapi/repositories.json"),
    include_str!("openapi/tags.json"),
    include_str!("openapi/trash.json"),
    include_str!("openapi/access.json"),
    include_str!("openapi/people.json"),
    include_str!("openapi/secrets.json"),
    include_str!("openapi/system.json"),
    include_str!("openapi/providers.json"),
];

/// The whole document.
pub fn document() -> Value {
    let mut whole = read(FRAME);
    for area in AREAS {
        let mut area = read(area);
        for (from, to) in [("/paths", "/paths"), ("/schemas", "/components/schemas")] {
            let part = area.pointer_mut(from).map(Value::take);
            if let (Some(Value::Object(part)), Some(Value::Object(all))) = (part, whole.pointer_mut(to)) {
                all.extend(part);
            }
        }
    }
    whole["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    whole
}

/// The same for its readers.
pub fn view() -> ApiView {
    shown::Document(&document()).view()
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("a test reads what is built in")
}

/// What a document refers to; itself where it refers to nothing.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let to = value.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
    to.and_then(|to| document.pointer(to)).unwrap_or(value)
}

fn object(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_area_writes_over_another() {
        let (whole, parts) = (document(), [FRAME].into_iter().chain(AREAS).map(read).collect::<Vec<_>>());
        let count = |value: Option<&Value>| object(value).count();
        let n_paths: usize = parts.iter().map(|part| count(part.get("paths"))).sum();
        let schemas = |part: &Value| count(part.get("schemas")) + count(part.pointer("/components/schemas"));
        assert_eq!(count(whole.get("paths")), n_paths);
        let n_schemas: usize = parts.iter().map(schemas).sum::<usize>();
        assert_eq!(count(whole.pointer("/components/schemas")), n_schemas);
        assert!(n_paths > 40, "{n_paths}");
    }
}
