//! What pages cost that say something of very much: it does not grow with what there is.

use crate::support::{TestApp, decides, user};
use axum::http::StatusCode;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::domain::{Role, Terms};
use portolan::server::access::{Policy, Standing};

/// What others deleted is no reason to read on, and none for an empty page.
#[tokio::test]
async fn the_trash_of_who_may_restore_some_of_it_takes_at_most_four_statements() {
    let test = TestApp::new().await;
    for name in ["team/web", "other/web"] {
        test.push_image(name, "v1", "amd64", name.as_bytes()).await;
        assert_eq!(test.delete(&format!("/v2/{name}/manifests/v1")).await.status, StatusCode::ACCEPTED);
    }
    let others = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 6000)
        INSERT INTO trash (id, batch, kind, mount_id, repository_id, repository, name, digest, n_tags, held_bytes, deleted_at,
          deleted_by, expires_at)
        SELECT 'z' || n, 'z' || n, kind, mount_id, repository_id, repository, 'v' || n, digest, n_tags, held_bytes, deleted_at,
          deleted_by, expires_at FROM trash, number WHERE repository = 'other/web'";
    let proof = decides(Policy::Grants).system(Job::Crawl, Maintain {});
    let write = test.app.store.note(&proof, move |tx| Box::pin(async move { tx.run(others, vec![]).await }));
    assert_eq!(write.await, Ok(6000));
    for tags in [None, Some("v*")] {
        let (scope, tags) = ("team/*".parse().unwrap(), tags.map(|tags| tags.parse().unwrap()));
        let terms = vec![Terms { role: Role::Developer, scope, tags, expires_at: None }];
        let developer = test.with_standing(Standing { terms, ..Standing::of(user("lena")) });
        let before = test.app.store.statements();
        let page = developer.get("/trash").await.text();
        let taken = test.app.store.statements() - before;
        assert!(taken <= 4, "{taken} statements");
        assert!(page.contains("team/web") && page.contains("1 thing that you may bring back"), "{page}");
        assert!(!page.contains("other/web") && !page.contains("Older"), "{page}");
        let listed = developer.get("/api/v1/trash").await.json();
        assert_eq!((listed["items"].as_array().map(Vec::len), &listed["next"]), (Some(1), &serde_json::Value::Null));
    }
}

/// What would go with a namespace is asked of all its repositories together, and so is what rules keep of it.
#[tokio::test]
async fn what_would_go_with_a_namespace_takes_no_more_statements_for_more_repositories() {
    let test = TestApp::new().await;
    let mut taken = Vec::new();
    for (namespace, n_repositories) in [("few", 2), ("many", 25)] {
        for number in 0..n_repositories {
            for tag in ["v1", "latest"] {
                test.push_image(&format!("{namespace}/r{number:02}"), tag, "amd64", &[number]).await;
            }
        }
        let rule = format!(r#"{{"scope":"{namespace}/*","tags":"v*","kind":"immutable"}}"#);
        let made = test.call("POST", "/api/v1/protections", "application/json", rule).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let before = test.app.store.statements();
        let page = test.get(&format!("/n/{namespace}/-/settings/delete")).await;
        taken.push(test.app.store.statements() - before);
        let page = page.text();
        assert!(page.contains(&format!("{namespace}/r01:v1")) && page.contains(" are immutable: nobody"), "{page}");
        assert_eq!(page.contains("5 more things are kept by rules"), namespace == "many", "{page}");
        let refused = test.delete(&format!("/api/v1/n/{namespace}")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
        assert!(refused.text().contains(&format!("{namespace}/r00:v1")), "{}", refused.text());
    }
    assert!(taken[0] <= 8 && taken[1] <= taken[0], "{taken:?}");
}
