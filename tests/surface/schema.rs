//! Whether a value is as a schema says: the part of JSON Schema that the OpenAPI document uses, and no key beside those that
//! it names.

use portolan::domain::Timestamp;
use serde_json::{Value, json};

/// What a schema may say besides what is checked.
const WORDS: [&str; 6] = ["description", "title", "examples", "example", "properties", "items"];

/// What is wrong with a value, each with its place.
pub(super) fn wrong(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut said = Vec::new();
    check(document, schema, value, "$", &mut said);
    said
}

/// What a document refers to.
pub(super) fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(to) => document.pointer(to.trim_start_matches('#')).unwrap_or_else(|| panic!("nothing stands at {to}")),
        None => value,
    }
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, said: &mut Vec<String>) {
    let schema = resolved(document, schema);
    for (keyword, asked) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "type" => {
                let types = asked.as_array().cloned().unwrap_or_else(|| vec![asked.clone()]);
                if !types.iter().any(|kind| is_a(kind.as_str().unwrap(), value)) {
                    said.push(format!("{at} is {value}, not {asked}"));
                }
            }
            "enum" if !asked.as_array().unwrap().contains(value) => {
                said.push(format!("{at} is {value}, none of {asked}"))
            }
            "oneOf" => {
                let of = |one: &Value| wrong(document, one, value);
                let fitting = asked.as_array().unwrap().iter().filter(|one| of(one).is_empty()).count();
                if fitting != 1 {
                    said.push(format!("{at} is {value}, which fits {fitting} of {asked}"));
                }
            }
            "required" => {
                let missing = asked.as_array().unwrap().iter().filter(|key| value.get(key.as_str().unwrap()).is_none());
                said.extend(missing.map(|key| format!("{at} has no {key}")));
            }
            "minimum" if value.is_number() && value.as_f64() < asked.as_f64() => {
                said.push(format!("{at} is {value}, less than {asked}"))
            }
            "maximum" if value.is_number() && value.as_f64() > asked.as_f64() => {
                said.push(format!("{at} is {value}, more than {asked}"))
            }
            "format" if asked == "date-time" && value.as_str().is_some_and(|it| Timestamp::parse(it).is_none()) => {
                said.push(format!("{at} is {value}, no moment"));
            }
            "enum" | "minimum" | "maximum" | "format" | "additionalProperties" => {}
            other => assert!(WORDS.contains(&other), "nothing checks {other}"),
        }
    }
    if let (Some(items), Some(elements)) = (schema.get("items"), value.as_array()) {
        for (number, element) in elements.iter().enumerate() {
            check(document, items, element, &format!("{at}[{number}]"), said);
        }
    }
    keys(document, schema, value, at, said);
}

fn keys(document: &Value, schema: &Value, value: &Value, at: &str, said: &mut Vec<String>) {
    let is_object = schema.get("properties").is_some() || schema.get("additionalProperties").is_some();
    for (key, own) in value.as_object().into_iter().flatten().filter(|_| is_object) {
        let place = format!("{at}.{key}");
        match (schema["properties"].get(key), schema.get("additionalProperties")) {
            (Some(known), _) => check(document, known, own, &place, said),
            (None, Some(Value::Bool(true))) => {}
            (None, Some(others)) => check(document, others, own, &place, said),
            (None, None) => said.push(format!("{place} is not known")),
        }
    }
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("nothing checks the type {other}"),
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let document = json!({ "components": { "schemas": {
        "Time": { "type": "string", "format": "date-time" },
        "One": { "type": "object", "required": ["at", "n"], "properties": {
            "at": { "$ref": "#/components/schemas/Time" },
            "n": { "type": ["integer", "null"], "minimum": 0 },
            "kind": { "type": "string", "enum": ["a", "b"] },
            "of": { "oneOf": [{ "$ref": "#/components/schemas/One" }, { "type": "null" }] },
            "more": { "type": "object", "additionalProperties": { "type": "boolean" } },
            "all": { "type": "array", "items": { "type": "string" } },
        } },
    } } });
    let wrong = |value: Value| wrong(&document, &json!({ "$ref": "#/components/schemas/One" }), &value);
    let good = json!({ "at": "2027-01-01T00:00:00Z", "n": null, "kind": "a", "of": null, "more": { "x": true }, "all": ["y"] });
    assert_eq!(wrong(good.clone()), Vec::<String>::new());
    for (key, odd) in [
        ("at", json!("soon")),
        ("n", json!(-1)),
        ("n", json!("1")),
        ("kind", json!("c")),
        ("of", json!({ "at": "2027-01-01T00:00:00Z" })),
        ("more", json!({ "x": 1 })),
        ("all", json!(["y", 1])),
        ("other", json!(null)),
    ] {
        let mut value = good.clone();
        value[key] = odd;
        let found = wrong(value.clone());
        assert_eq!(found.len(), 1, "{value}: {found:?}");
    }
    assert_eq!(wrong(json!({ "n": 1 })), [r#"$ has no "at""#]);
}
