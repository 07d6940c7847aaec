//! The OpenAPI document says what the router takes, no more and no less; what is sent and asked is as it says; and the table
//! of the README has the same calls.

use super::schema::{resolved, wrong};
use super::{DOORS, Door, callers, routes};
use crate::support::TestApp;
use portolan::server::service::openapi;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const README: &str = include_str!("../../README.md");

/// The document.
pub(super) struct Document(pub(super) Value);

/// A method of an address in it.
#[derive(Clone, Copy)]
pub(super) struct Operation<'d> {
    pub(super) method: &'static str,
    pub(super) path: &'d str,
    item: &'d Value,
    own: &'d Value,
}

impl Document {
    pub(super) fn new() -> Self {
        Self(openapi::document())
    }

    pub(super) fn operations<'d>(&'d self) -> Vec<Operation<'d>> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        let of = |(path, item): (&'d String, &'d Value)| {
            let own = METHODS.into_iter().filter_map(move |method| Some((method, item.get(method)?)));
            own.map(move |(method, own)| Operation { method, path, item, own })
        };
        paths.flat_map(of).collect()
    }

    /// The operation that a request is: of those that fit, the one that says the most.
    pub(super) fn find(&self, method: &str, address: &str) -> Option<Operation<'_>> {
        let address = address.split('?').next().unwrap_or_default();
        let fitting = self.operations().into_iter().filter(|it| it.method.eq_ignore_ascii_case(method));
        let fitting = fitting.filter(|it| fits(&parts(it.path), &parts(address)));
        fitting.min_by_key(|it| parts(it.path).iter().filter(|part| part.starts_with('{')).count())
    }
}

impl<'d> Operation<'d> {
    pub(super) fn name(&self) -> &'d str {
        self.own["operationId"].as_str().unwrap()
    }

    /// What is answered with a status, if the document says so.
    pub(super) fn answer(&self, document: &'d Document, status: u16) -> Option<&'d Value> {
        self.own["responses"].get(status.to_string()).map(|answer| resolved(&document.0, answer))
    }

    fn parameters(&self, document: &'d Document) -> Vec<&'d Value> {
        let lists = [&self.item["parameters"], &self.own["parameters"]];
        lists.into_iter().filter_map(Value::as_array).flatten().map(|it| resolved(&document.0, it)).collect()
    }

    fn body(&self) -> Option<&'d Value> {
        self.own.pointer("/requestBody/content/application~1json")
    }

    /// An address of it, with the example of each of its parts.
    fn example(&self, document: &'d Document) -> String {
        self.parameters(document).into_iter().filter(|it| it["in"] == "path").fold(self.path.to_owned(), |path, it| {
            path.replace(&format!("{{{}}}", it["name"].as_str().unwrap()), it["example"].as_str().unwrap())
        })
    }
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').collect()
}

/// Whether an address is one of a template's. Whole names take as many parts as they have; none of them is `-`, but the
/// empty prefix.
fn fits(template: &[&str], address: &[&str]) -> bool {
    match (template, address) {
        ([], []) => true,
        (["{repository}" | "{namespace}" | "{prefix}", rest @ ..], [_, ..]) => (1..=address.len()).any(|n| {
            let (name, others) = address.split_at(n);
            let is_name = !name.contains(&"-") || (template[0] == "{prefix}" && name == ["-"]);
            is_name && fits(rest, others)
        }),
        (["{from}...{to}", rest @ ..], [pair, others @ ..]) => pair.contains("...") && fits(rest, others),
        ([part, rest @ ..], [own, others @ ..]) => (part == own || part.starts_with('{')) && fits(rest, others),
        _ => false,
    }
}

#[test]
fn a_request_is_found_by_what_its_address_says() {
    let document = Document::new();
    let name = |method: &str, address: &str| document.find(method, address).map(|it| it.name());
    for (method, address, expected) in [
        ("GET", "/api/v1/r/team/web", Some("readRepository")),
        ("GET", "/api/v1/r/team/-/tags?q=1", Some("listTags")),
        ("GET", "/api/v1/r/a/tags/b/-/tags/tags", Some("readTag")),
        ("POST", "/api/v1/r/a/b/-/copy/undo", Some("undoCopy")),
        ("POST", "/api/v1/trash/restore", Some("restoreAll")),
        ("POST", "/api/v1/mounts/a/b/check", Some("checkMount")),
        ("GET", "/api/v1/mounts/-", Some("readMount")),
        ("GET", "/api/v1/r/team/web/-/nothing", None),
        ("PUT", "/api/v1/users", None),
        ("GET", "/api/v1/r/-/tags", None),
    ] {
        assert_eq!(name(method, address), expected, "{method} {address}");
    }
}

#[test]
fn the_document_has_every_call_and_no_other() {
    let document = Document::new();
    let doors = DOORS.iter().map(|Door(_, method, path, ..)| (*method, *path));
    let asked =
        doors.chain(callers::asked()).filter(|(_, path)| path.starts_with("/api/") && *path != "/api/v1/nothing");
    let (mut unknown, mut met) = (BTreeSet::new(), BTreeSet::new());
    for (method, path) in asked {
        match document.find(method, path) {
            Some(operation) => met.extend([operation.name()]),
            None => unknown.extend([(method, path)]),
        }
    }
    assert!(unknown.is_empty(), "these are not in the document: {unknown:?}");
    let operations = document.operations();
    let unmet: Vec<_> = operations.iter().map(Operation::name).filter(|name| !met.contains(name)).collect();
    assert!(unmet.is_empty(), "these have a door in no table: {unmet:?}");
    let names: BTreeSet<_> = operations.iter().map(Operation::name).collect();
    assert_eq!(names.len(), operations.len(), "each has a name of its own");

    let plain = |path: &str| {
        parts(path).iter().map(|it| if it.starts_with('{') { "{}" } else { it }).collect::<Vec<_>>().join("/")
    };
    let is_of = |route: &str, it: &Operation| match route.split_once("{*") {
        Some((before, _)) => it.path.starts_with(before),
        None => plain(route) == plain(it.path),
    };
    let routes: Vec<_> =
        routes().into_iter().filter(|(route, _)| route.starts_with("/api/") && *route != "/api/{*rest}").collect();
    let taken: Vec<_> =
        routes.iter().flat_map(|(route, methods)| methods.iter().map(move |it| (*route, *it))).collect();
    let takes =
        |(route, method): &(&str, &str), it: &Operation| it.method.eq_ignore_ascii_case(method) && is_of(route, it);
    let missing: Vec<_> = taken.iter().filter(|door| !operations.iter().any(|it| takes(door, it))).collect();
    assert!(missing.is_empty(), "these routes are not in the document: {missing:?}");
    let gone: Vec<_> =
        operations.iter().filter(|it| !taken.iter().any(|door| takes(door, it))).map(Operation::name).collect();
    assert!(gone.is_empty() && taken.len() > 60, "no route takes these: {gone:?} of {}", taken.len());
}

/// The table: which methods stand beside which address. What is written in capitals stands for something.
#[test]
fn the_table_of_the_readme_has_the_same_calls() {
    let document = Document::new();
    let quoted = |text: &'static str| text.split('`').skip(1).step_by(2);
    let (mut named, mut wrong) = (BTreeSet::new(), Vec::new());
    for line in README.lines().filter(|line| line.starts_with("| `/api/")) {
        let (addresses, methods) = line.trim_start_matches("| ").split_once(" | ").unwrap();
        let methods = quoted(methods).filter(|word| METHODS.iter().any(|method| method.to_uppercase() == *word));
        for (address, method) in methods.flat_map(|method| quoted(addresses).map(move |address| (address, method))) {
            match document.find(method, address) {
                Some(operation) => named.extend([operation.name()]),
                None => wrong.push(format!("{method} {address}")),
            }
        }
    }
    assert!(wrong.is_empty(), "the README names what is not there: {wrong:?}");
    let left: Vec<_> = document.operations().iter().map(Operation::name).filter(|name| !named.contains(name)).collect();
    assert!(left.is_empty(), "the README does not name {left:?}");
}

#[test]
fn what_is_to_be_sent_has_an_example_that_fits() {
    let document = Document::new();
    let mut odd = Vec::new();
    for operation in document.operations() {
        for it in operation.parameters(&document).iter().filter(|it| it["in"] == "path") {
            assert!(it["example"].is_string(), "{}: {it} has an example", operation.name());
        }
        if let Some(body) = operation.body() {
            odd.extend(
                wrong(&document.0, &body["schema"], &body["example"])
                    .iter()
                    .map(|it| format!("{}: {it}", operation.name())),
            );
        }
    }
    assert!(odd.is_empty(), "{odd:?}");
}

/// The keys that a refusal names: those that are known where an odd one stood.
fn known(detail: &str) -> Option<BTreeSet<String>> {
    if detail.contains("`zzz` is not known here; there is none") {
        return Some(BTreeSet::new());
    }
    let list = detail.split_once("not known here; these are: ").or_else(|| detail.split_once(" is one of: "))?.1;
    Some(list.split(", ").map(ToOwned::to_owned).collect())
}

/// Which of its keys a body of two parts knows, it does not say.
const SAYS_NOTHING: [&str; 1] = ["createProvider"];

/// By what is refused it is told what is taken: just what the document says.
#[tokio::test]
async fn bodies_and_queries_take_just_the_keys_of_the_document() {
    let (document, test) = (Document::new(), TestApp::new().await);
    test.push_image("team/web", "1", "amd64", b"layer").await;
    assert_eq!(test.delete("/api/v1/r/team/web/-/tags/1").await.status.as_u16(), 204);
    let entry = test.get("/api/v1/trash").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let mut wrong = Vec::new();
    for operation in document.operations() {
        let (name, method) = (operation.name(), operation.method.to_uppercase());
        let address =
            if name == "restore" { format!("/api/v1/trash/{entry}/restore") } else { operation.example(&document) };
        let detail = async |address: &str, body: Value| {
            let answer = test.call(&method, address, "application/json", body.to_string()).await;
            let is_refused = answer.status.as_u16() == 400;
            if is_refused { answer.json()["detail"].as_str().unwrap_or_default().to_owned() } else { String::new() }
        };
        if method == "GET" {
            let said = known(&detail(&format!("{address}?zzz=1"), Value::Null).await).unwrap_or_default();
            let asked = operation.parameters(&document).into_iter().filter(|it| it["in"] == "query");
            let asked: BTreeSet<String> = asked.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
            let (of_all, asked): (BTreeSet<_>, BTreeSet<_>) =
                asked.into_iter().partition(|it| it == "limit" || it == "after");
            let is_list = operation.own.pointer("/responses/200/headers/Link").is_some();
            if said != asked || is_list != (of_all.len() == 2) {
                wrong.push(format!("{name} is asked {said:?}, not {asked:?}"));
            }
        }
        let Some(schema) = operation.body().map(|body| &body["schema"]).filter(|it| it["additionalProperties"] != true)
        else {
            continue;
        };
        let parts = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
        let keys: BTreeSet<String> =
            parts.iter().flat_map(|it| it["properties"].as_object().unwrap().keys().cloned()).collect();
        let said = detail(&address, json!({ "zzz": 1 })).await;
        if !SAYS_NOTHING.contains(&name) && known(&said) != Some(keys.clone()) {
            wrong.push(format!("{name} takes {said:?}, not {keys:?}"));
        }
        let said = detail(&address, json!({})).await;
        let is_required = |key: &str| schema["required"].as_array().is_some_and(|keys| keys.iter().any(|it| it == key));
        let missing = said.strip_prefix("the key `").and_then(|rest| rest.strip_suffix("` is missing"));
        if missing.is_some_and(|key| !is_required(key)) || (schema.get("required").is_some() && missing.is_none()) {
            wrong.push(format!("{name} without anything: {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_page_has_every_call_and_its_links_lead_somewhere() {
    let (document, test) = (Document::new(), TestApp::new().await);
    let page = test.get("/help/api").await.text();
    let anchors: BTreeSet<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let lost: Vec<_> =
        document.operations().iter().map(Operation::name).filter(|name| !anchors.contains(name)).collect();
    assert!(lost.is_empty(), "the page does not show {lost:?}");
    let links: Vec<&str> = page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let dead: Vec<_> = links.iter().filter(|to| !anchors.contains(*to) && **to != "main").collect();
    assert!(dead.is_empty() && links.len() > 100, "of {} links {dead:?} lead nowhere", links.len());
    assert!(page.contains("href=\"/api/openapi.json\""));
    let example = format!("{}/api/v1/users/nina'", test.app.facts.public_url);
    assert!(page.contains(&example), "{example}: {page}");
    let served = test.by_nobody().get("/api/openapi.json").await;
    assert_eq!((served.status.as_u16(), served.json()), (200, document.0));
}
