//! The list of images: each that stands for itself once, with what belongs to it.

use crate::support::{OCI_INDEX, OCI_MANIFEST, TestApp, decides, sha256, user};
use crate::tags::{push_index, push_signature, timed};
use axum::http::StatusCode;
use portolan::domain::action::Maintain;
use portolan::domain::principal::Job;
use portolan::domain::{Role, Terms};
use portolan::server::access::{Policy, Standing};
use serde_json::json;

async fn listed(test: &TestApp, query: &str) -> String {
    let page = test.get(&format!("/r/team/web/-/images{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.text());
    page.text().replace("<!>", "").replace('\u{a0}', " ")
}

/// The images of a page, by the digests in the heads of its rows.
fn images(page: &str) -> Vec<String> {
    let heads = page.split("scope=\"row\"").skip(1);
    let digest =
        |head: &str| head.split("/-/manifests/").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    heads.filter_map(digest).collect()
}

#[tokio::test]
async fn an_image_stands_once_with_its_tags_its_platforms_and_what_is_about_it() {
    let (test, clock) = timed().await;
    let (index, children) = push_index(&test, "team/web", "1.0", "one").await;
    clock.advance_ms(1000);
    let single = test.push_image("team/web", "old", "amd64", b"single").await;
    for tag in ["a", "b", "c"] {
        let put = json!({ "digest": index }).to_string();
        test.call("PUT", &format!("/api/v1/r/team/web/-/tags/{tag}"), "application/json", put).await;
    }
    clock.advance_ms(1000);
    let signature = push_signature(&test, "team/web", &index, 500).await;
    clock.advance_ms(1000);
    test.push_image("team/web", "old", "amd64", b"newer").await;
    let page = listed(&test, "").await;
    let all = images(&page);
    assert_eq!(all.len(), 3, "neither platforms nor signatures stand for themselves: {page}");
    assert_eq!(&all[1..], [single.clone(), index.clone()], "the newest first");
    assert!(page.contains("2 platforms, 1 attachment") && page.contains("and 1 more"), "{page}");
    for part in children.iter().chain([&signature]) {
        assert!(page.contains(&format!("/-/manifests/{part}\"")), "{part}");
    }
    assert_eq!(images(&listed(&test, "?q=untagged").await), std::slice::from_ref(&single));
    assert_eq!(images(&listed(&test, "?q=untagged%20platform:amd64").await), [single]);
    assert_eq!(images(&listed(&test, "?q=untagged%20old").await), [""; 0], "it has no name to fit");
    assert_eq!(images(&listed(&test, "?q=c").await), std::slice::from_ref(&index), "by any of its tags");
    let first = listed(&test, "?limit=1").await;
    let next = first.split("?after=").nth(1).and_then(|rest| rest.split('"').next()).expect("a second page");
    let second = listed(&test, &format!("?after={}", next.replace("&amp;", "&"))).await;
    assert_eq!((images(&first), images(&second)), (vec![all[0].clone()], vec![all[1].clone()]));
    assert_eq!(test.delete(&format!("/api/v1/r/team/web/-/manifests/{index}")).await.status, 204);
    assert!(!images(&listed(&test, "").await).contains(&index));
}

#[tokio::test]
async fn what_is_about_an_image_that_is_not_here_stands_for_itself_and_much_of_it_is_cut() {
    let test = TestApp::with("", Policy::Grants).await;
    let image = test.image("team/web", "amd64", b"later").await;
    let digest = sha256(image.as_bytes());
    let mut about = Vec::new();
    for number in 0..12 {
        let config = test.push_blob("team/web", b"{}").await;
        let statement = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": [],
            "artifactType": format!("application/<b>{number}"), "annotations": {"n": number.to_string()},
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
            "subject": {"mediaType": OCI_INDEX, "digest": digest, "size": 1}})
        .to_string();
        about.push(sha256(statement.as_bytes()));
        let put = test.put_manifest("team/web", about.last().unwrap(), OCI_MANIFEST, &statement).await;
        assert_eq!(put.status, 201, "{}", put.text());
    }
    let page = listed(&test, "").await;
    assert_eq!(images(&page).len(), 12, "{page}");
    assert!(!page.contains("<b>"), "a type is text");
    assert_eq!(test.put_manifest("team/web", "1.0", OCI_MANIFEST, &image).await.status, 201);
    let page = listed(&test, "").await;
    assert_eq!(images(&page), [digest]);
    assert!(page.contains("linux/amd64, 10 attachments") && page.contains(">And more</a>"), "{page}");
    let other = Terms { role: Role::Reader, scope: "other/*".parse().unwrap(), tags: None, expires_at: None };
    let stranger = test.with_standing(Standing { terms: vec![other], ..Standing::of(user("lena")) });
    let hidden = stranger.get("/r/team/web/-/images").await;
    assert_eq!((hidden.status, hidden.text().contains(&about[0])), (StatusCode::NOT_FOUND, false));
}

/// However much there is, the page takes what it shows and no more.
#[tokio::test]
async fn a_page_of_very_many_images_reads_its_own() {
    let test = TestApp::new().await;
    test.push_image("team/web", "one", "amd64", b"one").await;
    let many = "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20000)
        INSERT INTO manifests (repository_id, digest, media_type, kind, content, size_bytes, pull_bytes, platforms, built_at,
          pushed_at, pushed_by) SELECT repository_id, 'sha256:' || SUBSTR(CAST(1000000000000 + n AS TEXT), 2) || SUBSTR(digest, 20), media_type,
          kind, content, size_bytes, pull_bytes, platforms, built_at, pushed_at + n, pushed_by FROM manifests, number";
    let proof = decides(Policy::Grants).system(Job::Crawl, Maintain {});
    let write = test.app.store.note(&proof, move |tx| Box::pin(async move { tx.run(many, vec![]).await }));
    assert_eq!(write.await, Ok(20_000));
    let before = test.app.store.statements();
    let page = listed(&test, "").await;
    let taken = test.app.store.statements() - before;
    assert!(images(&page).len() == 50 && taken <= 4, "{taken} statements");
    let sql = "EXPLAIN QUERY PLAN SELECT m.digest FROM manifests m WHERE m.repository_id = 'x'
               ORDER BY m.pushed_at DESC, m.digest LIMIT 51";
    // Only one of the two engines knows the question.
    if let Ok(plan) = test.app.store.all(sql, vec![]).await {
        assert!(format!("{plan:?}").contains("manifests_by_push"), "{plan:?}");
    }
}
