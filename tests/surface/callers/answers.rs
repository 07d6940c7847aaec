//! What is answered is what the OpenAPI document says: every request of the table, by who may do everything, by somebody who
//! may do nothing, and by nobody.

use super::super::document::Document;
use super::super::schema::wrong;
use super::{ROWS, Row, Said, World};
use crate::support::{decides, user};
use portolan::domain::Role;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::server::access::{Policy, Standing};
use serde_json::Value;
use std::collections::BTreeSet;

/// Besides what the table asks for: what is only there once something was done.
async fn more(world: &World) -> Vec<(&'static str, String, String)> {
    let insert = "INSERT INTO waiting_people
        (issuer, subject, provider, email, name, claimed, spelled, first_at, last_at, email_verified)
        VALUES ('a', 'b', 'acme', 'eve@example.com', 'Eve', '[\"eng\"]', '[]', 1795500000000, 1795500000000, 1)";
    let proof = decides(Policy::Grants).system(Job::Crawl, Maintain {});
    let waits = world.test.app.store.note(&proof, move |tx| Box::pin(async move { tx.run(insert, vec![]).await }));
    assert_eq!(waits.await, Ok(1));
    let trash = world.test.get("/api/v1/trash").await.json()["items"][0].clone();
    let (entry, batch) = (trash["id"].as_str().unwrap(), trash["batch"].as_str().unwrap());
    let get = |path: &str| ("GET", path.to_owned(), String::new());
    let send = |method, path: &str, body: &str| (method, path.to_owned(), world.fill(body));
    let provider =
        r#"{"name":"acme","kind":"oidc","issuer":"https://id.example.com","client_id":"p","client_secret":"s"}"#;
    vec![
        send("POST", "/api/v1/providers", provider),
        get("/api/v1/providers"),
        get("/api/v1/providers/acme"),
        get("/api/v1/waiting"),
        get("/api/v1/waiting/YQpi"),
        get(&world.fill("/api/v1/tokens/TOKEN")),
        get("/api/v1/r/team/web/-/compare/1...moved"),
        get(&format!("/api/v1/trash/{entry}")),
        get(&format!("/api/v1/trash?batch={batch}")),
        get("/api/v1/activity?refused=true"),
        get("/api/v1/roles/owner"),
        send("POST", "/api/v1/r/team/web/-/copy", r#"{"tags":["1"],"to":"team/copied"}"#),
        send("PUT", "/api/v1/r/team/web/-/tags/fresh", r#"{"digest":"DIGEST","expect":null}"#),
        send("PUT", "/api/v1/r/team/web/-/tags/fresh", r#"{"digest":"DIGEST","expect":null}"#),
        send("POST", "/api/v1/users/otto/invitation", ""),
        send("POST", "/api/v1/waiting/YQpi/let-in", ""),
        send("POST", "/api/v1/n/team/-/rollback", r#"{"t":"2026-11-24T05:59:59Z","print":"DIGEST"}"#),
    ]
}

/// What is wrong with an answer, and whether there was anything in it.
fn judge(document: &Document, (method, path): (&str, &str), said: &Said) -> (Vec<String>, bool) {
    let Some(operation) = document.find(method, path) else { return (vec![], false) };
    let Some(answer) = operation.answer(document, said.status) else {
        return (vec![format!("{}: {} is not in the document: {}", operation.name(), said.status, said.body)], false);
    };
    let kind = said.header("content-type");
    let schema = &answer["content"][kind]["schema"];
    if said.body.is_empty() || schema.is_null() {
        let is_same = said.body.is_empty() && answer["content"].is_null();
        let odd = (!is_same).then(|| format!("{}: {} with {kind:?}: {:?}", operation.name(), said.status, said.body));
        return (odd.into_iter().collect(), is_same);
    }
    let value: Value = serde_json::from_str(&said.body).unwrap();
    let odd = wrong(&document.0, schema, &value);
    let holds = said.status < 300 && value["items"].as_array().is_none_or(|items| !items.is_empty());
    (odd.into_iter().map(|it| format!("{}: {} {it}", operation.name(), said.status)).collect(), holds)
}

#[tokio::test]
async fn every_answer_is_as_the_document_says() {
    let (world, document) = (World::new().await, Document::new());
    world.has_a_past().await;
    let by_all = world.test.with_standing(Standing::with_role(user("nina"), Role::Admin));
    let by_otto = world.test.with_standing(Standing::of(user("otto")));
    let by_nobody = world.test.with_standing(Standing::anonymous(vec![]));
    let rows = ROWS.iter().map(|Row(method, path, body, _)| (*method, world.fill(path), world.fill(body)));
    let (reads, writes): (Vec<_>, Vec<_>) = rows.partition(|(method, ..)| *method == "GET");
    let (mut odd, mut met) = (BTreeSet::new(), BTreeSet::new());
    for (method, path, body) in reads.into_iter().chain(more(&world).await).chain(writes) {
        for by in [&by_nobody, &by_otto, &by_all] {
            if document.find(method, &path).is_none() {
                continue;
            }
            let said = world.ask(by, method, &path, &body).await;
            let (wrong, holds) = judge(&document, (method, &path), &said);
            odd.extend(wrong.into_iter().map(|it| format!("{it}\n  {method} {path}")));
            met.extend(document.find(method, &path).filter(|_| holds).map(|it| it.name().to_owned()));
        }
    }
    assert!(odd.is_empty(), "{}", odd.into_iter().collect::<Vec<_>>().join("\n"));
    let reads = document.operations().into_iter().filter(|it| it.method == "get").map(|it| it.name());
    let unmet: Vec<_> = reads.filter(|name| !met.contains(*name)).collect();
    assert!(unmet.is_empty(), "nothing answered these: {unmet:?}");
    let mut narrow = Document::new();
    narrow.0["components"]["schemas"]["RoleDetail"]["properties"].as_object_mut().unwrap().remove("title");
    let roles = world.ask(&by_all, "GET", "/api/v1/roles", "").await;
    assert_eq!(judge(&narrow, ("GET", "/api/v1/roles"), &roles).0.len(), Role::ALL.len(), "a key too many is found");
    assert!(met.len() > 60, "{} were answered: {met:?}", met.len());
}
