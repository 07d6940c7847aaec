//! What the page says of the document: each call with what goes in and what comes out, and the shapes of that.

use super::{object, resolved};
use crate::domain::view::api::{ApiAnswer, ApiCall, ApiField, ApiGroup, ApiKind, ApiPiece, ApiShape, ApiView};
use serde_json::Value;
use std::collections::BTreeMap;

/// The methods, in the order in which those of one address stand.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Where named schemas stand.
const SCHEMAS: &str = "/components/schemas";

/// The document.
pub(super) struct Document<'d>(pub(super) &'d Value);

/// An operation with what stands around it.
struct Operation<'d> {
    path: &'d str,
    method: &'static str,
    shared: Option<&'d Value>,
    own: &'d Value,
}

impl<'d> Document<'d> {
    pub(super) fn view(&self) -> ApiView {
        let operations = self.operations();
        let group = |tag: &Value| {
            let name = text(tag, "name");
            let is_its = |operation: &&Operation| list(operation.own, "tags").any(|tag| tag == name.as_str());
            let calls = operations.iter().filter(is_its).map(|operation| self.call(operation)).collect();
            ApiGroup { words: text(tag, "description"), calls, name }
        };
        let shapes = object(self.0.pointer(SCHEMAS)).map(|(name, schema)| self.shape(name, schema));
        ApiView {
            words: text(&self.0["info"], "description"),
            refusals: self.refusals(&operations),
            groups: list(self.0, "tags").map(group).collect(),
            shapes: shapes.collect(),
        }
    }

    fn operations(&self) -> Vec<Operation<'d>> {
        let of_path = |(path, item): (&'d String, &'d Value)| {
            let operation = move |method| {
                let own = item.get(method)?;
                Some(Operation { path, method, shared: item.get("parameters"), own })
            };
            METHODS.into_iter().filter_map(operation)
        };
        object(self.0.get("paths")).flat_map(of_path).collect()
    }

    fn call(&self, operation: &Operation) -> ApiCall {
        let Operation { path, method, shared, own } = operation;
        let parameters = shared.iter().flat_map(|list| elements(list)).chain(list(own, "parameters"));
        let parameters: Vec<&Value> =
            parameters.map(|it| resolved(self.0, it)).filter(|it| it["in"] != "header").collect();
        let sent = own.pointer("/requestBody/content/application~1json");
        let example = sent.and_then(|sent| sent.get("example"));
        let (good, bad): (Vec<_>, Vec<_>) = object(own.get("responses"))
            .filter(|(status, _)| *status != "304" && *status != "default")
            .partition(|(status, _)| status.starts_with('2'));
        ApiCall {
            id: text(own, "operationId"),
            method: method.to_uppercase(),
            path: (*path).to_owned(),
            title: text(own, "summary"),
            words: text(own, "description"),
            sample: sample(path, &parameters),
            parameters: parameters.into_iter().map(parameter).collect(),
            body: sent.map(|sent| self.fields(&sent["schema"])).unwrap_or_default(),
            answers: good.into_iter().map(|(status, answer)| self.answer(status, answer)).collect(),
            refusals: bad.into_iter().map(|(status, _)| status.clone()).collect(),
            sample_body: example.map(Value::to_string),
            is_public: own.get("security").is_some_and(|needs| elements(needs).next().is_none()),
        }
    }

    fn answer(&self, status: &str, answer: &Value) -> ApiAnswer {
        let answer = resolved(self.0, answer);
        let content = object(answer.get("content")).next().and_then(|(_, content)| content.get("schema"));
        let kind = content.map(kind).unwrap_or_default();
        ApiAnswer { status: status.to_owned(), words: text(answer, "description"), kind }
    }

    /// Each status with which anything is refused.
    fn refusals(&self, operations: &[Operation]) -> Vec<ApiAnswer> {
        let all = operations.iter().flat_map(|operation| object(operation.own.get("responses")));
        let refusals = all.filter(|(status, _)| status.starts_with(['4', '5']));
        let by_status: BTreeMap<_, _> = refusals.collect();
        by_status.into_iter().map(|(status, answer)| self.answer(status, answer)).collect()
    }

    fn shape(&self, name: &str, schema: &Value) -> ApiShape {
        let fields = self.fields(schema);
        let kind = if fields.is_empty() { kind(schema) } else { ApiKind::default() };
        ApiShape { name: name.to_owned(), words: text(schema, "description"), kind, fields }
    }

    /// The keys of an object: those that are needed first. Of several objects, those of each.
    fn fields(&self, schema: &Value) -> Vec<ApiField> {
        let schema = resolved(self.0, schema);
        if let Some(some) = schema.get("oneOf") {
            return elements(some)
                .flat_map(|one| self.fields(one))
                .map(|it| ApiField { is_needed: false, ..it })
                .collect();
        }
        let is_needed = |name: &str| list(schema, "required").any(|it| it == name);
        let field = |(name, it): (&String, &Value)| ApiField {
            name: name.clone(),
            kind: kind(it),
            is_needed: is_needed(name),
            words: text(it, "description"),
        };
        let mut fields: Vec<ApiField> = object(schema.get("properties")).map(field).collect();
        fields.sort_by_key(|field| !field.is_needed);
        fields
    }
}

fn parameter(it: &Value) -> ApiField {
    let is_needed = it["required"] == true;
    ApiField { name: text(it, "name"), kind: kind(&it["schema"]), is_needed, words: text(it, "description") }
}

fn kind(schema: &Value) -> ApiKind {
    let mut pieces = Vec::new();
    say(schema, &mut pieces);
    ApiKind(pieces)
}

/// What stands somewhere, as programmers call it.
fn say(schema: &Value, said: &mut Vec<ApiPiece>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next()) {
        return said.push(ApiPiece::Shape(name.to_owned()));
    }
    if let Some(some) = schema.get("oneOf") {
        for (at, one) in elements(some).enumerate() {
            if at > 0 {
                words(" or ", said);
            }
            say(one, said);
        }
        return;
    }
    let known = elements(&schema["enum"]).filter_map(Value::as_str).collect::<Vec<_>>();
    let (first, may_be_null) = match &schema["type"] {
        Value::Array(types) => (types.first().and_then(Value::as_str), types.len() > 1),
        one => (one.as_str(), false),
    };
    match first.unwrap_or_default() {
        "string" if !known.is_empty() => words(&known.join(", "), said),
        "array" => {
            words("list of ", said);
            say(&schema["items"], said);
        }
        "object" => match (schema.get("properties").is_some(), &schema["additionalProperties"]) {
            (true, _) => keys(schema, said),
            (false, values @ Value::Object(_)) => {
                words("object of ", said);
                say(values, said);
            }
            _ => words("object", said),
        },
        other => words(other, said),
    }
    if may_be_null {
        words(" or null", said);
    }
}

/// An object that has no name: its keys.
fn keys(schema: &Value, said: &mut Vec<ApiPiece>) {
    for (at, (name, it)) in object(schema.get("properties")).enumerate() {
        let before = if at == 0 { "object with " } else { ", " };
        words(&format!("{before}{name}: "), said);
        say(it, said);
    }
}

fn words(words: &str, said: &mut Vec<ApiPiece>) {
    match said.last_mut() {
        Some(ApiPiece::Words(last)) => last.push_str(words),
        _ => said.push(ApiPiece::Words(words.to_owned())),
    }
}

/// An address with an example for each part of it that is needed.
fn sample(path: &str, parameters: &[&Value]) -> String {
    let (mut path, mut query) = (path.to_owned(), Vec::new());
    for it in parameters {
        let (name, example) = (text(it, "name"), text(it, "example"));
        match (it["in"].as_str(), it["required"] == true) {
            (Some("path"), _) => path = path.replace(&format!("{{{name}}}"), &example),
            (Some("query"), true) => query.push(format!("{name}={example}")),
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).into_iter().flat_map(elements)
}
